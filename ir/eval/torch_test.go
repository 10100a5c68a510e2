package eval

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// reference gives the arrays of one case as tensors.
type reference struct {
	t *testing.T
	testkit.Case
}

func (r reference) get(name string) *Tensor {
	a, ok := r.Arrays[name]
	if !ok {
		return nil
	}
	return Floats(a.Shape, a.Values...)
}

func (r reference) labels() *Tensor {
	a := r.Arrays["labels"]
	v := make([]int64, len(a.Values))
	for i, x := range a.Values {
		v[i] = int64(x)
	}
	return Ints(tensor.I32, a.Shape, v...)
}

func (r reference) dims(name string) []op.Dim { return r.get(name).OpType().Dims }

func (r reference) apply(name string, attrs op.Attrs, in ...*Tensor) []*Tensor {
	r.t.Helper()
	return apply(r.t, name, attrs, in...)
}

// want compares with PyTorch's float32 result.
func (r reference) want(name string, got *Tensor) {
	r.t.Helper()
	a, ok := r.Arrays[name]
	if !ok {
		r.t.Fatalf("case has no array %s", name)
	}
	if got.Len() != len(a.Values) {
		r.t.Fatalf("%s: got %d elements, want %d", name, got.Len(), len(a.Values))
	}
	if i := testkit.Far(got.F, a.Values, 2e-5); i >= 0 {
		r.t.Errorf("%s[%d]: got %v, want %v", name, i, got.F[i], a.Values[i])
	}
}

func pair(v float64) []int64 { return ints(int64(v), int64(v)) }
func four(v float64) []int64 { return ints(int64(v), int64(v), int64(v), int64(v)) }

func with(a op.Attrs, name string, v any) op.Attrs {
	out := op.Attrs{name: v}
	for k, x := range a {
		out[k] = x
	}
	return out
}

// TestTorch compares every operation that PyTorch has under the same name with
// its results and gradients. What this version's operations cannot express is
// skipped by name.
func TestTorch(t *testing.T) {
	kinds := map[string]func(r reference){
		"conv2d": torchConv, "conv_transpose2d": torchConvTranspose, "linear": torchLinear,
		"max_pool2d": torchMaxPool, "avg_pool2d": torchAvgPool, "global_avg_pool": torchGlobalPool,
		"batch_norm": torchBatchNorm, "group_norm": torchNorm, "instance_norm": torchNorm, "layer_norm": torchNorm,
		"activation": torchActivation, "cross_entropy": torchCrossEntropy, "cross_entropy_per_pixel": torchCrossEntropy,
	}
	skipped := map[string]string{
		"resize": "the cases enlarge 6x5 to 9x13, resize has whole scales", "scaled_dot_attention": "composed of operations: see passes/grad",
		"loss": "composed of operations: see passes/grad", "optimizer": "see TestOptimizerCases", "lr_schedule": "runtime/train", "training_run": "see passes/grad",
	}
	n := 0
	for _, c := range testkit.Cases(t, "reference-values/torch-layers-public.zip") {
		if c.Kind == "" {
			continue // index.json
		}
		t.Run(c.Name, func(t *testing.T) {
			if reason, ok := skipped[c.Kind]; ok {
				t.Skip(reason)
			}
			f := kinds[c.Kind]
			if f == nil {
				t.Fatalf("no test for cases of kind %s", c.Kind)
			}
			f(reference{t, c})
			n++
		})
	}
	if n < 40 {
		t.Errorf("compared %d cases, want at least 40", n)
	}
}

func torchConv(r reference) {
	x, w, dy := r.get("in_x"), r.get("in_w"), r.get("grad_out")
	a := op.Attrs{"stride": pair(r.Float("stride", 1)), "pad": four(r.Float("pad", 0)),
		"dilation": pair(r.Float("dilation", 1)), "groups": int64(r.Float("groups", 1))}
	r.want("out", r.apply("conv", a, x, w, r.get("in_b"), nil)[0])
	r.want("grad_x", r.apply("conv_dx", with(a, "shape", r.dims("in_x")), dy, w)[0])
	r.want("grad_w", r.apply("conv_dw", with(a, "kernel", ints(int64(w.Shape[2]), int64(w.Shape[3]))), x, dy)[0])
	if r.get("in_b") != nil {
		r.want("grad_b", r.apply("reduce", op.Attrs{"kind": "sum", "axes": ints(0, 2, 3)}, dy)[0])
	}
}

// torchConvTranspose: a transposed convolution is conv_dx, whose weights are
// those of the convolution it transposes (PyTorch's IOHW is our OIHW).
func torchConvTranspose(r reference) {
	x, w, dy := r.get("in_x"), r.get("in_w"), r.get("grad_out")
	a := op.Attrs{"stride": pair(r.Float("stride", 1)), "pad": four(r.Float("pad", 0)),
		"dilation": pair(1), "groups": int64(r.Float("groups", 1))}
	y := r.apply("conv_dx", with(a, "shape", r.dims("out")), x, w)[0]
	bias := r.get("in_b")
	bias.Shape = []int{bias.Len(), 1, 1}
	r.want("out", r.apply("add", nil, y, bias)[0])
	r.want("grad_x", r.apply("conv", a, dy, w, nil, nil)[0])
	r.want("grad_w", r.apply("conv_dw", with(a, "kernel", ints(int64(w.Shape[2]), int64(w.Shape[3]))), dy, x)[0])
}

func torchLinear(r reference) {
	x, w, dy := r.get("in_x"), r.get("in_w"), r.get("grad_out")
	r.want("out", r.apply("matmul", op.Attrs{"trans_b": true}, x, w, r.get("in_b"), nil)[0])
	r.want("grad_x", r.apply("matmul", nil, dy, w, nil, nil)[0])
	r.want("grad_w", r.apply("matmul", op.Attrs{"trans_a": true}, dy, x, nil, nil)[0])
}

func (r reference) pool() op.Attrs {
	return op.Attrs{"kernel": pair(r.Float("kernel", 0)), "stride": pair(r.Float("stride", 0)), "pad": four(r.Float("pad", 0)), "ceil": false}
}

func torchMaxPool(r reference) {
	out := r.apply("maxpool", r.pool(), r.get("in_x"))
	r.want("out", out[0])
	r.want("grad_x", r.apply("maxpool_dx", with(r.pool(), "shape", r.dims("in_x")), out[1], r.get("grad_out"))[0])
}

func torchAvgPool(r reference) {
	counted, _ := r.Attrs["count_include_pad"].(bool)
	a := with(r.pool(), "count_pad", counted)
	r.want("out", r.apply("avgpool", a, r.get("in_x"))[0])
	r.want("grad_x", r.apply("avgpool_dx", with(a, "shape", r.dims("in_x")), r.get("grad_out"))[0])
}

func torchGlobalPool(r reference) {
	r.want("out", r.apply("reduce", op.Attrs{"kind": "mean", "axes": ints(2, 3)}, r.get("in_x"))[0])
}

func torchBatchNorm(r reference) {
	x, gamma := r.get("in_x"), r.get("in_gamma")
	n := gamma.Len()
	mean, variance := New(tensor.F32, n), New(tensor.F32, n)
	for i := range variance.F {
		variance.F[i] = 1
	}
	a := op.Attrs{"eps": r.Float("eps", 0), "momentum": r.Float("momentum", 0)}
	out := r.apply("bn_train", a, x, gamma, r.get("in_beta"), mean, variance)
	r.want("out", out[0])
	r.want("running_mean_after", out[3])
	r.want("running_var_after", out[4])
	d := r.apply("bn_dx", nil, x, r.get("grad_out"), gamma, out[1], out[2])
	r.want("grad_x", d[0])
	r.want("grad_gamma", d[1])
	r.want("grad_beta", d[2])
}

func torchNorm(r reference) {
	x, gamma := r.get("in_x"), r.get("in_gamma")
	a := op.Attrs{"eps": r.Float("eps", 0)}
	switch r.Kind {
	case "layer_norm":
		a["axes"] = ints(int64(len(x.Shape)) - 1)
	case "group_norm":
		a["groups"] = int64(r.Float("groups", 0))
	default: // instance normalisation has a group per channel
		a["groups"] = int64(x.Shape[1])
	}
	out := r.apply("norm", a, x, gamma, r.get("in_beta"))
	r.want("out", out[0])
	d := r.apply("norm_dx", a, x, r.get("grad_out"), gamma, out[1], out[2])
	r.want("grad_x", d[0])
	r.want("grad_gamma", d[1])
	r.want("grad_beta", d[2])
}

func torchActivation(r reference) {
	x, dy := r.get("in_x"), r.get("grad_out")
	switch fn := r.Attrs["fn"].(string); fn {
	case "softmax_axis1", "log_softmax_axis1":
		name, axis := fn[:len(fn)-len("_axis1")], op.Attrs{"axis": int64(1)}
		y := r.apply(name, axis, x)[0]
		r.want("out", y)
		r.want("grad_x", r.apply(name+"_dx", axis, y, dy)[0])
	case "relu6":
		r.want("out", r.apply("clamp", op.Attrs{"lo": 0.0, "hi": 6.0}, x)[0])
	case "leaky_relu":
		r.want("out", r.apply("leaky", op.Attrs{"alpha": r.Float("slope", 0.1)}, x)[0])
	case "gelu_erf":
		r.want("out", r.apply("gelu", nil, x)[0])
	case "gelu_tanh":
		r.want("out", r.apply("gelu", op.Attrs{"approx": "tanh"}, x)[0])
	case "elu":
		r.want("out", r.apply("elu", op.Attrs{"alpha": 1.0}, x)[0])
	case "selu": // scale · elu(alpha), with the constants of Klambauer et al. 2017
		y := r.apply("elu", op.Attrs{"alpha": 1.6732632423543772}, x)[0]
		r.want("out", r.apply("mul", nil, y, Scalar(1.0507009873554805))[0])
	default:
		r.want("out", r.apply(fn, nil, x)[0])
	}
}

func torchCrossEntropy(r reference) {
	logits, label, dy := r.get("in_logits"), r.labels(), r.get("grad_out").F[0]
	a := op.Attrs{"axis": int64(1), "smoothing": r.Float("label_smoothing", 0), "ignore": int64(r.Float("ignore_index", -1))}
	if r.Attrs["weight"] != nil {
		r.t.Skip("class weights are composed of operations")
	}
	out := r.apply("softmax_xent", a, logits, label)
	// Mean over the labels that are not ignored, or the sum.
	count := 0.0
	for _, l := range label.I {
		if l != a.Int("ignore") {
			count++
		}
	}
	if r.Attrs["reduction"] == "sum" {
		count = 1
	}
	total := 0.0
	for _, l := range out[0].F {
		total += l / count
	}
	r.want("out", Scalar(total))
	d := New(tensor.F32, label.Shape...)
	for i := range d.F {
		d.F[i] = dy / count
	}
	r.want("grad_logits", r.apply("softmax_xent_dx", a, out[1], label, d)[0])
}
