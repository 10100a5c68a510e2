package ir

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// Stage says how far a module has been lowered.
type Stage uint8

// The stages, in order.
const (
	Graph     Stage = iota // mathematical ops
	Scheduled              // layouts, packing and fused regions chosen
	Planned                // every value has its memory
)

// Module is everything compiled from one .net file.
type Module struct {
	Name   string // Go package name
	Doc    string // package comment
	Source string // base name of the .net file
	Stage  Stage
	Sets   []*IndexSet
	States []*State // parameters and buffers, shared by all functions, in weight order
	Funcs  []*Func

	Data     []*Data
	Trains   []*Train
	Predicts []*Predict
}

// IndexSet names the positions of an axis; Go gets a type with constants.
type IndexSet struct {
	Name    string
	Doc     string
	Labels  []string
	BuiltIn bool // Gray, RGB ... of the language: no Go type is generated
}

// State is a parameter (trained) or a buffer (kept, not trained).
type State struct {
	Name    string // weight path such as "conv.weight"; unique in its net
	Net     string
	Buffer  bool
	Frozen  bool
	NoDecay bool // biases and norm weights: weight decay skips them
	// Training marks what only the functions of a train section use: it is no
	// weight of the net that is served.
	Training bool
	Type     op.Type
	Init     Init
	Pos      diag.Pos
}

// Init is the seeded initial value of a state.
type Init struct {
	Kind string    // uniform(lo, hi) normal(mean, std) trunc_normal(mean, std) constant(c) orthogonal(gain)
	Args []float64 // as in the comment of Kind
}

// FuncKind says what a function is for.
type FuncKind uint8

// Infer maps the inputs of a net to its outputs. Loss maps a batch to the loss
// and metric statistics with training true; the grad pass turns it into a
// TrainStep. Eval is Loss with training false. Predict is prep + net + the
// outputs of a predict section.
const (
	Infer FuncKind = iota
	Loss
	TrainStep
	Eval
	PredictFunc
)

// Func is one straight line of instructions.
type Func struct {
	Name    string // LeNet.infer
	Net     string
	Kind    FuncKind
	Doc     string
	Inputs  []*Value // named; order is the order of the signature
	Instrs  []*Instr
	Results []Result
	Facts   sym.Facts         // what the where-clauses promise about the symbols
	Blocks  map[string]string // the block that made a stage, by its path; never changed

	// Segments are set by the passes group-images and group-channels, Memory by the memory
	// pass, Joints by the parallel pass.
	Segments []Segment
	Memory   *Memory
	Joints   []Joint
	nextID   int
}

// Result is a named result.
type Result struct {
	Name  string
	Value *Value
}

// Value is one SSA value.
type Value struct {
	ID     int
	Name   string // inputs only
	Type   op.Type
	Layout Layout // set by the choose pass
	Def    *Instr // nil for inputs
	Index  int    // which result of Def
	Mem    Mem    // set by the memory pass
}

// Instr applies an operation.
type Instr struct {
	Op    *op.Def
	Attrs op.Attrs
	Args  []*Value // nil entries are absent optional operands
	Outs  []*Value
	Pos   diag.Pos // source position of the stage it comes from
	Stage string   // stage name of the source, such as "conv_2"
	Layer string   // word of the language it comes from, such as "dense"; "" after lowering
	Body  []*Instr // the region of a fused op: elementwise ops, in order
	Split Split    // set by the parallel pass
}

// Space is the storage a value lives in.
type Space uint8

// The spaces of planned values.
const (
	NoSpace       Space = iota
	InputSpace          // owned by the session, written by the caller
	StateSpace          // a parameter or buffer; Mem.State names it
	ConstSpace          // a constant of the generated code
	ArenaSpace          // Mem.Offset in the arena
	SetupSpace          // computed once from the weights when a model is loaded
	ElidedSpace         // needs no storage (inside a fused region)
	GradientSpace       // the memory of gradients beside that of the states, which an update reads
)

// Mem is where a value lives. Offset and Size are bytes, linear in the batch
// symbol; or Block is the number, from 1, of the block of the plan that holds the
// value, Offset counts from it, and both may depend on any symbol. Step is not 0 where the
// images of the value are parts of larger ones: Step bytes from one to the next.
// Segment is the number, from 1, of the segment inside which the value lives and dies:
// Offset then counts from the segment's storage, and both are those for a group of as
// many images as the batch symbol says.
type Mem struct {
	Space   Space
	State   string
	Offset  sym.Expr
	Size    sym.Expr
	Step    sym.Expr
	Block   int
	Segment int
}

// Whole reports whether images at m lie side by side, and are no parts of larger ones.
func (m Mem) Whole() bool { return m.Step.Equal(sym.Expr{}) }

// Memory is the plan of one function's arena. Bound is the largest number of
// bytes alive at any step: no plan of the same order can be smaller. Logical is what
// it would be without halos and padding channels. A function
// whose sizes are not linear in one symbol has Blocks in place of both: they are
// packed, at multiples of Align bytes, when the sizes are known. [Func.At] serves
// both kinds.
type Memory struct {
	Arena, Bound, Logical sym.Expr
	Blocks                []Block
	Align                 int64
}
