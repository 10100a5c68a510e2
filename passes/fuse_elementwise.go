package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
)

// Limits of one region, so that its kernel stays in registers and its call
// within a frame.
const (
	maxRegionOps      = 64
	maxRegionOperands = 24 // operands and results
)

// fuseElementwise joins regions over one iteration space along the values that
// one reads from another, as long as no path leads from one to the other through
// an instruction outside. Every op stays in exactly one region, so nothing is
// computed twice; values that others read become results.
func fuseElementwise(m *ir.Module, _ target.Desc) (string, error) {
	before, after := 0, 0
	for _, f := range m.Funcs {
		g := newRegionGraph(f)
		before += g.regions()
		g.join()
		after += g.regions()
		f.Instrs = g.order()
	}
	return fmt.Sprintf("%d regions joined to %d", before, after), nil
}

// regionGraph is a function whose nodes are instructions or joined regions. A
// node is named by the first of its instructions.
type regionGraph struct {
	f       *ir.Func
	node    []int   // instruction -> node
	members [][]int // node -> its instructions, ascending; nil when joined into another
	def     map[*ir.Value]int
	readers map[*ir.Value][]int // instructions that read a value
	results map[*ir.Value]bool
}

func newRegionGraph(f *ir.Func) *regionGraph {
	g := &regionGraph{f: f, def: map[*ir.Value]int{}, readers: map[*ir.Value][]int{}, results: map[*ir.Value]bool{}}
	for i, in := range f.Instrs {
		g.node = append(g.node, i)
		g.members = append(g.members, []int{i})
		for _, a := range in.Args {
			if a != nil {
				g.readers[a] = append(g.readers[a], i)
			}
		}
		for _, v := range in.Outs {
			g.def[v] = i
		}
	}
	for _, r := range f.Results {
		g.results[r.Value] = true
	}
	return g
}

func (g *regionGraph) isRegion(n int) bool { return g.f.Instrs[n].Op.Name == "fused" }

func (g *regionGraph) regions() int {
	count := 0
	for n, members := range g.members {
		if members != nil && g.isRegion(n) {
			count++
		}
	}
	return count
}

// join goes through the instructions once; each region joins those it reads
// from, nearest first.
func (g *regionGraph) join() {
	for i, in := range g.f.Instrs {
		if in.Op.Name != "fused" {
			continue
		}
		for _, a := range slices.Backward(in.Args) {
			p, ok := g.def[a]
			if !ok {
				continue
			}
			from, to := g.node[p], g.node[i]
			if from != to && g.isRegion(p) && g.mayJoin(from, to) {
				g.merge(from, to)
			}
		}
	}
}

// mayJoin checks space, limits and that to depends on from directly only.
func (g *regionGraph) mayJoin(from, to int) bool {
	if !sameSizes(g.f.Instrs[from].Outs[0].Type, g.f.Instrs[to].Outs[0].Type) {
		return false
	}
	joined := append(slices.Clone(g.members[from]), g.members[to]...)
	slices.Sort(joined)
	r := g.region(joined)
	if len(r.Body) > maxRegionOps || len(r.Args)+len(r.Outs) > maxRegionOperands {
		return false
	}
	return !g.indirect(from, to) && !g.indirect(to, from)
}

// indirect reports whether to depends on from through a third node.
func (g *regionGraph) indirect(from, to int) bool {
	seen := make([]bool, len(g.members))
	stack := []int{}
	visit := func(n int) {
		for _, i := range g.members[n] {
			for _, a := range g.f.Instrs[i].Args {
				if p, ok := g.def[a]; ok && a != nil && !seen[g.node[p]] && g.node[p] != n {
					if n == to && g.node[p] == from {
						continue // the direct edge
					}
					seen[g.node[p]] = true
					stack = append(stack, g.node[p])
				}
			}
		}
	}
	visit(to)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == from {
			return true
		}
		visit(n)
	}
	return false
}

func (g *regionGraph) merge(a, b int) {
	if a > b {
		a, b = b, a
	}
	g.members[a] = append(g.members[a], g.members[b]...)
	slices.Sort(g.members[a])
	for _, i := range g.members[b] {
		g.node[i] = a
	}
	g.members[b] = nil
}

// region returns the fused instruction of the given members; its results are the
// values that somebody outside reads.
func (g *regionGraph) region(members []int) *ir.Instr {
	var body []*ir.Instr
	for _, i := range members {
		body = append(body, g.f.Instrs[i].Body...)
	}
	r := newRegion(g.f.Instrs[members[0]].Op, body)
	last := g.f.Instrs[members[len(members)-1]]
	r.Pos, r.Stage = last.Pos, last.Stage
	r.Outs = slices.DeleteFunc(r.Outs, func(v *ir.Value) bool {
		inside := func(i int) bool { return slices.Contains(members, i) }
		return !g.results[v] && !slices.ContainsFunc(g.readers[v], func(i int) bool { return !inside(i) })
	})
	return r
}

// order returns the nodes as instructions, each as early as the last of its
// members stood, where its operands allow; updates stay behind everything.
func (g *regionGraph) order() []*ir.Instr {
	waits := make([]int, len(g.members)) // nodes still missing
	next := make([][]int, len(g.members))
	for n, members := range g.members {
		var from []int
		for _, i := range members {
			for _, a := range g.f.Instrs[i].Args {
				if p, ok := g.def[a]; ok && a != nil && g.node[p] != n && !slices.Contains(from, g.node[p]) {
					from = append(from, g.node[p])
					next[g.node[p]] = append(next[g.node[p]], n)
				}
			}
		}
		waits[n] = len(from)
	}
	ready := newReadyList(g)
	for n, members := range g.members {
		if members != nil && waits[n] == 0 {
			ready.add(n)
		}
	}
	var out []*ir.Instr
	for {
		n, ok := ready.take()
		if !ok {
			break
		}
		if g.isRegion(n) {
			out = append(out, g.region(g.members[n]))
		} else {
			out = append(out, g.f.Instrs[n])
		}
		for _, k := range next[n] {
			if waits[k]--; waits[k] == 0 {
				ready.add(k)
			}
		}
	}
	return out
}

// readyList hands out nodes by the place of their last member, updates last.
type readyList struct {
	g     *regionGraph
	nodes []int // descending
}

func newReadyList(g *regionGraph) *readyList { return &readyList{g: g} }

func (l *readyList) key(n int) int {
	members := l.g.members[n]
	k := members[len(members)-1]
	if l.g.f.Instrs[n].Op.Effect == op.Update {
		k += len(l.g.members)
	}
	return k
}

func (l *readyList) add(n int) {
	i, _ := slices.BinarySearchFunc(l.nodes, n, func(a, b int) int { return l.key(b) - l.key(a) })
	l.nodes = slices.Insert(l.nodes, i, n)
}

func (l *readyList) take() (int, bool) {
	if len(l.nodes) == 0 {
		return 0, false
	}
	n := l.nodes[len(l.nodes)-1]
	l.nodes = l.nodes[:len(l.nodes)-1]
	return n, true
}
