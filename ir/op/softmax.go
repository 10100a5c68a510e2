package op

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

var axisAttr = AttrSpec{Name: "axis", Kind: KindInt, Default: int64(-1), Doc: "axis of the classes"}

var xentAttrs = []AttrSpec{
	axisAttr,
	{Name: "smoothing", Kind: KindFloat, Default: 0.0, Doc: "share of the target spread over all classes"},
	{Name: "ignore", Kind: KindInt, Default: int64(-1), Doc: "label that counts as nothing; -1 for none"},
}

func init() {
	x, ydy := []Arg{{Name: "x"}}, []Arg{{Name: "y"}, {Name: "dy"}}
	axis := []AttrSpec{axisAttr}
	Define(&Def{
		Name: "softmax", Group: "softmax", Args: x, Attrs: axis, Results: 1, Gradient: Smooth, ONNX: "Softmax",
		Infer: inferSoftmax("softmax"), Cost: elementwise(14),
		Law: "y = e**(x - max) / sum of e**(x - max)", Doc: "Probabilities along axis.",
	})
	Define(&Def{
		Name: "softmax_dx", Group: "softmax", Args: ydy, Attrs: axis, Results: 1, Gradient: NoGradient,
		Infer: inferSoftmaxDX("softmax_dx"), Cost: elementwise(4),
		Law: "dx = y * (dy - sum(dy*y))", Doc: "The gradient of softmax.",
	})
	Define(&Def{
		Name: "log_softmax", Group: "softmax", Args: x, Attrs: axis, Results: 1, Gradient: Smooth, ONNX: "LogSoftmax",
		Infer: inferSoftmax("log_softmax"), Cost: elementwise(14),
		Law: "y = x - max - ln sum of e**(x - max)", Doc: "Logarithms of probabilities along axis.",
	})
	Define(&Def{
		Name: "log_softmax_dx", Group: "softmax", Args: ydy, Attrs: axis, Results: 1, Gradient: NoGradient,
		Infer: inferSoftmaxDX("log_softmax_dx"), Cost: elementwise(12),
		Law: "dx = dy - e**y * sum(dy)", Doc: "The gradient of log_softmax.",
	})
	Define(&Def{
		Name: "softmax_xent", Group: "softmax", Args: []Arg{{Name: "logits"}, {Name: "label"}}, Attrs: xentAttrs, Results: 2, Gradient: Smooth,
		ONNX:  "SoftmaxCrossEntropyLoss",
		Infer: inferXent, Cost: perInput(16),
		Law: "loss = -(1-smoothing)*ln p[label] - smoothing*mean(ln p)",
		Doc: "Cross-entropy of softmax(logits) against integer labels, per sample, and the probabilities for its gradient. A label outside the classes is an error of the data, clamped here.",
	})
	Define(&Def{
		Name: "softmax_xent_dx", Group: "softmax", Args: []Arg{{Name: "probs"}, {Name: "label"}, {Name: "dloss"}}, Attrs: xentAttrs, Results: 1, Gradient: NoGradient,
		Infer: inferXentDX, Cost: elementwise(3),
		Law: "dlogits = dloss * (p - (1-smoothing)*onehot(label) - smoothing/C)", Doc: "The gradient of softmax_xent in the logits.",
	})
}

func inferSoftmax(name string) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if err := wantFloat(name, in[0]); err != nil {
			return nil, err
		}
		if _, err := axisOf(name, in[0], a.Int("axis")); err != nil {
			return nil, err
		}
		return one(in, a)
	}
}

func inferSoftmaxDX(name string) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if err := wantLike(name, "gradient", in[0], in[1]); err != nil {
			return nil, err
		}
		return inferSoftmax(name)(in, a)
	}
}

// checkLabels checks that label is logits without axis.
func checkLabels(logits, label Type, a Attrs) (Type, error) {
	if err := wantFloat("softmax_xent", logits); err != nil {
		return Type{}, err
	}
	axis, err := axisOf("softmax_xent", logits, a.Int("axis"))
	if err != nil {
		return Type{}, err
	}
	if label.DType != tensor.I32 && label.DType != tensor.I64 {
		return Type{}, fmt.Errorf("softmax_xent wants integer labels, not %v", label)
	}
	if s := a.Float("smoothing"); !(s >= 0 && s < 1) {
		return Type{}, fmt.Errorf("softmax_xent: smoothing is in 0..1 (1 excluded), not %v", s)
	}
	loss := withoutAxis(logits, axis, logits.DType)
	if !loss.meets(label) {
		return Type{}, fmt.Errorf("softmax_xent: the labels %v do not fit the logits %v", label, logits)
	}
	return loss, nil
}

func inferXent(in []Type, a Attrs) ([]Type, error) {
	loss, err := checkLabels(in[0], in[1], a)
	if err != nil {
		return nil, err
	}
	return []Type{loss, like(in[0], in[0].DType)}, nil
}

func inferXentDX(in []Type, a Attrs) ([]Type, error) {
	loss, err := checkLabels(in[0], in[1], a)
	if err != nil {
		return nil, err
	}
	if err := wantLike("softmax_xent_dx", "gradient", loss, in[2]); err != nil {
		return nil, err
	}
	return []Type{like(in[0], in[0].DType)}, nil
}
