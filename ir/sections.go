package ir

import "github.com/netc-lang/netc/ir/op"

// Call is a resolved row of the vocabulary: a source, step, optimiser or
// schedule with every argument filled in. Values are int64, float64, bool,
// string, []float64 or [2]float64 (an interval).
type Call struct {
	Name string
	Args map[string]any
}

// FieldKind says what an entry of a sample is.
type FieldKind uint8

// The kinds of field. A mask is a label for each pixel; boxes and texts are no tensors. An
// array is numbers f32 of a fixed shape.
const (
	PictureField FieldKind = iota
	LabelField
	MaskField
	BoxesField
	TextField
	ArrayField
)

// String returns the word for k in the text form.
func (k FieldKind) String() string {
	return [...]string{"picture", "label", "mask", "boxes", "text", "array"}[k]
}

// Field is one entry of a sample, without the batch axis.
type Field struct {
	Name string
	Kind FieldKind
	Type op.Type // u8[28, 28, Gray]; a label is i32 scalar with LabelSet
	// LabelSet is the index set that a label, a mask or boxes count, "" for others.
	LabelSet string
}

// Step is one preprocessing call and the fields that share its random draw.
type Step struct {
	Fields []string
	Call   Call
}

// Data is a data section: where records come from and what happens to them
// before they are tensors. Prep ends with chw: what follows chw in the source is
// part of the functions.
type Data struct {
	Name    string
	Doc     string
	Source  Call
	Fields  []Field
	Augment []Step
	Eval    []Step
	Prep    []Step
}

// Metric is one number a training run reports; the function result
// "metric.NAME" holds the batch's statistic and Reduce says how to join them. A metric
// with Parts is computed of values of every sample: the results "metric.NAME.0" and so
// on of the evaluation, which the training steps do not have.
type Metric struct {
	Name   string
	Reduce string // "mean": sum over samples divided by their number; else see runtime/train
	Size   int    // elements of the statistic, 0 for a scalar
	Parts  int
	Less   bool           // it gets better as it gets less
	Args   map[string]any // of Reduce
}

// Target is what the loader computes of the boxes of each record for the inputs NAME.cls
// and NAME.box of the functions.
type Target struct {
	Name, Field string
	Priors      []float64 // rows of [cx, cy, w, h] in 0..1
	IoU         float64
	Classes     int // the class of the background
}

// Ignored is a label of a field that is no class and counts as nothing: the data may have
// it.
type Ignored struct {
	Field string
	Label int
}

// Train is one step of a train section with its settings resolved. A section with
// phases, or with a freeze that ends, is several of them in a row, with the same Net:
// each has a function of its own, and the first of them also says what belongs to
// the whole training (Data, Seed, EMA, Metrics, Eval).
type Train struct {
	Net, Data  string
	Phase      string // name of the phase; "" in a section without phases
	Epoch      int    // of the phase, at which this step takes over
	Step       int    // or, where Epoch is 0, the step of the phase
	Epochs     int    // of the phase
	Batch      int
	Seed       int64
	Optimizer  Call     // sgd: lr momentum nesterov weight_decay decay_all; adam: lr betas eps ...
	Schedule   Call     // constant, cosine: warmup (epochs) min ...
	Clip       float64  // largest norm of the gradient of all parameters together, or of what Accumulate collects, 0 for none
	EMA        float64  // decay of the mean of the weights that is kept beside them, 0 for none
	Pick       [2]int   // classes of a batch and records of each; zeros: batches are drawn at random
	Mix        Call     // of the records of a batch: mixup or cutmix with a; "" for none
	Accumulate int      // steps whose gradients are added before the weights change; 0 for one
	Memory     int64    // bytes that the arena of a step and of an evaluation may take, 0 for any number
	Save       [2]int   // a checkpoint after so many epochs or steps; zeros: after each epoch
	Patience   int      // epochs without improvement that end the phase, 0 for none
	StopOn     string   // metric that Patience watches; "" is the loss
	Frozen     []string // states of Net that this step leaves as they are
	Metrics    []Metric
	Targets    []Target
	Ignored    []Ignored
	Loss       string // Func names
	Eval       string
}

// Begins reports whether t is the first step of its phase.
func (t *Train) Begins() bool { return t.Epoch == 0 && t.Step == 0 }

// Predict is a predict section: Func maps the prepared picture to the outputs.
type Predict struct {
	Net, Data string
	Line      int
	Func      string
	Outputs   []PredictOutput
}

// PredictOutput is one field of the generated prediction struct.
type PredictOutput struct {
	Name string
	Set  string // the result counts this index set; "" for a number
	Type op.Type
	Mask bool // one for each pixel of the net's picture, to be given back in those of the picture before its preparation
	NMS  *NMS // a list of boxes, of the results NAME.boxes and NAME.scores; Type is that of the scores
}

// NMS picks boxes that overlap too little to be one thing, the best first, of boxes
// [N, P, 4] as [cx, cy, w, h] in 0..1 with scores [N, P, K].
type NMS struct {
	Score, IoU float64
	Max        int
	Background bool // the last class is none
}
