package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/runtime/tensor"
)

// image is f32[N, c, 8, 8].
func image(c int64) op.Type {
	return op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(c), sym.Const(8), sym.Const(8))
}

// branches returns a function of n branches, each of which makes something large of
// the input and something small of that, written breadth first, and their sum.
func branches(n int) *ir.Func {
	f := &ir.Func{Name: "Net.infer", Net: "Net", Kind: ir.Infer, Facts: sym.Facts{Min: map[string]int64{"N": 1}}}
	x := f.AddInput("image", image(16))
	b := ir.NewBuilder(f)
	var large, small []*ir.Value
	for range n {
		large = append(large, b.One("softmax", op.Attrs{"axis": int64(1)}, x))
	}
	for _, v := range large {
		small = append(small, b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{2, 3}}, v))
	}
	sum := small[0]
	for _, v := range small[1:] {
		sum = b.One("add", nil, sum, v)
	}
	f.Results = []ir.Result{{Name: "y", Value: sum}}
	return f
}

func TestBranchesAreFinishedOneByOne(t *testing.T) {
	f := branches(5)
	before := append([]*ir.Instr(nil), f.Instrs...)
	wide, err := memory.Size(f, 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	m := &ir.Module{Name: "net", Funcs: []*ir.Func{f}}
	note, err := Run(m, target.Default(target.AVX2))
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 functions in another order, 16.3 kB less"; note != want {
		t.Errorf("note %q, want %q", note, want)
	}
	slim, err := memory.Size(f, 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	if one := int64(16 * 8 * 8 * 4); wide < 5*one || slim >= 2*one {
		t.Errorf("arena of %d bytes before and %d after, want five large values of %d bytes and one", wide, slim, one)
	}
	if err := ir.Verify(m); err != nil {
		t.Error(err)
	}
	if len(f.Instrs) != len(before) {
		t.Fatalf("%d instructions, want %d", len(f.Instrs), len(before))
	}
	for _, in := range before {
		if !slices.Contains(f.Instrs, in) {
			t.Errorf("%s is gone", in.Op.Name)
		}
	}
	again := append([]*ir.Instr(nil), f.Instrs...)
	if _, err := Run(m, target.Default(target.AVX2)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again, f.Instrs) {
		t.Error("a second run found another order")
	}
}

// randomModel returns a run of n instructions over values of random size.
func randomModel(r *rand.Rand, n int) *model {
	m := &model{instrs: make([]*ir.Instr, n)}
	for i := range n {
		m.instrs[i] = &ir.Instr{Stage: string(rune('a' + i))}
		m.bytes = append(m.bytes, int64(1+r.IntN(9)))
		m.takes, m.unread = append(m.takes, m.bytes[i]), append(m.unread, 0)
		m.lives = append(m.lives, i == n-1)
		m.users = append(m.users, 0)
		m.before, m.follow, m.holds = append(m.before, nil), append(m.follow, nil), append(m.holds, nil)
		for j := range i {
			if r.IntN(i) < 2 {
				m.before[i], m.follow[j] = append(m.before[i], j), append(m.follow[j], i)
				m.holds[i] = append(m.holds[i], j)
				m.users[j]++
			}
		}
	}
	for i, u := range m.users {
		if u == 0 && !m.lives[i] {
			m.unread[i] = m.bytes[i]
		}
	}
	return m
}

// least is the lowest peak of any order, by trying every set of instructions.
func (m *model) least() int64 {
	n := len(m.instrs)
	best := make([]int64, 1<<n)
	for s := range best {
		best[s] = math.MaxInt64
	}
	best[0] = 0
	for s := range best {
		if best[s] == math.MaxInt64 {
			continue
		}
		var live int64
		for i := range n {
			if s>>i&1 != 0 && (m.lives[i] || slices.ContainsFunc(m.follow[i], func(a int) bool { return s>>a&1 == 0 })) {
				live += m.bytes[i]
			}
		}
		for i := range n {
			if s>>i&1 == 0 && !slices.ContainsFunc(m.before[i], func(b int) bool { return s>>b&1 == 0 }) {
				t := s | 1<<i
				best[t] = min(best[t], max(best[s], live+m.takes[i]))
			}
		}
	}
	return best[len(best)-1]
}

// TestSearchFindsTheBest compares the search with all orders of small runs.
func TestSearchFindsTheBest(t *testing.T) {
	better := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		m := randomModel(r, 3+r.IntN(9))
		w, done := m.start(), map[*ir.Instr]bool{}
		for _, in := range m.order() {
			i := slices.Index(m.instrs, in)
			if done[in] || slices.ContainsFunc(m.before[i], func(b int) bool { return !done[m.instrs[b]] }) {
				t.Fatalf("run %d: instruction %d comes before what it reads, or twice", seed, i)
			}
			done[in] = true
			m.do(w, int32(i))
		}
		if want := m.least(); w.peak != want || len(done) != len(m.instrs) {
			t.Errorf("run %d: peak %d with %d instructions, want %d with %d", seed, w.peak, len(done), want, len(m.instrs))
		}
		first := m.start()
		for i := range m.instrs {
			m.do(first, int32(i))
		}
		if first.peak > w.peak {
			better++
		}
	}
	if better < 50 {
		t.Errorf("the order found was better than the first in %d runs only", better)
	}
}
