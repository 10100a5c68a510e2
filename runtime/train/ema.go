package train

import "github.com/netc-lang/netc/runtime/data"

// averaged is a model with an exponential mean of its weights: after each step
//
//	mean += (1 − decay)·(weight − mean)
//
// and after the first one mean = weight. A step that only collects gradients leaves the
// mean as it is. Buffers are those of the model. The mean
// is what Eval measures and what States returns, so that it is what is saved; the
// weights that are trained count as memory of the optimiser.
//
// Source: PyTorch, torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn;
// Polyak and Juditsky 1992.
type averaged struct {
	Model
	decay   float32
	weights []State // of the model
	mean    []State
	trained [][]float32 // the weights while the model holds the mean
	shown   bool        // the model holds the mean
	steps   []float32   // 0 before the first step
	taken   []float32   // not 0 after a step that did not change the weights; nil where all do
}

// TakenSlot is the slot of a model that collects the gradients of several steps: how many
// it has collected since the weights changed.
const TakenSlot = "accumulated steps"

func newAveraged(m Model, decay float64) *averaged {
	a := &averaged{Model: m, decay: float32(decay), weights: m.States(), steps: make([]float32, 1)}
	for _, s := range m.Slots() {
		if s.Name == TakenSlot {
			a.taken = s.Data
		}
	}
	for _, s := range a.weights {
		a.trained = append(a.trained, make([]float32, len(s.Data)))
		s.Data = make([]float32, len(s.Data))
		a.mean = append(a.mean, s)
	}
	return a
}

// States returns the means.
func (a *averaged) States() []State {
	a.hide()
	return a.mean
}

// Slots returns those of the model, and its weights as trained:NAME.
func (a *averaged) Slots() []State {
	a.hide()
	slots := a.Model.Slots()
	for _, s := range a.weights {
		slots = append(slots, State{Name: "trained:" + s.Name, Shape: s.Shape, Data: s.Data})
	}
	return append(slots, State{Name: "averaged", Shape: []int{1}, Data: a.steps})
}

func (a *averaged) Init(seed int64) {
	a.shown = false
	a.Model.Init(seed)
	for i, s := range a.weights {
		copy(a.mean[i].Data, s.Data)
	}
	clear(a.steps)
}

// begin takes the means for the weights to begin with: what was read into them is
// what a start file holds.
func (a *averaged) begin() {
	for i, s := range a.weights {
		copy(s.Data, a.mean[i].Data)
	}
}

func (a *averaged) Step(b *data.Batch, lr float32, seed int64) (loss float32, metrics []float32) {
	a.hide()
	loss, metrics = a.Model.Step(b, lr, seed)
	for i, s := range a.weights {
		mean := a.mean[i].Data
		if a.taken != nil && a.taken[0] != 0 && !s.Buffer {
			continue
		}
		if s.Buffer || a.steps[0] == 0 {
			copy(mean, s.Data)
			continue
		}
		share := 1 - a.decay
		for k, w := range s.Data {
			mean[k] += float32(share * (w - mean[k]))
		}
	}
	if a.taken == nil || a.taken[0] == 0 {
		a.steps[0] = 1
	}
	return loss, metrics
}

func (a *averaged) Eval(b *data.Batch) (loss float32, metrics []float32) {
	a.show()
	return a.Model.Eval(b)
}

// Fit makes the model ready for the sizes of b.
func (a *averaged) Fit(b *data.Batch, training bool) error { return Fit(a.Model, b, training) }

// Gathered returns what the model evaluated.
func (a *averaged) Gathered(metric int) [][]float32 { return a.Model.(Gatherer).Gathered(metric) }

// show puts the mean into the model.
func (a *averaged) show() {
	if a.shown {
		return
	}
	for i, s := range a.weights {
		copy(a.trained[i], s.Data)
		copy(s.Data, a.mean[i].Data)
	}
	a.shown = true
}

// hide puts the trained weights back.
func (a *averaged) hide() {
	if !a.shown {
		return
	}
	for i, s := range a.weights {
		copy(s.Data, a.trained[i])
	}
	a.shown = false
}
