package passtest

import (
	"fmt"
	"math/rand/v2"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Random returns a module of one function of the given kind over an input
// `image` f32[N, C, H, W]. The ops are continuous, and their values stay small.
// Loss and Eval end in the scalar result "loss"; other kinds return one or two
// values. A module with a Loss has the train section that the grad pass needs.
func Random(seed uint64, kind ir.FuncKind) *ir.Module {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 17)), m: &ir.Module{Name: "random", Source: "random.net"}}
	g.f = &ir.Func{Name: "Net.random", Net: "Net", Kind: kind, Facts: sym.Facts{Min: map[string]int64{"N": 1}}}
	g.m.Funcs = []*ir.Func{g.f}
	c, h := int64(1+g.rng.IntN(4)), int64(4+g.rng.IntN(4))
	x := g.f.AddInput("image", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(c), sym.Const(h), sym.Const(h)))
	g.b = ir.NewBuilder(g.f)
	g.pool = []*ir.Value{x}
	for range 4 + g.rng.IntN(14) {
		g.b.Pos.Line++
		g.grow()
	}
	g.finish(kind)
	return g.m
}

// generator holds the values that further ops may read.
type generator struct {
	rng  *rand.Rand
	m    *ir.Module
	f    *ir.Func
	b    *ir.Builder
	pool []*ir.Value
}

// state declares a parameter or buffer and reads it.
func (g *generator) state(buffer bool, init ir.Init, dims ...int64) *ir.Value {
	name := fmt.Sprintf("s%d", len(g.m.States))
	t := op.Type{DType: tensor.F32}
	for _, d := range dims {
		t.Dims = append(t.Dims, op.Dim{Size: sym.Const(d)})
	}
	g.m.States = append(g.m.States, &ir.State{Name: name, Net: g.f.Net, Buffer: buffer, Type: t, Init: init})
	kind := "param"
	if buffer {
		kind = "buffer"
	}
	return g.b.One(kind, op.Attrs{"name": name, "shape": t.Dims})
}

func (g *generator) param(dims ...int64) *ir.Value {
	return g.state(false, ir.Init{Kind: "uniform", Args: []float64{-0.5, 0.5}}, dims...)
}

func (g *generator) scalar(x float64) *ir.Value {
	return g.b.One("const", op.Attrs{"values": []float64{x}})
}

// any picks a value, later ones more often.
func (g *generator) any() *ir.Value {
	n := len(g.pool)
	return g.pool[max(g.rng.IntN(n), g.rng.IntN(n))]
}

// image picks a value of rank 4, or nil.
func (g *generator) image() *ir.Value {
	for range 8 {
		if v := g.any(); v.Type.Rank() == 4 {
			return v
		}
	}
	return nil
}

func (g *generator) add(v *ir.Value) { g.pool = append(g.pool, v) }

func size(v *ir.Value, axis int) int64 { n, _ := v.Type.Dims[axis].Size.IsConst(); return n }

// grow adds one op, or a short idiom.
func (g *generator) grow() {
	x := g.any()
	switch g.rng.IntN(12) {
	case 0, 1:
		g.add(g.b.One(pick(g.rng, "neg", "abs", "tanh", "sigmoid", "relu", "silu", "softplus", "hardswish", "mish", "exp"), nil, g.small(x)))
	case 2:
		g.add(g.b.One("clamp", op.Attrs{"lo": -0.5, "hi": 1 + g.rng.Float64()}, x))
	case 3, 4:
		g.binary(x)
	case 5, 6:
		g.conv()
	case 7:
		g.norm(x)
	case 8:
		g.pooling()
	case 9, 10:
		g.move(x)
	case 11:
		g.dense(x)
	}
}

// small keeps exp and its like from growing without bound.
func (g *generator) small(x *ir.Value) *ir.Value { return g.b.One("tanh", nil, x) }

func pick(rng *rand.Rand, names ...string) string { return names[rng.IntN(len(names))] }

func (g *generator) binary(x *ir.Value) {
	name := pick(g.rng, "add", "sub", "mul", "min", "max")
	switch g.rng.IntN(4) {
	case 0: // a constant, often a neutral one
		k := []float64{0, 1, -1, 2, 0.3}[g.rng.IntN(5)]
		if g.rng.IntN(2) == 0 {
			g.add(g.b.One(name, nil, x, g.scalar(k)))
		} else {
			g.add(g.b.One(name, nil, g.scalar(k), x))
		}
		return
	case 1: // one value per channel
		if x.Type.Rank() == 4 {
			p := g.b.One("reshape", op.Attrs{"shape": dims(size(x, 1), 1, 1)}, g.param(size(x, 1)))
			g.add(g.b.One(name, nil, x, p))
			return
		}
	case 2: // an activation of itself: silu and similar idioms
		g.add(g.b.One("mul", nil, x, g.b.One("sigmoid", nil, x)))
		return
	}
	for range 6 {
		if y := g.any(); y.Type.Equal(x.Type) {
			g.add(g.b.One(name, nil, x, y))
			return
		}
	}
	g.add(g.b.One(name, nil, x, x))
}

func dims(sizes ...int64) []op.Dim {
	out := make([]op.Dim, len(sizes))
	for i, n := range sizes {
		out[i].Size = sym.Const(n)
	}
	return out
}

func (g *generator) conv() {
	x := g.image()
	if x == nil {
		return
	}
	c, o, k := size(x, 1), int64(1+g.rng.IntN(4)), int64(1+2*g.rng.IntN(2))
	groups := int64(1)
	if g.rng.IntN(3) == 0 {
		groups, o = c, c*int64(1+g.rng.IntN(2))
	}
	stride := int64(1 + g.rng.IntN(2))
	if size(x, 2) < k || size(x, 3) < k {
		k = 1
	}
	attrs := op.Attrs{"stride": []int64{stride, stride}, "pad": []int64{k / 2, k / 2, k / 2, k / 2}, "dilation": []int64{1, 1}, "groups": groups}
	var bias *ir.Value
	w := g.param(o, c/groups, k, k)
	if g.rng.IntN(2) == 0 {
		bias = g.param(o)
	}
	y := g.b.One("conv", attrs, x, w, bias)
	if g.rng.IntN(3) == 0 && y.Type.Equal(x.Type) {
		y = g.b.One("add", nil, y, x)
	}
	if g.rng.IntN(3) > 0 {
		y = g.b.One(pick(g.rng, "relu", "tanh", "sigmoid"), nil, y)
	}
	g.add(y)
}

func (g *generator) norm(x *ir.Value) {
	if x.Type.Rank() != 2 && x.Type.Rank() != 4 {
		return
	}
	if g.rng.IntN(3) == 0 {
		g.add(g.b.One("dropout", op.Attrs{"p": 0.25 * float64(g.rng.IntN(3))}, x))
		return
	}
	c := size(x, 1)
	var weight, bias *ir.Value
	if g.rng.IntN(3) > 0 {
		weight, bias = g.param(c), g.param(c)
	}
	mean := g.state(true, ir.Init{Kind: "uniform", Args: []float64{-0.2, 0.2}}, c)
	variance := g.state(true, ir.Init{Kind: "uniform", Args: []float64{0.5, 1.5}}, c)
	g.add(g.b.One("batch_norm", op.Attrs{"eps": 1e-3, "momentum": 0.1}, x, weight, bias, mean, variance))
}

func (g *generator) pooling() {
	x := g.image()
	if x == nil || size(x, 2) < 2 || size(x, 3) < 2 {
		return
	}
	attrs := op.Attrs{"kernel": []int64{2, 2}, "stride": []int64{2, 2}, "pad": []int64{0, 0, 0, 0}}
	g.add(g.b.One(pick(g.rng, "maxpool", "avgpool"), attrs, x))
}

// move changes shapes and reduces.
func (g *generator) move(x *ir.Value) {
	rank := x.Type.Rank()
	if rank < 2 {
		return
	}
	switch g.rng.IntN(7) {
	case 0:
		g.add(g.b.One("softmax", op.Attrs{"axis": int64(1)}, x))
	case 1:
		g.add(g.b.One("concat", op.Attrs{"axis": int64(1)}, x, x))
	case 2:
		if n := size(x, 1); n > 1 {
			g.add(g.b.One("slice", op.Attrs{"axis": int64(1), "start": int64(g.rng.IntN(int(n))), "stop": n}, x))
		}
	case 3:
		if rank == 4 {
			g.add(g.b.One("transpose", op.Attrs{"perm": []int64{0, 1, 3, 2}}, x))
		}
	case 4:
		if rank == 4 {
			g.add(g.b.One("reduce", op.Attrs{"kind": pick(g.rng, "sum", "mean", "max"), "axes": []int64{2, 3}, "keep": g.rng.IntN(2) == 0}, g.small(x)))
		}
	case 5:
		if rank == 4 {
			g.add(g.b.One("pad", op.Attrs{"lo": []int64{0, 0, 1, 0}, "hi": []int64{0, 0, 0, 1}}, x))
		}
	case 6:
		g.add(g.b.One("reverse", op.Attrs{"axes": []int64{1}}, x))
	}
}

func (g *generator) dense(x *ir.Value) {
	k := int64(1)
	for i := 1; i < x.Type.Rank(); i++ {
		k *= size(x, i)
	}
	if k > 400 || x.Type.Rank() < 2 {
		return
	}
	flat := g.b.One("reshape", op.Attrs{"shape": []op.Dim{x.Type.Dims[0], {Size: sym.Const(k)}}}, x)
	n := int64(1 + g.rng.IntN(6))
	y := g.b.One("matmul", op.Attrs{"trans_b": true}, flat, g.param(n, k), g.param(n))
	if g.rng.IntN(2) == 0 {
		y = g.b.One(pick(g.rng, "relu", "tanh", "silu"), nil, y)
	}
	g.add(y)
}

// finish sets the results.
func (g *generator) finish(kind ir.FuncKind) {
	last := g.pool[len(g.pool)-1]
	if kind != ir.Loss && kind != ir.Eval {
		g.f.Results = []ir.Result{{Name: "y", Value: last}}
		if other := g.any(); g.rng.IntN(2) == 0 && other != last {
			g.f.Results = append(g.f.Results, ir.Result{Name: "z", Value: other})
		}
		return
	}
	// A last dense layer, so that there is always something to train.
	axes := []int64{}
	for i := 1; i < last.Type.Rank(); i++ {
		axes = append(axes, int64(i))
	}
	row := g.b.One("reduce", op.Attrs{"kind": "mean", "axes": axes, "keep": false}, g.small(last))
	row = g.b.One("reshape", op.Attrs{"shape": []op.Dim{last.Type.Dims[0], {Size: sym.Const(1)}}}, row)
	y := g.b.One("matmul", op.Attrs{"trans_b": true}, row, g.param(2, 1), g.param(2))
	loss := g.b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1}, "keep": false}, g.b.One("mul", nil, y, y))
	g.f.Results = []ir.Result{{Name: "loss", Value: loss}}
	if kind == ir.Loss {
		g.m.Trains = []*ir.Train{{Net: "Net", Loss: g.f.Name, Optimizer: ir.Call{
			Name: "sgd", Args: map[string]any{"lr": 0.1, "momentum": 0.9, "nesterov": g.rng.IntN(2) == 0, "weight_decay": 1e-3},
		}}}
	}
}
