package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// like returns t with another element type, plain.
func like(t Type, d tensor.DType) Type {
	return Type{DType: d, Dims: append([]Dim(nil), t.Dims...)}
}

// one is the rule of ops with one result of the type of their first operand.
func one(in []Type, _ Attrs) ([]Type, error) { return []Type{like(in[0], in[0].DType)}, nil }

func wantFloat(name string, ts ...Type) error {
	for _, t := range ts {
		if t.Present() && !t.DType.Float() {
			return fmt.Errorf("%s wants floats, but this is %v", name, t)
		}
	}
	return nil
}

// axisOf resolves an axis that may count from the end.
func axisOf(name string, t Type, axis int64) (int, error) {
	if axis < 0 {
		axis += int64(t.Rank())
	}
	if axis < 0 || axis >= int64(t.Rank()) {
		return 0, fmt.Errorf("%s: %v has no axis %d", name, t, axis)
	}
	return int(axis), nil
}

// equal reports whether two sizes are equal for every value of their symbols.
func equal(a, b sym.Expr) bool {
	return a.Equal(b) || sym.ProveEqual(a, b, sym.Facts{}).Proved
}

// sameSize reports whether two axes have equal sizes, whatever their names.
func sameSize(a, b Dim) bool { return equal(a.Size, b.Size) }

// sameSet reports whether two axes may count the same: equal index sets, or one
// that has none.
func sameSet(a, b Dim) bool { return a.Set == "" || b.Set == "" || a.Set == b.Set }

// meets reports whether two shapes are equal axis by axis, in size and set.
func (t Type) meets(u Type) bool {
	if len(t.Dims) != len(u.Dims) {
		return false
	}
	for i := range t.Dims {
		if !sameSize(t.Dims[i], u.Dims[i]) || !sameSet(t.Dims[i], u.Dims[i]) {
			return false
		}
	}
	return true
}

// wantLike refuses an operand whose shape or element type is not that of t.
func wantLike(name, what string, t, u Type) error {
	if !t.meets(u) {
		return fmt.Errorf("%s: %v and its %s %v do not fit", name, t, what, u)
	}
	if t.DType != u.DType {
		return fmt.Errorf("%s: %v and its %s %v have different element types; cast one", name, t, what, u)
	}
	return nil
}

func isOne(d Dim) bool { n, ok := d.Size.IsConst(); return ok && n == 1 }

// broadcastDims joins two shapes right-aligned: size 1 stretches, index sets must
// be equal or absent.
func broadcastDims(name string, a, b Type) ([]Dim, error) {
	n := max(a.Rank(), b.Rank())
	out := make([]Dim, n)
	for i := 1; i <= n; i++ {
		x, y := Dim{Size: sym.Const(1)}, Dim{Size: sym.Const(1)}
		if i <= a.Rank() {
			x = a.Dims[a.Rank()-i]
		}
		if i <= b.Rank() {
			y = b.Dims[b.Rank()-i]
		}
		switch {
		case isOne(x) && !isOne(y):
			out[n-i] = y
		case isOne(y) && !isOne(x):
			out[n-i] = x
		case !sameSize(x, y):
			return nil, fmt.Errorf("%s: %v and %v do not fit: %v is not %v", name, a, b, x.Size, y.Size)
		case !sameSet(x, y):
			return nil, fmt.Errorf("%s: %v and %v do not fit: one axis counts %s, the other %s", name, a, b, x.Set, y.Set)
		default:
			out[n-i] = x
			if x.Set == "" {
				out[n-i].Set = y.Set
			}
		}
	}
	return out, nil
}

// elementwise is the cost of n operations an element of the first result.
func elementwise(n int64) func(in, out []Type, a Attrs) Cost {
	return func(in, out []Type, _ Attrs) Cost {
		return Cost{FLOPs: out[0].Elems().Mul(sym.Const(n)), Bytes: traffic(in, out)}
	}
}

// traffic is the bytes of all operands and results.
func traffic(in, out []Type) sym.Expr {
	var sum sym.Expr
	for _, t := range in {
		if t.Present() {
			sum = sum.Add(t.Bytes())
		}
	}
	for _, t := range out {
		sum = sum.Add(t.Bytes())
	}
	return sum
}

// perInput is the cost of n operations an element of the first operand.
func perInput(n int64) func(in, out []Type, a Attrs) Cost {
	return func(in, out []Type, _ Attrs) Cost {
		return Cost{FLOPs: in[0].Elems().Mul(sym.Const(n)), Bytes: traffic(in, out)}
	}
}

func dtypeOf(a Attrs, name string) (tensor.DType, error) {
	d, ok := tensor.ParseDType(a.String(name))
	if !ok {
		return 0, fmt.Errorf("%q is no element type", a.String(name))
	}
	return d, nil
}

// ints refuses lists of the wrong length or with values below least.
func ints(name, attr string, v []int64, n int, least int64) error {
	if len(v) != n {
		return fmt.Errorf("%s: %s wants %d numbers, not %d", name, attr, n, len(v))
	}
	for _, x := range v {
		if x < least || x > 1<<24 {
			return fmt.Errorf("%s: %s cannot be %d", name, attr, x)
		}
	}
	return nil
}
