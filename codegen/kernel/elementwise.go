package kernel

import (
	"fmt"
	"slices"
)

// Region is the body of one fused elementwise loop: for every i below n,
//
//	v[k] = in[k][i], in[k][0] or in[k][i%8]  one value per operand, then
//	v[len(In)+j] = Steps[j] applied to v     one value per step, in order,
//	out[m][i] = v[Out[m]]
//
// Generators lower a `fused` instruction to it: they split the iteration space so
// that each operand is a vector or a scalar along the innermost run. All loads of
// an element come before its first store, so an output may share storage with a
// vector operand of the same element size.
type Region struct {
	In    []Operand
	Steps []Step
	Out   []int // values that are stored, one per output
}

// Mode says how the loop reads an operand.
type Mode uint8

// A Vector has n elements; a Scalar has one, the same for every i; a Block has eight
// that repeat: the channels of an image in the blocked layout.
const (
	Vector Mode = iota
	Scalar
	Block
)

// Operand is one input of a region.
type Operand struct {
	Mode Mode
	Type string // Go element type: float32, int32, int64, uint8, int8, bool
}

// Step computes one value. Op is the name of an operation of ir/op (unary,
// activation, binary, select, cast) or "const", whose value is Params[0].
// Params are the attributes in the order of [Params]; a cast has none, its
// target is Type.
type Step struct {
	Op     string
	Args   []int
	Params []float64
	Type   string // Go element type of the value
}

// Params names the attributes of an op that its steps carry, in order. A gelu
// carries 1 for the tanh form and 0 for the exact one.
func Params(name string) []string {
	switch name {
	case "const":
		return []string{"value"}
	case "clamp":
		return []string{"lo", "hi"}
	case "leaky", "elu":
		return []string{"alpha"}
	case "gelu":
		return []string{"approx"}
	}
	return nil
}

// UnsupportedError says why a region has no assembly form; its Go twin always
// exists.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return "no vector form: " + e.Reason }

// Sets returns the instruction sets that a model has kernels of r for. A short region waits
// for memory, which wider vectors bring no sooner: measured on Zen 4, they take as long, and
// a twentieth longer where no cache holds the operands.
//
// Errors: [*UnsupportedError] where there is none.
func Sets(r Region) ([]ISA, error) {
	r.check()
	p, err := lower(r)
	switch {
	case err != nil:
		return nil, err
	case len(p.code) < shortRegion:
		return []ISA{AVX2}, nil
	}
	return ISAs, nil
}

// valueType returns the Go element type of value v.
func (r Region) valueType(v int) string {
	if v < len(r.In) {
		return r.In[v].Type
	}
	return r.Steps[v-len(r.In)].Type
}

// check panics on a region that no generator should build.
func (r Region) check() {
	for j, s := range r.Steps {
		if got, want := len(s.Params), len(Params(s.Op)); got != want {
			panic(fmt.Sprintf("kernel: step %d: %s has %d parameters, want %d", j, s.Op, got, want))
		}
		if got, want := len(s.Args), arity(s.Op); got != want {
			panic(fmt.Sprintf("kernel: step %d: %s has %d operands, want %d", j, s.Op, got, want))
		}
		if i := slices.IndexFunc(s.Args, func(a int) bool { return a < 0 || a >= len(r.In)+j }); i >= 0 {
			panic(fmt.Sprintf("kernel: step %d: %s reads value %d, which comes later", j, s.Op, s.Args[i]))
		}
	}
	for _, v := range r.Out {
		if v < 0 || v >= len(r.In)+len(r.Steps) {
			panic(fmt.Sprintf("kernel: output %d does not exist", v))
		}
	}
	if len(r.Out) == 0 {
		panic("kernel: a region without outputs")
	}
}

func arity(name string) int {
	switch name {
	case "const":
		return 0
	case "add", "sub", "mul", "div", "pow", "min", "max", "eq", "lt", "le", "and", "or":
		return 2
	case "select":
		return 3
	}
	return 1
}

// Signature returns the Go signature both twins share: the number of elements,
// then a pointer to the first element of each output and of each operand.
//
//	func(n int, out0 *float32, in0 *float32, in1 *bool)
func (r Region) Signature() string {
	s := "func(n int"
	for m, v := range r.Out {
		s += fmt.Sprintf(", out%d *%s", m, r.valueType(v))
	}
	for k, o := range r.In {
		s += fmt.Sprintf(", in%d *%s", k, o.Type)
	}
	return s + ")"
}
