package simplify

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// ruleCase is one section of testdata/rules.ir.
type ruleCase struct{ name, text string }

func ruleCases(t *testing.T) []ruleCase {
	t.Helper()
	data, err := os.ReadFile("testdata/rules.ir")
	if err != nil {
		t.Fatal(err)
	}
	var cases []ruleCase
	for _, part := range strings.Split(string(data), "\n# ")[2:] {
		name, body, _ := strings.Cut(part, "\n")
		cases = append(cases, ruleCase{name, body})
	}
	return cases
}

func parse(t *testing.T, source string) *ir.Module {
	t.Helper()
	m, err := text.Parse("module test \"test.net\" graph\n" + source)
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	return m
}

// TestRules shows that each rule fires, what it makes, and that the function
// computes the same.
func TestRules(t *testing.T) {
	var golden strings.Builder
	cases := ruleCases(t)
	for i, k := range cases {
		if i >= len(rules) || rules[i].Name != k.name {
			t.Fatalf("got case %s at %d, want the cases in the order of the table", k.name, i)
		}
		m := parse(t, k.text)
		before := m.Clone()
		s := Func(m.Funcs[0])
		if err := ir.Verify(m); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		if s.Fired[k.name] == 0 {
			t.Errorf("%s: got %v, want it to fire", k.name, s.Fired)
		}
		passtest.Renumber(m.Funcs[0])
		fmt.Fprintf(&golden, "# %s\n%s\n", rules[i], text.PrintFunc(m.Funcs[0]))
		tolerance := 1e-6
		if rules[i].Exact {
			tolerance = 0
		}
		same(t, k.name, before, m, tolerance)
	}
	testkit.Golden(t, "rules", []byte(golden.String()))
}

func same(t *testing.T, name string, before, after *ir.Module, tolerance float64) {
	t.Helper()
	for n := 1; n <= 4; n++ {
		want, err := passtest.Call(before, before.Funcs[0], n, uint64(n))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := passtest.Call(after, after.Funcs[0], n, uint64(n))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := passtest.Same(got, want, tolerance); err != nil {
			t.Errorf("%s: batch %d: %v", name, n, err)
		}
	}
}

func TestEveryRuleHasACase(t *testing.T) {
	cases := map[string]bool{}
	for _, k := range ruleCases(t) {
		cases[k.name] = true
	}
	for _, r := range Rules() {
		if !cases[r.Name] {
			t.Errorf("got no case of %s in testdata/rules.ir, want one", r.Name)
		}
		if r.Law == "" || len(r.Ops) == 0 {
			t.Errorf("%s: got law %q of ops %v, want both", r.Name, r.Law, r.Ops)
		}
		for _, name := range r.Ops {
			if op.Lookup(name) == nil {
				t.Errorf("%s: got root %s, want an op of the table", r.Name, name)
			}
		}
	}
}

// refused lists functions that look like the left side of a rule but are not: they
// come out as they went in.
var refused = []struct{ name, text string }{
	{"sigmoid read twice is no silu", `
func @f infer Net (%x: f32[N, 4]) -> (y: f32[N, 4], z: f32[N, 4]) where N >= 1 {
  %0 = sigmoid %x : f32[N, 4]
  %1 = mul %x, %0 : f32[N, 4]
  return %1, %0
}`},
	{"zero that broadcasts x", `
func @f infer Net (%x: f32[4]) -> (y: f32[3, 4]) where N >= 1 {
  %0 = const {shape=[3, 4], values=[0.0]} : f32[3, 4]
  %1 = add %x, %0 : f32[3, 4]
  return %1
}`},
	{"clamps that do not meet", `
func @f infer Net (%x: f32[N, 4]) -> (y: f32[N, 4]) where N >= 1 {
  %0 = clamp %x {lo=0.0, hi=1.0} : f32[N, 4]
  %1 = clamp %0 {lo=2.0, hi=3.0} : f32[N, 4]
  return %1
}`},
	{"relu of a clamp below zero", `
func @f infer Net (%x: f32[N, 4]) -> (y: f32[N, 4]) where N >= 1 {
  %0 = clamp %x {lo=-2.0, hi=-1.0} : f32[N, 4]
  %1 = relu %0 : f32[N, 4]
  return %1
}`},
	{"padding that is not zero", `
func @f infer Net (%x: f32[N, 2, 4, 4], %y: f32[3, 2, 3, 3]) -> (y: f32[N, 3, 4, 4]) where N >= 1 {
  %0 = pad %x {lo=[0, 0, 1, 1], hi=[0, 0, 1, 1], value=1.0} : f32[N, 2, 6, 6]
  %1 = conv %0, %y {stride=[1, 1], pad=[0, 0, 0, 0], dilation=[1, 1]} : f32[N, 3, 4, 4]
  return %1
}`},
	{"softmax along another axis", `
func @f infer Net (%x: f32[N, 4, 3]) -> (y: i32[N, 3]) where N >= 1 {
  %0 = softmax %x {axis=2} : f32[N, 4, 3]
  %1 = argreduce %0 {kind="max", axis=1} : i32[N, 3]
  return %1
}`},
	{"transposed batch times one matrix", `
func @f infer Net (%x: f32[N, 2, 3], %y: f32[2, 5]) -> (y: f32[N, 3, 5]) where N >= 1 {
  %0 = transpose %x {perm=[0, 2, 1]} : f32[N, 3, 2]
  %1 = matmul %0, %y : f32[N, 3, 5]
  return %1
}`},
	{"two masks", `
func @f loss Net (%x: f32[N, 4]) -> (y: f32[N, 4]) where N >= 1 {
  %0 = dropout %x {p=0.5} : f32[N, 4]
  %1 = dropout %x {p=0.5} : f32[N, 4]
  %2 = sub %0, %1 : f32[N, 4]
  return %2
}`},
	{"division by three", `
func @f infer Net (%x: f32[N, 4]) -> (y: f32[N, 4]) where N >= 1 {
  %0 = const {values=[3.0]} : f32
  %1 = div %x, %0 : f32[N, 4]
  return %1
}`},
	{"pooling whose places are read", `
func @f infer Net (%x: f32[N, 2, 4, 4]) -> (y: f32[N, 2, 2, 2], at: u8[N, 2, 2, 2]) where N >= 1 {
  %0 = tanh %x : f32[N, 2, 4, 4]
  %1, %2 = maxpool %0 {kernel=[2, 2], stride=[2, 2]} : f32[N, 2, 2, 2], u8[N, 2, 2, 2]
  return %1, %2
}`},
	{"gate of another map than was pooled", `
func @f infer Net (%x: f32[N, 2, 4, 4], %z: f32[N, 2, 4, 4], %d: f32[N, 2, 2, 2]) -> (dx: f32[N, 2, 4, 4]) where N >= 1 {
  %0 = relu %x : f32[N, 2, 4, 4]
  %1, %2 = maxpool %0 {kernel=[2, 2], stride=[2, 2]} : f32[N, 2, 2, 2], u8[N, 2, 2, 2]
  %3 = maxpool_dx %2, %d {kernel=[2, 2], stride=[2, 2], shape=[N, 2, 4, 4]} : f32[N, 2, 4, 4]
  %4 = const {values=[0.0]} : f32
  %5 = lt %4, %z : bool[N, 2, 4, 4]
  %6 = select %5, %3, %4 : f32[N, 2, 4, 4]
  return %6
}`},
}

func TestRefused(t *testing.T) {
	for _, row := range refused {
		m := parse(t, row.text)
		want := text.PrintFunc(m.Funcs[0])
		s := Func(m.Funcs[0])
		if got := text.PrintFunc(m.Funcs[0]); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s (%s)", row.name, got, want, s.String())
		}
	}
}

func TestFoldConstants(t *testing.T) {
	m := parse(t, `
func @f infer Net (%x: f32[N, 2]) -> (y: f32[N, 2]) where N >= 1 {
  %0 = const {shape=[2], values=[1.0, 4.0]} : f32[2]
  %1 = sqrt %0 : f32[2]
  %2 = const {shape=[2], values=[3.0]} : f32[2]
  %3 = mul %1, %2 : f32[2]
  %4 = add %x, %3 : f32[N, 2]
  return %4
}`)
	s := Func(m.Funcs[0])
	f := m.Funcs[0]
	if s.Folded != 2 || len(f.Instrs) != 2 {
		t.Fatalf("got %s and %d instructions, want 2 folded and 2 left", s.String(), len(f.Instrs))
	}
	if got := f.Instrs[0].Attrs.Floats("values"); len(got) != 2 || got[0] != 3 || got[1] != 6 {
		t.Errorf("got constants %v, want [3 6]", got)
	}
}

func TestFoldRoundsToTheElementType(t *testing.T) {
	m := parse(t, `
func @f infer Net (%x: f32[N]) -> (y: f32[N]) where N >= 1 {
  %0 = const {values=[1.0]} : f32
  %1 = const {values=[3.0]} : f32
  %2 = div %0, %1 : f32
  %3 = mul %x, %2 : f32[N]
  return %3
}`)
	Func(m.Funcs[0])
	if got, want := m.Funcs[0].Instrs[0].Attrs.Floats("values")[0], float64(float32(1)/3); got != want {
		t.Errorf("got %v, want %v as float32 has it", got, want)
	}
}

func TestFoldLeavesWhatHasNoSpelling(t *testing.T) {
	for _, source := range []string{`
func @f infer Net (%x: f32[N]) -> (y: f32[N]) where N >= 1 {
  %0 = const {values=[0.0]} : f32
  %1 = recip %0 : f32
  %2 = mul %x, %1 : f32[N]
  return %2
}`, `
func @f infer Net (%x: f32[N, 3]) -> (y: f32[N, 3]) where N >= 1 {
  %0 = const {shape=[3], values=[1.0, 2.0, 3.0]} : f32[3]
  %1 = broadcast %0 {shape=[N, 3]} : f32[N, 3]
  %2 = pow %x, %1 : f32[N, 3]
  return %2
}`} {
		m := parse(t, source)
		if s := Func(m.Funcs[0]); s.Folded != 0 {
			t.Errorf("got %s, want nothing folded in%s", s.String(), source)
		}
	}
}

func TestMergeEqual(t *testing.T) {
	m := parse(t, `
func @f infer Net (%x: f32[N, 4], %y: f32[N, 4]) -> (y: f32[N, 4]) where N >= 1 {
  %0 = add %x, %y : f32[N, 4]
  %1 = tanh %0 : f32[N, 4]
  %2 = add %y, %x : f32[N, 4]
  %3 = tanh %2 : f32[N, 4]
  %4 = div %1, %3 : f32[N, 4]
  %5 = clamp %4 {lo=0.0, hi=1.0} : f32[N, 4]
  %6 = clamp %4 {lo=0.0, hi=2.0} : f32[N, 4]
  %7 = sub %5, %6 : f32[N, 4]
  return %7
}`)
	s := Func(m.Funcs[0])
	if s.Merged != 2 || len(m.Funcs[0].Instrs) != 6 {
		t.Errorf("got %s and %d instructions, want 2 merged and 6 left", s.String(), len(m.Funcs[0].Instrs))
	}
}

// TestBounded feeds a chain that every round shortens a little: the work stays
// within eight rewrites for each instruction.
func TestBounded(t *testing.T) {
	f := &ir.Func{Name: "f", Net: "Net"}
	b := ir.NewBuilder(f)
	x := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(4)))
	v := x
	one := b.One("const", op.Attrs{"values": []float64{1.5}})
	for range 500 {
		v = b.One("mul", nil, b.One("add", nil, b.One("neg", nil, v), one), one)
	}
	f.Results = []ir.Result{{Name: "y", Value: v}}
	n := len(f.Instrs)
	s := Func(f)
	total := s.Folded + s.Merged
	for _, k := range s.Fired {
		total += k
	}
	if total > rewritesPerInstr*n {
		t.Errorf("got %d rewrites of %d instructions, want at most %d", total, n, rewritesPerInstr*n)
	}
}

// TestSoundOnRandomNets simplifies random networks of every kind that the
// evaluator runs as they are.
func TestSoundOnRandomNets(t *testing.T) {
	fired := map[string]int{}
	for seed := range uint64(300) {
		kind := []ir.FuncKind{ir.Infer, ir.Eval}[seed%2]
		m := passtest.Random(seed, kind)
		before := m.Clone()
		s := Func(m.Funcs[0])
		for name, n := range s.Fired {
			fired[name] += n
		}
		if err := ir.Verify(m); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		same(t, fmt.Sprint("net ", seed), before, m, 1e-5)
	}
	count := 0
	for _, n := range fired {
		if n > 0 {
			count++
		}
	}
	if count < 15 {
		t.Errorf("got %d rules at work, want 15 or more: %v", count, fired)
	}
}

// TestSplatLooksThroughShapes pins what the rules take for a constant.
func TestSplatLooksThroughShapes(t *testing.T) {
	m := parse(t, `
func @f infer Net (%x: f32[N]) -> (y: f32[N, 3]) where N >= 1 {
  %0 = const {values=[2.5]} : f32
  %1 = broadcast %0 {shape=[N, 3]} : f32[N, 3]
  return %1
}`)
	if got, ok := splat(m.Funcs[0].Results[0].Value); !ok || got != 2.5 {
		t.Errorf("got %v %v, want 2.5", got, ok)
	}
	if _, ok := splat(m.Funcs[0].Inputs[0]); ok {
		t.Errorf("got a constant, want an input to be none")
	}
	if is(m.Funcs[0].Results[0].Value, math.NaN()) {
		t.Errorf("got 2.5 = NaN")
	}
}
