package train

import "github.com/netc-lang/netc/runtime/data"

// Program is one train section, compiled.
type Program struct {
	Package string // of the .net file
	Net     string
	Source  string // base name of the .net file
	Data    data.Spec

	Epochs   int
	Batch    int
	Seed     int64
	LR       float64
	Schedule Schedule
	Phases   []Phase // in place of Epochs, LR and Schedule
	Pick     data.Pick
	EMA      float64 // decay of the mean of the weights that is measured and saved; 0 for the weights themselves
	Metrics  []Metric

	Checkpoint Interval

	// VariedTraining and VariedEval say that the pictures of a batch may have other sizes
	// than those of the batch before: the model is then [Sized].
	VariedTraining, VariedEval bool

	// New makes the model for batches of up to maxBatch records.
	New func(threads, maxBatch int) (Model, error)
}

// Interval says when a checkpoint is written: after so many epochs or steps; zeros: after
// each epoch. The end of a run and an interruption always write one.
type Interval struct{ Epochs, Steps int }

func (i Interval) afterEpoch(epoch int) bool {
	return i.Steps == 0 && epoch%max(i.Epochs, 1) == 0
}

// Metric is one number that a run reports. Step and Eval return the sum of the
// statistic over the records of the batch; Reduce "mean" divides by their number. The
// statistic of others is a confusion matrix of Size counts, rows by label, of whose sum
// mean_iou, precision, recall and f1 are the means over the classes, a table of three
// rows that ece is computed of, or for share two counts, the right ones and all. A metric with Parts is computed of values of all records
// that Eval leaves behind: see [Gatherer].
type Metric struct {
	Name   string
	Reduce string
	Size   int                // 0 for a single number
	Parts  int                // values of each record; 0 for a metric of sums
	Less   bool               // it gets better as it gets less
	Args   map[string]float64 // of Reduce
	Boxes  string             // the field with the true boxes of mean_ap
}

// State is a weight, a buffer or a value of the optimiser, in its logical layout.
// Data is a view: writing to it changes the model.
type State struct {
	Name   string
	Shape  []int
	Buffer bool
	// Training marks a weight of a layer that lives only in training.
	Training bool
	Data     []float32
}

// Sized is a [Model] for pictures of sizes that only their batch tells.
type Sized interface {
	// Fit makes the model ready for the sizes of b, for Step or else for Eval.
	//
	// Errors: sizes that the net excludes.
	Fit(b *data.Batch, training bool) error
}

// Fit makes m ready for the sizes of b, which Step or Eval computes next. A model of fixed
// sizes is always ready.
//
// Errors: sizes that the net excludes.
func Fit(m Model, b *data.Batch, training bool) error {
	if s, ok := m.(Sized); ok {
		return s.Fit(b, training)
	}
	return nil
}

// Model computes training steps. One goroutine uses it at a time.
type Model interface {
	// States returns the weights and buffers, in a fixed order.
	States() []State
	// Slots returns what the optimiser remembers, in a fixed order.
	Slots() []State
	// Init sets the states to their initial values and the slots to zero.
	Init(seed int64)
	// Step changes states and slots by one batch. seed is that of the step's own
	// random numbers. loss is the mean over the batch, metrics are sums in the
	// order of the program; the slice is valid until the next call.
	Step(b *data.Batch, lr float32, seed int64) (loss float32, metrics []float32)
	// Eval computes the same of a batch without training, and changes nothing.
	Eval(b *data.Batch) (loss float32, metrics []float32)
	Close()
}
