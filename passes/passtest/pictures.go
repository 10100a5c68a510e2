package passtest

import (
	"math"
	"math/rand/v2"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Pictures returns a module of one image network called net with the functions of
// inference, training and evaluation, which share its weights. It is made of what
// image networks are made of: convolutions of any stride, dilation and grouping, their
// transposes, pools, normalisation, branches that meet, gates, enlargements, dense
// layers; of odd sizes, with channels that do not fill their blocks. One network in
// sixteen is large enough for blocks of channels to pay, one begins as MobileNetV2 goes on, and one as ResNet;
// one in eight has layers of every other kind between those, see layers.go, and another one
// in eight layers of unusual attributes, see attributes.go. From three million on half of the
// layers are 1x1 convolutions and quarters of their channels are whole vectors.
func Pictures(net string, seed uint64) *ir.Module {
	m := &ir.Module{Name: "pictures", Source: "pictures.net"}
	for _, kind := range []ir.FuncKind{ir.Infer, ir.Loss, ir.Eval} {
		p := newPainter(net, seed, kind)
		p.m.Source = m.Source
		for range 3 + p.rng.IntN(8) {
			p.b.Pos.Line++
			p.layer()
			if p.rich {
				p.richLayer()
			}
			if p.unusual {
				p.unusualLayer()
			}
		}
		p.end(kind)
		m.Funcs = append(m.Funcs, p.f)
		if kind == ir.Loss { // the states of the others are among its own
			m.States, m.Trains = p.m.States, p.m.Trains
		}
	}
	if unusual(seed) {
		freeze(m, rand.New(rand.NewPCG(seed, 31)))
	}
	return m
}

// painter writes one function of Pictures.
type painter struct {
	generator
	rich    bool // layers of every other kind, too
	unusual bool // layers of unusual attributes, too
	whole   bool // quarters of matrices are whole vectors
}

// suffixes are the last parts of the names of functions.
var suffixes = map[ir.FuncKind]string{ir.Infer: "infer", ir.Loss: "loss", ir.Eval: "eval"}

func newPainter(net string, seed uint64, kind ir.FuncKind) *painter {
	p := &painter{generator: generator{rng: rand.New(rand.NewPCG(seed, 29)), m: &ir.Module{}}, rich: rich(seed), unusual: unusual(seed), whole: seed >= 3e6}
	p.f = &ir.Func{Name: net + "." + suffixes[kind], Net: net, Kind: kind, Facts: sym.Facts{Min: map[string]int64{"N": 1}}}
	p.m.Funcs = []*ir.Func{p.f}
	c, h, w := int64(1+p.rng.IntN(5)), int64(5+p.rng.IntN(10)), int64(5+p.rng.IntN(10))
	if p.rng.IntN(4) == 0 {
		c = int64(5 + p.rng.IntN(20))
	}
	if seed%16 == 7 {
		h, w = h+12, w+12
	}
	x := p.f.AddInput("image", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(c), sym.Const(h), sym.Const(w)))
	p.b = ir.NewBuilder(p.f)
	p.pool = []*ir.Value{x}
	if seed%16 == 7 {
		x = p.convolve(x, int64(32+p.rng.IntN(9)), 3, 3, 1, 1)
		p.pool = []*ir.Value{p.activate(p.convolve(x, int64(24+p.rng.IntN(17)), 3, 3, 1, 1))}
	}
	if seed%16 == 11 {
		p.inverted(x)
	}
	if seed%16 == 15 {
		p.pool = []*ir.Value{p.projected(x)}
	}
	return p
}

// channels are few and odd more often than not.
func (p *painter) channels() int64 {
	if p.whole {
		return int64(32 * (1 + p.rng.IntN(3)))
	}
	switch p.rng.IntN(4) {
	case 0:
		return int64(8 * (1 + p.rng.IntN(4)))
	case 1:
		return int64(1 + p.rng.IntN(8))
	}
	return int64(1 + p.rng.IntN(33))
}

// weights is a parameter whose product with fan values keeps their size.
func (p *painter) weights(fan int64, dims ...int64) *ir.Value {
	a := math.Sqrt(3 / float64(fan))
	return p.state(false, ir.Init{Kind: "uniform", Args: []float64{-a, a}}, dims...)
}

// odds is true once in n.
func (p *painter) odds(n int) bool { return p.rng.IntN(n) == 0 }

// activate applies an activation, or none.
func (p *painter) activate(x *ir.Value) *ir.Value {
	switch p.rng.IntN(8) {
	case 0:
		return x
	case 1:
		return p.b.One("clamp", op.Attrs{"lo": -0.4, "hi": 0.9}, x)
	case 2:
		return p.b.One("leaky", op.Attrs{"alpha": 0.1}, x)
	}
	return p.b.One(pick(p.rng, "relu", "relu", "silu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "gelu", "elu", "mish", "softplus"), nil, x)
}

// convolve is a convolution of R x S taps with padding that about keeps the size.
func (p *painter) convolve(x *ir.Value, out, r, s, stride, groups int64) *ir.Value {
	dilation := int64(1)
	if p.odds(4) && r*s > 1 {
		dilation = 2
	}
	pad := []int64{dilation * (r - 1) / 2, dilation * (s - 1) / 2, dilation * (r - 1) / 2, dilation * (s - 1) / 2}
	if p.odds(4) { // uneven, or none where the window still fits
		pad[p.rng.IntN(4)] = int64(p.rng.IntN(3))
	}
	for i, k := range []int64{r, s} {
		if size(x, 2+i)+pad[i]+pad[2+i] <= dilation*(k-1) {
			pad[i], pad[2+i] = dilation*(k-1), dilation*(k-1)
		}
	}
	in := size(x, 1) / groups
	strides := []int64{stride, stride}
	if p.odds(8) {
		strides[p.rng.IntN(2)] = 3
	}
	attrs := op.Attrs{"stride": strides, "pad": pad, "dilation": []int64{dilation, dilation}, "groups": groups}
	var bias *ir.Value
	if p.odds(2) {
		bias = p.param(out)
	}
	return p.b.One("conv", attrs, x, p.weights(in*r*s, out, in, r, s), bias)
}

// layer adds one layer on some map.
func (p *painter) layer() {
	x := p.image()
	if x == nil {
		return
	}
	if p.whole && p.odds(2) {
		p.add(p.activate(p.norm(p.convolve(x, p.channels(), 1, 1, 1, 1))))
		return
	}
	switch p.rng.IntN(16) {
	case 0, 1, 2, 3:
		k := []int64{1, 1, 3, 3, 3, 5, 7}[p.rng.IntN(7)]
		s := k
		if p.odds(6) {
			s = 1
		}
		stride := int64(1)
		if p.odds(3) && size(x, 2) > 5 {
			stride = 2
		}
		p.add(p.activate(p.norm(p.convolve(x, p.channels(), k, s, stride, 1))))
	case 4, 5:
		p.add(p.activate(p.norm(p.grouped(x))))
	case 6:
		p.add(p.activate(p.transposed(x)))
	case 7:
		p.windows(x)
	case 8, 9:
		p.residual(x)
	case 10:
		p.branches(x)
	case 11:
		p.inception(x)
	case 12:
		p.add(p.gate(x))
	case 13:
		p.enlarge(x)
	case 14:
		p.cut(x)
	case 15:
		p.mix(x)
	}
}

// norm normalises, or does not.
func (p *painter) norm(x *ir.Value) *ir.Value {
	if p.odds(3) {
		return x
	}
	return p.normed(x)
}

// normed normalises.
func (p *painter) normed(x *ir.Value) *ir.Value {
	c := size(x, 1)
	var weight, bias *ir.Value
	if !p.odds(4) {
		weight, bias = p.state(false, ir.Init{Kind: "uniform", Args: []float64{0.5, 1.5}}, c), p.param(c)
	}
	mean := p.state(true, ir.Init{Kind: "uniform", Args: []float64{-0.2, 0.2}}, c)
	variance := p.state(true, ir.Init{Kind: "uniform", Args: []float64{0.5, 1.5}}, c)
	momentum := 0.1
	if p.unusual {
		momentum = 0.4
	}
	return p.b.One("batch_norm", op.Attrs{"eps": 1e-2, "momentum": momentum}, x, weight, bias, mean, variance)
}

// grouped is a depthwise convolution, with a multiplier at times, or one of groups.
func (p *painter) grouped(x *ir.Value) *ir.Value {
	c, k := size(x, 1), []int64{3, 3, 5, 1}[p.rng.IntN(4)]
	stride := int64(1 + p.rng.IntN(2))
	if p.odds(3) {
		for _, g := range []int64{4, 3, 2} {
			if c%g == 0 && c > g {
				return p.convolve(x, g*(1+p.channels()/g), k, k, stride, g)
			}
		}
	}
	out := c
	if p.odds(5) {
		out = 2 * c
	}
	return p.convolve(x, out, k, k, stride, c)
}

// transposed is a transposed convolution that about doubles the size.
func (p *painter) transposed(x *ir.Value) *ir.Value {
	h, w, c := size(x, 2), size(x, 3), size(x, 1)
	if h*w > 900 {
		return x
	}
	k, stride := int64(2+p.rng.IntN(3)), int64(1+p.rng.IntN(2))
	pad := int64(p.rng.IntN(int(min(k, 2))))
	out := p.channels()
	extra := int64(0)
	if stride == 2 && p.odds(3) {
		extra = 1
	}
	shape := append([]op.Dim{x.Type.Dims[0]}, dims(out, (h-1)*stride+k-2*pad+extra, (w-1)*stride+k-2*pad+extra)...)
	if n, _ := shape[2].Size.IsConst(); n < 1 {
		return x
	}
	if n, _ := shape[3].Size.IsConst(); n < 1 {
		return x
	}
	return p.b.One("conv_dx", op.Attrs{"stride": []int64{stride, stride}, "pad": []int64{pad, pad, pad, pad}, "shape": shape},
		x, p.weights(c*k*k/(stride*stride)+1, c, out, k, k))
}

// windows is a pool of any kind.
func (p *painter) windows(x *ir.Value) {
	k := int64(2 + p.rng.IntN(2))
	if size(x, 2) < k || size(x, 3) < k {
		return
	}
	stride, pad := int64(1+p.rng.IntN(2)), int64(p.rng.IntN(2))
	a := op.Attrs{"kernel": []int64{k, k}, "stride": []int64{stride, stride}, "pad": []int64{pad, pad, pad, pad}, "ceil": p.odds(3)}
	if p.odds(2) {
		a["count_pad"] = p.odds(2)
		p.add(p.b.One("avgpool", a, x))
		return
	}
	p.add(p.b.Emit("maxpool", a, x)[0])
}

// residual is a bottleneck around a sum.
func (p *painter) residual(x *ir.Value) {
	c := size(x, 1)
	k := []int64{1, 3}[p.rng.IntN(2)]
	conv := func(x *ir.Value, out, k, groups int64) *ir.Value {
		half := k / 2
		return p.b.One("conv", op.Attrs{"pad": []int64{half, half, half, half}, "groups": groups}, x, p.weights(size(x, 1)/groups*k*k, out, size(x, 1)/groups, k, k), p.param(out))
	}
	y := p.activate(p.norm(conv(x, p.channels(), 1, 1)))
	if p.odds(2) {
		y = p.activate(p.norm(conv(y, size(y, 1), 3, size(y, 1))))
	}
	if p.odds(3) {
		y = p.gate(y)
	}
	y = p.norm(conv(y, c, k, 1))
	if p.odds(2) {
		y = p.b.One("add", nil, y, x)
	} else {
		y = p.b.One("add", nil, x, y)
	}
	p.add(p.activate(y))
}

// projected is the beginning of He et al. 2015, arXiv:1512.03385: a pool, and a block whose
// shortcut has a convolution and a norm of its own. There are whole blocks of channels, so that
// training takes groups of them.
func (p *painter) projected(x *ir.Value) *ir.Value {
	stem, out := int64(16+8*p.rng.IntN(2)), int64(16*(1+p.rng.IntN(2)))
	conv := func(x *ir.Value, out, k, stride int64) *ir.Value {
		a := op.Attrs{"pad": []int64{k / 2, k / 2, k / 2, k / 2}, "stride": []int64{stride, stride}}
		return p.normed(p.b.One("conv", a, x, p.weights(size(x, 1)*k*k, out, size(x, 1), k, k), nil))
	}
	y := p.b.One("relu", nil, conv(x, stem, 3, 1))
	a := op.Attrs{"kernel": []int64{3, 3}, "stride": []int64{2, 2}, "pad": []int64{1, 1, 1, 1}}
	y = p.b.Emit("maxpool", a, y)[0]
	stride := int64(1 + p.rng.IntN(2))
	shortcut := conv(y, out, 1, stride)
	y = p.b.One("relu", nil, conv(y, stem, 1, 1))
	y = conv(y, out, 3, stride)
	return p.b.One("relu", nil, p.b.One("add", nil, y, shortcut))
}

// inverted is the block of Sandler et al. 2018, arXiv:1801.04381: many channels between
// few, each with a filter of its own.
func (p *painter) inverted(x *ir.Value) {
	act := func(x *ir.Value) *ir.Value {
		if p.odds(2) {
			return p.b.One("relu", nil, x)
		}
		return p.b.One("clamp", op.Attrs{"lo": 0.0, "hi": 0.8}, x)
	}
	conv := func(x *ir.Value, out, k, stride, groups int64) *ir.Value {
		a := op.Attrs{"pad": []int64{k / 2, k / 2, k / 2, k / 2}, "stride": []int64{stride, stride}, "groups": groups}
		return p.normed(p.b.One("conv", a, x, p.weights(size(x, 1)/groups*k*k, out, size(x, 1)/groups, k, k)))
	}
	wide := int64(8 * (2 + p.rng.IntN(4)))
	y := act(conv(x, wide, 1, 1, 1))
	y = act(conv(y, wide, int64(3+2*p.rng.IntN(2)), int64(1+p.rng.IntN(2)), wide))
	p.add(conv(y, p.channels(), 1, 1, 1))
}

// branches meet in one map.
func (p *painter) branches(x *ir.Value) {
	parts := []*ir.Value{}
	for range 2 + p.rng.IntN(2) {
		k := []int64{1, 3}[p.rng.IntN(2)]
		half := k / 2
		out := p.channels()
		y := p.b.One("conv", op.Attrs{"pad": []int64{half, half, half, half}}, x, p.weights(size(x, 1)*k*k, out, size(x, 1), k, k))
		parts = append(parts, p.activate(p.norm(y)))
	}
	if p.odds(2) {
		parts = append(parts, x)
	}
	p.add(p.b.One("concat", op.Attrs{"axis": int64(1)}, parts...))
}

// inception is branches that begin with convolutions over single pixels, which agree in
// what follows them more often than not.
func (p *painter) inception(x *ir.Value) {
	act := pick(p.rng, "relu", "tanh")
	var parts []*ir.Value
	for range 2 + p.rng.IntN(3) {
		out := p.channels()
		if !p.odds(3) {
			out = (out + 7) / 8 * 8
		}
		y := p.b.One("conv", nil, x, p.weights(size(x, 1), out, size(x, 1), 1, 1), p.param(out))
		if y = p.norm(y); p.odds(6) {
			y = p.activate(y)
		} else {
			y = p.b.One(act, nil, y)
		}
		switch p.rng.IntN(4) {
		case 0:
			p.add(y)
		case 1:
			y = p.b.Emit("maxpool", op.Attrs{"kernel": []int64{3, 3}, "pad": []int64{1, 1, 1, 1}}, y)[0]
		case 2, 3:
			y = p.activate(p.b.One("conv", op.Attrs{"pad": []int64{1, 1, 1, 1}}, y, p.weights(9*out, out, out, 3, 3)))
		}
		parts = append(parts, y)
	}
	p.add(p.b.One("concat", op.Attrs{"axis": int64(1)}, parts...))
}

// gate is squeeze and excite.
func (p *painter) gate(x *ir.Value) *ir.Value {
	c, few := size(x, 1), int64(1+p.rng.IntN(6))
	g := p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}, "keep": true}, x)
	g = p.activate(p.b.One("conv", nil, g, p.weights(c, few, c, 1, 1), p.param(few)))
	g = p.b.One(pick(p.rng, "sigmoid", "hardsigmoid"), nil, p.b.One("conv", nil, g, p.weights(few, c, few, 1, 1), p.param(c)))
	return p.b.One("mul", nil, x, g)
}

// enlarge resizes, and adds what has the new size already.
func (p *painter) enlarge(x *ir.Value) {
	if size(x, 2)*size(x, 3) > 400 {
		return
	}
	y := p.b.One("resize", op.Attrs{"scale": []int64{2, int64(1 + p.rng.IntN(2))}, "mode": pick(p.rng, "nearest", "bilinear")}, x)
	for _, v := range p.pool {
		if v.Type.Equal(y.Type) {
			y = p.b.One("add", nil, y, v)
			break
		}
	}
	p.add(y)
}

// cut takes some channels or a border away, or adds one.
func (p *painter) cut(x *ir.Value) {
	switch c := size(x, 1); p.rng.IntN(4) {
	case 0:
		if c > 1 {
			start := int64(p.rng.IntN(int(c)))
			if p.odds(2) { // the beginning of a block
				start = start / 8 * 8
			}
			p.add(p.b.One("slice", op.Attrs{"axis": int64(1), "start": start, "stop": start + 1 + int64(p.rng.IntN(int(c-start)))}, x))
		}
	case 1:
		p.add(p.b.One("pad", op.Attrs{"lo": []int64{0, 0, 1, 0}, "hi": []int64{0, 0, 0, 2}}, x))
	case 2:
		p.add(p.turned(x))
	case 3:
		if c%2 == 0 { // shuffle
			y := p.b.One("reshape", op.Attrs{"shape": append([]op.Dim{x.Type.Dims[0]}, dims(2, c/2, size(x, 2), size(x, 3))...)}, x)
			y = p.b.One("transpose", op.Attrs{"perm": []int64{0, 2, 1, 3, 4}}, y)
			p.add(p.b.One("reshape", op.Attrs{"shape": x.Type.Dims}, y))
		}
	}
}

// turned has its axes in another order, for a while or for good.
func (p *painter) turned(x *ir.Value) *ir.Value {
	if p.odds(3) {
		return p.b.One("transpose", op.Attrs{"perm": []int64{0, 1, 3, 2}}, x)
	}
	last := func(x *ir.Value) *ir.Value { return p.b.One("transpose", op.Attrs{"perm": []int64{0, 2, 3, 1}}, x) }
	y := p.activate(p.b.One("mul", nil, last(x), p.param(size(x, 1))))
	switch p.rng.IntN(3) {
	case 0:
		y = p.b.One("concat", op.Attrs{"axis": int64(3)}, y, last(p.activate(x)))
	case 1:
		y = p.b.One("add", nil, y, last(p.activate(x)))
	}
	return p.b.One("transpose", op.Attrs{"perm": []int64{0, 3, 1, 2}}, y)
}

// mix joins maps element by element.
func (p *painter) mix(x *ir.Value) {
	c := size(x, 1)
	switch p.rng.IntN(4) {
	case 0:
		s := p.b.One("reshape", op.Attrs{"shape": dims(c, 1, 1)}, p.param(c))
		p.add(p.b.One(pick(p.rng, "add", "mul", "sub"), nil, x, s))
		return
	case 1:
		p.add(p.b.One("dropout", op.Attrs{"p": 0.25}, x))
		return
	}
	for range 6 {
		if y := p.any(); y != x && y.Type.Equal(x.Type) {
			p.add(p.b.One(pick(p.rng, "add", "mul", "max", "sub"), nil, x, y))
			return
		}
	}
	p.add(p.activate(p.b.One("mul", nil, x, p.scalar(0.7))))
}

// end adds the head: a global mean or all pixels, a dense layer. The last map is a
// result of its own.
func (p *painter) end(kind ir.FuncKind) {
	last := p.pool[len(p.pool)-1]
	rows := p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}, "keep": false}, last)
	if n := size(last, 1) * size(last, 2) * size(last, 3); n < 1500 && p.odds(2) {
		rows = p.b.One("reshape", op.Attrs{"shape": append([]op.Dim{last.Type.Dims[0]}, dims(n)...)}, last)
	}
	k := size(rows, 1)
	y := p.b.One("matmul", op.Attrs{"trans_b": true}, rows, p.weights(k, 5, k), p.param(5))
	if kind == ir.Infer {
		p.f.Results = []ir.Result{{Name: "map", Value: last}, {Name: "rows", Value: y}}
		return
	}
	// Every map takes part in the loss, so that gradients meet in many ways.
	loss := p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1}, "keep": false}, p.b.One("mul", nil, y, y))
	if p.rich {
		loss = p.b.One("add", nil, loss, p.surprise(y))
	}
	for i, v := range p.pool[1:] {
		if i%3 == 0 {
			square := p.b.One("mul", nil, v, v)
			loss = p.b.One("add", nil, loss, p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1, 2, 3}, "keep": false}, square))
		}
	}
	p.f.Results = []ir.Result{{Name: "loss", Value: loss}}
	if kind == ir.Loss {
		p.m.Trains = []*ir.Train{{Net: p.f.Net, Loss: p.f.Net + ".loss", Eval: p.f.Net + ".eval", Optimizer: ir.Call{
			Name: "sgd", Args: map[string]any{"lr": 0.1, "momentum": 0.9, "nesterov": false, "weight_decay": 0.0},
		}}}
	}
}
