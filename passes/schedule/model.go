package schedule

import (
	"slices"

	"github.com/netc-lang/netc/ir"
)

// model is what the search knows of a run of instructions: who must come before whom,
// and the storage that each takes and gives back. It is simpler than the memory pass:
// nothing is computed in place, and a view keeps its operand alive.
type model struct {
	instrs []*ir.Instr
	before [][]int // instructions whose results each reads, every one once
	follow [][]int // the same, the other way
	takes  []int64 // bytes of the results of each
	unread []int64 // bytes of those that nobody reads
	holds  [][]int // storage that each reads, by number
	bytes  []int64 // of each storage
	users  []int   // instructions of the run that read each storage
	lives  []bool  // read after the run
	base   int64   // bytes that live through all of it
}

// newModel describes instructions [from, to) of f; last names the last reader of each
// value, and bytes its storage.
func newModel(f *ir.Func, from, to int, last map[*ir.Value]int, bytes func(*ir.Value) int64) *model {
	m := &model{instrs: f.Instrs[from:to]}
	n := len(m.instrs)
	m.before, m.follow, m.holds = make([][]int, n), make([][]int, n), make([][]int, n)
	m.takes, m.unread = make([]int64, n), make([]int64, n)
	of := map[*ir.Value]int{} // storage
	storage := func(v *ir.Value) int {
		k, ok := of[v]
		if !ok {
			k = len(m.bytes)
			of[v] = k
			m.bytes, m.users, m.lives = append(m.bytes, 0), append(m.users, 0), append(m.lives, false)
		}
		return k
	}
	maker := map[*ir.Value]int{}
	for i, in := range m.instrs {
		for _, a := range in.Args {
			if a == nil {
				continue
			}
			k, seen := of[a]
			if j, ours := maker[a]; ours && !slices.Contains(m.before[i], j) {
				m.before[i], m.follow[j] = append(m.before[i], j), append(m.follow[j], i)
			}
			if !seen { // it comes from before the run
				k = storage(a)
				m.bytes[k] = bytes(a)
				m.base += m.bytes[k]
			}
			m.lives[k] = m.lives[k] || last[a] >= to
			if !slices.Contains(m.holds[i], k) {
				m.holds[i] = append(m.holds[i], k)
				m.users[k]++
			}
		}
		for _, v := range in.Outs {
			maker[v] = i
			if ir.IsView(in) || ir.IsPart(in) {
				of[v] = of[in.Args[0]]
				m.lives[of[v]] = m.lives[of[v]] || last[v] >= to
				continue
			}
			k := storage(v)
			m.bytes[k] = bytes(v)
			m.takes[i] += m.bytes[k]
			m.lives[k] = last[v] >= to
			if _, read := last[v]; !read {
				m.unread[i] += m.bytes[k]
			}
		}
	}
	return m
}

// bytesOf returns the storage of v for a batch of n; states, constants and what is
// computed when a model is loaded need none.
func bytesOf(v *ir.Value, batch, align int64) int64 {
	if v.Def == nil || v.Mem.Space == ir.SetupSpace {
		return 0
	}
	switch v.Def.Op.Name {
	case "param", "buffer", "const":
		return 0
	}
	size := v.Bytes()
	env := map[string]int64{}
	for _, s := range size.Symbols() {
		env[s] = batch
	}
	n, err := size.Eval(env)
	if err != nil {
		return 0
	}
	return (n + align - 1) / align * align
}
