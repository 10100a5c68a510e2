package passtest

import (
	"math/rand/v2"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// unusual reports whether the network of a seed has layers whose attributes no network of
// the zoo has, too. One network in eight is, and all from two million on.
func unusual(seed uint64) bool { return seed%8 == 3 || seed >= 2e6 }

// unusualLayer adds one of those layers on some map.
func (p *painter) unusualLayer() {
	x := p.image()
	if x == nil || size(x, 2)*size(x, 3) > 1600 {
		return
	}
	layers := []func(*ir.Value) *ir.Value{
		p.anyConv, p.anyConv, p.anyConv, p.anyTransposed, p.anyTransposed, p.anyWindows, p.anyWindows,
		p.pyramid, p.stretched, p.repeated, p.repeatedNorm, p.wide, p.bordered, p.doubled, p.spread, p.crossed, p.tinted,
	}
	p.add(layers[p.rng.IntN(len(layers))](x))
}

// freeze holds that some weights never train, and the statistics of some norms, which so
// compute while training what they do when served.
func freeze(m *ir.Module, rng *rand.Rand) {
	var mean *ir.State // of the norm whose variance comes next
	for _, s := range m.States {
		switch {
		case !s.Buffer:
			s.Frozen = rng.IntN(6) == 0
		case mean == nil:
			mean = s
			s.Frozen = rng.IntN(4) == 0
		default:
			s.Frozen, mean = mean.Frozen, nil
		}
	}
}

// from draws a number of lo..hi, both included.
func (p *painter) from(lo, hi int64) int64 { return lo + int64(p.rng.IntN(int(hi-lo+1))) }

// anyConv is a convolution whose axes agree in nothing: even windows, borders wider than
// they are, steps that leave pixels out.
func (p *painter) anyConv(x *ir.Value) *ir.Value {
	kernel := []int64{p.from(1, 7), p.from(1, 7)}
	if p.odds(4) { // 1 x 7 and 7 x 1
		kernel[p.rng.IntN(2)] = 1
	}
	stride, dilation := []int64{p.from(1, 4), p.from(1, 3)}, []int64{p.from(1, 3), p.from(1, 3)}
	if p.odds(2) {
		stride = []int64{1, 1}
	}
	pad := []int64{p.from(0, 4), p.from(0, 4), p.from(0, 4), p.from(0, 4)}
	for i := range 2 {
		for size(x, 2+i)+pad[i]+pad[2+i] <= dilation[i]*(kernel[i]-1) {
			if dilation[i] > 1 {
				dilation[i]--
			} else {
				kernel[i]--
			}
		}
	}
	c, groups := size(x, 1), int64(1)
	if p.odds(2) {
		groups = p.divisor(c)
	}
	out := groups * p.from(1, max(1, 24/groups))
	var bias *ir.Value
	if p.odds(2) {
		bias = p.param(out)
	}
	in := c / groups
	a := op.Attrs{"stride": stride, "pad": pad, "dilation": dilation, "groups": groups, "precision": pick(p.rng, "f32", "f32", "strict")}
	return p.activate(p.norm(p.b.One("conv", a, x, p.weights(in*kernel[0]*kernel[1], out, in, kernel[0], kernel[1]), bias)))
}

// anyTransposed is a transposed convolution whose axes agree in nothing, of groups and
// with gaps between its taps.
func (p *painter) anyTransposed(x *ir.Value) *ir.Value {
	if size(x, 2)*size(x, 3) > 150 {
		return p.anyConv(x)
	}
	kernel, stride := []int64{p.from(1, 5), p.from(1, 4)}, []int64{p.from(1, 3), p.from(1, 3)}
	dilation := []int64{p.from(1, 2), p.from(1, 3)}
	pad, shape := make([]int64, 4), []op.Dim{x.Type.Dims[0], {}, {}, {}}
	c := size(x, 1)
	groups := p.divisor(c)
	out := groups * p.from(1, max(1, 16/groups))
	shape[1] = dims(out)[0]
	for i := range 2 {
		reach := dilation[i] * (kernel[i] - 1)
		full := (size(x, 2+i)-1)*stride[i] + reach + 1
		pad[i] = p.from(0, min(reach, 3, (full-1)/2))
		pad[2+i] = p.from(0, min(reach, 3, (full-1)/2))
		beyond := p.from(0, stride[i]-1) // rows that no window would have left
		shape[2+i] = dims(full - pad[i] - pad[2+i] + beyond)[0]
	}
	a := op.Attrs{"stride": stride, "pad": pad, "dilation": dilation, "groups": groups, "shape": shape, "precision": pick(p.rng, "f32", "f32", "strict")}
	fan := c/groups*kernel[0]*kernel[1]/(stride[0]*stride[1]) + 1
	y := p.b.One("conv_dx", a, x, p.weights(fan, c, out/groups, kernel[0], kernel[1]))
	if p.odds(2) { // as `upconv` adds its bias
		y = p.b.One("add", nil, y, p.b.One("reshape", op.Attrs{"shape": dims(out, 1, 1)}, p.param(out)))
	}
	return p.activate(p.norm(y))
}

// anyWindows is a pool whose axes agree in nothing; windows may overlap, or leave pixels
// out.
func (p *painter) anyWindows(x *ir.Value) *ir.Value {
	kernel, stride := []int64{p.from(1, 5), p.from(1, 5)}, []int64{p.from(1, 4), p.from(1, 4)}
	pad := make([]int64, 4)
	for i := range 2 {
		kernel[i] = min(kernel[i], size(x, 2+i))
		pad[i], pad[2+i] = p.from(0, kernel[i]-1), p.from(0, kernel[i]-1)
	}
	a := op.Attrs{"kernel": kernel, "stride": stride, "pad": pad, "ceil": p.odds(2)}
	if p.odds(2) {
		a["count_pad"] = p.odds(2)
		return p.b.One("avgpool", a, x)
	}
	return p.b.Emit("maxpool", a, x)[0]
}

// pyramid is the pool of growing windows of YOLO: each is the pool of the one before.
func (p *painter) pyramid(x *ir.Value) *ir.Value {
	parts := []*ir.Value{x}
	for range 3 {
		x = p.b.Emit("maxpool", op.Attrs{"kernel": []int64{5, 5}, "pad": []int64{2, 2, 2, 2}}, x)[0]
		parts = append(parts, x)
	}
	return p.b.One("concat", op.Attrs{"axis": int64(1)}, parts...)
}

// stretched is enlarged by other factors in rows than in columns.
func (p *painter) stretched(x *ir.Value) *ir.Value {
	rows, columns := p.from(1, 4), p.from(1, 5)
	if size(x, 2)*rows*size(x, 3)*columns > 1200 {
		return p.anyWindows(x)
	}
	return p.b.One("resize", op.Attrs{"scale": []int64{rows, columns}, "mode": pick(p.rng, "nearest", "bilinear")}, x)
}

// repeated is a recurrent layer: the same weights several times.
func (p *painter) repeated(x *ir.Value) *ir.Value {
	c, k := size(x, 1), []int64{1, 3}[p.rng.IntN(2)]
	w, bias := p.weights(c*k*k, c, c, k, k), p.param(c)
	norm := p.sharedNorm(c)
	y := x
	for range p.from(2, 3) {
		z := norm(p.b.One("conv", op.Attrs{"pad": []int64{k / 2, k / 2, k / 2, k / 2}}, y, w, bias))
		if p.odds(2) {
			z = p.b.One("add", nil, z, x)
		}
		y = p.b.One("tanh", nil, z)
	}
	return y
}

// sharedNorm returns a batch norm that has the same weights and statistics wherever it stands,
// or none.
func (p *painter) sharedNorm(c int64) func(*ir.Value) *ir.Value {
	if p.odds(2) {
		return func(x *ir.Value) *ir.Value { return x }
	}
	weight, bias := p.scaled(c), p.param(c)
	mean := p.state(true, ir.Init{Kind: "uniform", Args: []float64{-0.2, 0.2}}, c)
	variance := p.state(true, ir.Init{Kind: "uniform", Args: []float64{0.5, 1.5}}, c)
	return func(x *ir.Value) *ir.Value {
		return p.b.One("batch_norm", op.Attrs{"eps": 1e-2, "momentum": 0.3}, x, weight, bias, mean, variance)
	}
}

// repeatedNorm is two convolutions that share a normalisation's weight and bias.
func (p *painter) repeatedNorm(x *ir.Value) *ir.Value {
	c := size(x, 1)
	weight, bias := p.scaled(c), p.param(c)
	a := op.Attrs{"groups": p.divisor(c), "eps": 1e-2}
	y := p.b.One("norm", a, x, weight, bias)
	w := p.weights(c, c, c, 1, 1)
	return p.b.One("norm", a, p.activate(p.b.One("conv", nil, y, w)), weight, bias)
}

// wide has many channels for the time of two layers.
func (p *painter) wide(x *ir.Value) *ir.Value {
	if size(x, 2)*size(x, 3) > 120 {
		return p.anyConv(x)
	}
	c, many := size(x, 1), p.from(65, 150)
	y := p.activate(p.norm(p.b.One("conv", nil, x, p.weights(c, many, c, 1, 1))))
	if p.odds(2) {
		y = p.gate(y)
	}
	k := []int64{1, 3}[p.rng.IntN(2)]
	out := p.channels()
	return p.activate(p.b.One("conv", op.Attrs{"pad": []int64{k / 2, k / 2, k / 2, k / 2}}, y, p.weights(many*k*k, out, many, k, k), p.param(out)))
}

// bordered has a border of some value around channels, rows and columns.
func (p *painter) bordered(x *ir.Value) *ir.Value {
	a := op.Attrs{"lo": []int64{0, p.from(0, 3), p.from(0, 2), p.from(0, 2)}, "hi": []int64{0, p.from(0, 9), p.from(0, 2), p.from(0, 2)}, "value": 0.3}
	return p.b.One("pad", a, x)
}

// doubled is joined with itself and with parts of itself.
func (p *painter) doubled(x *ir.Value) *ir.Value {
	c := size(x, 1)
	cut := p.from(1, c)
	part := p.b.One("slice", op.Attrs{"axis": int64(1), "start": c - cut, "stop": c}, x)
	parts := []*ir.Value{part, x, p.activate(part)}
	if p.odds(2) {
		parts = append(parts, x)
	}
	return p.b.One("concat", op.Attrs{"axis": int64(1)}, parts...)
}

// spread makes a map of a row of numbers, as generators begin.
func (p *painter) spread(x *ir.Value) *ir.Value {
	row := p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}, "keep": false}, x)
	k, c, h, w := size(row, 1), p.from(1, 12), p.from(1, 6), p.from(1, 6)
	y := p.b.One("matmul", op.Attrs{"trans_b": true}, row, p.weights(k, c*h*w, k), p.param(c*h*w))
	return p.activate(p.like(y, c, h, w))
}

// crossed multiplies rows by a matrix of weights from the left and from the right.
func (p *painter) crossed(x *ir.Value) *ir.Value {
	h, w := size(x, 2), size(x, 3)
	out := p.from(1, 12)
	y := p.b.One("matmul", nil, x, p.weights(w, w, out))
	if p.odds(2) {
		y = p.b.One("transpose", op.Attrs{"perm": []int64{0, 1, 3, 2}}, y)
		y = p.b.One("matmul", nil, y, p.weights(h, h, p.from(1, 12)))
	}
	return p.activate(y)
}

// tinted has a constant added to each channel, as pictures are normalised.
func (p *painter) tinted(x *ir.Value) *ir.Value {
	shades := make([]float64, size(x, 1))
	for i := range shades {
		shades[i] = 0.1 * float64(p.from(-5, 5))
	}
	shade := p.b.One("const", op.Attrs{"shape": []int64{size(x, 1), 1, 1}, "values": shades})
	return p.b.One(pick(p.rng, "add", "sub"), nil, x, shade)
}
