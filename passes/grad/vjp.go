package grad

import (
	"sort"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// VJP emits the vector-Jacobian product of one instruction: given the cotangent
// of each result (nil where a result does not reach the loss, never all nil), it
// returns the cotangent of each operand. need says which operands want one; the
// others must be nil and cost nothing. A cotangent has the element type and sizes of
// its operand; index sets are restored by the caller.
type VJP func(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value

var vjps = map[string]VJP{}

// register is called by the init function of each family's file.
func register(name string, f VJP) {
	if vjps[name] != nil {
		panic("grad: " + name + " registered twice")
	}
	vjps[name] = f
}

// Registered returns the names of the operations that have a VJP, sorted.
func Registered() []string {
	names := make([]string, 0, len(vjps))
	for n := range vjps {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// refusal is the panic value of a VJP that meets what this version cannot
// differentiate; Run turns it into an error at the instruction's position.
type refusal string

// refuse ends a VJP with a message in the user's words.
func refuse(message string) { panic(refusal(message)) }

// emitter adds short names for the operations that VJPs are made of.
type emitter struct {
	*ir.Builder
}

// scalar emits a constant without axes, of the element type of like.
func (e emitter) scalar(v float64, like *ir.Value) *ir.Value {
	return e.One("const", op.Attrs{
		"dtype": like.Type.DType.String(), "shape": []int64{}, "values": []float64{v},
	})
}

func (e emitter) neg(x *ir.Value) *ir.Value      { return e.One("neg", nil, x) }
func (e emitter) add(x, y *ir.Value) *ir.Value   { return e.One("add", nil, x, y) }
func (e emitter) sub(x, y *ir.Value) *ir.Value   { return e.One("sub", nil, x, y) }
func (e emitter) mul(x, y *ir.Value) *ir.Value   { return e.One("mul", nil, x, y) }
func (e emitter) div(x, y *ir.Value) *ir.Value   { return e.One("div", nil, x, y) }
func (e emitter) less(x, y *ir.Value) *ir.Value  { return e.One("lt", nil, x, y) }
func (e emitter) equal(x, y *ir.Value) *ir.Value { return e.One("eq", nil, x, y) }

// choose is a where c, else b.
func (e emitter) choose(c, a, b *ir.Value) *ir.Value { return e.One("select", nil, c, a, b) }

// scale is c·x and shift is x + c for a number c.
func (e emitter) scale(x *ir.Value, c float64) *ir.Value { return e.mul(x, e.scalar(c, x)) }
func (e emitter) shift(x *ir.Value, c float64) *ir.Value { return e.add(x, e.scalar(c, x)) }

// reflect is c − x for a number c.
func (e emitter) reflect(c float64, x *ir.Value) *ir.Value { return e.sub(e.scalar(c, x), x) }

// masked is x where c, else 0.
func (e emitter) masked(c, x *ir.Value) *ir.Value { return e.choose(c, x, e.scalar(0, x)) }

// asFloat converts a mask to zeros and ones of the element type of like.
func (e emitter) asFloat(mask, like *ir.Value) *ir.Value {
	return e.One("cast", op.Attrs{"to": like.Type.DType.String()}, mask)
}

// reshape gives x the axes dims, sizes and index sets.
func (e emitter) reshape(x *ir.Value, dims []op.Dim) *ir.Value {
	want := x.Type
	want.Dims = dims
	if x.Type.SameShape(want) {
		return x
	}
	return e.One("reshape", op.Attrs{"shape": dims}, x)
}

// sum adds up x over the given axes, which disappear.
func (e emitter) sum(x *ir.Value, axes []int64) *ir.Value {
	if len(axes) == 0 {
		return x
	}
	return e.One("reduce", op.Attrs{"kind": "sum", "axes": axes, "keep": false}, x)
}

// sumTo undoes broadcasting: it adds up x over every axis that an operand of type
// t was stretched along and gives the result exactly the axes of t.
func (e emitter) sumTo(x *ir.Value, t op.Type) *ir.Value {
	lead := x.Type.Rank() - t.Rank()
	var axes []int64
	for a, d := range x.Type.Dims {
		if a < lead || isOne(t.Dims[a-lead].Size) && !isOne(d.Size) {
			axes = append(axes, int64(a))
		}
	}
	return e.reshape(e.sum(x, axes), t.Dims)
}

// stretch broadcasts x to the axes dims.
func (e emitter) stretch(x *ir.Value, dims []op.Dim) *ir.Value {
	want := x.Type
	want.Dims = dims
	if x.Type.SameShape(want) {
		return x
	}
	return e.One("broadcast", op.Attrs{"shape": dims}, x)
}

// count emits the product of some sizes as a scalar of the element type of like.
// A size that is known only at run time is counted by adding up ones along an
// axis of that size: the table has no operation that reads a size.
func (e emitter) count(sizes []sym.Expr, like *ir.Value) *ir.Value {
	known := int64(1)
	var total *ir.Value
	for _, s := range sizes {
		if n, ok := s.IsConst(); ok {
			known *= n
			continue
		}
		ones := e.stretch(e.scalar(1, like), []op.Dim{{Size: s}})
		n := e.sum(ones, []int64{0})
		if total == nil {
			total = n
		} else {
			total = e.mul(total, n)
		}
	}
	switch {
	case total == nil:
		return e.scalar(float64(known), like)
	case known == 1:
		return total
	}
	return e.scale(total, float64(known))
}

func isOne(e sym.Expr) bool {
	n, ok := e.IsConst()
	return ok && n == 1
}

// fixed returns a size that must be known at compile time.
func fixed(e sym.Expr, what string) int64 {
	n, ok := e.IsConst()
	if !ok {
		refuse("the gradient of " + what + " needs a size known at compile time, and found " + e.String())
	}
	return n
}

// axisOf returns attribute "axis" counted from the front.
func axisOf(in *ir.Instr, rank int) int64 {
	a := in.Attrs.Int("axis")
	if a < 0 {
		a += int64(rank)
	}
	return a
}

// keep returns a copy of the named attributes of an instruction, for the sibling
// that undoes it.
func keep(a op.Attrs, names ...string) op.Attrs {
	out := op.Attrs{}
	for _, n := range names {
		if v, ok := a[n]; ok {
			out[n] = v
		}
	}
	return out
}

// only refuses cotangents of all results but the first: they are statistics or
// positions that a loss cannot reach in the language.
func only(in *ir.Instr, dy []*ir.Value) *ir.Value {
	for i, d := range dy[1:] {
		if d != nil {
			diag.Bugf("grad: a cotangent reached result %d of %s", i+1, in.Op.Name)
		}
	}
	return dy[0]
}
