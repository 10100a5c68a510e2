package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
)

// opCase is one application of an operation whose gradient is checked. Operands
// are chosen away from kinks by the margin of [margin]. frozen lists float
// operands whose derivative is not offered (statistics that only feed updates).
type opCase struct {
	name   string
	attrs  op.Attrs
	in     []*eval.Tensor
	frozen []int
	silent []int // results that get no cotangent
}

// TestEverySmoothOpHasVJP is the meta-test of this room.
func TestEverySmoothOpHasVJP(t *testing.T) {
	have := map[string]bool{}
	for _, n := range Registered() {
		have[n] = true
		if d := op.Lookup(n); d == nil || d.Gradient != op.Smooth {
			t.Errorf("%s has a VJP, but the table does not call it smooth", n)
		}
	}
	smooth := 0
	for _, d := range op.All() {
		if d.Gradient != op.Smooth || d.Effect == op.Source {
			continue
		}
		smooth++
		if !have[d.Name] {
			t.Errorf("%s is smooth and has no VJP", d.Name)
		}
		if cases[d.Name] == nil {
			t.Errorf("%s is smooth and has no gradient test", d.Name)
		}
	}
	if smooth < 40 {
		t.Errorf("only %d smooth operations", smooth)
	}
}

// TestVJP compares every product with central differences in float64.
func TestVJP(t *testing.T) {
	for _, name := range Registered() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for i, c := range cases[name](&gen{rng}) {
				t.Run(fmt.Sprintf("%d_%s", i, c.name), func(t *testing.T) { checkVJP(t, name, c, rng) })
			}
		})
	}
}

// checkVJP differentiates L = Σ_k dy_k·y_k with respect to every float operand,
// all at once and each one alone.
func checkVJP(t *testing.T, name string, c opCase, rng *rand.Rand) {
	d := op.Lookup(name)
	y, err := eval.Op(d, c.attrs, c.in)
	if err != nil {
		t.Fatal(err)
	}
	dy := make([]*eval.Tensor, len(y))
	for k, r := range y {
		if r.Type.Float() && !contains(c.silent, k) {
			dy[k] = eval.Random(r.OpType(), rng)
		}
	}
	loss := func() float64 {
		y, err := eval.Op(d, c.attrs, c.in)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k, g := range dy {
			if g != nil {
				for i := range g.F {
					sum += g.F[i] * y[k].F[i]
				}
			}
		}
		return sum
	}
	var wanted []int
	for i, x := range c.in {
		if x != nil && x.Type.Float() && !contains(c.frozen, i) {
			wanted = append(wanted, i)
		}
	}
	if len(wanted) == 0 {
		t.Fatal("no operand to differentiate")
	}
	together := gradients(t, d, c, dy, wanted)
	for _, i := range wanted {
		alone := gradients(t, d, c, dy, []int{i})
		x := c.in[i]
		for k := range x.F {
			want := difference(loss, &x.F[k])
			for which, got := range map[string]float64{"with the others": together[i].F[k], "alone": alone[i].F[k]} {
				if math.IsNaN(got) || math.Abs(got-want) > 1e-6*math.Max(1, math.Abs(want)) {
					t.Fatalf("operand %d of %v, element %d, %s: got %.9g, want %.9g", i, x, k, which, got, want)
				}
			}
		}
	}
}

// difference is the derivative of f by *x: the central difference of order 4.
func difference(f func() float64, x *float64) float64 {
	const h = 1e-3
	x0 := *x
	at := func(d float64) float64 { *x = x0 + d; return f() }
	slope := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
	*x = x0
	return slope
}

// gradients builds a function of the operands and cotangents, appends the
// backward half for the wanted operands, and evaluates it.
func gradients(t *testing.T, d *op.Def, c opCase, dy []*eval.Tensor, wanted []int) map[int]*eval.Tensor {
	t.Helper()
	f := &ir.Func{Name: "test"}
	inputs := map[string]*eval.Tensor{}
	operands := make([]*ir.Value, len(c.in))
	want := map[*ir.Value]bool{}
	for i, x := range c.in {
		if x == nil {
			continue
		}
		name := fmt.Sprintf("x%d", i)
		operands[i] = f.AddInput(name, x.OpType())
		inputs[name] = x
	}
	for _, i := range wanted {
		want[operands[i]] = true
	}
	b := ir.NewBuilder(f)
	outs := b.Emit(d.Name, c.attrs, operands...)
	forward := len(f.Instrs)
	seeds := map[*ir.Value]*ir.Value{}
	for k, g := range dy {
		if g != nil {
			name := fmt.Sprintf("dy%d", k)
			seeds[outs[k]] = f.AddInput(name, g.OpType())
			inputs[name] = g
		}
	}
	adjoint := reverse(b, f, forward, seeds, reach(f, func(v *ir.Value) bool { return want[v] }))
	for _, i := range wanted {
		if adjoint[operands[i]] == nil {
			t.Fatalf("no adjoint of operand %d", i)
		}
		f.Results = append(f.Results, ir.Result{Name: fmt.Sprintf("dx%d", i), Value: adjoint[operands[i]]})
	}
	if len(adjoint) != len(seeds)+len(wanted) {
		t.Errorf("%d adjoints for %d seeds and %d operands", len(adjoint), len(seeds), len(wanted))
	}
	results, err := eval.Run(f, inputs, &eval.Env{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]*eval.Tensor{}
	for _, i := range wanted {
		out[i] = results[fmt.Sprintf("dx%d", i)]
	}
	return out
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
