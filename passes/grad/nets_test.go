package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

const classes = 3

// TestRandomNets differentiates 30 random convolutional nets with branches,
// normalisation, pooling and several losses, and compares the gradient of every
// parameter with central differences of the loss: along one random direction,
// and for three single elements. A difference that crosses a kink (relu, max
// pooling) shows by disagreeing with the one of half the step; it is skipped and
// counted, and few may be.
func TestRandomNets(t *testing.T) {
	compared, skipped := 0, 0
	used := map[string]bool{}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 7))
		n := newNet(map[string]any{})
		randomNet(n, rng)
		if err := ir.Verify(n.m); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		for _, in := range n.Func.Instrs {
			used[in.Op.Name] = true
		}
		lossFunc := n.Func
		step := differentiate(t, n.m.Clone())

		env, err := eval.RandomStates(n.m, "Net", rng)
		if err != nil {
			t.Fatal(err)
		}
		inputs, err := eval.RandomInputs(lossFunc, map[string]int64{"N": int64(2 + rng.IntN(2))}, classes, rng)
		if err != nil {
			t.Fatal(err)
		}
		loss := func() float64 {
			quiet := &eval.Env{States: map[string]*eval.Tensor{}}
			for k, v := range env.States {
				quiet.States[k] = v
			}
			results, err := eval.Run(lossFunc, inputs, quiet)
			if err != nil {
				t.Fatalf("net %d: %v", seed, err)
			}
			return results["loss"].F[0]
		}
		// With lr = 1 and no momentum, the step of a weight is its gradient.
		before := map[string]*eval.Tensor{}
		for k, v := range env.States {
			before[k] = v.Clone()
		}
		inputs["lr"] = eval.Scalar(1)
		after := &eval.Env{States: map[string]*eval.Tensor{}}
		for k, v := range env.States {
			after.States[k] = v
		}
		if _, err := eval.Run(step, inputs, after); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		delete(inputs, "lr")
		for _, s := range n.m.States {
			if s.Buffer {
				continue
			}
			w := env.States[s.Name]
			g := make([]float64, w.Len())
			for i := range g {
				g[i] = before[s.Name].F[i] - after.States[s.Name].F[i]
			}
			directions := [][]float64{make([]float64, w.Len())}
			for i := range w.F {
				directions[0][i] = rng.NormFloat64() / math.Sqrt(float64(w.Len()))
			}
			for range 3 {
				d := make([]float64, w.Len())
				d[rng.IntN(w.Len())] = 1
				directions = append(directions, d)
			}
			for _, d := range directions {
				got := 0.0
				for i := range d {
					got += d[i] * g[i]
				}
				want, smooth := slope(loss, w.F, d)
				if !smooth {
					skipped++
					continue
				}
				compared++
				if math.Abs(got-want) > 1e-6*math.Max(1, math.Abs(want)) {
					t.Errorf("net %d, %s: got %.9g, want %.9g", seed, s.Name, got, want)
				}
			}
		}
	}
	if compared < 500 || skipped*20 > compared {
		t.Errorf("%d derivatives compared and %d skipped at kinks, want at least 500 and at most a twentieth", compared, skipped)
	}
	for _, name := range []string{"conv", "bn_train", "maxpool", "avgpool", "norm", "concat", "relu", "softmax_xent", "resize", "pad", "slice", "max", "mul", "add"} {
		if !used[name] {
			t.Errorf("no net uses %s", name)
		}
	}
}

// slope is the derivative of f along d by differences of order 4; smooth is false
// when two step sizes disagree.
func slope(f func() float64, w, d []float64) (value float64, smooth bool) {
	at := func(h float64) float64 {
		old := append([]float64(nil), w...)
		for i := range w {
			w[i] += h * d[i]
		}
		y := f()
		copy(w, old)
		return y
	}
	order4 := func(h float64) float64 { return (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h) }
	a, b := order4(2e-4), order4(1e-4)
	return b, math.Abs(a-b) <= 1e-7*math.Max(1, math.Abs(b))
}

// randomNet builds 5 to 9 random layers on an image, then one or two losses.
func randomNet(n *net, rng *rand.Rand) {
	batch := sym.Symbol("N")
	c, size := 1+rng.IntN(3), 5+rng.IntN(4)
	x := n.Func.AddInput("x", op.Tensor(tensor.F32, append([]sym.Expr{batch}, sizes([]int{c, size, size - 1})...)...))
	label := n.Func.AddInput("label", op.Tensor(tensor.I32, batch))
	maps := []*ir.Value{n.layer("stem", x, 0, rng)}
	for i := range 4 + rng.IntN(5) {
		last := maps[len(maps)-1]
		maps = append(maps, n.layer(fmt.Sprintf("l%d", i), last, rng.IntN(16), rng, maps...))
	}
	y := maps[len(maps)-1]
	if rng.IntN(2) == 0 {
		y = n.One("reduce", op.Attrs{"kind": []string{"mean", "max"}[rng.IntN(2)], "axes": ints(2, 3)}, y)
	} else {
		d := y.Type.Dims
		y = n.One("reshape", op.Attrs{"shape": []op.Dim{d[0], {Size: d[1].Size.Mul(d[2].Size).Mul(d[3].Size)}}}, y)
	}
	width, _ := y.Type.Dims[1].Size.IsConst()
	logits := n.One("matmul", op.Attrs{"trans_b": true}, y, n.param("head.weight", classes, int(width)), n.param("head.bias", classes), nil)
	loss := n.One("softmax_xent", op.Attrs{"smoothing": 0.1 * float64(rng.IntN(2))}, logits, label)
	n.mean(loss)
	if rng.IntN(2) == 0 { // a second loss on the same logits
		second := n.One("mul", nil, logits, n.One("log_softmax", nil, logits))
		first := n.Func.Results[0].Value
		n.mean(second)
		n.Func.Results[0].Value = n.One("add", nil, first, n.Func.Results[0].Value)
	}
}

// channelsOf returns the constant sizes C, H, W.
func channelsOf(x *ir.Value) (c, h, w int) {
	v := [3]int64{}
	for i := range v {
		v[i], _ = x.Type.Dims[1+i].Size.IsConst()
	}
	return int(v[0]), int(v[1]), int(v[2])
}

// layer appends layer number kind, or the image as it is when the layer does not
// fit; earlier are the images made before.
func (n *net) layer(name string, x *ir.Value, kind int, rng *rand.Rand, earlier ...*ir.Value) *ir.Value {
	c, h, w := channelsOf(x)
	conv := func(out, k, stride, pad, groups int) *ir.Value {
		if h+2*pad < k || w+2*pad < k {
			return x
		}
		p := int64(pad)
		a := op.Attrs{"stride": ints(int64(stride), int64(stride)), "pad": ints(p, p, p, p), "groups": int64(groups)}
		return n.One("conv", a, x, n.param(name+".weight", out, c/groups, k, k), n.param(name+".bias", out), nil)
	}
	act := []string{"relu", "tanh", "silu", "leaky", "gelu", "mish", "hardswish", "softplus", "elu"}
	pool := op.Attrs{"kernel": ints(2, 2), "stride": ints(2, 1), "pad": ints(1, 0, 0, 1), "ceil": rng.IntN(2) == 0}
	switch kind {
	case 0, 1:
		return conv(2+rng.IntN(3), 3, 1, 1, 1)
	case 2:
		return conv(2*c, 2, 2, 1, c) // depthwise
	case 3:
		mean, variance := n.buffer(name+".running_mean", c), n.buffer(name+".running_var", c)
		out := n.Emit("bn_train", nil, x, n.param(name+".weight", c), n.param(name+".bias", c), mean, variance)
		return out[0]
	case 4:
		return n.One("norm", op.Attrs{"groups": int64(1), "eps": 1e-3}, x, n.param(name+".weight", c), n.param(name+".bias", c))
	case 5, 6, 7:
		return n.One(act[rng.IntN(len(act))], nil, x)
	case 8:
		if h < 3 || w < 3 {
			return x
		}
		return n.One([]string{"maxpool", "avgpool"}[rng.IntN(2)], pool, x)
	case 9: // gate
		return n.One("mul", nil, x, n.One("sigmoid", nil, conv(c, 1, 1, 0, 1)))
	case 10: // squeeze and excite
		s := n.One("reduce", op.Attrs{"kind": "mean", "axes": ints(2, 3), "keep": true}, x)
		return n.One("mul", nil, x, n.One("exp", nil, n.One("mul", nil, s, n.param(name+".gain", 1, c, 1, 1))))
	case 11, 12, 13: // residual, or concat, or maximum with an earlier image
		for _, e := range earlier[:len(earlier)-1] {
			if e.Type.Equal(x.Type) {
				return n.One([]string{"add", "max", "sub"}[kind-11], nil, x, e)
			}
		}
		if c > 6 {
			return x
		}
		return n.One("concat", op.Attrs{"axis": int64(1)}, x, n.One("neg", nil, x))
	case 14:
		if h*w > 60 {
			return x
		}
		return n.One("resize", op.Attrs{"scale": ints(2, 1), "mode": []string{"nearest", "bilinear"}[rng.IntN(2)]}, x)
	default:
		p := n.One("pad", op.Attrs{"lo": ints(0, 1, 0, 1), "hi": ints(0, 0, 1, 0), "value": 0.5}, x)
		return n.One("slice", op.Attrs{"axis": int64(1), "start": int64(0), "stop": int64(c + 1), "step": int64(2)}, p)
	}
}
