package op

import (
	"strings"
	"testing"
)

type ints64 = []int64

// inferRow is one use of an operation: want is its result types, or, after an
// exclamation mark, a part of the error.
type inferRow struct {
	op, in string
	attrs  Attrs
	want   string
}

func testInfer(t *testing.T, rows []inferRow) {
	t.Helper()
	for _, row := range rows {
		d := Lookup(row.op)
		if d == nil {
			t.Errorf("no operation is called %s", row.op)
			continue
		}
		a, err := Normalize(d, row.attrs)
		var got []Type
		if err == nil {
			got, err = Infer(d, parseTypes(t, row.in), a)
		}
		part, refused := strings.CutPrefix(row.want, "!")
		switch {
		case refused && err == nil:
			t.Errorf("%s(%s)%v = %s, want an error with %q", row.op, row.in, row.attrs, printTypes(got), part)
		case refused && !strings.Contains(err.Error(), part):
			t.Errorf("%s(%s)%v: got the error %q, want %q in it", row.op, row.in, row.attrs, err, part)
		case !refused && err != nil:
			t.Errorf("%s(%s)%v: got the error %q, want %s", row.op, row.in, row.attrs, err, row.want)
		case !refused && printTypes(got) != row.want:
			t.Errorf("%s(%s)%v = %s, want %s", row.op, row.in, row.attrs, printTypes(got), row.want)
		}
	}
}

func TestInferElementwise(t *testing.T) {
	testInfer(t, []inferRow{
		{"relu", "f32[N, RGB:3, H, W]", nil, "f32[N, RGB:3, H, W]"},
		{"tanh", "i32[N]", nil, "!tanh wants floats, but this is i32[N]"},
		{"neg", "i32[N]", nil, "i32[N]"},
		{"neg", "bool[N]", nil, "!numbers"},
		{"not", "bool[N]", nil, "bool[N]"},
		{"not", "f32[N]", nil, "!bools"},
		{"clamp", "f32[N]", Attrs{"lo": 6.0, "hi": 0.0}, "!6"},
		{"gelu", "f32[N]", Attrs{"approx": "fast"}, "!none or tanh"},
		{"cast", "u8[N, RGB:3]", Attrs{"to": "f32"}, "f32[N, RGB:3]"},
		{"cast", "u8[N]", Attrs{"to": "f33"}, "!f33"},
		{"prelu", "f32[N, C, H, W]; f32[C]", nil, "f32[N, C, H, W]"},
		{"prelu", "f32[N, 8]; f32[1]", nil, "f32[N, 8]"},
		{"prelu", "f32[N, 8]; f32[4]", nil, "!1 or 8"},
		{"add", "f32[N, RGB:3, H, W]; f32[3, 1, 1]", nil, "f32[N, RGB:3, H, W]"},
		{"add", "f32[N, 3]; f32", nil, "f32[N, 3]"},
		{"add", "f32[N, RGB:3]; f32[N, BGR:3]", nil, "!one axis counts RGB, the other BGR"},
		{"add", "f32[N, 3]; f32[N, 4]", nil, "!f32[N, 3] and f32[N, 4]"},
		{"add", "f32[N]; f32[M]", nil, "!N"},
		{"add", "f32[floor(H/2)]; f32[H - ceil(H/2)]", nil, "f32[floor(H/2)]"},
		{"add", "f32[N]; i32[N]", nil, "!cast"},
		{"add", "bool[N]; bool[N]", nil, "!numbers"},
		{"lt", "f32[N]; f32", nil, "bool[N]"},
		{"and", "bool[N, 1]; bool[3]", nil, "bool[N, 3]"},
		{"and", "f32[N]; f32[N]", nil, "!bools"},
		{"select", "bool[N, 1]; f32[N, 3]; f32", nil, "f32[N, 3]"},
		{"select", "f32[N]; f32[N]; f32[N]", nil, "!bools"},
		{"select", "bool[N]; f32[N]; i32[N]", nil, "!cast"},
		{"dropout", "f32[N]", Attrs{"p": 1.0}, "!1 excluded"},
		{"rng", "i64", Attrs{"shape": dims(t, "N, 3")}, "f32[N, 3]"},
		{"rng", "i64", Attrs{"shape": dims(t, "N"), "kind": "cauchy"}, "!cauchy"},
		{"rng", "i64", Attrs{"shape": dims(t, "N"), "kind": "bernoulli", "p": 1.5}, "!1.5"},
		{"rng", "f32", Attrs{"shape": dims(t, "N")}, "!seed"},
	})
}

func TestInferSources(t *testing.T) {
	testInfer(t, []inferRow{
		{"param", "", Attrs{"name": "w", "shape": dims(t, "Digit:10, 84")}, "f32[Digit:10, 84]"},
		{"param", "", Attrs{"name": "w", "shape": dims(t, "3"), "dtype": "complex"}, "!complex"},
		{"buffer", "", Attrs{"name": "n", "shape": []Dim{}, "dtype": "i64"}, "i64"},
		{"const", "", Attrs{"values": []float64{0.5}}, "f32"},
		{"const", "", Attrs{"values": []float64{1, 2, 3}, "shape": ints64{3}, "dtype": "i32"}, "i32[3]"},
		{"const", "", Attrs{"values": []float64{0}, "shape": ints64{4, 5}}, "f32[4, 5]"},
		{"const", "", Attrs{"values": []float64{1, 2}, "shape": ints64{3}}, "!1 or 3 values, not 2"},
		{"const", "", Attrs{"values": []float64{1}, "shape": ints64{-3}}, "!-3"},
		{"const", "", Attrs{"values": []float64{}, "shape": ints64{1 << 31, 1 << 31, 1 << 31}}, "!"},
		{"iota", "", Attrs{"shape": ints64{2, 5}, "axis": int64(1)}, "i32[2, 5]"},
		{"iota", "", Attrs{"shape": ints64{2}, "axis": int64(3)}, "!axis 3"},
		{"update", "f32[3]", Attrs{"state": "w"}, ""},
		{"update", "f32[3]; f32", Attrs{"state": "w", "rule": "sgd"}, ""},
		{"update", "f32[3]", Attrs{"state": "w", "rule": "sgd"}, "!learning rate"},
		{"update", "i32[3]; f32", Attrs{"state": "w", "rule": "sgd"}, "!float"},
		{"update", "f32[3]; i32", Attrs{"state": "w", "rule": "sgd"}, "!learning rate"},
		{"update", "f32[3]", Attrs{"state": "w", "rule": "adm"}, "!rule is assign, sgd, adam, adamw, rmsprop, adagrad, lamb or lion, not \"adm\""},
		{"update", "f32[3]; f32", Attrs{"state": "w", "rule": "adam", "beta1": 0.9}, ""},
		{"update", "f32[3]", Attrs{"state": "w", "rule": "lion"}, "!lion wants a scalar learning rate"},
	})
}

func TestInferReduce(t *testing.T) {
	testInfer(t, []inferRow{
		{"reduce", "f32[N, RGB:3, H, W]", Attrs{"kind": "mean", "axes": ints64{2, 3}}, "f32[N, RGB:3]"},
		{"reduce", "f32[N, RGB:3]", Attrs{"axes": ints64{-1}, "keep": true}, "f32[N, 1]"},
		{"reduce", "i32[N, 3]", Attrs{"axes": ints64{0, 1}}, "i32"},
		{"reduce", "i32[N]", Attrs{"kind": "mean", "axes": ints64{0}}, "!mean"},
		{"reduce", "f32[N]", Attrs{"kind": "norm", "axes": ints64{0}}, "!norm"},
		{"reduce", "f32[N]", Attrs{"axes": ints64{1}}, "!no axis 1"},
		{"reduce", "f32[N, 3]", Attrs{"axes": ints64{1, -1}}, "!twice"},
		{"argreduce", "f32[N, Digit:10]", nil, "i32[N]"},
		{"argreduce", "f32[N, Digit:10]", Attrs{"axis": int64(0), "kind": "min"}, "i32[Digit:10]"},
		{"argreduce", "f32", nil, "!no axis"},
		{"topk", "f32[N, Digit:10]", Attrs{"k": int64(3)}, "f32[N, 3]; i32[N, 3]"},
		{"topk", "f32[N, Digit:10]", Attrs{"k": int64(11)}, "!1..10"},
		{"topk", "f32[N, 10]", Attrs{"k": int64(0)}, "!1..10"},
		{"cumsum", "f32[N, 10]", nil, "f32[N, 10]"},
		{"cumsum", "bool[N, 10]", nil, "!numbers"},
	})
}

func TestInferShape(t *testing.T) {
	testInfer(t, []inferRow{
		{"reshape", "f32[N, 16, 5, 5]", Attrs{"shape": dims(t, "N, 400")}, "f32[N, 400]"},
		{"reshape", "f32[N, C, H, W]", Attrs{"shape": dims(t, "N, C, H*W")}, "f32[N, C, H*W]"},
		{"reshape", "f32[floor(H/2) + ceil(H/2), 3]", Attrs{"shape": dims(t, "3*H")}, "f32[3*H]"},
		{"reshape", "f32[N, 16]", Attrs{"shape": dims(t, "N, 15")}, "!16*N"},
		{"transpose", "f32[N, RGB:3, H, W]", Attrs{"perm": ints64{0, 2, 3, 1}}, "f32[N, H, W, RGB:3]"},
		{"transpose", "f32[N, 3]", Attrs{"perm": ints64{0}}, "!2 axes"},
		{"transpose", "f32[N, 3]", Attrs{"perm": ints64{0, 0}}, "!twice"},
		{"broadcast", "f32[3, 1]", Attrs{"shape": dims(t, "N, 3, H")}, "f32[N, 3, H]"},
		{"broadcast", "f32[3]", Attrs{"shape": dims(t, "N, 4")}, "!"},
		{"broadcast", "f32[N, 4]", Attrs{"shape": dims(t, "4")}, "!stretch"},
		{"slice", "f32[N, 10]", Attrs{"axis": int64(1), "stop": int64(10), "start": int64(1), "step": int64(4)}, "f32[N, 3]"},
		{"slice", "f32[N, RGB:3]", Attrs{"axis": int64(-1), "stop": int64(3)}, "f32[N, RGB:3]"},
		{"slice", "f32[N, RGB:3]", Attrs{"axis": int64(-1), "stop": int64(2)}, "f32[N, 2]"},
		{"slice", "f32[N, 10]", Attrs{"axis": int64(1), "stop": int64(11)}, "!0..11"},
		{"slice", "f32[N, 10]", Attrs{"axis": int64(0), "stop": int64(1)}, "!run time"},
		{"pad", "f32[N, RGB:3, H]", Attrs{"lo": ints64{0, 0, 1}, "hi": ints64{0, 2, 0}}, "f32[N, 5, H + 1]"},
		{"pad", "f32[N, 3]", Attrs{"lo": ints64{0}, "hi": ints64{0, 0}}, "!2 numbers, not 1"},
		{"pad", "f32[N]", Attrs{"lo": ints64{-1}, "hi": ints64{0}}, "!-1"},
		{"concat", "f32[N, 3, H]; f32[N, 5, H]", Attrs{"axis": int64(1)}, "f32[N, 8, H]"},
		{"concat", "f32[N, RGB:3]", Attrs{"axis": int64(1)}, "f32[N, RGB:3]"},
		{"concat", "f32[N, RGB:3]; f32[N, RGB:3]", Attrs{"axis": int64(1)}, "f32[N, 6]"},
		{"concat", "f32[N, 3]; f32[N, RGB:3]; f32[N, BGR:3]", Attrs{"axis": int64(0)}, "!RGB and BGR"},
		{"concat", "f32[N, 3]; f32[N, RGB:3]", Attrs{"axis": int64(0)}, "f32[2*N, RGB:3]"},
		{"concat", "f32[N, 3, 2*floor(H/2)]; f32[N, 5, H]", Attrs{"axis": int64(1)}, "!2*floor(H/2) is not"},
		{"concat", "", Attrs{"axis": int64(1)}, "!at least 1 operand, not 0"},
		{"gather", "f32[1000, 64]; i32[N, T]", nil, "f32[N, T, 64]"},
		{"gather", "f32[8, RGB:3]; i32", Attrs{"axis": int64(1)}, "f32[8]"},
		{"gather", "f32[8]; f32[N]", nil, "!integers"},
		{"scatter_add", "i32[N, T]; f32[N, T, 64]", Attrs{"size": int64(1000)}, "f32[1000, 64]"},
		{"scatter_add", "i32[N]; f32[M, 64]", Attrs{"size": int64(1000)}, "!do not fit"},
		{"reverse", "f32[N, RGB:3, H]", Attrs{"axes": ints64{1}}, "f32[N, 3, H]"},
		{"reverse", "f32[N, RGB:3, H]", Attrs{"axes": ints64{-1}}, "f32[N, RGB:3, H]"},
	})
}

func TestInferLinear(t *testing.T) {
	image := "f32[N, Gray:1, 28, 28]"
	testInfer(t, []inferRow{
		{"matmul", "f32[N, 400]; f32[120, 400]; f32[120]", Attrs{"trans_b": true}, "f32[N, 120]"},
		{"matmul", "f32[N, 84]; f32[Digit:10, 84]", Attrs{"trans_b": true}, "f32[N, Digit:10]"},
		{"matmul", "f32[N, T, D]; f32[N, T, D]", Attrs{"trans_b": true}, "f32[N, T, T]"},
		{"matmul", "f32[N, T, 64]; f32[64, 32]", nil, "f32[N, T, 32]"},
		{"matmul", "f32[K, M]; f32[K, 3]", Attrs{"trans_a": true}, "f32[M, 3]"},
		{"matmul", "f32[N, 400]; f32[84, 120]", nil, "!400 is not 84"},
		{"matmul", "f32[N, RGB:3]; f32[BGR:3, 8]", nil, "!RGB"},
		{"matmul", "f32[N, 3]; f32[3, 8]; f32[9]", nil, "!bias is f32[9], but there are 8 outputs"},
		{"matmul", "f32[N, 3]; f32[3, 8]; -; f32[N, 7]", nil, "!residual"},
		{"matmul", "f32[N, 3]; f32[3, 8]; -; f32[N, 8]", Attrs{"act": "relu"}, "f32[N, 8]"},
		{"matmul", "f32[N, 3]; f32[3, 8]", Attrs{"act": "softmax"}, "!softmax"},
		{"matmul", "f32[N, 3]; f32[3, 8]", Attrs{"act": "clamp"}, "!act_args"},
		{"matmul", "f32[3]; f32[3, 8]", nil, "!two matrices"},
		{"conv", image + "; f32[6, 1, 5, 5]; f32[6]", Attrs{"pad": ints64{2, 2, 2, 2}}, "f32[N, 6, 28, 28]"},
		{"conv", image + "; f32[Edge:6, Gray:1, 5, 5]", nil, "f32[N, Edge:6, 24, 24]"},
		{"conv", "f32[N, RGB:3, H, W]; f32[64, 3, 7, 7]", Attrs{"pad": ints64{3, 3, 3, 3}, "stride": ints64{2, 2}}, "f32[N, 64, ceil(H/2), ceil(W/2)]"},
		{"conv", "f32[N, 3, H, W]; f32[8, 3, 3, 3]", Attrs{"dilation": ints64{2, 2}}, "f32[N, 8, H - 4, W - 4]"},
		{"conv", "f32[N, 32, 14, 14]; f32[32, 1, 3, 3]", Attrs{"groups": int64(32), "pad": ints64{1, 1, 1, 1}}, "f32[N, 32, 14, 14]"},
		{"conv", "f32[N, 32, 14, 14]; f32[16, 32, 1, 1]; -; -; f32[N, 32, 1, 1]", nil, "f32[N, 16, 14, 14]"},
		{"conv", "f32[N, 32, 14, 14]; f32[16, 32, 1, 1]; -; -; f32[N, 16, 1, 1]", nil, "!the scale is f32[N, 16, 1, 1]"},
		{"conv", "f32[N, 32, 14, 14]; f32[32, 8, 3, 3]", nil, "!32 channels"},
		{"conv", "f32[N, 6, 9, 9]; f32[8, 2, 3, 3]", Attrs{"groups": int64(3)}, "!8 outputs do not divide into 3 groups"},
		{"conv", "f32[N, RGB:3, 9, 9]; f32[8, BGR:3, 3, 3]", nil, "!RGB"},
		{"conv", "f32[N, 400]; f32[8, 3, 3, 3]", nil, "!conv wants an image f32[N, C, H, W], but this is f32[N, 400]"},
		{"conv", "f32[N, 3, 4, 4]; f32[8, 3, 7, 7]", nil, "!window of 7 does not fit into 4"},
		{"conv", "f32[N, 3, 9, 9]; f32[8, 3, 3, 3]", Attrs{"stride": ints64{0, 1}}, "!stride"},
		{"conv", "f32[N, 3, 9, 9]; f32[8, 3, 3, 3]", Attrs{"stride": ints64{1}}, "!stride"},
		{"conv", "f32[N, 3, 9, 9]; f32[8, 3, K, 3]", nil, "!compile time"},
		{"conv", "f32[N, 3, 9, 9]; f32[8, 3, 3, 3]; f32[7]", nil, "!bias"},
		{"conv", "f32[N, 3, 9, 9]; f16[8, 3, 3, 3]", nil, "!f16"},
		{"conv_dx", "f32[N, 6, 28, 28]; f32[6, 1, 5, 5]", Attrs{"pad": ints64{2, 2, 2, 2}, "shape": dims(t, "N, Gray:1, 28, 28")}, "f32[N, Gray:1, 28, 28]"},
		{"conv_dx", "f32[N, 6, 28, 28]; f32[6, 1, 5, 5]", Attrs{"shape": dims(t, "N, 1, 28, 28")}, "!24"},
		{"conv_dx", "f32[N, 5, 24, 24]; f32[6, 1, 5, 5]", Attrs{"shape": dims(t, "N, 1, 28, 28")}, "!5 channels"},
		{"conv_dx", "f32[N, 6, 24, 24]; f32[6, 1, 5, 5]", Attrs{"shape": dims(t, "N, 1, 28, 28"), "act": "relu"}, "!come together"},
		{"conv_dw", "f32[N, 1, 28, 28]; f32[N, 6, 24, 24]", Attrs{"kernel": ints64{5, 5}}, "f32[6, 1, 5, 5]"},
		{"conv_dw", "f32[N, 8, 9, 9]; f32[N, 16, 7, 7]", Attrs{"kernel": ints64{3, 3}, "groups": int64(4)}, "f32[16, 2, 3, 3]"},
		{"conv_dw", "f32[N, 1, 28, 28]; f32[M, 6, 24, 24]", Attrs{"kernel": ints64{5, 5}}, "!belong together"},
	})
}

func TestInferPool(t *testing.T) {
	two, three := ints64{2, 2}, ints64{3, 3}
	testInfer(t, []inferRow{
		{"maxpool", "f32[N, 6, 28, 28]", Attrs{"kernel": two, "stride": two}, "f32[N, 6, 14, 14]; u8[N, 6, 14, 14]"},
		{"maxpool", "f32[N, 6, H, W]", Attrs{"kernel": two, "stride": two}, "f32[N, 6, floor(H/2), floor(W/2)]; u8[N, 6, floor(H/2), floor(W/2)]"},
		{"maxpool", "f32[N, 64, H, 112]", Attrs{"kernel": three, "stride": two, "pad": ints64{1, 1, 1, 1}}, "f32[N, 64, ceil(H/2), 56]; u8[N, 64, ceil(H/2), 56]"},
		// PyTorch: MaxPool2d(3, 2, ceil_mode=True) on 6 gives 3, on 7 gives 3, and
		// MaxPool2d(2, 2, padding=1, ceil_mode=True) on 3 gives 2: a third window
		// would start in the far border.
		{"avgpool", "f32[N, 1, 6, 7]", Attrs{"kernel": three, "stride": two, "ceil": true}, "f32[N, 1, 3, 3]"},
		{"avgpool", "f32[N, 1, 3, 4]", Attrs{"kernel": two, "stride": two, "pad": ints64{1, 1, 1, 1}, "ceil": true}, "f32[N, 1, 2, 3]"},
		{"avgpool", "f32[N, 1, H, 4]", Attrs{"kernel": two, "stride": two, "ceil": true}, "f32[N, 1, ceil(H/2), 2]"},
		{"avgpool", "f32[N, 1, 4, 4]", Attrs{"kernel": ints64{5, 5}}, "!does not fit"},
		{"avgpool", "f32[N, 1, 4, 4]", Attrs{"kernel": two, "pad": ints64{2, 0, 0, 0}}, "!border"},
		{"avgpool", "f32[N, 400]", Attrs{"kernel": two}, "!f32[N, 400]"},
		{"maxpool", "f32[N, 1, 99, 99]", Attrs{"kernel": ints64{17, 16}}, "!256"},
		{"maxpool_dx", "u8[N, 6, 14, 14]; f32[N, 6, 14, 14]", Attrs{"kernel": two, "stride": two, "shape": dims(t, "N, 6, 28, 28")}, "f32[N, 6, 28, 28]"},
		{"maxpool_dx", "u8[N, 6, 14, 14]; f32[N, 6, 14, 14]", Attrs{"kernel": two, "stride": two, "shape": dims(t, "N, 6, 30, 28")}, "!"},
		{"maxpool_dx", "f32[N, 6, 14, 14]; f32[N, 6, 14, 14]", Attrs{"kernel": two, "stride": two, "shape": dims(t, "N, 6, 28, 28")}, "!u8"},
		{"avgpool_dx", "f32[N, 6, 14, 14]", Attrs{"kernel": two, "stride": two, "shape": dims(t, "N, 6, 29, 28")}, "f32[N, 6, 29, 28]"},
		{"resize", "f32[N, 3, H, 5]", Attrs{"scale": ints64{2, 3}}, "f32[N, 3, 2*H, 15]"},
		{"resize", "f32[N, 3, H, 5]", Attrs{"scale": ints64{2, 3}, "mode": "cubic"}, "!cubic"},
		{"resize", "f32[N, 3, H, 5]", Attrs{"scale": ints64{0, 3}}, "!scale"},
		{"resize_dx", "f32[N, 3, 2*H, 15]", Attrs{"scale": ints64{2, 3}}, "f32[N, 3, H, 5]"},
		{"resize_dx", "f32[N, 3, H, 15]", Attrs{"scale": ints64{2, 3}}, "!multiple of 2"},
	})
}

func TestInferNormalise(t *testing.T) {
	x := "f32[N, 8, H, W]"
	c := "f32[8]"
	testInfer(t, []inferRow{
		{"batch_norm", strings.Join([]string{x, c, c, c, c}, ";"), nil, x},
		{"batch_norm", strings.Join([]string{x, "-", "-", c, c}, ";"), nil, x},
		{"batch_norm", strings.Join([]string{x, c, c, "-", c}, ";"), nil, "!running_mean"},
		{"batch_norm", strings.Join([]string{x, c, "f32[7]", c, c}, ";"), nil, "!f32[7]"},
		{"batch_norm", strings.Join([]string{"f32[N]", c, c, c, c}, ";"), nil, "!f32[N, C, ...]"},
		{"bn_train", strings.Join([]string{x, c, c, c, c}, ";"), nil, strings.Join([]string{x, c, c, c, c}, "; ")},
		{"bn_train", strings.Join([]string{x, c, c, c}, ";"), nil, "!running_var"},
		{"batch_norm", strings.Join([]string{x, c, c, c, c}, ";"), Attrs{"eps": -1.0}, "!eps"},
		{"batch_norm", strings.Join([]string{x, c, c, c, c}, ";"), Attrs{"momentum": 2.0}, "!momentum"},
		{"bn_again", strings.Join([]string{x, c, c, c, c}, ";"), Attrs{"act": "relu"}, x},
		{"bn_again", strings.Join([]string{x, c, c, c, "f32[N]"}, ";"), nil, "!channels"},
		{"bn_again", strings.Join([]string{x, c, c, c, c}, ";"), Attrs{"act": "tanh"}, "!no epilogue"},
		{"bn_dx", strings.Join([]string{x, x, c, c, c}, ";"), nil, strings.Join([]string{x, c, c, x}, "; ")},
		{"bn_dx", strings.Join([]string{x, x, c, c, c, x}, ";"), Attrs{"act": "relu"}, strings.Join([]string{x, c, c, x}, "; ")},
		{"bn_dx", strings.Join([]string{x, x, c, c, c}, ";"), Attrs{"act": "relu"}, "!come together"},
		{"bn_dx", strings.Join([]string{x, x, c, c, c, x}, ";"), Attrs{"act": "tanh"}, "!no epilogue"},
		{"bn_dx", strings.Join([]string{x, "f32[N, 8]", c, c, c}, ";"), nil, "!do not fit"},
		{"norm", "f32[N, T, 64]; f32[64]; f32[64]", Attrs{"axes": ints64{-1}}, "f32[N, T, 64]; f32[N, T]; f32[N, T]"},
		{"norm", x + "; f32[8]", Attrs{"groups": int64(4)}, x + "; f32[N, 4]; f32[N, 4]"},
		{"norm", x, Attrs{"groups": int64(3)}, "!3 groups"},
		{"norm", x, nil, "!axes or groups"},
		{"norm_dx", "f32[N, T, 64]; f32[N, T, 64]; f32[64]; f32[N, T]; f32[N, T]", Attrs{"axes": ints64{-1}}, "f32[N, T, 64]; f32[64]; f32[64]"},
		{"norm_dx", "f32[N, T, 64]; f32[N, T, 64]; f32[64]; f32[N, T]; f32[N]", Attrs{"axes": ints64{-1}}, "!f32[N]"},
	})
}

func TestInferSoftmax(t *testing.T) {
	l := "f32[N, Digit:10]"
	testInfer(t, []inferRow{
		{"softmax", l, nil, l},
		{"softmax", "i32[N, 10]", nil, "!floats"},
		{"softmax", l, Attrs{"axis": int64(2)}, "!axis 2"},
		{"softmax_dx", l + ";" + l, nil, l},
		{"softmax_dx", l + "; f32[N]", nil, "!do not fit"},
		{"softmax_dx", l + "; i32[N, 10]", nil, "!i32"},
		{"log_softmax", l, Attrs{"axis": int64(1)}, l},
		{"softmax_xent", l + "; i32[N]", nil, "f32[N]; " + l},
		{"softmax_xent", "f32[N, Tissue:4, H, W]; i32[N, H, W]", Attrs{"axis": int64(1)}, "f32[N, H, W]; f32[N, Tissue:4, H, W]"},
		{"softmax_xent", l + "; f32[N]", nil, "!integer labels"},
		{"softmax_xent", l + "; i32[M]", nil, "!i32[M]"},
		{"softmax_xent", l + "; i32[N]", Attrs{"smoothing": 1.0}, "!smoothing"},
		{"softmax_xent_dx", l + "; i32[N]; f32[N]", nil, l},
		{"softmax_xent_dx", l + "; i32[N]; f32[N, 10]", nil, "!do not fit"},
	})
}

func TestInferArity(t *testing.T) {
	testInfer(t, []inferRow{
		{"relu", "", nil, "!"},
		{"relu", "f32[N]; f32[N]", nil, "!2"},
		{"relu", "-", nil, "!x"},
		{"conv", "f32[N, 3, 9, 9]", nil, "!"},
		{"fused", "f32[N]", nil, "!not inferred"},
		{"chain", "f32[N]", nil, "!not inferred"},
	})
}
