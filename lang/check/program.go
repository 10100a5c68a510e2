package check

import (
	"path/filepath"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// Program is a checked module: everything is elaborated (blocks inlined, loops
// unrolled, shapes known), nothing refers to syntax any more except by position.
type Program struct {
	Package  string
	Doc      string
	Source   string // base name of the file that was asked for
	Sets     []*Set
	Nets     []*Net
	Data     []*Data
	Trains   []*Train
	Predicts []*Predict
	Weights  []*Weights
	Tests    []*TestResult
}

// Lack is a part of a section that this version checks and does not carry out, so
// that the section is left out of what is compiled. A warning has been given.
type Lack struct {
	What string // in the words of the warning, such as "`rand_augment`"
	Span diag.Span
}

// Set is an index set. BuiltIn ones (Gray, RGB, ...) belong to the language.
type Set struct {
	Name    string
	Doc     string
	Labels  []string
	BuiltIn bool
	Span    diag.Span
}

// Net is one elaborated net. Infer has training false, Training true.
type Net struct {
	Name     string
	Doc      string
	Span     diag.Span
	Infer    *Graph
	Training *Graph
	States   []*State // in source order of first use
}

// Graph is a straight line of typed calls of the op table.
type Graph struct {
	Inputs  []*Tensor
	Calls   []*Call
	Outputs []Output
	Facts   sym.Facts
	Blocks  map[string]string // the block that made a stage, by the path of the stage
}

// Output is a named result of a graph.
type Output struct {
	Name  string
	Value *Tensor
}

// Tensor is a typed value of a graph: a result of Def, or an input.
type Tensor struct {
	Name string // inputs: the name of the signature or of the sample field
	Type op.Type
	Def  *Call
}

// Call applies an op. A state is read by the op "param" or "buffer", whose
// State is set.
type Call struct {
	Op    *op.Def
	Attrs op.Attrs
	Args  []*Tensor // nil entries are absent optional operands
	Outs  []*Tensor
	State *State
	Span  diag.Span // the pipe stage or expression of the net's own file
	Stage string    // path of the stage, such as "conv_2" or "stage[2][0].conv1.conv"
	Layer string    // the word of the language it belongs to, such as "dense"; else the op
}

// State is a parameter or buffer.
type State struct {
	Path    string // weight path such as "conv.weight"
	Buffer  bool
	Frozen  bool
	NoDecay bool // biases and parameters of normalisation
	Type    op.Type
	Init    Init
	Span    diag.Span

	inst *instance // the layer that owns it
}

// Net is the name of the net that declares s; that of another module has the module's
// name in front.
func (s *State) Net() string {
	n := s.inst.net
	if n.mod != nil && !n.mod.main {
		return n.mod.name + "." + n.net.Name
	}
	return n.net.Name
}

// Init is the initial value: see ir.Init for kinds and arguments.
type Init struct {
	Kind string
	Args []float64
}

// Resolved is a row of the vocabulary with every argument filled in. Values are
// int64, float64, bool, string, []float64 or [2]float64 (an interval).
type Resolved struct {
	Name string
	Args map[string]any
	Span diag.Span
}

// FieldKind says what an entry of a sample is.
type FieldKind uint8

// The kinds of field. A label is an i32 scalar: it counts LabelSet, or, where that
// is "", classes that only the data know. A mask is a label for each pixel. Boxes
// are any number of boxes with a label each; text is a string, an array any tensor.
const (
	PictureField FieldKind = iota
	LabelField
	MaskField
	BoxesField
	TextField
	ArrayField
)

// Field is one entry of a sample, without the batch axis.
type Field struct {
	Name     string
	Kind     FieldKind
	Type     op.Type
	LabelSet string // the set that a label, a mask or boxes count
	Span     diag.Span
}

// Step is one preprocessing call and the fields it moves with one random draw.
type Step struct {
	Fields []string
	Call   Resolved
}

// Data is a data section. Prep holds the steps on pictures, up to and with chw;
// tensor steps after chw are elaborated into the graphs that use them.
type Data struct {
	Name    string
	Doc     string
	Span    diag.Span
	Source  Resolved
	Fields  []Field
	Augment []Step
	Eval    []Step
	Prep    []Step

	NoTrain *Lack // why nothing can be trained on these records
	NoServe *Lack // why their pictures cannot be prepared either
}

// Weights is a weights section: which stored tensors feed which states of a net.
type Weights struct {
	Net         string
	Span        diag.Span
	Checkpoints []*Checkpoint
}

// Checkpoint is one file of a weights section. Path is as the source has it,
// relative to Dir. Takes is empty when the file was absent.
type Checkpoint struct {
	Path, Dir string
	SHA256    string // in small letters; "" where the source gives none
	Absent    bool
	Span      diag.Span
	Takes     []Take
}

// File is the path of the file on this machine.
func (c *Checkpoint) File() string {
	if filepath.IsAbs(c.Path) {
		return c.Path
	}
	return filepath.Join(c.Dir, filepath.FromSlash(c.Path))
}

// Take says that a state gets its value from a stored tensor.
type Take struct {
	State  *State
	Tensor string
}

// Train is a train section. Both graphs take the fields of the data (after Prep,
// batched) as inputs and return "loss" and "metric.NAME" for each metric: the
// batch's sum of the per-sample statistic, f32 scalars.
type Train struct {
	Net        string
	Data       string
	Span       diag.Span
	Loss       *Graph   // training true
	Eval       *Graph   // training false
	States     []*State // of layers that live only in training
	Metrics    []Metric
	Targets    []Target
	Phases     []*Phase // in running order; a section without phases has one without a name
	Seed       int64
	EMA        float64  // decay of the mean of the weights, 0 for none
	Mix        Resolved // of the records of a batch; Name "" for none
	Accumulate int      // steps whose gradients are added before the weights change; 0 for one
	Save       [2]int   // a checkpoint after so many epochs or steps; zeros: after each epoch
	Pick       [2]int   // classes of a batch and records of each; zeros: batches are drawn at random
	Ignored    []Ignored
	Memory     int64 // bytes that the arena of a step may take, 0 for any number
	MemoryAt   diag.Span
	Strict     bool  // no algorithm whose error is above that of a sum, for all that the net is compiled to
	Lacks      *Lack // why the section is not compiled
}

// Ignored is a label of a field that is no class and counts as nothing.
type Ignored struct {
	Field string
	Label int
}

// Phase is a stretch of a training with settings of its own.
type Phase struct {
	Name      string
	Span      diag.Span
	Epochs    int
	Batch     int
	Optimizer Resolved
	Schedule  Resolved
	Clip      float64 // largest norm of the gradient, 0 for none
	Stop      *Stop   // nil: the phase runs to its end
	Parts     []Part  // in running order, at least one
}

// Part is what happens between two changes of what is frozen. It begins at an epoch
// or, where that is 0, at a step of its phase.
type Part struct {
	Epoch, Step int
	Frozen      []*State

	last *freezing // the last freeze that is in force
}

// Stop ends a phase when a number measured on the validation records has not
// improved for Patience epochs. Metric "" is the loss.
type Stop struct {
	Patience int
	Metric   string
}

// Metric is a reported number; Reduce "mean" divides the sum by the samples. Other
// words compute it of the sum of a table of Size counts, such as a confusion matrix, or
// of values of all samples: results "metric.NAME.0" and so on of the evaluation, of
// which there are Parts.
type Metric struct {
	Name   string
	Reduce string
	Size   int // 0 for a single number
	Parts  int
	Less   bool           // it gets better as it gets less
	Args   map[string]any // of Reduce
}

// Predict is a predict section: Graph maps the prepared picture to the outputs.
type Predict struct {
	Net     string
	Data    string
	Span    diag.Span
	Graph   *Graph
	Outputs []PredictOutput
	Lacks   *Lack // why the section is not compiled
}

// Target is what the loader computes of the boxes of each record: for each prior box
// the class of the true box that it overlaps by IoU or more, and that box. The graphs
// have the inputs NAME.cls, i32[N, P], where Classes stands for the background, and
// NAME.box, f32[N, P, 4] as [cx, cy, w, h] in 0..1.
type Target struct {
	Name    string
	Field   string    // of the boxes
	Priors  []float64 // rows of [cx, cy, w, h] in 0..1
	IoU     float64
	Classes int
}

// PredictOutput says what a result of a predict section means.
type PredictOutput struct {
	Name string
	Set  string // it is an index into this set; "" for numbers
	NMS  *NMS   // it is a list of boxes: see there
	// Mask says that it has a value for each pixel of the net's picture, which
	// preparation has moved: it is given back in pixels of the picture before.
	Mask bool
}

// NMS picks boxes that overlap too little to be one thing, the best first. It works
// on the results NAME.boxes, f32[N, P, 4] as [cx, cy, w, h] in 0..1, and NAME.scores,
// f32[N, P, K], of which Background leaves out the last.
type NMS struct {
	Score, IoU float64
	Max        int
	Background bool
}

// TestResult is the outcome of one test block, known at compile time.
type TestResult struct {
	Name   string
	Span   diag.Span
	Passed bool
	// Failures are diagnostics of the asserts and expects that did not hold.
	Failures diag.List
}
