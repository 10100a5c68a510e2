package check

import (
	"fmt"
	"math"
	"math/big"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// callCosineBeta is 1 - f(t+1)/f(t) with f(t) = cos((t/T + s)/(1 + s) * pi/2)^2 and
// s = 0.008, at most 0.999.
//
// Source: Nichol and Dhariwal 2021, arXiv:2102.09672, equation 17.
func callCosineBeta(f *frame, c *builtinCall) value {
	n, ok := c.int(c.args[0])
	if !ok {
		return poison{}
	}
	if n < 1 || n > maxList {
		return f.fail(c.args[0].span, "E0305", fmt.Sprintf("a diffusion has 1 to %s steps, and this is %d", grouped(maxList), n), "", "")
	}
	kept := func(t int64) float64 {
		x := math.Cos((float64(t)/float64(n) + 0.008) / 1.008 * math.Pi / 2)
		return x * x
	}
	out := &array{shape: []int64{n}}
	for t := range n {
		out.data = append(out.data, min(1-kept(t+1)/kept(t), 0.999))
	}
	return out
}

// callAlphaBar is the share of the picture that is left after each step: the running
// product of 1 - beta. It must be known at compile time.
func callAlphaBar(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	if t.t.Def == nil || t.t.Def.Op.Name != "const" || t.t.Type.Rank() != 1 {
		return f.fail(c.span, "E0305", "the noise of a diffusion is known at compile time, and this is "+f.kindOf(t), "", "write cosine_beta(steps)")
	}
	betas := t.t.Def.Attrs.Floats("values")
	out, left := make([]float64, len(betas)), 1.0
	for i, b := range betas {
		left *= 1 - b
		out[i] = left
	}
	v, ok := f.constant(tensor.F32, []int64{int64(len(out))}, out, c.span)
	if !ok {
		return poison{}
	}
	return v
}

// callClassesOf is the number of classes of a label: of its names, or of those that
// the data turn out to have.
func callClassesOf(f *frame, c *builtinCall) value {
	v, ok := c.args[0].v.(*tensorValue)
	if !ok || v.t == nil || !v.t.Type.DType.Int() {
		return c.fail(0, "a label of the data")
	}
	if set := f.c.setNamed(v.counts); set != nil {
		return f.c.setSize(set)
	}
	if f.classes == nil {
		return c.fail(0, "a label of the data")
	}
	n, why := f.classes(v.stage)
	if why != "" {
		f.uncounted(c.span, v.stage, why)
		return whole(nominal)
	}
	return whole(n)
}

// nominal stands for the number of classes of data that are not at hand: the types
// are checked with it, and nothing is compiled. Many numbers divide it.
const nominal = 5040

// randomly reports whether random numbers may be drawn here.
func (f *frame) randomly(c *builtinCall) bool {
	at := f
	for at.caller != nil {
		at = at.caller
	}
	if f.g != nil && at.trains {
		return true
	}
	f.fail(c.span, "E0517", fmt.Sprintf("`%s` draws random numbers, and they belong into a train section", c.name), "",
		"a net gives the same result for the same input; take the noise as an input")
	return false
}

func callRandint(f *frame, c *builtinCall) value {
	r, ok := c.args[0].v.(interval)
	if !ok {
		return c.fail(0, "a range such as 0..10")
	}
	lo, hi, ok := f.bounds(r, c.args[0].span)
	if !ok || !f.randomly(c) {
		return poison{}
	}
	if lo >= hi || lo < -(1<<24) || hi > 1<<24 {
		return f.fail(c.args[0].span, "E0305", fmt.Sprintf("`randint` wants a range within ±%s that is not empty, and this is %d..%d", grouped(1<<24), lo, hi), "", "")
	}
	dims, ok := f.attrDims(c.args[1].v)
	if !ok {
		return c.fail(1, "a list of sizes, such as [N]")
	}
	v := f.emitValue("random", op.Attrs{"kind": "uniform", "shape": dims}, c.span)
	for _, step := range []struct {
		op string
		by float64
	}{{"mul", float64(hi - lo)}, {"floor", 0}, {"min", float64(hi - lo - 1)}, {"add", float64(lo)}} {
		t, ok := v.(*tensorValue)
		if !ok {
			return poison{}
		}
		if step.op == "floor" {
			v = f.emitValue("floor", nil, c.span, t)
			continue
		}
		k, ok := f.constant(tensor.F32, nil, []float64{step.by}, c.span)
		if !ok {
			return poison{}
		}
		v = f.emitValue(step.op, nil, c.span, t, k) // min: a product may round up
	}
	t, ok := v.(*tensorValue)
	if !ok {
		return poison{}
	}
	return f.emitValue("cast", op.Attrs{"to": "i32"}, c.span, t)
}

func callRandnLike(f *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok || !f.randomly(c) {
		return poison{}
	}
	return f.emitValue("random", op.Attrs{"kind": "normal", "shape": append([]op.Dim{}, x.t.Type.Dims...)}, c.span)
}

// numberFunc is a function of one number, to the precision of float64.
func numberFunc(of func(float64) float64) func(*frame, *builtinCall) value {
	return func(_ *frame, c *builtinCall) value {
		v, ok := numberOf(c.args[0].v)
		if !ok {
			return c.fail(0, "a number")
		}
		r := new(big.Rat).SetFloat64(of(v.float()))
		if r == nil {
			return c.fail(0, "a number that float64 holds")
		}
		return exact(r)
	}
}
