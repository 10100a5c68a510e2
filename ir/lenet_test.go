package ir_test

import (
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

func constants(sizes ...int64) []sym.Expr {
	out := make([]sym.Expr, len(sizes))
	for i, n := range sizes {
		out[i] = sym.Const(n)
	}
	return out
}

// lenet builds the infer function of LeNet-5 by hand.
func lenet() *ir.Module {
	m := &ir.Module{Name: "lenet", Source: "lenet.net", Sets: []*ir.IndexSet{{Name: "Digit", Labels: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}}}
	f := &ir.Func{Name: "LeNet.infer", Net: "LeNet", Kind: ir.Infer}
	f.Facts.Min = map[string]int64{"N": 1}
	m.Funcs = append(m.Funcs, f)
	b := ir.NewBuilder(f)
	line := 5
	param := func(name string, t op.Type) *ir.Value {
		m.States = append(m.States, &ir.State{Name: name, Net: "LeNet", Type: t, Init: ir.Init{Kind: "constant", Args: []float64{0}}})
		return b.One("param", op.Attrs{"name": name, "shape": t.Dims})
	}
	stage := func(name string) {
		b.Stage, b.Pos = name, diag.Pos{File: m.Source, Line: line, Col: 8}
		line++
	}
	image := op.Tensor(tensor.F32, append([]sym.Expr{sym.Symbol("N")}, constants(1, 28, 28)...)...)
	image.Dims[1].Set = "Gray"
	y := f.AddInput("image", image)
	for _, c := range []struct {
		name   string
		in, to int64
		pad    int64
	}{{"conv", 1, 6, 2}, {"conv_2", 6, 16, 0}} {
		stage(c.name)
		w := param(c.name+".weight", op.Tensor(tensor.F32, constants(c.to, c.in, 5, 5)...))
		bias := param(c.name+".bias", op.Tensor(tensor.F32, sym.Const(c.to)))
		y = b.One("conv", op.Attrs{"pad": []int64{c.pad, c.pad, c.pad, c.pad}}, y, w, bias)
		y = b.One("tanh", nil, y)
		y = b.One("avgpool", op.Attrs{"kernel": []int64{2, 2}, "stride": []int64{2, 2}}, y)
	}
	stage("flatten")
	y = b.One("reshape", op.Attrs{"shape": []op.Dim{{Size: sym.Symbol("N")}, {Size: sym.Const(400)}}}, y)
	for _, d := range []struct {
		name   string
		in, to int64
		set    string
	}{{"dense", 400, 120, ""}, {"dense_2", 120, 84, ""}, {"dense_3", 84, 10, "Digit"}} {
		stage(d.name)
		wt := op.Tensor(tensor.F32, constants(d.to, d.in)...)
		wt.Dims[0].Set = d.set
		w := param(d.name+".weight", wt)
		bias := param(d.name+".bias", op.Type{DType: tensor.F32, Dims: wt.Dims[:1]})
		y = b.One("matmul", op.Attrs{"trans_b": true}, y, w, bias)
		if d.set == "" {
			y = b.One("tanh", nil, y)
		}
	}
	f.Results = []ir.Result{{Name: "logits", Value: y}}
	return m
}

func TestLeNet(t *testing.T) {
	m := lenet()
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	f := m.Func("LeNet.infer")
	if got, want := f.Results[0].Value.Type.String(), "f32[N, Digit:10]"; got != want {
		t.Errorf("logits are %s, want %s", got, want)
	}
	var params, macs sym.Expr
	for _, s := range m.States {
		params = params.Add(s.Type.Elems())
	}
	for _, in := range f.Instrs {
		macs = macs.Add(in.MACs())
	}
	if got := params.String(); got != "61706" {
		t.Errorf("got %s weights, want 61706", got)
	}
	if got := macs.String(); got != "416520*N" {
		t.Errorf("got %s products, want 416520*N", got)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	m := lenet()
	c := m.Clone()
	f, g := m.Funcs[0], c.Funcs[0]
	for i, in := range f.Instrs {
		copied := g.Instrs[i]
		if in == copied || copied.Op != in.Op || copied.Stage != in.Stage || copied.Pos != in.Pos {
			t.Fatalf("instruction %d: got %v, want a copy of %v", i, copied, in)
		}
		for j, o := range in.Outs {
			if o == copied.Outs[j] || copied.Outs[j].Def != copied || copied.Outs[j].ID != o.ID {
				t.Errorf("instruction %d, result %d: the copy is not its own", i, j)
			}
		}
	}
	if g.Results[0].Value.Def != g.Instrs[len(g.Instrs)-1] {
		t.Error("the copy returns a value of the original")
	}
	before := len(f.Instrs)
	b := ir.NewBuilder(g)
	v := b.One("softmax", nil, g.Results[0].Value)
	g.Instrs[0].Attrs["name"] = "changed"
	if len(f.Instrs) != before || f.Instrs[0].Attrs.String("name") == "changed" {
		t.Error("a change of the copy reached the original")
	}
	for _, in := range f.Instrs {
		for _, o := range in.Outs {
			if o.ID == v.ID {
				t.Errorf("the new value took the number %d, which is in use", v.ID)
			}
		}
	}
	if err := ir.Verify(m); err != nil {
		t.Error(err)
	}
}

func TestQueries(t *testing.T) {
	m := lenet()
	f := m.Funcs[0]
	image := f.Input("image")
	if image == nil || f.Input("picture") != nil {
		t.Error("Input does not find image, or finds what is not there")
	}
	uses := f.Uses()
	if got := uses[image]; len(got) != 1 || got[0].Op.Name != "conv" {
		t.Errorf("got %d uses of the image, want the first conv", len(got))
	}
	if !f.IsResult(f.Results[0].Value) || f.IsResult(image) {
		t.Error("IsResult is wrong")
	}
	if uses[f.Results[0].Value] != nil {
		t.Error("got a use of the result, want none")
	}
	if m.State("LeNet", "conv.weight") == nil || m.State("LeNet", "conv.scale") != nil || m.Set("Digit") == nil || m.Set("Pet") != nil || m.Func("LeNet.eval") != nil {
		t.Error("State, Set or Func is wrong")
	}
}

func TestTryEmit(t *testing.T) {
	m := lenet()
	f := m.Funcs[0]
	b := ir.NewBuilder(f)
	before := len(f.Instrs)
	for _, row := range []struct {
		name  string
		op    string
		attrs op.Attrs
		args  []*ir.Value
	}{
		{"no operand", "tanh", nil, nil},
		{"unknown attribute", "tanh", op.Attrs{"alpha": 1.0}, []*ir.Value{f.Inputs[0]}},
		{"shapes that do not meet", "add", nil, []*ir.Value{f.Inputs[0], f.Results[0].Value}},
	} {
		if _, err := b.TryEmit(row.op, row.attrs, row.args...); err == nil || len(f.Instrs) != before {
			t.Errorf("%s: got %v and %d instructions, want an error and %d", row.name, err, len(f.Instrs), before)
		}
	}
	y := b.Emit("conv", nil, f.Inputs[0], f.Instrs[0].Outs[0])[0]
	if in := y.Def; len(in.Args) != 5 || in.Args[2] != nil || len(in.Attrs) != len(in.Op.Attrs) {
		t.Errorf("got operands %v and attributes %v, want absent ones filled in", in.Args, in.Attrs)
	}
	defer func() {
		if _, ok := recover().(diag.Bug); !ok {
			t.Error("Emit of what cannot be did not panic with a diag.Bug")
		}
	}()
	b.Emit("tanh", nil)
}
