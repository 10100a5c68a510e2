package grad

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestKinks states what happens where a derivative does not exist: ties share the
// cotangent evenly, and the activations take PyTorch's side.
func TestKinks(t *testing.T) {
	vec := func(v ...float64) *eval.Tensor { return eval.Floats([]int{len(v)}, v...) }
	for _, c := range []struct {
		op    string
		attrs op.Attrs
		in    []*eval.Tensor
		dy    float64
		want  [][]float64
	}{
		{"max", nil, args(vec(1, 2, 3), vec(2, 2, 2)), 6, [][]float64{{0, 3, 6}, {6, 3, 0}}},
		{"min", nil, args(vec(1, 2, 3), vec(2, 2, 2)), 6, [][]float64{{6, 3, 0}, {0, 3, 6}}},
		{"reduce", op.Attrs{"kind": "max", "axes": ints(0)}, args(vec(5, 1, 5, 5)), 6, [][]float64{{2, 0, 2, 2}}},
		{"reduce", op.Attrs{"kind": "min", "axes": ints(0)}, args(vec(5, 1, 5, 1)), 6, [][]float64{{0, 3, 0, 3}}},
		{"abs", nil, args(vec(0)), 6, [][]float64{{0}}},
		{"relu", nil, args(vec(0)), 6, [][]float64{{0}}},
		{"clamp", op.Attrs{"lo": 0.0, "hi": 6.0}, args(vec(0, 6)), 6, [][]float64{{0, 0}}},
		{"leaky", op.Attrs{"alpha": 0.5}, args(vec(0)), 6, [][]float64{{3}}},
		{"prelu", nil, args(vec(0, -2), vec(0.5)), 6, [][]float64{{3, 3}, {-12}}},
		{"elu", op.Attrs{"alpha": 0.5}, args(vec(0)), 6, [][]float64{{3}}},
		{"hardsigmoid", nil, args(vec(-3, 3)), 6, [][]float64{{0, 0}}},
		{"hardswish", nil, args(vec(-3, 3)), 6, [][]float64{{0, 6}}},
	} {
		d := op.Lookup(c.op)
		y, err := eval.Op(d, c.attrs, c.in)
		if err != nil {
			t.Fatal(err)
		}
		dy := eval.New(tensor.F32, y[0].Shape...)
		var wanted []int
		for i := range dy.F {
			dy.F[i] = c.dy
		}
		for i := range c.want {
			wanted = append(wanted, i)
		}
		got := gradients(t, d, opCase{attrs: c.attrs, in: c.in}, []*eval.Tensor{dy}, wanted)
		for i, w := range c.want {
			if testkit.Far(got[i].F, w, 1e-12) >= 0 {
				t.Errorf("%s %v: operand %d: got %v, want %v", c.op, c.attrs, i, got[i].F, w)
			}
		}
	}
}

// TestUnknownSizes: a mean over axes known only at run time divides by what they
// turn out to be.
func TestUnknownSizes(t *testing.T) {
	n, h := sym.Symbol("N"), sym.Symbol("H")
	f := &ir.Func{Name: "test"}
	b := ir.NewBuilder(f)
	x := f.AddInput("x", op.Tensor(tensor.F32, n, sym.Const(3), h))
	y := b.One("reduce", op.Attrs{"kind": "mean", "axes": ints(0, 1, 2)}, x)
	forward := len(f.Instrs)
	seeds := map[*ir.Value]*ir.Value{y: f.AddInput("dy", op.Tensor(tensor.F32))}
	adjoint := reverse(b, f, forward, seeds, reach(f, func(v *ir.Value) bool { return v == x }))
	f.Results = []ir.Result{{Name: "dx", Value: adjoint[x]}}
	in := map[string]*eval.Tensor{"x": eval.New(tensor.F32, 5, 3, 2), "dy": eval.Scalar(60)}
	results, err := eval.Run(f, in, &eval.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range results["dx"].F {
		if g != 2 {
			t.Fatalf("got %v, want all 2", results["dx"].F)
		}
	}
}

// TestOrder: grad refuses what later passes make.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name, want string
		build      func(n *net) *ir.Value
	}{
		{"fused activation", "fuse-epilogue must run after grad", func(n *net) *ir.Value {
			w := n.param("w", 2, 2)
			return n.One("matmul", op.Attrs{"act": "relu"}, w, w, nil, nil)
		}},
		{"backward operation", "softmax_dx has no gradient", func(n *net) *ir.Value {
			w := n.param("w", 2, 2)
			return n.One("softmax_dx", nil, w, w)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if bug, ok := recover().(diag.Bug); !ok || !strings.Contains(bug.Message, c.want) {
					t.Errorf("got %v, want a bug with %q", fmt.Sprint(bug), c.want)
				}
			}()
			n := newNet(nil)
			n.mean(c.build(n))
			differentiate(t, n.m)
		})
	}
}
