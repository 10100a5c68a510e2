package op

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	Define(&Def{
		Name: "rng", Group: "random", Args: []Arg{{Name: "seed"}}, Results: 1, Gradient: NoGradient,
		Attrs: []AttrSpec{
			{Name: "kind", Kind: KindString, Default: "uniform", Doc: "uniform in [0, 1), normal(0, 1), or bernoulli: 1 with probability p, else 0"},
			{Name: "p", Kind: KindFloat, Default: 0.5, Doc: "probability of 1 (bernoulli)"},
			{Name: "stream", Kind: KindInt, Default: int64(0), Doc: "number of the draw in its function"},
			{Name: "shape", Kind: KindDims, Doc: "axes of the result"},
		},
		Infer: inferRNG, Cost: elementwise(10),
		Law: "y[i] = draw(seed, stream, i)",
		Doc: "Counter-based random numbers: the value depends on seed, stream and index only (runtime/tensor/random.go).",
	})
	Define(&Def{
		Name: "random", Group: "random", Results: 1, Gradient: NoGradient,
		Attrs: []AttrSpec{
			{Name: "kind", Kind: KindString, Default: "uniform", Doc: "uniform in [0, 1), normal(0, 1), or bernoulli: 1 with probability p, else 0"},
			{Name: "p", Kind: KindFloat, Default: 0.5, Doc: "probability of 1 (bernoulli)"},
			{Name: "shape", Kind: KindDims, Doc: "axes of the result"},
		},
		Infer: inferRandom, Cost: elementwise(10),
		Law: "training: fresh numbers for each step; otherwise the same ones for each call",
		Doc: "Graph stage only: the pass mode makes it rng with a stream of its own.",
	})
	Define(&Def{
		Name: "detach", Group: "random", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: ZeroGradient,
		Infer: one, Cost: elementwise(0), Law: "y = x, dx = 0",
		Doc: "What the loss treats as a constant. Graph stage only: the pass grad drops it.",
	})
	Define(&Def{
		Name: "dropout", Group: "random", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: Smooth, ONNX: "Dropout",
		Attrs: []AttrSpec{{Name: "p", Kind: KindFloat, Default: 0.5, Doc: "probability of dropping an element"}},
		Infer: inferDropout, Cost: elementwise(2),
		Law: "training: y = x * bernoulli(1-p) / (1-p); otherwise y = x",
		Doc: "Graph stage only: the pass mode replaces it. Srivastava et al. 2014.",
	})
}

func inferRNG(in []Type, a Attrs) ([]Type, error) {
	if in[0].DType != tensor.I64 || in[0].Rank() != 0 {
		return nil, fmt.Errorf("rng wants an i64 scalar as seed, not %v", in[0])
	}
	return inferRandom(nil, a)
}

func inferRandom(_ []Type, a Attrs) ([]Type, error) {
	switch k := a.String("kind"); k {
	case "uniform", "normal", "bernoulli":
	default:
		return nil, fmt.Errorf("rng: kind is uniform, normal or bernoulli, not %q", k)
	}
	if p := a.Float("p"); !(p >= 0 && p <= 1) {
		return nil, fmt.Errorf("rng: p is a probability in 0..1, not %v", p)
	}
	return []Type{{DType: tensor.F32, Dims: append([]Dim(nil), a.Dims("shape")...)}}, nil
}

func inferDropout(in []Type, a Attrs) ([]Type, error) {
	if p := a.Float("p"); !(p >= 0 && p < 1) {
		return nil, fmt.Errorf("dropout: p is in 0..1 (1 excluded), not %v", p)
	}
	if err := wantFloat("dropout", in[0]); err != nil {
		return nil, err
	}
	return one(in, a)
}
