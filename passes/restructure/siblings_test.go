package restructure_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/passes/passtest"
)

// lower runs all passes but those disabled, with blocks of channels wherever there are
// kernels for them, and returns the line that the named pass said.
func lower(t *testing.T, m *ir.Module, pass string, disable ...string) (note string) {
	t.Helper()
	machine := target.Default(target.AVX2)
	machine.Layouts = target.OnlyBlocked
	err := passes.Run(m, machine, passes.Options{Verify: true, Disable: disable, Log: func(line string) {
		if rest, ok := strings.CutPrefix(line, pass+": "); ok {
			note = rest
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// sameWithout compares the inference of random networks with the source, with the
// pass and without it, replays their plans, and returns how often it found work.
func sameWithout(t *testing.T, pass, nothing string, nets uint64) (fired int) {
	t.Helper()
	for seed := range nets {
		m := passtest.Pictures("Net", seed)
		m.Funcs = m.Funcs[:1]
		m.Trains = nil
		source := m.Clone()
		if lower(t, m, pass) == nothing {
			continue
		}
		fired++
		off := source.Clone()
		lower(t, off, pass, pass)
		want, err := passtest.Call(source, source.Funcs[0], 2, seed)
		if err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		for what, c := range map[string]*ir.Module{"with": m, "without": off} {
			got, err := passtest.Call(c, c.Funcs[0], 2, seed)
			if err != nil {
				t.Fatalf("net %d %s the pass: %v", seed, what, err)
			}
			if err := passtest.Same(got, want, 1e-5); err != nil {
				t.Errorf("net %d %s the pass: %v", seed, what, err)
			}
		}
		for _, n := range []int64{1, 3} {
			if err := memory.Check(m.Funcs[0], map[string]int64{"N": n}, 64); err != nil {
				t.Errorf("net %d, batch %d: %v", seed, n, err)
			}
		}
	}
	return fired
}

func TestSiblingsOnRandomNets(t *testing.T) {
	if fired := sameWithout(t, "merge-siblings", "0 convolutions became 0", 200); fired < 8 {
		t.Errorf("got siblings in %d nets, want 8 or more", fired)
	}
}

// siblingNet has three convolutions of one picture; the lines differ from row to row.
const siblingNet = `module test "test.net" graph
state Net "u" : f32[16, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "v" : f32[8, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "k" : f32[8, 8, 3, 3] = uniform(-0.5, 0.5)
state Net "w" : f32[16, 16, 3, 3] = uniform(-0.5, 0.5)

func @Net.infer infer Net (%x: f32[N, 16, 9, 9]) -> (a: f32[N, 16, 9, 9], b: f32[N, 8, 9, 9]) where N >= 1 {
  %1 = param {name="u", shape=[16, 16, 1, 1]} : f32[16, 16, 1, 1]
  %2 = param {name="v", shape=[8, 16, 1, 1]} : f32[8, 16, 1, 1]
  %3 = param {name="k", shape=[8, 8, 3, 3]} : f32[8, 8, 3, 3]
  %4 = param {name="w", shape=[16, 16, 3, 3]} : f32[16, 16, 3, 3]
  %5 = conv %x, %1 : f32[N, 16, 9, 9]
  %6 = relu %5 : f32[N, 16, 9, 9]
  %7 = conv %x, %2 : f32[N, 8, 9, 9]
  %8 = relu %7 : f32[N, 8, 9, 9]
  %9 = conv %6, %4 {pad=[1, 1, 1, 1]} : f32[N, 16, 9, 9]
  %10 = conv %8, %3 {pad=[1, 1, 1, 1]} : f32[N, 8, 9, 9]
  return %9, %10
}
`

func TestSiblings(t *testing.T) {
	for _, row := range []struct{ name, old, new, want string }{
		{"two that read one of two", siblingNet, pairOnPair, "4 convolutions became 2"},
		{"two that agree", "", "", "2 convolutions became 1"},
		{"other activations", "%8 = relu", "%8 = tanh", "0 convolutions became 0"},
		{"other strides", "%7 = conv %x, %2 : f32[N, 8, 9, 9]\n  %8 = relu %7 : f32[N, 8, 9, 9]",
			"%7 = conv %x, %2 {stride=[2, 2]} : f32[N, 8, 5, 5]\n  %11 = relu %7 : f32[N, 8, 5, 5]\n  %12 = resize %11 {scale=[2, 2], mode=\"nearest\"} : f32[N, 8, 10, 10]\n" +
				"  %13 = slice %12 {axis=2, stop=9} : f32[N, 8, 9, 10]\n  %8 = slice %13 {axis=3, stop=9} : f32[N, 8, 9, 9]", "0 convolutions became 0"},
		{"another picture", "%7 = conv %x", "%12 = relu %x : f32[N, 16, 9, 9]\n  %7 = conv %12", "0 convolutions became 0"},
	} {
		m, err := text.Parse(strings.Replace(siblingNet, row.old, row.new, 1))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		source := m.Clone()
		if got := lower(t, m, "merge-siblings"); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		want, err := passtest.Call(source, source.Funcs[0], 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := passtest.Call(m, m.Funcs[0], 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := passtest.Same(got, want, 1e-6); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// pairOnPair has siblings that read the result of siblings, and of the second pair the
// first does not fill its blocks, so that its part comes last.
const pairOnPair = `module test "test.net" graph
state Net "u" : f32[16, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "v" : f32[8, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "k" : f32[12, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "w" : f32[16, 16, 1, 1] = uniform(-0.5, 0.5)
state Net "m" : f32[16, 8, 3, 3] = uniform(-0.5, 0.5)

func @Net.infer infer Net (%x: f32[N, 16, 9, 9]) -> (a: f32[N, 12, 9, 9], b: f32[N, 16, 9, 9], c: f32[N, 16, 9, 9]) where N >= 1 {
  %1 = param {name="u", shape=[16, 16, 1, 1]} : f32[16, 16, 1, 1]
  %2 = param {name="v", shape=[8, 16, 1, 1]} : f32[8, 16, 1, 1]
  %3 = param {name="k", shape=[12, 16, 1, 1]} : f32[12, 16, 1, 1]
  %4 = param {name="w", shape=[16, 16, 1, 1]} : f32[16, 16, 1, 1]
  %5 = param {name="m", shape=[16, 8, 3, 3]} : f32[16, 8, 3, 3]
  %6 = conv %x, %1 : f32[N, 16, 9, 9]
  %7 = conv %x, %2 : f32[N, 8, 9, 9]
  %8 = conv %6, %3 : f32[N, 12, 9, 9]
  %9 = conv %6, %4 : f32[N, 16, 9, 9]
  %10 = conv %7, %5 {pad=[1, 1, 1, 1]} : f32[N, 16, 9, 9]
  %11 = tanh %8 : f32[N, 12, 9, 9]
  %12 = tanh %9 : f32[N, 16, 9, 9]
  return %11, %12, %10
}
`

// TestPartsAreNotCopied pins what makes merging worth it: a part lies in the whole.
func TestPartsAreNotCopied(t *testing.T) {
	m, err := text.Parse(siblingNet)
	if err != nil {
		t.Fatal(err)
	}
	lower(t, m, "merge-siblings")
	parts := 0
	for _, in := range m.Funcs[0].Instrs {
		if in.Op.Name != "slice" {
			continue
		}
		parts++
		whole, part := in.Args[0], in.Outs[0]
		at, ok := part.Mem.Offset.Sub(whole.Mem.Offset).IsConst()
		if want, _ := whole.Map().Plane().Mul(sym.Const(in.Attrs.Int("start") / 8)).IsConst(); !ok || at != want || !part.Mem.Step.Equal(whole.Map().Bytes()) {
			t.Errorf("got channels %d on at byte %d of the whole, step %v; want byte %d, step %v", in.Attrs.Int("start"), at, part.Mem.Step, want, whole.Map().Bytes())
		}
	}
	if parts != 2 {
		t.Errorf("got %d parts, want 2", parts)
	}
}
