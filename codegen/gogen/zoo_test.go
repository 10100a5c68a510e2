package gogen

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

func (d *design) constant(v float64) *ir.Value {
	return d.one("const", op.Attrs{"values": []float64{v}})
}

// channelParam is a weight of one value per channel of an image, [C, 1, 1].
func (d *design) channelParam(name string, c int) *ir.Value { return d.param(name, c, 1, 1) }

// norm is a batch normalisation.
func (d *design) norm(name string, x *ir.Value) *ir.Value {
	d.stage(name)
	c, _ := x.Type.Dims[1].Size.IsConst()
	one := ir.Init{Kind: "constant", Args: []float64{1}}
	zero := ir.Init{Kind: "constant", Args: []float64{0}}
	return d.one("batch_norm", nil, x,
		d.state("param", name+".weight", true, one, int(c)), d.state("param", name+".bias", true, zero, int(c)),
		d.state("buffer", name+".running_mean", false, zero, int(c)), d.state("buffer", name+".running_var", false, one, int(c)))
}

// resnetBody has what a residual network has: batch norm, shortcuts, strides,
// grouped convolution, max pooling, a global mean, dropout.
func (d *design) resnetBody(x *ir.Value) *ir.Value {
	x = d.one("relu", nil, d.norm("bn", d.conv("conv", x, 8, 3, 1, 1)))
	d.stage("maxpool")
	x = d.b.Emit("maxpool", op.Attrs{"kernel": []int64{3, 3}, "stride": []int64{2, 2}, "pad": []int64{1, 1, 1, 1}}, x)[0]
	short := x
	y := d.one("relu", nil, d.norm("bn_2", d.conv("conv_2", x, 8, 3, 1, 1)))
	d.stage("depthwise")
	y = d.one("conv", op.Attrs{"groups": int64(8), "pad": []int64{1, 1, 1, 1}}, y, d.param("depthwise.weight", 8, 1, 3, 3))
	x = d.one("relu", nil, d.one("add", nil, d.norm("bn_3", y), short))
	x = d.conv("down", x, 12, 1, 2, 0)
	x = d.one("hardswish", nil, d.one("add", nil, x, d.channelParam("shift", 12)))
	d.stage("mean")
	x = d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}}, x)
	d.stage("dropout")
	x = d.one("dropout", op.Attrs{"p": 0.25}, x)
	return d.dense("fc", x, digit)
}

// resnet is a small residual network with all its functions.
func resnet() *ir.Module {
	d := newDesign("resnet")
	labels := []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	d.m.Sets = []*ir.IndexSet{{Name: "Digit", Labels: labels}}
	image := typ(tensor.F32, "N", 3, 12, 10)
	d.fn("SmallNet.infer", "SmallNet", ir.Infer)
	logits := d.resnetBody(d.f.AddInput("image", image))
	d.result("logits", logits)
	d.stage("softmax")
	d.result("probs", d.one("softmax", nil, logits))

	d.fn("SmallNet.predict", "SmallNet", ir.PredictFunc)
	logits = d.resnetBody(d.f.AddInput("image", image))
	d.stage("top")
	top := d.b.Emit("topk", op.Attrs{"k": int64(3)}, d.one("softmax", nil, logits))
	d.result("scores", top[0])
	d.result("best_classes", top[1])
	d.m.Predicts = []*ir.Predict{{Net: "SmallNet", Data: "Digits", Line: 40, Func: "SmallNet.predict", Outputs: []ir.PredictOutput{
		{Name: "best_classes", Set: "Digit"}, {Name: "scores"},
	}}}
	for _, kind := range []ir.FuncKind{ir.Loss, ir.Eval} {
		d.fn(map[ir.FuncKind]string{ir.Loss: "SmallNet.loss", ir.Eval: "SmallNet.eval"}[kind], "SmallNet", kind)
		x, label := d.f.AddInput("image", image), d.f.AddInput("label", typ(tensor.I32, "N"))
		d.lossOf(d.resnetBody(x), label)
	}
	d.section("SmallNet", map[string]any{"lr": 0.05, "momentum": 0.9, "nesterov": true, "weight_decay": 1e-3})
	d.m.Data[0].Fields[0].Type = typ(tensor.U8, 12, 10, op.Dim{Size: sym.Const(3), Set: "RGB"})
	return d.m
}

// recurrent uses the weights of a layer several times, and adds maps to convolutions of
// themselves.
func recurrent() *ir.Module {
	d := newDesign("recurrent")
	d.fn("Recurrent.infer", "Recurrent", ir.Infer)
	x := d.one("relu", nil, d.conv("stem", d.f.AddInput("image", typ(tensor.F32, "N", 3, 9, 10)), 8, 3, 1, 1))
	for range 3 {
		x = d.one("add", nil, d.one("relu", nil, d.norm("norm", d.conv("cell", x, 8, 3, 1, 1))), x)
	}
	for range 3 {
		x = d.one("add", nil, d.conv("again", x, 8, 3, 1, 1), x)
	}
	d.result("map", x)
	return d.m
}

// plain trains without momentum, with a shared decay, and shares one weight
// between two places.
func plain() *ir.Module {
	d := newDesign("plain")
	body := func(x *ir.Value) *ir.Value {
		x = d.flatten(x)
		d.stage("shared")
		w := d.param("shared.weight", 16, 16)
		x = d.one("tanh", nil, d.one("matmul", nil, x, w))
		x = d.one("tanh", nil, d.one("matmul", op.Attrs{"trans_b": true}, x, w))
		d.stage("scale")
		x = d.one("mul", nil, x, d.param("scale", 16))
		x = d.dense("fc", x, digit)
		d.stage("shift") // its gradient is that of the bias: one of both is updated by itself
		return d.one("add", nil, x, d.state("param", "shift", true, ir.Init{Kind: "constant", Args: []float64{0.2}}, 10))
	}
	image := typ(tensor.F32, "N", 1, 4, 4)
	d.fn("Plain.infer", "Plain", ir.Infer)
	d.result("logits", body(d.f.AddInput("image", image)))
	for _, kind := range []ir.FuncKind{ir.Loss, ir.Eval} {
		d.fn(map[ir.FuncKind]string{ir.Loss: "Plain.loss", ir.Eval: "Plain.eval"}[kind], "Plain", kind)
		x, label := d.f.AddInput("image", image), d.f.AddInput("label", typ(tensor.I32, "N"))
		d.lossOf(body(x), label)
	}
	d.section("Plain", map[string]any{"lr": 0.1, "momentum": 0.0, "weight_decay": 1e-2, "decay_all": true})
	return d.m
}

// zoo has one of everything that a net in use can contain.
func zoo() *ir.Module {
	d := newDesign("zoo")
	d.fn("Zoo.infer", "Zoo", ir.Infer)
	x := d.f.AddInput("image", typ(tensor.F32, "N", 4, 6, 5))
	index := d.f.AddInput("index", typ(tensor.I32, 3))
	one := func(name string, a op.Attrs, args ...*ir.Value) *ir.Value { return d.one(name, a, args...) }
	out := func(name string, v *ir.Value) { d.result(name, v) }

	d.stage("moves")
	out("transposed", one("transpose", op.Attrs{"perm": []int64{0, 2, 3, 1}}, x))
	cut := one("slice", op.Attrs{"axis": int64(2), "start": int64(1), "stop": int64(6), "step": int64(2)}, x)
	out("sliced", cut)
	out("padded", one("pad", op.Attrs{"lo": []int64{0, 1, 0, 2}, "hi": []int64{0, 0, 1, 0}, "value": 0.5}, cut))
	out("joined", one("concat", op.Attrs{"axis": int64(1)}, x, one("relu", nil, x), x))
	out("stacked", one("concat", op.Attrs{"axis": int64(0)}, x, one("tanh", nil, x)))
	out("gathered", one("gather", op.Attrs{"axis": int64(1)}, x, index))
	out("scattered", one("scatter_add", op.Attrs{"axis": int64(1), "size": int64(12)}, index, one("slice", op.Attrs{"axis": int64(1), "start": int64(0), "stop": int64(3)}, x)))
	out("reversed", one("reverse", op.Attrs{"axes": []int64{1, 3}}, x))

	d.stage("reductions")
	for _, kind := range []string{"sum", "mean", "max", "min", "prod"} {
		out("reduce_"+kind, one("reduce", op.Attrs{"kind": kind, "axes": []int64{1, 3}, "keep": kind == "max"}, x))
	}
	out("total", one("reduce", op.Attrs{"kind": "sum", "axes": []int64{0, 1, 2, 3}}, x))
	out("per_channel", one("reduce", op.Attrs{"kind": "sum", "axes": []int64{0, 2, 3}}, x))
	out("smallest", one("argreduce", op.Attrs{"kind": "min", "axis": int64(1)}, x))
	top := d.b.Emit("topk", op.Attrs{"k": int64(2), "axis": int64(2)}, x)
	out("top_values", top[0])
	out("top_indices", top[1])
	out("running", one("cumsum", op.Attrs{"axis": int64(1)}, x))

	d.stage("along")
	out("softmax", one("softmax", op.Attrs{"axis": int64(1)}, x))
	out("log_softmax", one("log_softmax", op.Attrs{"axis": int64(-1)}, x))
	out("layer_norm", one("norm", op.Attrs{"axes": []int64{3}}, x, d.param("ln.weight", 5), d.param("ln.bias", 5)))
	out("group_norm", one("norm", op.Attrs{"groups": int64(2)}, x, d.param("gn.weight", 4), d.param("gn.bias", 4)))
	out("instance_norm", one("norm", op.Attrs{"groups": int64(4)}, x, d.param("in.weight", 4)))
	out("channel_norm", one("norm", op.Attrs{"axes": []int64{1}}, x, d.param("cn.weight", 4), d.param("cn.bias", 4)))
	out("space_norm", one("norm", op.Attrs{"axes": []int64{2, 3}}, x, d.param("sn.weight", 6, 5)))
	out("token_norm", one("norm", op.Attrs{"axes": []int64{2}}, one("reshape", op.Attrs{"shape": dims("N", 4, 30)}, x), d.param("tn.weight", 30), d.param("tn.bias", 30)))

	d.stage("windows")
	out("maxpool", d.b.Emit("maxpool", op.Attrs{"kernel": []int64{3, 2}, "stride": []int64{2, 2}, "pad": []int64{1, 0, 1, 1}, "ceil": true}, x)[0])
	out("avgpool", one("avgpool", op.Attrs{"kernel": []int64{3, 3}, "stride": []int64{2, 1}, "pad": []int64{1, 1, 1, 1}, "count_pad": false}, x))
	out("nearest", one("resize", op.Attrs{"scale": []int64{2, 3}}, x))
	out("bilinear", one("resize", op.Attrs{"scale": []int64{2, 2}, "mode": "bilinear"}, x))
	out("dilated", one("conv", op.Attrs{"dilation": []int64{2, 1}, "stride": []int64{1, 2}, "groups": int64(2), "pad": []int64{1, 2, 0, 1}},
		x, d.param("dilated.weight", 6, 2, 3, 2)))

	d.stage("products")
	flat := one("reshape", op.Attrs{"shape": dims("N", 4, 30)}, x)
	out("gram", one("matmul", op.Attrs{"trans_b": true}, flat, flat))
	out("mixed", one("matmul", nil, flat, d.param("mix.weight", 30, 7), d.param("mix.bias", 7)))

	d.stage("elementwise")
	s := one("sigmoid", nil, x)
	out("broadcasts", one("add", nil, one("mul", nil, x, d.param("scale", 4, 1, 1)), one("mul", nil, d.param("row", 1, 6, 1), s)))
	out("columns", one("sub", nil, one("reduce", op.Attrs{"kind": "mean", "axes": []int64{1, 2}, "keep": true}, x), d.param("grid", 4, 6, 1)))
	out("chosen", one("select", nil, one("lt", nil, x, d.constant(0.1)), one("exp", nil, x), one("pow", nil, s, d.constant(1.5))))
	out("prelu", one("prelu", nil, x, d.param("prelu.weight", 4)))
	out("whole", one("cast", op.Attrs{"to": "i32"}, one("mul", nil, x, d.constant(20))))
	out("flags", one("and", nil, one("le", nil, x, s), one("not", nil, one("eq", nil, x, s))))
	ramp := one("cast", op.Attrs{"to": "f32"}, one("iota", op.Attrs{"shape": []int64{6, 5}, "axis": int64(1)}))
	out("positions", one("add", nil, x, ramp))
	table := make([]float64, 20)
	for i := range table {
		table[i] = float64(i*i) / 7
	}
	out("table", one("max", nil, x, one("const", op.Attrs{"shape": []int64{4, 1, 5}, "values": table})))
	y := x
	for _, name := range []string{"silu", "softplus", "mish", "gelu", "elu", "hardsigmoid", "erf", "sin", "cos", "abs", "neg", "floor", "round", "sign", "recip", "rsqrt", "sqrt", "log"} {
		switch name {
		case "recip", "rsqrt", "sqrt", "log":
			y = one("add", nil, one("abs", nil, y), d.constant(0.5))
		case "floor", "round", "sign":
			out(name, one(name, nil, one("mul", nil, x, d.constant(3))))
			continue
		}
		y = one(name, nil, y)
		out(name, y)
	}
	return d.m
}

// fixed has no batch: every size is a number. Its pictures pass through steps.
func fixed() *ir.Module {
	d := newDesign("fixed")
	d.m.Sets = []*ir.IndexSet{{Name: "ImageNet", BuiltIn: true, Labels: []string{"crane", "7", "crane"}}}
	body := func(x *ir.Value) *ir.Value {
		return d.dense("fc", d.flatten(d.one("relu", nil, d.conv("conv", x, 4, 3, 2, 1))), 3)
	}
	image := typ(tensor.F32, 1, 3, 6, 8)
	d.fn("Fixed.infer", "Fixed", ir.Infer)
	x := d.f.AddInput("type", image)
	d.f.Facts.Min = nil
	y := body(x)
	d.result("len", y)
	d.result("largest", d.one("reduce", op.Attrs{"kind": "max", "axes": []int64{0, 1}}, y))
	d.fn("Fixed.predict", "Fixed", ir.PredictFunc)
	y = body(d.f.AddInput("image", image))
	d.result("class", d.one("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, y))
	d.result("sure", d.one("lt", nil, d.constant(0.5), d.one("reduce", op.Attrs{"kind": "max", "axes": []int64{1}}, y)))
	bgr := op.Dim{Size: sym.Const(3), Set: "BGR"}
	d.m.Data = []*ir.Data{{
		Name: "Cranes", Fields: []ir.Field{{Name: "image", Type: typ(tensor.U8, "H", "W", bgr)}},
		Eval: []ir.Step{{Fields: []string{"image"}, Call: ir.Call{Name: "resize", Args: map[string]any{"h": int64(6), "w": int64(8)}}}},
		Prep: []ir.Step{{Fields: []string{"image"}, Call: ir.Call{Name: "chw"}}},
	}}
	d.m.Predicts = []*ir.Predict{{Net: "Fixed", Data: "Cranes", Line: 3, Func: "Fixed.predict", Outputs: []ir.PredictOutput{
		{Name: "class", Set: "ImageNet"}, {Name: "sure"},
	}}}
	return d.m
}

// pair is two nets with weights of one name and two shapes, and a bounded batch.
func pair() *ir.Module {
	d := newDesign("pair")
	for i, net := range []string{"First", "Second"} {
		d.fn(net+".infer", net, ir.Infer)
		d.f.Facts.Max = map[string]int64{"N": 8}
		x := d.f.AddInput("x", typ(tensor.F32, "N", 6))
		y := d.dense("fc", x, 5+i)
		d.result("y", d.dense("fc_2", d.one("tanh", nil, y), 3))
	}
	return d.m
}
