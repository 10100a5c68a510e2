package passes

import (
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/tensor"
)

func image(f *ir.Func) *ir.Value {
	return f.AddInput("image", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(3), sym.Const(4)))
}

func TestShapeRefuses(t *testing.T) {
	for _, row := range []struct {
		name  string
		build func(f *ir.Func, b *ir.Builder, x *ir.Value)
		want  string
	}{
		{"a type that the rule does not give", func(_ *ir.Func, b *ir.Builder, x *ir.Value) {
			b.One("tanh", nil, x).Type.Dims = x.Type.Dims[:2]
		}, "found a result of type f32[N, 3], expected f32[N, 3, 4]"},
		{"a size without a source", func(f *ir.Func, b *ir.Builder, x *ir.Value) {
			b.One("broadcast", op.Attrs{"shape": []op.Dim{{Size: sym.Symbol("K")}}}, b.One("reduce", op.Attrs{"axes": []int64{0, 1, 2}, "kind": "sum"}, x))
		}, "no input has a size K"},
		{"an unknown attribute", func(_ *ir.Func, b *ir.Builder, x *ir.Value) {
			b.One("tanh", nil, x).Def.Attrs["speed"] = int64(1)
		}, "tanh has no attribute speed"},
	} {
		f := &ir.Func{Name: "f", Net: "Net"}
		b := ir.NewBuilder(f)
		b.Pos.File, b.Pos.Line, b.Pos.Col = "test.net", 7, 3
		x := image(f)
		row.build(f, b, x)
		_, err := shape(&ir.Module{Funcs: []*ir.Func{f}}, target.Desc{})
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "test.net:7:3") {
			t.Errorf("%s: got %v, want %q with its place", row.name, err, row.want)
		}
	}
}

func TestShapeCountsAxesFromTheFront(t *testing.T) {
	f := &ir.Func{Name: "f", Net: "Net"}
	b := ir.NewBuilder(f)
	x := image(f)
	soft := b.One("softmax", op.Attrs{"axis": int64(-1)}, x).Def
	sum := b.One("reduce", op.Attrs{"axes": []int64{-1, 0}, "kind": "sum"}, x).Def
	turn := b.One("transpose", op.Attrs{"perm": []int64{-1, 0, -2}}, x).Def
	if _, err := shape(&ir.Module{Funcs: []*ir.Func{f}}, target.Desc{}); err != nil {
		t.Fatal(err)
	}
	if got := soft.Attrs.Int("axis"); got != 2 {
		t.Errorf("softmax: got axis %d, want 2", got)
	}
	if got := sum.Attrs.Ints("axes"); !slices.Equal(got, []int64{2, 0}) {
		t.Errorf("reduce: got axes %v, want [2 0]", got)
	}
	if got := turn.Attrs.Ints("perm"); !slices.Equal(got, []int64{2, 0, 1}) {
		t.Errorf("transpose: got %v, want [2 0 1]", got)
	}
}
