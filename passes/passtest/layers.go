package passtest

import (
	"math"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// rich reports whether the network of a seed has a layer of every other kind, too: those of
// the standard library that image networks seldom have, and operations that no layer is
// made of. One network in eight is, and all from a million on.
func rich(seed uint64) bool { return seed%8 == 5 || seed >= 1e6 }

// richLayer adds one of those layers on some map.
func (p *painter) richLayer() {
	x := p.image()
	if x == nil {
		return
	}
	layers := []func(*ir.Value) *ir.Value{
		p.normGroups, p.normAxes, p.unary, p.unary, p.binary, p.learned, p.share, p.tokens, p.tokens, p.gram,
		p.lookUp, p.sums, p.largest, p.reduced, p.adaptive, p.shuffled, p.unit, p.dropped, p.logic, p.nest, p.nest,
		p.positions, p.strict, p.along, p.stepped,
	}
	p.add(layers[p.rng.IntN(len(layers))](x))
}

// calm holds values in -1 to 1, so that what follows neither grows nor dies.
func (p *painter) calm(x *ir.Value) *ir.Value { return p.b.One("tanh", nil, x) }

func (p *painter) plus(x *ir.Value, c float64) *ir.Value { return p.b.One("add", nil, x, p.scalar(c)) }

func (p *painter) times(x *ir.Value, c float64) *ir.Value { return p.b.One("mul", nil, x, p.scalar(c)) }

// divisor returns a divisor of n, at most 8.
func (p *painter) divisor(n int64) int64 {
	for {
		if d := 1 + int64(p.rng.IntN(8)); n%d == 0 {
			return d
		}
	}
}

// like returns x with other axes behind the batch.
func (p *painter) like(x *ir.Value, sizes ...int64) *ir.Value {
	return p.b.One("reshape", op.Attrs{"shape": append([]op.Dim{x.Type.Dims[0]}, dims(sizes...)...)}, x)
}

// scaled is a parameter about one, as the weight of a norm is.
func (p *painter) scaled(sizes ...int64) *ir.Value {
	return p.state(false, ir.Init{Kind: "uniform", Args: []float64{0.5, 1.5}}, sizes...)
}

// normGroups is groupnorm or instancenorm.
func (p *painter) normGroups(x *ir.Value) *ir.Value {
	c := size(x, 1)
	if p.odds(3) {
		return p.b.One("norm", op.Attrs{"groups": c, "eps": 1e-2}, x)
	}
	return p.b.One("norm", op.Attrs{"groups": p.divisor(c), "eps": 1e-2}, x, p.scaled(c), p.param(c))
}

// normAxes is layernorm2d, or a norm of rows, pictures or images.
func (p *painter) normAxes(x *ir.Value) *ir.Value {
	axes := [][]int64{{1}, {3}, {2, 3}, {1, 2, 3}}[p.rng.IntN(4)]
	var sizes []int64
	for _, a := range axes {
		sizes = append(sizes, size(x, int(a)))
	}
	if p.odds(3) {
		return p.b.One("norm", op.Attrs{"axes": axes, "eps": 1e-2}, x)
	}
	return p.b.One("norm", op.Attrs{"axes": axes, "eps": 1e-2}, x, p.scaled(sizes...), p.param(sizes...))
}

// unary applies an elementwise operation where it is tame.
func (p *painter) unary(x *ir.Value) *ir.Value {
	x = p.calm(x)
	b := p.b
	switch p.rng.IntN(12) {
	case 0:
		return b.One("exp", nil, x)
	case 1:
		return b.One("log", nil, p.plus(x, 1.5))
	case 2:
		return b.One(pick(p.rng, "sqrt", "rsqrt", "recip"), nil, p.plus(x, 1.5))
	case 3:
		return b.One(pick(p.rng, "sin", "cos"), nil, p.times(x, 3))
	case 4:
		return b.One("erf", nil, p.times(x, 2))
	case 5:
		return b.One("abs", nil, x)
	case 6:
		return b.One("neg", nil, x)
	case 7:
		return b.One("elu", op.Attrs{"alpha": 0.7}, p.times(x, 2))
	case 8: // selu
		return p.times(b.One("elu", op.Attrs{"alpha": 1.6732632423543772}, x), 1.0507009873554805)
	case 9: // celu
		return p.times(b.One("elu", op.Attrs{"alpha": 1.0}, b.One("div", nil, x, p.scalar(0.5))), 0.5)
	case 10:
		return b.One("gelu", op.Attrs{"approx": "tanh"}, p.times(x, 3))
	}
	return b.One("detach", nil, x)
}

// binary joins x with itself or with another map of its size.
func (p *painter) binary(x *ir.Value) *ir.Value {
	y := x
	for range 6 {
		if v := p.any(); v != x && v.Type.Equal(x.Type) {
			y = v
			break
		}
	}
	switch p.rng.IntN(4) {
	case 0:
		return p.b.One("div", nil, x, p.plus(p.b.One("abs", nil, y), 1.5))
	case 1:
		return p.b.One("pow", nil, p.plus(p.calm(x), 1.5), p.scalar([]float64{2, 0.5, 1.3, -1}[p.rng.IntN(4)]))
	case 2:
		return p.b.One("min", nil, x, p.times(y, 0.7))
	}
	return p.b.One("pow", nil, p.plus(p.calm(x), 1.5), p.calm(y))
}

// learned is prelu.
func (p *painter) learned(x *ir.Value) *ir.Value {
	return p.b.One("prelu", nil, x, p.param(size(x, 1)))
}

// share makes shares of a whole along an axis.
func (p *painter) share(x *ir.Value) *ir.Value {
	axis := int64(1 + p.rng.IntN(3))
	if p.odds(2) {
		return p.times(p.b.One("softmax", op.Attrs{"axis": axis}, x), 4)
	}
	return p.times(p.b.One("log_softmax", op.Attrs{"axis": axis}, x), 0.3)
}

// dense is a product of the last axis of tokens with weights.
func (p *painter) dense(x *ir.Value, out int64) *ir.Value {
	k := size(x, 2)
	return p.project(x, p.weights(k, out, k), p.param(out))
}

// project is a product of the last axis of tokens with given weights and a bias.
func (p *painter) project(x, w, bias *ir.Value) *ir.Value {
	n, t, k, out := x.Type.Dims[0], size(x, 1), size(x, 2), size(w, 0)
	rows := p.b.One("reshape", op.Attrs{"shape": []op.Dim{{Size: n.Size.Mul(sym.Const(t))}, dims(k)[0]}}, x)
	y := p.b.One("matmul", op.Attrs{"trans_b": true}, rows, w, bias)
	return p.b.One("reshape", op.Attrs{"shape": append([]op.Dim{n}, dims(t, out)...)}, y)
}

// tokens is the encoder layer of Vaswani et al. 2017, arXiv:1706.03762, or one half of it,
// on the pixels of a small map.
func (p *painter) tokens(x *ir.Value) *ir.Value {
	c, h, w := size(x, 1), size(x, 2), size(x, 3)
	if h*w > 64 {
		return p.share(x)
	}
	y := p.like(p.b.One("transpose", op.Attrs{"perm": []int64{0, 2, 3, 1}}, x), h*w, c)
	norm := func(y *ir.Value) *ir.Value {
		return p.b.One("norm", op.Attrs{"axes": []int64{2}, "eps": 1e-2}, y, p.scaled(c), p.param(c))
	}
	if !p.odds(3) {
		y = p.b.One("add", nil, y, p.attention(norm(y)))
	}
	if !p.odds(3) {
		y = p.b.One("add", nil, y, p.dense(p.b.One("gelu", nil, p.dense(norm(y), 2*c)), c))
	}
	return p.b.One("transpose", op.Attrs{"perm": []int64{0, 3, 1, 2}}, p.like(y, h, w, c))
}

// attention lets each token look at all of them.
func (p *painter) attention(y *ir.Value) *ir.Value {
	t, c := size(y, 1), size(y, 2)
	heads := p.divisor(c)
	weights, bias := p.weights(c, 3*c, c), p.param(3*c) // of queries, keys and values, one under the other
	part := func(v *ir.Value, i int64) *ir.Value {
		return p.b.One("slice", op.Attrs{"axis": int64(0), "start": i * c, "stop": (i + 1) * c}, v)
	}
	split := func(i int64) *ir.Value {
		z := p.like(p.project(y, part(weights, i), part(bias, i)), t, heads, c/heads)
		return p.b.One("transpose", op.Attrs{"perm": []int64{0, 2, 1, 3}}, z)
	}
	order := []int64{0, 1, 2}
	if p.odds(2) { // parts that are neighbours do not always follow each other
		order = []int64{0, 2, 1}
	}
	three := [3]*ir.Value{}
	for _, i := range order {
		three[i] = split(i)
	}
	q, k, v := three[0], three[1], three[2]
	match := p.b.One("matmul", op.Attrs{"trans_b": true}, p.times(q, 1/math.Sqrt(float64(c/heads))), k)
	mixed := p.b.One("matmul", nil, p.b.One("softmax", op.Attrs{"axis": int64(3)}, match), v)
	return p.dense(p.like(p.b.One("transpose", op.Attrs{"perm": []int64{0, 2, 1, 3}}, mixed), t, c), c)
}

// gram compares all channels, or all pixels, of an image with each other.
func (p *painter) gram(x *ir.Value) *ir.Value {
	c, n := size(x, 1), size(x, 2)*size(x, 3)
	y := p.like(x, c, n)
	attrs, side := op.Attrs{"trans_b": true}, c
	if n <= 40 && p.odds(2) {
		attrs, side = op.Attrs{"trans_a": true}, n
	}
	return p.like(p.calm(p.times(p.b.One("matmul", attrs, y, y), 1/float64(c+n-side))), 1, side, side)
}

// places are indices below n that no rounding moves: those of the largest of parameters.
func (p *painter) places(count, n int64) *ir.Value {
	return p.b.One("argreduce", op.Attrs{"kind": pick(p.rng, "max", "min"), "axis": int64(1)}, p.b.One("detach", nil, p.param(count, n)))
}

// lookUp gathers channels or rows, or adds them up by their indices.
func (p *painter) lookUp(x *ir.Value) *ir.Value {
	axis := 1 + p.rng.IntN(3)
	n := size(x, axis)
	switch p.rng.IntN(3) {
	case 0: // an embedding
		table := p.b.One("gather", op.Attrs{"axis": int64(0)}, p.param(5, size(x, 3)), p.places(size(x, 2), 5))
		return p.b.One("add", nil, x, table)
	case 1:
		return p.b.One("scatter_add", op.Attrs{"axis": int64(axis), "size": 1 + n/2}, p.places(n, 1+n/2), p.b.One("detach", nil, p.times(x, 0.5)))
	}
	return p.b.One("gather", op.Attrs{"axis": int64(axis)}, x, p.places(1+int64(p.rng.IntN(int(n))), n))
}

// sums runs along an axis.
func (p *painter) sums(x *ir.Value) *ir.Value {
	axis := 1 + p.rng.IntN(3)
	y := p.b.One("cumsum", op.Attrs{"axis": int64(axis)}, x)
	return p.times(y, 1/float64(size(x, axis)))
}

// largest are the k largest values along an axis.
func (p *painter) largest(x *ir.Value) *ir.Value {
	axis := 1 + p.rng.IntN(3)
	k := 1 + p.rng.IntN(int(min(size(x, axis), 5)))
	return p.b.Emit("topk", op.Attrs{"k": int64(k), "axis": int64(axis)}, x)[0]
}

// reduced joins axes and spreads what comes out over the map again.
func (p *painter) reduced(x *ir.Value) *ir.Value {
	axes := [][]int64{{1}, {2}, {3}, {2, 3}, {1, 3}, {1, 2, 3}}[p.rng.IntN(6)]
	n := int64(1)
	for _, a := range axes {
		n *= size(x, int(a))
	}
	kind := pick(p.rng, "sum", "mean", "max", "min", "prod")
	y := p.calm(x)
	switch kind {
	case "sum":
		y = p.times(y, 1/float64(n))
	case "prod":
		y = p.plus(p.times(y, 0.5/float64(n)), 1)
	}
	y = p.b.One("reduce", op.Attrs{"kind": kind, "axes": axes, "keep": true}, y)
	if p.odds(2) {
		y = p.b.One("broadcast", op.Attrs{"shape": x.Type.Dims}, y)
	}
	return p.b.One(pick(p.rng, "add", "mul", "sub"), nil, x, y)
}

// adaptive is adaptive_avgpool to two or three rows.
func (p *painter) adaptive(x *ir.Value) *ir.Value {
	h, n := size(x, 2), int64(2+p.rng.IntN(2))
	if h < n {
		return p.reduced(x)
	}
	var rows []*ir.Value
	for i := range n {
		part := p.b.One("slice", op.Attrs{"axis": int64(2), "start": i * h / n, "stop": ((i+1)*h + n - 1) / n}, x)
		rows = append(rows, p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{2}, "keep": true}, part))
	}
	return p.b.One("concat", op.Attrs{"axis": int64(2)}, rows...)
}

// shuffled moves channels to pixels or pixels to channels.
func (p *painter) shuffled(x *ir.Value) *ir.Value {
	c, h, w := size(x, 1), size(x, 2), size(x, 3)
	switch {
	case c%4 == 0 && h*w < 300:
		y := p.b.One("transpose", op.Attrs{"perm": []int64{0, 1, 4, 2, 5, 3}}, p.like(x, c/4, 2, 2, h, w))
		return p.like(y, c/4, 2*h, 2*w)
	case h%2 == 0 && w%2 == 0 && c < 20:
		y := p.b.One("transpose", op.Attrs{"perm": []int64{0, 1, 3, 5, 2, 4}}, p.like(x, c, h/2, 2, w/2, 2))
		return p.like(y, 4*c, h/2, w/2)
	}
	return p.b.One("reverse", op.Attrs{"axes": []int64{int64(1 + p.rng.IntN(3))}}, x)
}

// unit is l2norm of the channels.
func (p *painter) unit(x *ir.Value) *ir.Value {
	sum := p.b.One("reduce", op.Attrs{"kind": "sum", "axes": []int64{1}, "keep": true}, p.b.One("mul", nil, x, x))
	return p.b.One("div", nil, x, p.plus(p.b.One("sqrt", nil, p.plus(sum, 1e-2)), 0.1))
}

// dropped is droppath: while training, whole images are left out.
func (p *painter) dropped(x *ir.Value) *ir.Value {
	if p.f.Kind != ir.Loss { // a value of its own there, too: what is drawn next must not differ
		return p.times(x, 1)
	}
	shape := append([]op.Dim{x.Type.Dims[0]}, dims(1, 1, 1)...)
	kept := p.b.One("random", op.Attrs{"kind": "bernoulli", "p": 0.75, "shape": shape})
	return p.b.One("mul", nil, x, p.times(kept, 1/0.75))
}

// logic picks values by comparisons, so that the result has no gaps.
func (p *painter) logic(x *ir.Value) *ir.Value {
	b := p.b
	low, high := b.One("lt", nil, x, p.scalar(-0.5)), b.One("lt", nil, p.scalar(0.5), x)
	switch p.rng.IntN(4) {
	case 0:
		return b.One("select", nil, b.One("or", nil, low, high), b.One("clamp", op.Attrs{"lo": -0.5, "hi": 0.5}, x), x)
	case 1:
		inside := b.One("and", nil, b.One("not", nil, low), b.One("le", nil, x, p.scalar(0.5)))
		return b.One("select", nil, inside, x, b.One("clamp", op.Attrs{"lo": -0.5, "hi": 0.5}, x))
	case 2: // a rectifier
		return b.One("mul", nil, x, b.One("cast", op.Attrs{"to": "f32"}, b.One("lt", nil, p.scalar(0), x)))
	}
	// One channel is told from the others.
	at := b.One("iota", op.Attrs{"dtype": "i32", "shape": []int64{size(x, 1), 1, 1}, "axis": int64(0)})
	is := b.One("eq", nil, at, b.One("const", op.Attrs{"dtype": "i32", "values": []float64{float64(p.rng.IntN(int(size(x, 1))))}}))
	return b.One("select", nil, is, p.times(x, 0.5), x)
}

// nest is halves of the channels, of which one goes through a layer and the other is halved
// again, as in Gao et al. 2019, arXiv:1904.01169.
func (p *painter) nest(x *ir.Value) *ir.Value { return p.halves(x, 1+p.rng.IntN(3)) }

func (p *painter) halves(x *ir.Value, depth int) *ir.Value {
	c := size(x, 1)
	if depth == 0 || c < 2 {
		return x
	}
	cut := c / 2
	if p.odds(2) && c > 8 {
		cut = 8
	}
	one := p.b.One("slice", op.Attrs{"axis": int64(1), "start": int64(0), "stop": cut}, x)
	two := p.b.One("slice", op.Attrs{"axis": int64(1), "start": cut, "stop": c}, x)
	k := []int64{1, 3}[p.rng.IntN(2)]
	groups := int64(1)
	if p.odds(2) {
		groups = p.divisor(cut)
	}
	half := k / 2
	one = p.activate(p.norm(p.b.One("conv", op.Attrs{"pad": []int64{half, half, half, half}, "groups": groups}, one, p.weights(cut/groups*k*k, cut, cut/groups, k, k))))
	two = p.halves(two, depth-1)
	if p.odds(2) {
		one, two = two, one
	}
	return p.b.One("concat", op.Attrs{"axis": int64(1)}, one, two)
}

// positions adds a parameter, or waves, to each pixel.
func (p *painter) positions(x *ir.Value) *ir.Value {
	h, w := size(x, 2), size(x, 3)
	if p.odds(2) {
		return p.b.One("add", nil, x, p.param(h, w))
	}
	at := p.b.One("iota", op.Attrs{"dtype": "f32", "shape": []int64{h, w}, "axis": int64(p.rng.IntN(2))})
	return p.b.One("add", nil, x, p.times(p.b.One(pick(p.rng, "sin", "cos"), nil, p.times(at, 0.7)), 0.5))
}

// strict is a convolution that no transform may serve.
func (p *painter) strict(x *ir.Value) *ir.Value {
	out, c := p.channels(), size(x, 1)
	return p.b.One("conv", op.Attrs{"pad": []int64{1, 1, 1, 1}, "precision": "strict"}, x, p.weights(9*c, out, c, 3, 3), p.param(out))
}

// along joins maps along their rows, or takes every other one.
func (p *painter) along(x *ir.Value) *ir.Value {
	axis := int64(2 + p.rng.IntN(2))
	n := size(x, int(axis))
	if n >= 4 && p.odds(2) {
		return p.b.One("slice", op.Attrs{"axis": axis, "start": int64(p.rng.IntN(2)), "stop": n, "step": int64(2)}, x)
	}
	if n > 30 {
		return x
	}
	return p.b.One("concat", op.Attrs{"axis": axis}, x, p.b.One("reverse", op.Attrs{"axes": []int64{axis}}, x))
}

// stepped scales channels by steps of a parameter, whose numbers no rounding moves.
func (p *painter) stepped(x *ir.Value) *ir.Value {
	s := p.times(p.b.One("detach", nil, p.param(size(x, 1), 1, 1)), 8)
	return p.b.One("mul", nil, x, p.times(p.b.One(pick(p.rng, "floor", "round", "sign"), nil, s), 0.25))
}

// surprise is cross entropy against the class that a product of the logits names.
func (p *painter) surprise(logits *ir.Value) *ir.Value {
	other := p.b.One("detach", nil, p.b.One("mul", nil, logits, p.param(size(logits, 1))))
	label := p.b.One("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, other)
	a := op.Attrs{"axis": int64(1), "smoothing": 0.1}
	if p.unusual {
		a["ignore"] = int64(2)
	}
	loss := p.b.Emit("softmax_xent", a, logits, label)[0]
	return p.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{0}, "keep": false}, loss)
}
