package train

// position is how far a run is: everything but the tensors that a checkpoint
// needs. Epoch counts complete epochs; Batch counts the batches done of the one
// after them; the sums are those of these batches.
type position struct {
	Epoch, Batch, Step int

	Records int
	Loss    float64   // sum over Records
	Metrics []float64 // sums over Records

	// Best is the validation score that best.safetensors belongs to, by the first
	// metric or else by the loss; Scored tells whether there is one.
	Best   float64
	Scored bool

	// Phase counts complete phases; PhaseEpoch and PhaseStep are Epoch and Step at
	// its begin. Part is the step function in use.
	Phase, PhaseEpoch, PhaseStep, Part int

	// Watched is the best of what ends the phase early, and Waited the epochs since.
	Watched  float64
	Watching bool
	Waited   int

	// Falls is how often the learning rate of the phase fell at a plateau; FallBest is
	// the best validation loss, and FallWaited the epochs since that or the last fall.
	Falls      int
	FallBest   float64
	Falling    bool
	FallWaited int
}

// score is a set of means over records.
type score struct {
	loss    float64
	metrics []float64
}

// add joins the result of one batch of n records.
func (p *position) add(n int, loss float64, sums []float32) {
	p.Records += n
	p.Loss += float64(n) * loss
	for i := range p.Metrics {
		p.Metrics[i] += float64(sums[i])
	}
}

func (p *position) score(ms []Metric) score {
	return score{loss: p.Loss / float64(max(p.Records, 1)), metrics: values(ms, p.Metrics, p.Records)}
}

// next moves to the start of the following epoch.
func (p *position) next() {
	p.Epoch++
	p.Batch, p.Records, p.Loss = 0, 0, 0
	clear(p.Metrics)
}

// improve notes a validation score and tells whether it is the best so far.
func (p *position) improve(s score, ms []Metric) bool {
	v := -s.loss
	if len(s.metrics) > 0 {
		v = ms[0].better(s.metrics[0])
	}
	if p.Scored && v <= p.Best {
		return false
	}
	p.Best, p.Scored = v, true
	return true
}
