package op

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir/sym"
)

var bnAttrs = []AttrSpec{
	{Name: "eps", Kind: KindFloat, Default: 1e-5, Doc: "added to the variance"},
	{Name: "momentum", Kind: KindFloat, Default: 0.1, Doc: "share of the batch in the running statistics"},
}

// boundAttrs are those of an activation whose result tells where it passed its
// argument.
var boundAttrs = []AttrSpec{
	{Name: "act", Kind: KindString, Default: "none", Doc: "none relu clamp"},
	{Name: "act_args", Kind: KindFloats, Default: []float64{}, Doc: "clamp: lo, hi"},
}

var bnArgs = []Arg{{Name: "x"}, {Name: "weight", Optional: true}, {Name: "bias", Optional: true}, {Name: "running_mean"}, {Name: "running_var"}}

var normAttrs = []AttrSpec{
	{Name: "axes", Kind: KindInts, Default: []int64{}, Doc: "axes that are normalised together; empty for group norm"},
	{Name: "groups", Kind: KindInt, Default: int64(0), Doc: "group norm: groups of channels (axis 1), each with all of space"},
	{Name: "eps", Kind: KindFloat, Default: 1e-5, Doc: "added to the variance"},
}

func init() {
	Define(&Def{
		Name: "batch_norm", Group: "normalise", Args: bnArgs, Attrs: bnAttrs, Results: 1, Gradient: Smooth, ONNX: "BatchNormalization",
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			if err := checkBN("batch_norm", in, a); err != nil {
				return nil, err
			}
			return one(in, a)
		},
		Cost: elementwise(2),
		Law:  "y = (x - mean) / sqrt(var + eps) * weight + bias, per channel",
		Doc:  "Graph stage only: the pass mode makes it bn_train, or an affine of the running statistics. Ioffe and Szegedy 2015, arXiv:1502.03167.",
	})
	Define(&Def{
		Name: "bn_train", Group: "normalise", Results: 5, Gradient: Smooth,
		Args:  append(slices.Clone(bnArgs), Arg{Name: "residual", Optional: true}),
		Attrs: append(slices.Clone(bnAttrs), boundAttrs...),
		Infer: inferBNTrain, Cost: elementwise(6),
		Law: "mean, var over N and space; y = act(batch_norm + residual); new = (1-momentum)*running + momentum*batch, the variance unbiased",
		Doc: "Results: y, mean, invstd = 1/sqrt(var + eps), new running mean, new running variance.",
	})
	Define(&Def{
		Name: "bn_again", Group: "normalise", Results: 1, Gradient: NoGradient,
		Args:  []Arg{{Name: "x"}, {Name: "weight", Optional: true}, {Name: "bias", Optional: true}, {Name: "mean"}, {Name: "invstd"}},
		Attrs: boundAttrs, Infer: inferBNAgain, Cost: elementwise(2),
		Law: "y = act((x - mean) * invstd * weight + bias), per channel",
		Doc: "What bn_train computed, once more from its statistics, so that a step need not keep it.",
	})
	Define(&Def{
		Name: "bn_dx", Group: "normalise", Results: 4, Gradient: NoGradient,
		Args:  []Arg{{Name: "x"}, {Name: "dy"}, {Name: "weight", Optional: true}, {Name: "mean"}, {Name: "invstd"}, {Name: "gate", Optional: true}},
		Attrs: append(slices.Clone(boundAttrs), AttrSpec{Name: "again", Kind: KindBool, Default: false, Doc: "gate is the result of the bn_train of x, which kernels may compute again"}),
		Infer: inferBNDX, Cost: elementwise(8),
		Law: "g = dy where the result gate of act passed its argument, else 0; dx = weight*invstd*(g - mean(g) - xhat*mean(g*xhat)); dweight = sum g*xhat; dbias = sum g",
		Doc: "The gradient of bn_train in x, weight and bias, and g, that of the residual.",
	})
	Define(&Def{
		Name: "norm", Group: "normalise", Results: 3, Gradient: Smooth, ONNX: "LayerNormalization",
		Args:  []Arg{{Name: "x"}, {Name: "weight", Optional: true}, {Name: "bias", Optional: true}},
		Attrs: normAttrs, Infer: inferNorm, Cost: elementwise(6),
		Law: "y = (x - mean) / sqrt(var + eps) * weight + bias over axes, or over groups of channels",
		Doc: "Layer norm: neighbouring axes, weight and bias of their shape ([D] for the last axis, [C] for the channels of an image). Group norm: groups, weight and bias per channel; instance norm is a group for each channel. Results: y, mean, invstd, one per normalised set.",
	})
	Define(&Def{
		Name: "norm_dx", Group: "normalise", Results: 3, Gradient: NoGradient,
		Args:  []Arg{{Name: "x"}, {Name: "dy"}, {Name: "weight", Optional: true}, {Name: "mean"}, {Name: "invstd"}},
		Attrs: normAttrs, Infer: inferNormDX, Cost: elementwise(8),
		Law: "as bn_dx over the sets of norm", Doc: "The gradient of norm in x, weight and bias.",
	})
}

// checkEps refuses what would make the square root of var + eps no number.
func checkEps(name string, a Attrs) error {
	if e := a.Float("eps"); !(e >= 0 && e <= 1) {
		return fmt.Errorf("%s: eps is in 0..1, not %v", name, e)
	}
	return nil
}

// checkBN checks the operands and attributes of batch normalisation.
func checkBN(name string, in []Type, a Attrs) error {
	if m := a.Float("momentum"); !(m >= 0 && m <= 1) {
		return fmt.Errorf("%s: momentum is in 0..1, not %v", name, m)
	}
	if err := checkEps(name, a); err != nil {
		return err
	}
	return checkChannels(name, in[0], in[1:5]...)
}

// checkBound checks that the activation of a norm is one whose result tells where it
// passed its argument.
func checkBound(name string, a Attrs) error {
	switch act := a.String("act"); act {
	case "none", "relu", "clamp":
		return checkAct(name, a)
	default:
		return fmt.Errorf("%s has no epilogue %q, only none, relu and clamp", name, act)
	}
}

// checkGate checks that a gradient like x that an activation gates comes with its result.
func checkGate(name string, a Attrs, x, gate Type) error {
	if err := checkBound(name, a); err != nil {
		return err
	}
	if gated := a.String("act") != "none"; gated != gate.Present() {
		return fmt.Errorf("%s: an activation and its result come together", name)
	}
	if gate.Present() {
		return wantLike(name, "gate", x, gate)
	}
	return nil
}

func inferBNAgain(in []Type, a Attrs) ([]Type, error) {
	if err := checkChannels("bn_again", in[0], in[1:5]...); err != nil {
		return nil, err
	}
	if err := checkBound("bn_again", a); err != nil {
		return nil, err
	}
	return one(in, a)
}

func inferBNDX(in []Type, a Attrs) ([]Type, error) {
	if err := checkChannels("bn_dx", in[0], in[2:5]...); err != nil {
		return nil, err
	}
	if err := wantLike("bn_dx", "gradient", in[0], in[1]); err != nil {
		return nil, err
	}
	if err := checkGate("bn_dx", a, in[0], in[5]); err != nil {
		return nil, err
	}
	c := Type{DType: in[0].DType, Dims: []Dim{{Size: in[0].Dims[1].Size}}}
	x := like(in[0], in[0].DType)
	return []Type{x, c, c, x}, nil
}

// checkChannels checks that each operand that is there is [C] for x [N, C, ...].
func checkChannels(name string, x Type, ts ...Type) error {
	if x.Rank() < 2 || !x.DType.Float() {
		return fmt.Errorf("%s wants f32[N, C, ...], but this is %v", name, x)
	}
	for _, t := range ts {
		if t.Present() && (t.Rank() != 1 || !sameSize(t.Dims[0], x.Dims[1]) || t.DType != x.DType) {
			return fmt.Errorf("%s: %v has %v channels, but a per-channel operand is %v", name, x, x.Dims[1].Size, t)
		}
	}
	return nil
}

func inferBNTrain(in []Type, a Attrs) ([]Type, error) {
	if err := checkBN("bn_train", in, a); err != nil {
		return nil, err
	}
	c := Type{DType: in[0].DType, Dims: []Dim{{Size: in[0].Dims[1].Size}}}
	if err := checkBound("bn_train", a); err != nil {
		return nil, err
	}
	if in[5].Present() {
		if err := wantLike("bn_train", "residual", in[0], in[5]); err != nil {
			return nil, err
		}
	}
	mean, variance := like(in[3], in[3].DType), like(in[4], in[4].DType)
	return []Type{like(in[0], in[0].DType), c, c, mean, variance}, nil
}

// NormSets returns the shape of the statistics of norm and of its weight: the axes
// that are not named and those that are, or (N, groups) and (C). Instance norm is
// as many groups as channels.
//
// Errors: axes that are not neighbours (kernels walk them as one), none at all,
// channels that do not divide into the groups.
func NormSets(x Type, a Attrs) (stats, weight []Dim, err error) {
	if g := a.Int("groups"); g > 0 {
		if x.Rank() < 2 {
			return nil, nil, fmt.Errorf("norm: %v has no channels to group", x)
		}
		if c, ok := x.Dims[1].Size.IsConst(); !ok || c%g != 0 {
			return nil, nil, fmt.Errorf("norm: %v channels do not divide into %d groups", x.Dims[1].Size, g)
		}
		return []Dim{x.Dims[0], {Size: sym.Const(g)}}, []Dim{x.Dims[1]}, nil
	}
	axes, err := Axes("norm", x, a.Ints("axes"))
	if err != nil {
		return nil, nil, err
	}
	if len(axes) == 0 {
		return nil, nil, fmt.Errorf("norm wants axes or groups")
	}
	for i, d := range x.Dims {
		if slices.Contains(axes, i) {
			weight = append(weight, d)
		} else {
			stats = append(stats, d)
		}
	}
	if axes[len(axes)-1]-axes[0] != len(axes)-1 {
		return nil, nil, fmt.Errorf("norm: the axes %v of %v are not neighbours", axes, x)
	}
	return stats, weight, nil
}

func checkNorm(x Type, ts []Type, a Attrs) (stats, weight Type, err error) {
	if err := wantFloat("norm", x); err != nil {
		return stats, weight, err
	}
	if err := checkEps("norm", a); err != nil {
		return stats, weight, err
	}
	s, w, err := NormSets(x, a)
	if err != nil {
		return stats, weight, err
	}
	stats, weight = Type{DType: x.DType, Dims: s}, Type{DType: x.DType, Dims: w}
	for _, t := range ts {
		if t.Present() && (!t.meets(weight) || t.DType != weight.DType) {
			return stats, weight, fmt.Errorf("norm: weight and bias are %v, not %v", weight, t)
		}
	}
	return stats, weight, nil
}

func inferNorm(in []Type, a Attrs) ([]Type, error) {
	stats, _, err := checkNorm(in[0], in[1:], a)
	if err != nil {
		return nil, err
	}
	return []Type{like(in[0], in[0].DType), stats, stats}, nil
}

func inferNormDX(in []Type, a Attrs) ([]Type, error) {
	stats, weight, err := checkNorm(in[0], in[2:3], a)
	if err != nil {
		return nil, err
	}
	if err := wantLike("norm_dx", "gradient", in[0], in[1]); err != nil {
		return nil, err
	}
	for _, t := range in[3:] {
		if !t.meets(stats) || t.DType != stats.DType {
			return nil, fmt.Errorf("norm_dx: mean and invstd are %v, not %v", stats, t)
		}
	}
	return []Type{like(in[0], in[0].DType), weight, weight}, nil
}
