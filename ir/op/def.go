package op

import "github.com/netc-lang/netc/ir/sym"

// Attrs are the compile-time arguments of one operation. Values are int64,
// []int64, float64, []float64, bool, string or []string; the spec of the op
// says which.
type Attrs map[string]any

// Int returns an int attribute, 0 when absent.
func (a Attrs) Int(name string) int64 { v, _ := a[name].(int64); return v }

// Ints returns an int list attribute, nil when absent.
func (a Attrs) Ints(name string) []int64 { v, _ := a[name].([]int64); return v }

// Float returns a float attribute, 0 when absent.
func (a Attrs) Float(name string) float64 { v, _ := a[name].(float64); return v }

// Floats returns a float list attribute, nil when absent.
func (a Attrs) Floats(name string) []float64 { v, _ := a[name].([]float64); return v }

// Bool returns a bool attribute, false when absent.
func (a Attrs) Bool(name string) bool { v, _ := a[name].(bool); return v }

// String returns a string attribute, "" when absent.
func (a Attrs) String(name string) string { v, _ := a[name].(string); return v }

// Strings returns a string list attribute, nil when absent.
func (a Attrs) Strings(name string) []string { v, _ := a[name].([]string); return v }

// Arg describes one operand.
type Arg struct {
	Name     string
	Optional bool // a nil operand stands for an absent one
	Variadic bool // the last operand may repeat
}

// Kind is the Go type of an attribute.
type Kind uint8

// The kinds of attribute values.
const (
	KindInt Kind = iota
	KindInts
	KindFloat
	KindFloats
	KindBool
	KindString
	KindStrings
	KindDims // []Dim: axes whose sizes may be symbolic
)

// AttrSpec describes one attribute; a nil Default makes it required.
type AttrSpec struct {
	Name    string
	Kind    Kind
	Default any
	Doc     string
}

// Cost counts the work of one operation, exact in the symbols of its types.
// MACs are products of conv, transposed conv, dense, matmul and attention only.
type Cost struct {
	MACs, FLOPs, Bytes sym.Expr
}

// Gradient says how an operation behaves under differentiation.
type Gradient uint8

// Smooth ops have a VJP in passes/grad. ZeroGradient ops are constant almost
// everywhere (argreduce, floor). NoGradient ops are never differentiated: they
// appear only after the grad pass, or produce no floats.
const (
	Smooth Gradient = iota
	ZeroGradient
	NoGradient
)

// Effect says what an operation does besides computing its results.
type Effect uint8

// Pure ops may be removed, merged and moved. Source ops (input, param, buffer)
// are pure reads of named storage. Update ops write a state and are never
// removed.
const (
	Pure Effect = iota
	Source
	Update
)

// Def is one row of the table. A value of every field is looked at by the
// verifier, the printer, the manual or the cost model; there is no op without
// a complete row.
type Def struct {
	Name     string
	Group    string // "unary", "linear", ...: the section of the manual
	Args     []Arg
	Attrs    []AttrSpec
	Results  int // number of results
	Effect   Effect
	Gradient Gradient
	// Infer returns the result types, or an error in the user's words: what was
	// found and what is wanted, with sizes. It must not panic on any input.
	Infer func(in []Type, a Attrs) ([]Type, error)
	// Cost is nil for ops that only move or name data.
	Cost func(in, out []Type, a Attrs) Cost
	Law  string // one line of mathematics
	Doc  string // what a user should know; source of the definition
	ONNX string // the ONNX operator it corresponds to, "" when none
}

var table = map[string]*Def{}

// Define adds a row; a name defined twice is a bug of the compiler.
func Define(d *Def) *Def {
	if _, dup := table[d.Name]; dup {
		panic("op: " + d.Name + " defined twice")
	}
	table[d.Name] = d
	return d
}

// Lookup returns the row of a name, or nil.
func Lookup(name string) *Def { return table[name] }
