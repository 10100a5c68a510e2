package schedule

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/netc-lang/netc/ir"
)

// A search keeps the width best ways to have done the first k instructions, for each
// k. Two ways that did the same set differ in nothing but their peak, so the lower one
// stands for both: as long as no more than width sets turn up, the search is exact
// (dynamic programming over sets). Longer runs get a narrower beam, since each step
// looks at every instruction that could be next.
const (
	widest  = 64
	longRun = 256 // instructions from which on the beam is narrow
	narrow  = 8
)

// way is one way to have done some instructions.
type way struct {
	live, peak int64
	hash       uint64 // of the set of instructions
	path       *step
	ready      []int32 // instructions that may be next, in their first order
	waits      []int32 // how many each instruction waits for
	left       []int32 // unfinished readers of each storage
}

// step is the end of a path.
type step struct {
	instr int32
	from  *step
}

// move is a way with one more instruction, before it is worked out.
type move struct {
	from       *way
	instr      int32
	live, peak int64
	hash       uint64
}

// order returns the instructions in the best order found.
func (m *model) order() []*ir.Instr {
	if m.chain() {
		return m.instrs
	}
	width := widest
	if len(m.instrs) >= longRun {
		width = narrow
	}
	// Sets are told apart by the sum of random numbers, one for each instruction.
	rng, hashes := rand.New(rand.NewPCG(1, 2)), make([]uint64, len(m.instrs))
	for i := range hashes {
		hashes[i] = rng.Uint64()
	}
	beam := []*way{m.start()}
	for range m.instrs {
		beam = m.advance(beam, hashes, width)
	}
	out := make([]*ir.Instr, len(m.instrs))
	for k, s := len(out)-1, beam[0].path; k >= 0; k, s = k-1, s.from {
		out[k] = m.instrs[s.instr]
	}
	return out
}

// chain reports whether no order can be better than the one at hand: its peak is what
// some single instruction needs for its operands and results.
func (m *model) chain() bool {
	w, most := m.start(), m.base
	for i := range m.instrs {
		need := m.takes[i]
		for _, k := range m.holds[i] {
			need += m.bytes[k]
		}
		most = max(most, need)
		m.do(w, int32(i))
	}
	return w.peak <= most
}

// start is the way that has done nothing.
func (m *model) start() *way {
	w := &way{live: m.base, peak: m.base, waits: make([]int32, len(m.instrs)), left: make([]int32, len(m.bytes))}
	for k, n := range m.users {
		w.left[k] = int32(n)
	}
	for i, before := range m.before {
		if w.waits[i] = int32(len(before)); len(before) == 0 {
			w.ready = append(w.ready, int32(i))
		}
	}
	return w
}

// after returns the storage alive after instruction i in way w, and the peak.
func (m *model) after(w *way, i int32) (live, peak int64) {
	live = w.live + m.takes[i]
	peak = max(w.peak, live)
	for _, k := range m.holds[i] {
		if w.left[k] == 1 && !m.lives[k] {
			live -= m.bytes[k]
		}
	}
	return live - m.unread[i], peak
}

// do takes way w one instruction on.
func (m *model) do(w *way, i int32) {
	w.live, w.peak = m.after(w, i)
	w.path = &step{i, w.path}
	for _, k := range m.holds[i] {
		w.left[k]--
	}
	w.ready = slices.DeleteFunc(w.ready, func(r int32) bool { return r == i })
	for _, a := range m.follow[i] {
		if w.waits[a]--; w.waits[a] == 0 {
			at, _ := slices.BinarySearch(w.ready, int32(a))
			w.ready = slices.Insert(w.ready, at, int32(a))
		}
	}
}

// advance does one more instruction in every way, and keeps the best.
func (m *model) advance(beam []*way, hashes []uint64, width int) []*way {
	at := map[uint64]int{}
	var all []move
	for _, w := range beam {
		for _, i := range m.choices(w) {
			n := move{from: w, instr: i, hash: w.hash + hashes[i]}
			n.live, n.peak = m.after(w, i)
			k, seen := at[n.hash]
			switch {
			case !seen:
				at[n.hash] = len(all)
				all = append(all, n)
			case n.peak < all[k].peak:
				all[k] = n
			}
		}
	}
	slices.SortStableFunc(all, func(a, b move) int {
		return cmp.Or(cmp.Compare(a.peak, b.peak), cmp.Compare(a.live, b.live))
	})
	next := make([]*way, 0, width)
	for _, n := range all[:min(width, len(all))] {
		w := *n.from
		w.ready, w.waits, w.left = slices.Clone(w.ready), slices.Clone(w.waits), slices.Clone(w.left)
		m.do(&w, n.instr)
		w.hash = n.hash
		next = append(next, &w)
	}
	return next
}

// choices returns what may be next: one instruction that takes no storage, if there is
// one, since it may as well be done at once; else all that are ready.
func (m *model) choices(w *way) []int32 {
	for k, i := range w.ready {
		if m.takes[i] == 0 {
			return w.ready[k : k+1]
		}
	}
	return w.ready
}
