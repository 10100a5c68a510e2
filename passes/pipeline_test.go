package passes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/passes/passtest"
)

func TestCheckOrderBites(t *testing.T) {
	a, b := Pass{Name: "a"}, Pass{Name: "b"}
	for _, row := range []struct {
		name   string
		table  []Pass
		orders []order
		want   string
	}{
		{"right", []Pass{a, b}, []order{{"a", "b", "x"}}, ""},
		{"wrong way round", []Pass{b, a}, []order{{"a", "b", "b reads what a wrote"}}, "a must run before b: b reads what a wrote"},
		{"unknown", []Pass{a}, []order{{"a", "c", "x"}}, "not in the table"},
		{"twice", []Pass{a, a}, nil, "two passes are called a"},
	} {
		err := checkOrder(row.table, row.orders)
		if got := fmt.Sprint(err); row.want == "" && err != nil || !strings.Contains(got, row.want) && row.want != "" {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestTableIsComplete(t *testing.T) {
	for _, p := range Pipeline() {
		if p.Name == "" || p.Law == "" || p.Run == nil || strings.HasSuffix(p.Law, ".") {
			t.Errorf("pass %q: got law %q, want name, law without full stop and function", p.Name, p.Law)
		}
		if !slices.ContainsFunc(orders, func(o order) bool { return o.first == p.Name || o.then == p.Name }) {
			t.Errorf("pass %s: got no ordering fact, want one", p.Name)
		}
	}
}

func TestDisableRefuses(t *testing.T) {
	for name, want := range map[string]string{
		"fold-bm": "found no pass called",
		"memory":  "pass memory cannot be disabled",
	} {
		err := Run(&ir.Module{}, target.Default(target.AVX2), Options{Disable: []string{name}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("disable %s: got %v, want %q", name, err, want)
		}
	}
}

func TestBugNamesItsPass(t *testing.T) {
	defer func() {
		if b, ok := recover().(diag.Bug); !ok || b.Message != "pass crash: broken" {
			t.Errorf("got %v, want the bug with the name of its pass", b)
		}
	}()
	_, _ = runOne(Pass{Name: "crash", Run: func(*ir.Module, target.Desc) (string, error) { diag.Bugf("broken"); return "", nil }}, nil, target.Desc{})
}

var kinds = []ir.FuncKind{ir.Infer, ir.PredictFunc, ir.Eval, ir.Loss}

// compiled runs the pipeline on random network seed.
func compiled(t *testing.T, seed uint64, kind ir.FuncKind, disable []string) *ir.Module {
	t.Helper()
	m := passtest.Random(seed, kind)
	if err := Run(m, target.Default(target.AVX2), Options{Disable: disable, Verify: true}); err != nil {
		t.Fatalf("net %d kind %d without %v: %v", seed, kind, disable, err)
	}
	return m
}

// TestOptionalPassesChangeNothing compares every network with all optional passes
// off, with each one off, and with all on.
func TestOptionalPassesChangeNothing(t *testing.T) {
	all := optionalNames()
	for seed := range uint64(60) {
		for _, kind := range kinds {
			plain := compiled(t, seed, kind, all)
			want, err := passtest.Call(plain, plain.Funcs[0], 3, seed)
			if err != nil {
				t.Fatalf("net %d kind %d: %v", seed, kind, err)
			}
			variants := [][]string{nil, {all[int(seed)%len(all)]}}
			for _, disable := range variants {
				m := compiled(t, seed, kind, disable)
				got, err := passtest.Call(m, m.Funcs[0], 3, seed)
				if err != nil {
					t.Fatalf("net %d kind %d without %v: %v", seed, kind, disable, err)
				}
				if err := passtest.Same(got, want, 1e-5); err != nil {
					t.Errorf("net %d kind %d without %v: %v", seed, kind, disable, err)
				}
			}
		}
	}
}

// TestInferenceKeepsTheSource compares the planned function with the one that
// came in, which the evaluator runs as it stands.
func TestInferenceKeepsTheSource(t *testing.T) {
	for seed := range uint64(100) {
		m := passtest.Random(seed, ir.Infer)
		want, err := passtest.Call(m, m.Funcs[0], 2, seed)
		if err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		if err := Run(m, target.Default(target.AVX2), Options{Verify: true}); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		got, err := passtest.Call(m, m.Funcs[0], 2, seed)
		if err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		if err := passtest.Same(got, want, 1e-5); err != nil {
			t.Errorf("net %d: %v", seed, err)
		}
	}
}

// TestPlansReplay replays every plan byte by byte for several batch sizes.
func TestPlansReplay(t *testing.T) {
	for seed := range uint64(100) {
		for _, kind := range kinds {
			for _, disable := range [][]string{nil, optionalNames()} {
				m := compiled(t, seed, kind, disable)
				for _, n := range []int64{1, 2, 5, 17} {
					if err := memory.Check(m.Funcs[0], map[string]int64{"N": n}, 64); err != nil {
						t.Errorf("net %d kind %d without %v, batch %d: %v", seed, kind, disable, n, err)
					}
				}
			}
		}
	}
}

// TestLayoutsChangeNothing compares nets on blocks of channels, wherever there are
// kernels for them, with the source, and replays their plans.
func TestLayoutsChangeNothing(t *testing.T) {
	machine := target.Default(target.AVX2)
	machine.Layouts = target.OnlyBlocked
	blocked := 0
	for seed := range uint64(150) {
		m := passtest.Random(seed, ir.Infer)
		want, err := passtest.Call(m, m.Funcs[0], 2, seed)
		if err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		if err := Run(m, machine, Options{Verify: true}); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		for _, n := range []int64{1, 2, 5} {
			if err := memory.Check(m.Funcs[0], map[string]int64{"N": n}, 64); err != nil {
				t.Errorf("net %d, batch %d: %v", seed, n, err)
			}
		}
		got, err := passtest.Call(m, m.Funcs[0], 2, seed)
		if err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		if err := passtest.Same(got, want, 1e-5); err != nil {
			t.Errorf("net %d: %v", seed, err)
		}
		for _, in := range m.Funcs[0].Instrs {
			for _, v := range in.Outs {
				if !v.Layout.Plain() {
					blocked++
				}
			}
			if in.Op.Name == "relayout" && in.Args[0].Def != nil && in.Args[0].Def.Op.Name == "relayout" {
				t.Errorf("net %d: a relayout reads another", seed)
			}
		}
	}
	if blocked < 150 {
		t.Errorf("got %d blocked values, want 150 or more", blocked)
	}
}

// TestNothingElementwiseIsLeft is what code generators rely on.
func TestNothingElementwiseIsLeft(t *testing.T) {
	for seed := range uint64(40) {
		for _, kind := range kinds {
			for _, disable := range [][]string{nil, optionalNames()} {
				m := compiled(t, seed, kind, disable)
				if m.Stage != ir.Planned {
					t.Fatalf("got stage %d, want planned", m.Stage)
				}
				for _, in := range m.Funcs[0].Instrs {
					if isElementwise(in.Op) || in.Op.Name == "batch_norm" || in.Op.Name == "dropout" {
						t.Errorf("net %d kind %d without %v: got %s, want it in a region or expanded", seed, kind, disable, in.Op.Name)
					}
				}
			}
		}
	}
}

// TestAnyOrderOfTheSource shuffles instructions where their operands allow: the
// compiled function computes the same.
func TestAnyOrderOfTheSource(t *testing.T) {
	for seed := range uint64(60) {
		kind := kinds[seed%uint64(len(kinds))]
		want, err := passtest.Call(compiledFirst(t, seed, kind, nil))
		if err != nil {
			t.Fatal(err)
		}
		for order := range uint64(3) {
			rng := rand.New(rand.NewPCG(seed, order))
			got, err := passtest.Call(compiledFirst(t, seed, kind, func(m *ir.Module) { shuffle(rng, m.Funcs[0]) }))
			if err != nil {
				t.Fatal(err)
			}
			if err := passtest.Same(got, want, 1e-6); err != nil {
				t.Errorf("net %d order %d: %v", seed, order, err)
			}
		}
	}
}

// compiledFirst returns the arguments of passtest.Call for a compiled network
// that change has seen before.
func compiledFirst(t *testing.T, seed uint64, kind ir.FuncKind, change func(*ir.Module)) (*ir.Module, *ir.Func, int, uint64) {
	t.Helper()
	m := passtest.Random(seed, kind)
	if change != nil {
		change(m)
	}
	if err := Run(m, target.Default(target.AVX2), Options{Verify: true}); err != nil {
		t.Fatalf("net %d: %v", seed, err)
	}
	return m, m.Funcs[0], 2, seed
}

// shuffle picks any instruction whose operands exist, over and over. Dropout
// draws by the order of its streams, and norms update in their order: both keep
// it.
func shuffle(rng *rand.Rand, f *ir.Func) {
	defined := map[*ir.Value]bool{}
	for _, v := range f.Inputs {
		defined[v] = true
	}
	ordered := func(in *ir.Instr) bool { return in.Op.Name == "dropout" || in.Op.Name == "batch_norm" }
	left := slices.Clone(f.Instrs)
	f.Instrs = nil
	for len(left) > 0 {
		var ready []int
		blocked := false
		for i, in := range left {
			if ordered(in) && blocked {
				continue
			}
			if ordered(in) {
				blocked = true
			}
			if !slices.ContainsFunc(in.Args, func(a *ir.Value) bool { return a != nil && !defined[a] }) {
				ready = append(ready, i)
			}
		}
		i := ready[rng.IntN(len(ready))]
		for _, v := range left[i].Outs {
			defined[v] = true
		}
		f.Instrs = append(f.Instrs, left[i])
		left = slices.Delete(left, i, i+1)
	}
}
