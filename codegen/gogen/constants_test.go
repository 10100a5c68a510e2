package gogen

import (
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestConstantsOfChoices computes weights that depend on indices and truth values, which
// depend on other weights, as the naive evaluator does.
func TestConstantsOfChoices(t *testing.T) {
	d := newDesign("choices")
	d.fn("Choices.infer", "Choices", ir.Infer)
	f, b := d.f, d.b
	scores, table := d.param("scores", 5, 3), d.param("table", 3, 4)
	index := b.One("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, scores)
	rows := b.One("gather", op.Attrs{"axis": int64(0)}, table, index)
	kept := b.One("select", nil, b.One("lt", nil, b.One("const", op.Attrs{"values": []float64{0}}), rows), rows, b.One("neg", nil, rows))
	best := b.Emit("topk", op.Attrs{"k": int64(2), "axis": int64(1)}, kept)
	sum := b.One("add", nil, best[0], b.One("cast", op.Attrs{"to": "f32"}, best[1]))
	d.result("y", b.One("add", nil, f.AddInput("x", typ(tensor.F32, "N", 5, 2)), sum))
	states := randomStates(d.m)
	x := eval.New(tensor.F32, 1, 5, 2)
	want, err := eval.Run(f, map[string]*eval.Tensor{"x": x}, &eval.Env{States: states})
	if err != nil {
		t.Fatal(err)
	}
	m := plan(t, d.m) // where regions hold the choices
	c := newConstants()
	c.states = func(v *ir.Value) ([]float32, error) {
		var out []float32
		for _, x := range states[v.Def.Attrs.String("name")].F {
			out = append(out, float32(x))
		}
		return out, nil
	}
	planned := m.Func("Choices.infer")
	var found []float32
	for _, in := range planned.Instrs {
		for _, v := range in.Outs {
			if v.Mem.Space == ir.SetupSpace && v.Type.DType == tensor.F32 {
				if found, err = c.of(v); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(found) != 10 {
		t.Fatalf("got %d values computed at load, want the 10 that are added to the input", len(found))
	}
	for i, v := range found {
		if d := float64(v) - want["y"].F[i]; d > 1e-6 || d < -1e-6 {
			t.Errorf("element %d: got %v, want %v", i, v, want["y"].F[i])
		}
	}
}
