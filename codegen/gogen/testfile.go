package gogen

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// goldenMACs bounds the nets whose outputs are computed at compile time: the
// evaluator does about 50 million multiply-adds a second.
const goldenMACs = 20_000_000

// goldenBatch and goldenValues bound a golden output.
const (
	goldenBatch  = 2
	goldenValues = 32
)

// writeTest emits the test of the package: a golden output from the naive
// evaluator, batches against single images, no allocation, predictions, and a
// benchmark.
func (u *unit) writeTest(nets []*netAPI, o Options, files map[string][]byte) {
	if len(nets) == 0 {
		return
	}
	f := newSource(u.header(), u.pkg)
	f.use("testing")
	for _, a := range nets {
		t := netTest{netAPI: a, f: f, name: a.goName}
		t.helpers(o)
		t.golden(o)
		t.batches()
		if a.section != nil {
			t.predictions()
		}
		t.benchmark()
	}
	files[u.stem+"_net_test.go"] = f.bytes()
}

// netTest writes the tests of one net.
type netTest struct {
	*netAPI
	f    *source
	name string
}

// session is the statement that makes a session s of batch images.
func (t *netTest) session(batch string) {
	t.f.p("s, err := m.NewSession(%s)", t.sizes(batch))
	t.f.p("if err != nil {")
	t.f.p("t.Fatal(err)")
	t.f.p("}")
}

// sizes are the arguments of NewSession for a batch.
func (t *netTest) sizes(batch string) string {
	switch {
	case t.infer.late != nil:
		return t.infer.sizesAt(batch, t.small())
	case t.infer.batch == "":
		return ""
	}
	return batch
}

// small are run-time sizes that are quickly computed and unequal.
func (t *netTest) small() map[string]int64 {
	if env := sample(t.infer.fn, 1); allPositive(t.infer.fn, env) {
		return env
	}
	return sample(t.infer.fn, 0)
}

// helpers emits the constructor and the seeded input of the tests.
func (t *netTest) helpers(o Options) {
	f := t.f
	f.use(pathTensor)
	f.p("// new%sForTest returns the network as it is compiled, or with weights drawn from a", t.name)
	f.p("// seed when none are compiled in.")
	f.p("func new%sForTest(t testing.TB) *%s {", t.name, t.name)
	f.p("t.Helper()")
	if o.Weights != nil {
		f.p("m, err := New%s()", t.name)
	} else {
		f.use("bytes", pathRuntime, pathWeights)
		f.p("var arrays []weights.Array")
		f.p("for k, s := range %s {", t.states)
		f.p("a := weights.Array{Name: s.Name, Shape: s.Shape, Floats: make([]float32, tensor.Shape(s.Shape).Elems())}")
		f.p("for i := range a.Floats {")
		f.p("a.Floats[i] = tensor.Uniform(2, uint64(k), uint64(i)) / 4")
		f.p("}")
		f.p("arrays = append(arrays, a)")
		f.p("}")
		f.p("file, err := weights.Encode(arrays, nil)")
		f.p("if err != nil {")
		f.p("t.Fatal(err)")
		f.p("}")
		f.p("m, err := New%s(nrt.Weights(bytes.NewReader(file)))", t.name)
	}
	f.p("if err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	f.p("return m")
	f.p("}")
	f.p("")
	f.p("// fill%sForTest writes the inputs that the golden output belongs to.", t.name)
	f.p("func fill%sForTest(s *%sSession) {", t.name, t.name)
	for k, v := range t.infer.fn.Inputs {
		f.p("for i := range s.%s() {", exported(v.Name))
		f.p("s.%s()[i] = %s", exported(v.Name), testInputExpr(v, k))
		f.p("}")
	}
	f.p("}")
	f.p("")
}

// testInputExpr is element i of input k, and [testInput] its value.
func testInputExpr(v *ir.Value, k int) string {
	switch {
	case v.Type.DType.Float():
		return fmt.Sprintf("tensor.Uniform(1, %d, uint64(i))*2 - 1", k)
	case v.Type.DType == tensor.Bool:
		return "i%2 == 1"
	}
	return goTypes[v.Type.DType] + "(i % 2)"
}

func testInput(v *ir.Value, k int, sizes map[string]int64) (*eval.Tensor, error) {
	shape := make([]int, len(v.Type.Dims))
	for i, d := range v.Type.Dims {
		n, err := d.Size.Eval(sizes)
		if err != nil {
			return nil, err
		}
		shape[i] = int(n)
	}
	t := eval.New(v.Type.DType, shape...)
	for i := range t.F {
		t.F[i] = float64(tensor.Uniform(1, uint64(k), uint64(i))*2 - 1)
	}
	for i := range t.I {
		t.I[i] = int64(i % 2)
	}
	return t, nil
}

// golden emits the comparison with outputs that the evaluator computed from the
// compiled weights, for nets that are small enough.
func (t *netTest) golden(o Options) {
	want, err := t.evaluate(o)
	if err != nil || want == nil {
		return
	}
	f := t.f
	f.p("// Test%sGolden compares with the naive evaluator of the compiler, in float64.", t.name)
	f.p("func Test%sGolden(t *testing.T) {", t.name)
	f.p("m := new%sForTest(t)", t.name)
	t.session(fmt.Sprint(goldenBatch))
	f.p("defer s.Close()")
	f.p("fill%sForTest(s)", t.name)
	f.p("if err := s.Run(); err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	for i, r := range t.infer.fn.Results {
		if r.Value.Type.DType != tensor.F32 {
			continue
		}
		v := want[r.Name]
		text := make([]string, min(len(v.F), goldenValues))
		largest := 1.0
		for k := range text {
			text[k] = fmt.Sprintf("%.7g", v.F[k])
			largest = max(largest, v.F[k], -v.F[k])
		}
		f.p("// %s, tolerance 1e-4 of the largest", r.Name)
		f.p("for i, want := range []float32{%s} {", strings.Join(text, ", "))
		f.p("if got := %s; got-want > %.3g || want-got > %.3g || got != got {", t.element(i, r.Value), largest*1e-4, largest*1e-4)
		f.p("t.Errorf(%q, i, got, want)", r.Name+"[%d]: got %v, want %v")
		f.p("}")
		f.p("}")
	}
	f.p("}")
	f.p("")
}

// element is element i of output k, flat.
func (t *netTest) element(k int, v *ir.Value) string {
	call := "s." + t.outs[k] + "()"
	if len(v.Type.Dims) == 0 {
		return call
	}
	if typ, _ := t.infer.goRows(v); !strings.HasPrefix(typ, "[][") {
		return call + "[i]"
	}
	inner := t.infer.count(v, 1, len(v.Type.Dims)).at(1)
	return fmt.Sprintf("%s[i/%d]%s", call, inner, index(v.Type, "i", false))
}

// evaluate runs the evaluator; nil when the net is too large or has no weights.
func (t *netTest) evaluate(o Options) (map[string]*eval.Tensor, error) {
	fn := t.infer.fn
	sizes := map[string]int64{t.infer.batch: goldenBatch}
	if t.infer.late != nil {
		sizes = t.small()
		if t.infer.batch != "" {
			sizes[t.infer.batch] = goldenBatch
		}
	}
	if o.Weights == nil || macsAt(fn, sizes) > goldenMACs {
		return nil, nil
	}
	file, err := weights.Read(bytes.NewReader(o.Weights), int64(len(o.Weights)))
	if err != nil {
		return nil, err
	}
	env := &eval.Env{States: map[string]*eval.Tensor{}}
	for _, s := range t.h.states {
		stored, ok := lookup(file, s)
		if !ok {
			return nil, fmt.Errorf("no weight is called %s", s.Name)
		}
		values, err := stored.Float32s()
		if err != nil {
			return nil, err
		}
		v := eval.New(tensor.F32, stored.Shape...)
		for i, x := range values {
			v.F[i] = float64(x)
		}
		env.States[s.Name] = v
	}
	inputs := map[string]*eval.Tensor{}
	for k, v := range fn.Inputs {
		if inputs[v.Name], err = testInput(v, k, sizes); err != nil {
			return nil, err
		}
	}
	return eval.Run(fn, inputs, env)
}

// batches emits the test that Run allocates nothing, that a second run gives the
// same bits, and that a row of a batch is what the row alone gives.
func (t *netTest) batches() {
	f := t.f
	f.p("// Test%sRun asserts that Run repeats its results bit for bit and allocates nothing.", t.name)
	f.p("func Test%sRun(t *testing.T) {", t.name)
	f.p("m := new%sForTest(t)", t.name)
	t.session("3")
	f.p("defer s.Close()")
	f.p("fill%sForTest(s)", t.name)
	f.p("if err := s.Run(); err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	var flat []int
	for i, r := range t.infer.fn.Results {
		if len(r.Value.Type.Dims) > 0 {
			flat = append(flat, i)
		}
	}
	for _, i := range flat {
		f.p("first%d := slices.Clone(s.%s())", i, t.outs[i])
		f.use("slices")
	}
	f.use("runtime/debug")
	f.p("defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector allocates for itself")
	f.p("if n := testing.AllocsPerRun(5, func() {")
	f.p("if err := s.Run(); err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	f.p("}); n != 0 {")
	f.p("t.Errorf(\"Run: got %%v allocations, want 0\", n)")
	f.p("}")
	for _, i := range flat {
		f.p("if !slices.Equal(s.%s(), first%d) {", t.outs[i], i)
		f.p("t.Error(\"%s: got other values from a second run\")", t.infer.fn.Results[i].Name)
		f.p("}")
	}
	f.p("}")
	f.p("")
}

// predictions emits the test that Predict and PredictAll agree.
func (t *netTest) predictions() {
	f := t.f
	f.use("context", "image", "image/color", "reflect", "slices")
	v := t.predict.fn.Inputs[0]
	height, width := t.pixels(v.Type.Dims[2].Size), t.pixels(v.Type.Dims[3].Size)
	f.p("// Test%sPredict asserts that a picture alone and among others is the same.", t.name)
	f.p("func Test%sPredict(t *testing.T) {", t.name)
	f.p("m := new%sForTest(t)", t.name)
	f.p("var pictures []image.Image")
	f.p("for k := range %d {", predictBatch+3)
	f.p("p := image.NewRGBA(image.Rect(0, 0, %d, %d))", width, height)
	f.p("for i := range %d * %d {", width, height)
	f.p("c := uint8(255 * tensor.Uniform(4, uint64(k), uint64(i)))")
	f.p("p.Set(i%%%d, i/%d, color.RGBA{c, 255 - c, c / 2, 255})", width, width)
	f.p("}")
	f.p("pictures = append(pictures, p)")
	f.p("}")
	f.p("k, each := 0, make([]any, len(pictures))")
	f.p("for all, err := range m.PredictAll(context.Background(), slices.Values(pictures)) {")
	f.p("if err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	f.p("alone, err := m.Predict(context.Background(), pictures[k])")
	f.p("if err != nil {")
	f.p("t.Fatal(err)")
	f.p("}")
	outs, _ := t.outputs() // checked when Predict was written
	for _, o := range outs {
		if n := o.out.NMS; n != nil {
			// Which boxes there are hangs on the last bit of a score.
			f.p("if len(all.%s) > %d || len(alone.%s) > %d {", o.name, n.Max, o.name, n.Max)
			f.p("t.Errorf(\"picture %%d: %s: got %%d and %%d boxes, want at most %d\", k, len(all.%s), len(alone.%s))", o.name, n.Max, o.name, o.name)
			f.p("}")
			continue
		}
		if o.late() || o.out.Mask {
			if o.value.Type.DType != tensor.F32 {
				f.p("if !slices.Equal(all.%s.Values, alone.%s.Values) {", o.name, o.name)
				f.p("t.Errorf(\"picture %%d: %s: got other values than alone\", k)", o.name)
				f.p("}")
			}
			continue
		}
		if o.value.Type.DType == tensor.F32 && len(o.value.Type.Dims) == 1 {
			f.p("if d := all.%s - alone.%s; d > 1e-4 || d < -1e-4 {", o.name, o.name)
		} else if o.value.Type.DType == tensor.F32 {
			continue
		} else {
			f.p("if all.%s != alone.%s {", o.name, o.name)
		}
		f.p("t.Errorf(\"picture %%d: %s: got %%v among others, want %%v as alone\", k, all.%s, alone.%s)", o.name, o.name, o.name)
		f.p("}")
	}
	f.p("each[k] = alone")
	f.p("k++")
	f.p("}")
	f.use("sync")
	f.p("var calls sync.WaitGroup // any number may run at the same time")
	f.p("for i, p := range pictures {")
	f.p("calls.Go(func() {")
	f.p("if got, err := m.Predict(context.Background(), p); err != nil || !reflect.DeepEqual(any(got), each[i]) {")
	f.p("t.Errorf(\"picture %%d: got %%v and %%v beside other calls, want %%v as alone\", i, got, err, each[i])")
	f.p("}")
	f.p("})")
	f.p("}")
	f.p("calls.Wait()")
	f.p("if k != len(pictures) {")
	f.p("t.Errorf(\"got %%d predictions, want %%d\", k, len(pictures))")
	f.p("}")
	f.p("}")
	f.p("")
}

// pixels is the size of an axis of the pictures that are predicted.
func (t *netTest) pixels(e sym.Expr) int64 {
	n, _ := e.Eval(t.small()) // a number or a symbol: checked by preparation
	return n
}

func (t *netTest) benchmark() {
	f := t.f
	f.p("// Benchmark%s times Run; one operation is one image.", t.name)
	f.p("func Benchmark%s(b *testing.B) {", t.name)
	f.p("m := new%sForTest(b)", t.name)
	// one measures sessions that are opened with args.
	one := func(args string) {
		f.p("s, err := m.NewSession(%s)", args)
		f.p("if err != nil {")
		f.p("b.Fatal(err)")
		f.p("}")
		f.p("defer s.Close()")
		f.p("fill%sForTest(s)", t.name)
		f.p("for b.Loop() {")
		f.p("if err := s.Run(); err != nil {")
		f.p("b.Fatal(err)")
		f.p("}")
		f.p("}")
	}
	if t.infer.batch == "" {
		one(t.sizes(""))
		f.p("}")
		f.p("")
		return
	}
	f.use("fmt")
	f.p("for _, batch := range []int{1, %d} {", min(8, t.infer.maxBatch()))
	f.p("b.Run(fmt.Sprintf(\"batch=%%d\", batch), func(b *testing.B) {")
	one(t.sizes("batch"))
	f.p("b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), \"images/s\")")
	f.p("})")
	f.p("}")
	f.p("}")
	f.p("")
}
