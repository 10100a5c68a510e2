package gogen

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/runtime/tensor"
)

// design builds the module of one net by hand, the way lang/irgen does.
type design struct {
	m *ir.Module
	f *ir.Func
	b *ir.Builder
	// line is the source line that the next stage claims to come from.
	line int
	// have are the states of the module by name, so that functions share them.
	have map[string]bool
}

func newDesign(pkg string) *design {
	return &design{m: &ir.Module{Name: pkg, Source: pkg + ".net", Doc: "Package " + pkg + " is a test."}, have: map[string]bool{}}
}

// fn begins a function.
func (d *design) fn(name, net string, kind ir.FuncKind) {
	d.f = &ir.Func{Name: name, Net: net, Kind: kind}
	d.f.Facts.Min = map[string]int64{"N": 1}
	d.b = ir.NewBuilder(d.f)
	d.m.Funcs = append(d.m.Funcs, d.f)
}

func (d *design) stage(name string) {
	d.line++
	d.b.Stage, d.b.Pos = name, diag.Pos{File: d.m.Source, Line: d.line, Col: 5}
}

func dims(sizes ...any) []op.Dim {
	var out []op.Dim
	for _, s := range sizes {
		switch s := s.(type) {
		case int:
			out = append(out, op.Dim{Size: sym.Const(int64(s))})
		case string:
			out = append(out, op.Dim{Size: sym.Symbol(s)})
		case op.Dim:
			out = append(out, s)
		}
	}
	return out
}

func typ(d tensor.DType, sizes ...any) op.Type { return op.Type{DType: d, Dims: dims(sizes...)} }

// param reads a weight, declaring it when it is new.
func (d *design) param(name string, sizes ...any) *ir.Value {
	return d.state("param", name, false, ir.Init{Kind: "uniform", Args: []float64{-0.3, 0.3}}, sizes...)
}

func (d *design) state(kind, name string, noDecay bool, init ir.Init, sizes ...any) *ir.Value {
	if key := d.f.Net + "." + name; !d.have[key] {
		d.have[key] = true
		d.m.States = append(d.m.States, &ir.State{
			Name: name, Net: d.f.Net, Buffer: kind == "buffer", NoDecay: noDecay, Type: typ(tensor.F32, sizes...), Init: init, Pos: d.b.Pos,
		})
	}
	return d.b.One(kind, op.Attrs{"name": name, "shape": dims(sizes...)})
}

func (d *design) one(name string, a op.Attrs, args ...*ir.Value) *ir.Value {
	return d.b.One(name, a, args...)
}

// conv is a convolution with bias; pad is the same on all sides.
func (d *design) conv(name string, x *ir.Value, out, k, stride, pad int) *ir.Value {
	d.stage(name)
	c, _ := x.Type.Dims[1].Size.IsConst()
	w := d.param(name+".weight", out, int(c), k, k)
	bias := d.state("param", name+".bias", true, ir.Init{Kind: "uniform", Args: []float64{-0.2, 0.2}}, out)
	p := int64(pad)
	return d.one("conv", op.Attrs{"stride": []int64{int64(stride), int64(stride)}, "pad": []int64{p, p, p, p}}, x, w, bias)
}

func (d *design) dense(name string, x *ir.Value, out any) *ir.Value {
	d.stage(name)
	in, _ := x.Type.Dims[1].Size.IsConst()
	o := dims(out)[0]
	n, _ := o.Size.IsConst()
	w := d.state("param", name+".weight", false, ir.Init{Kind: "normal", Args: []float64{0, 0.1}}, o, int(in))
	bias := d.state("param", name+".bias", true, ir.Init{Kind: "constant", Args: []float64{0.1}}, int(n))
	y := d.one("matmul", op.Attrs{"trans_b": true}, x, w)
	return d.one("add", nil, y, bias)
}

func (d *design) pool(kind, name string, x *ir.Value, k int64) *ir.Value {
	d.stage(name)
	return d.b.Emit(kind, op.Attrs{"kernel": []int64{k, k}, "stride": []int64{k, k}}, x)[0]
}

func (d *design) flatten(x *ir.Value) *ir.Value {
	d.stage("flatten")
	n := int64(1)
	for _, s := range x.Type.Dims[1:] {
		c, _ := s.Size.IsConst()
		n *= c
	}
	return d.one("reshape", op.Attrs{"shape": []op.Dim{x.Type.Dims[0], {Size: sym.Const(n)}}}, x)
}

func (d *design) result(name string, v *ir.Value) {
	d.f.Results = append(d.f.Results, ir.Result{Name: name, Value: v})
}

var digit = op.Dim{Size: sym.Const(10), Set: "Digit"}

// lenetBody is the network of program 1, from image to logits.
func (d *design) lenetBody(x *ir.Value) *ir.Value {
	x = d.one("tanh", nil, d.conv("conv", x, 6, 5, 1, 2))
	x = d.pool("avgpool", "avgpool", x, 2)
	x = d.one("tanh", nil, d.conv("conv_2", x, 16, 5, 1, 0))
	x = d.pool("avgpool", "avgpool_2", x, 2)
	x = d.flatten(x)
	x = d.one("tanh", nil, d.dense("dense", x, 120))
	x = d.one("tanh", nil, d.dense("dense_2", x, 84))
	return d.dense("dense_3", x, digit)
}

// lenet is program 1 of the design: net, predict and train.
func lenet() *ir.Module {
	d := newDesign("lenet")
	d.m.Doc = "Package lenet reads hand-written digits."
	labels := make([]string, 10)
	for i := range labels {
		labels[i] = fmt.Sprint(i)
	}
	d.m.Sets = []*ir.IndexSet{
		{Name: "Gray", Labels: []string{"gray"}, BuiltIn: true},
		{Name: "Digit", Doc: "Digit is what an image shows.", Labels: labels},
	}
	image := typ(tensor.F32, "N", op.Dim{Size: sym.Const(1), Set: "Gray"}, 28, 28)
	d.fn("LeNet.infer", "LeNet", ir.Infer)
	d.result("logits", d.lenetBody(d.f.AddInput("image", image)))

	d.fn("LeNet.predict", "LeNet", ir.PredictFunc)
	logits := d.lenetBody(d.normalise(d.f.AddInput("image", image)))
	d.stage("digit")
	d.result("digit", d.one("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, logits))
	d.stage("confidence")
	d.result("confidence", d.one("reduce", op.Attrs{"kind": "max", "axes": []int64{1}}, d.one("softmax", nil, logits)))
	d.m.Predicts = []*ir.Predict{{Net: "LeNet", Data: "Digits", Line: 31, Func: "LeNet.predict", Outputs: []ir.PredictOutput{
		{Name: "digit", Set: "Digit", Type: typ(tensor.I32, "N")}, {Name: "confidence", Type: typ(tensor.F32, "N")},
	}}}
	for _, kind := range []ir.FuncKind{ir.Loss, ir.Eval} {
		d.fn(map[ir.FuncKind]string{ir.Loss: "LeNet.loss", ir.Eval: "LeNet.eval"}[kind], "LeNet", kind)
		x, label := d.f.AddInput("image", image), d.f.AddInput("label", typ(tensor.I32, "N"))
		d.lossOf(d.lenetBody(d.normalise(x)), label)
	}
	d.section("LeNet", map[string]any{"lr": 0.05, "momentum": 0.9, "nesterov": false, "weight_decay": 1e-4})
	return d.m
}

func (d *design) normalise(x *ir.Value) *ir.Value {
	d.stage("normalize")
	c := func(v float64) *ir.Value { return d.one("const", op.Attrs{"values": []float64{v}}) }
	return d.one("div", nil, d.one("sub", nil, x, c(0.1307)), c(0.3081))
}

// lossOf adds the results of a classifier: cross entropy and the hits of the
// first guess.
func (d *design) lossOf(logits, label *ir.Value) {
	d.stage("loss")
	each := d.b.Emit("softmax_xent", nil, logits, label)[0]
	d.result("loss", d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{0}}, each))
	d.stage("accuracy")
	best := d.one("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, logits)
	hit := d.one("cast", op.Attrs{"to": "f32"}, d.one("eq", nil, best, label))
	d.result("metric.accuracy", d.one("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}}, hit))
}

func (d *design) section(net string, sgd map[string]any) {
	gray := op.Dim{Size: sym.Const(1), Set: "Gray"}
	d.m.Data = []*ir.Data{{
		Name: "Digits", Source: ir.Call{Name: "mnist", Args: map[string]any{"dir": "data/mnist"}},
		Fields:  []ir.Field{{Name: "image", Type: typ(tensor.U8, 28, 28, gray)}, {Name: "label", Kind: ir.LabelField, Type: typ(tensor.I32), LabelSet: "Digit"}},
		Augment: []ir.Step{{Fields: []string{"image"}, Call: ir.Call{Name: "rotate", Args: map[string]any{"angle": [2]float64{-12, 12}}}}},
		Prep:    []ir.Step{{Fields: []string{"image"}, Call: ir.Call{Name: "chw"}}},
	}}
	d.m.Trains = []*ir.Train{{
		Net: net, Data: "Digits", Epochs: 12, Batch: 128, Optimizer: ir.Call{Name: "sgd", Args: sgd},
		Schedule: ir.Call{Name: "cosine", Args: map[string]any{"warmup": 1.0}},
		Metrics:  []ir.Metric{{Name: "accuracy", Reduce: "mean"}}, Loss: net + ".loss", Eval: net + ".eval",
	}}
}

// plan runs the passes on a clone of m.
func plan(t testing.TB, m *ir.Module, disable ...string) *ir.Module {
	t.Helper()
	return planWith(t, m, target.BestLayouts, disable...)
}

// planWith is plan with the layouts that the compiler may choose.
func planWith(t testing.TB, m *ir.Module, layouts target.Layouts, disable ...string) *ir.Module {
	t.Helper()
	machine := target.Default(target.AVX2)
	machine.Layouts = layouts
	return planOn(t, m, machine, disable...)
}

// planOn runs the passes for a machine.
func planOn(t testing.TB, m *ir.Module, machine target.Desc, disable ...string) *ir.Module {
	t.Helper()
	c := m.Clone()
	if err := passes.Run(c, machine, passes.Options{Verify: true, Disable: disable}); err != nil {
		t.Fatal(err)
	}
	return c
}
