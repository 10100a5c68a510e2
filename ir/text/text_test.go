package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

const sample = `doc "Package lenet reads digits."
module lenet "lenet.net" graph
doc "Digit is what an image shows."
set Digit ["0", "1", "2"]
set Gray builtin ["gray"]
state LeNet "conv.weight" : f32[6, 1, 5, 5] = uniform(-0.2, 0.2) @ lenet.net:9:8
state LeNet "bn.running_mean" buffer frozen nodecay training : f32[6] = constant(0.0)
data Digits {
  source mnist(dir="data/mnist", n=3, p=0.5)
  field image : u8[28, 28, Gray:1]
  field label : i32 counts Digit
  field place : f32[2] array
  augment image, label = rotate(angle=-12.0..12.0)
  prep image = chw()
}
train LeNet on Digits {
  loss @LeNet.loss
  eval @LeNet.eval
  optimizer sgd(lr=0.05, nesterov=false)
  schedule cosine(min=0.0, warmup=1)
  epochs 12
  batch 128
  seed 0
  clip 2.5
  ema 0.999
  pick 4 8
  mix cutmix(a=0.5)
  accumulate 4
  save 0 500
  metric accuracy mean
  metric iou mean_iou 9
  metric tar true_accept parts 2 less of(far=0.0001, field="x")
  ignored label 255
}
predict LeNet on Digits {
  func @LeNet.predict
  line 31
  output digit : i32[N] counts Digit
  output mask : i32[N, 28, 28] counts Digit mask
}

doc "LeNet is the net of 1998."
func @LeNet.infer infer LeNet (%image: f32[N, Gray:1, 28, 28]) -> (y: f32[N, 6, 28, 28]) where N % 2 == 0, N >= 1, N <= 64 {
  %1 = param {name="conv.weight", shape=[6, 1, 5, 5]} : f32[6, 1, 5, 5] @ lenet.net:9:8 conv
  %4 = conv %image, %1, _, %image {pad=[2, 2, 2, 2], act="clamp", act_args=[0.0, 6.0]} : f32[N, 6, 28, 28] @ lenet.net:9:8 conv
  %5, %6 = maxpool %4 {kernel=[2, 2], stride=[2, 2]} : f32[N, 6, 14, 14], u8[N, 6, 14, 14]
  return %4
}
`

func TestRoundTripOfText(t *testing.T) {
	m, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, Print(m)); diff != "" {
		t.Errorf("print(parse(text)) differs (-want +got):\n%s", diff)
	}
}

// TestRoundTripOfPlan covers what only planned modules have.
func TestRoundTripOfPlan(t *testing.T) {
	n := sym.Symbol("N")
	f := &ir.Func{Name: "A.infer", Net: "A", Kind: ir.Infer, Memory: &ir.Memory{
		Arena: n.Mul(sym.Const(96)).Add(sym.Const(64)), Bound: n.Mul(sym.Const(96)),
	}}
	x := f.AddInput("x", op.Tensor(tensor.F32, n, sym.Const(3)))
	x.Mem = ir.Mem{Space: ir.InputSpace, Size: x.Type.Bytes()}
	b := ir.NewBuilder(f)
	b.Pos, b.Stage = diag.Pos{File: "a.net", Line: 3, Col: 5}, "block[2][0].conv"
	y := b.One("tanh", nil, x)
	z := b.One("mul", nil, y, x)
	region := &ir.Instr{Op: op.Lookup("fused"), Args: []*ir.Value{x}, Body: f.Instrs, Outs: []*ir.Value{z}, Pos: b.Pos, Stage: b.Stage}
	y.Mem = ir.Mem{Space: ir.ElidedSpace}
	z.Mem = ir.Mem{Space: ir.ArenaSpace, Offset: n.Mul(sym.Const(64)), Size: z.Type.Bytes()}
	f.Instrs = []*ir.Instr{region}
	f.Results = []ir.Result{{Name: "z", Value: z}}
	m := &ir.Module{Name: "a", Source: "a.net", Stage: ir.Planned, Funcs: []*ir.Func{f}}
	first := Print(m)
	back, err := Parse(first)
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	if diff := cmp.Diff(first, Print(back)); diff != "" {
		t.Errorf("print(parse(print(m))) differs (-want +got):\n%s", diff)
	}
	for _, want := range []string{"mem=arena+64*N:12*N", "arena 96*N + 64 bound 96*N", "@ a.net:3:5 block[2][0].conv {"} {
		if !strings.Contains(first, want) {
			t.Errorf("the text lacks %q:\n%s", want, first)
		}
	}
}

func TestErrorsNamePlace(t *testing.T) {
	for _, c := range []struct{ old, bad, want string }{
		{"= conv", "= convolve", "no operation is called"},
		{"%4 {kernel", "%9 {kernel", "%9 is not defined"},
		{"kernel=", "colonel=", "has no attribute colonel"},
		{"graph\n", "grave\n", "expected a stage"},
		{"  return %4\n}", "", "has no return"},
		{"digits.\"", "digits.\" twice", "expected the end of the line"},
		{"schedule cosine(min=0.0, warmup=1)", "schedule cosine(min=0.0, warmup=1) 5", "line 20: column 38: expected the end of the line, found \"5\""},
		{"  return %4", "  return %4, %5", "line 47: column 12: expected the end of the line"},
		{"f32[6] = c", "f33[6] = c", "no element type"},
	} {
		_, err := Parse(strings.Replace(sample, c.old, c.bad, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want an error with %q", c.bad, c.old, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("module a \"\" graph\nfunc @f infer N (%x: f32) -> (y: f32) {\n  return %x\n}\n")
	f.Add("module a \"\" graph\nset X [\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		first := Print(m)
		back, err := Parse(first)
		if err != nil {
			t.Fatalf("printed text does not parse: %v\n%s", err, first)
		}
		if again := Print(back); again != first {
			t.Fatalf("print is not stable:\n%s\n%s", first, again)
		}
	})
}
