package train

import (
	"encoding/json"
	"io"
	"time"
)

// Reporter is told how a run goes. Calls come from one goroutine; those between
// epochs should be quick.
type Reporter interface {
	Step(StepEvent)
	Epoch(EpochEvent)
	Done(Result)
}

// StepEvent follows each step. Loss and Metrics are means over the epoch so far;
// the slices are valid during the call.
type StepEvent struct {
	Epoch, Epochs  int    // from 1
	Step, Steps    int    // of the run
	Batch, Batches int    // of the epoch
	Phase          string // "" in a training without phases
	Loss           float64
	Metrics        []float64
	Names          []Metric
	LR             float64
	Elapsed        time.Duration // since this process began to train
	Done           int           // steps in that time
	Records        int           // of a full batch
}

// ImagesPerSecond is the mean speed of this process, validation included.
func (e StepEvent) ImagesPerSecond() float64 {
	return float64(e.Done*e.Records) / max(e.Elapsed.Seconds(), 1e-9)
}

// Remaining estimates the time to the end.
func (e StepEvent) Remaining() time.Duration {
	return time.Duration(float64(e.Elapsed) / float64(max(e.Done, 1)) * float64(e.Steps-e.Step))
}

// EpochEvent follows each epoch, after validation and checkpoint.
type EpochEvent struct {
	Epoch, Epochs   int
	Step            int
	Phase           string // "" in a training without phases
	Loss            float64
	Metrics         []Value
	ValLoss         float64
	ValMetrics      []Value
	Seconds         float64
	ImagesPerSecond float64 // training only
}

// silent reports nothing.
type silent struct{}

func (silent) Step(StepEvent)   {}
func (silent) Epoch(EpochEvent) {}
func (silent) Done(Result)      {}

// jsonLines writes one object a line; of the steps, about ten in an epoch.
type jsonLines struct{ enc *json.Encoder }

// JSONLines returns a reporter that writes JSON lines to w: events step, epoch
// and done.
func JSONLines(w io.Writer) Reporter { return jsonLines{json.NewEncoder(w)} }

// line is one JSON line; the order of its fields is that of the output.
type line struct {
	Event   string             `json:"event"`
	Phase   string             `json:"phase,omitempty"`
	Epoch   int                `json:"epoch,omitempty"`
	Epochs  int                `json:"epochs,omitempty"`
	Step    int                `json:"step,omitempty"`
	Steps   int                `json:"steps,omitempty"`
	Loss    float64            `json:"loss"`
	Metrics map[string]float64 `json:"metrics"`
	Val     *measured          `json:"val,omitempty"`
	LR      *float64           `json:"lr,omitempty"`
	Speed   float64            `json:"images_per_s,omitempty"`
	Seconds float64            `json:"seconds,omitempty"`
	Weights string             `json:"weights,omitempty"`
	SHA256  string             `json:"weights_sha256,omitempty"`
}

type measured struct {
	Loss    float64            `json:"loss"`
	Metrics map[string]float64 `json:"metrics"`
}

func (j jsonLines) write(l line) {
	// A line that cannot be written is no reason to stop training.
	_ = j.enc.Encode(l)
}

func (j jsonLines) Step(e StepEvent) {
	if e.Batch%max(e.Batches/10, 1) != 0 {
		return
	}
	l := line{
		Event: "step", Phase: e.Phase, Epoch: e.Epoch, Epochs: e.Epochs, Step: e.Step, Steps: e.Steps,
		Loss: e.Loss, Metrics: map[string]float64{}, LR: &e.LR, Speed: e.ImagesPerSecond(), Seconds: e.Elapsed.Seconds(),
	}
	for i, m := range e.Names {
		if finite(e.Metrics[i]) {
			l.Metrics[m.Name] = e.Metrics[i]
		}
	}
	j.write(l)
}

func (j jsonLines) Epoch(e EpochEvent) {
	j.write(line{
		Event: "epoch", Phase: e.Phase, Epoch: e.Epoch, Epochs: e.Epochs, Step: e.Step, Loss: e.Loss, Metrics: byName(e.Metrics),
		Val: &measured{e.ValLoss, byName(e.ValMetrics)}, Speed: e.ImagesPerSecond, Seconds: e.Seconds,
	})
}

func (j jsonLines) Done(r Result) {
	j.write(line{
		Event: "done", Steps: r.Steps, Loss: r.Loss, Metrics: byName(r.Metrics), Seconds: r.Seconds,
		Weights: r.Weights, SHA256: r.SHA256,
	})
}

func byName(vs []Value) map[string]float64 {
	m := make(map[string]float64, len(vs))
	for _, v := range vs {
		m[v.Name] = v.Value
	}
	return m
}
