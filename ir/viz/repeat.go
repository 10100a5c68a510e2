package viz

import (
	"fmt"
	"slices"
	"strings"
)

// fold draws equal groups in a row once: blocks of a loop that differ in nothing
// but their index, each reading only the one before it.
func (g *Graph) fold() {
	gone := map[*Node]bool{}
	g.Root.foldIn(g, gone)
	if len(gone) == 0 {
		return
	}
	number := map[int]int{}
	var kept []*Node
	for _, n := range g.Nodes {
		if !gone[n] {
			number[n.ID] = len(kept)
			kept = append(kept, n)
		}
	}
	edges := g.Edges
	g.Edges, g.Nodes = nil, kept
	for i, n := range kept {
		n.ID = i
	}
	for _, e := range edges {
		from, ok1 := number[e.From]
		to, ok2 := number[e.To]
		if ok1 && ok2 {
			g.add(from, to)
		}
	}
}

func (c *Group) foldIn(g *Graph, gone map[*Node]bool) {
	for _, d := range c.Groups {
		d.foldIn(g, gone)
	}
	var kept []*Group
	for _, d := range c.Groups {
		if len(kept) > 0 && g.follows(kept[len(kept)-1], d, gone) {
			g.absorb(kept[len(kept)-1], d, gone)
			continue
		}
		kept = append(kept, d)
	}
	c.Groups = kept
}

// all returns the nodes of a group and of the groups in it, in order.
func (c *Group) all(gone map[*Node]bool) []*Node {
	var out []*Node
	for _, n := range c.Nodes {
		if !gone[n] {
			out = append(out, n)
		}
	}
	for _, d := range c.Groups {
		out = append(out, d.all(gone)...)
	}
	slices.SortFunc(out, func(a, b *Node) int { return a.ID - b.ID })
	return out
}

// form describes everything about a group but its name: equal forms look equal.
// ins and outs are the outer nodes that it reads and the inner nodes that are read.
func (g *Graph) form(c *Group, gone map[*Node]bool) (form string, ins, outs []int) {
	nodes := c.all(gone)
	at := map[int]int{}
	var b strings.Builder
	for i, n := range nodes {
		at[n.ID] = i
		fmt.Fprintln(&b, below(n.Path, c.Path), n.Title, n.Notes, n.Shape, n.Params, n.MACs)
	}
	for _, e := range g.Edges {
		from, a := at[e.From]
		to, z := at[e.To]
		switch {
		case a && z:
			fmt.Fprintln(&b, from, to)
		case z:
			if !slices.Contains(ins, e.From) {
				ins = append(ins, e.From)
			}
			fmt.Fprintln(&b, "in", slices.Index(ins, e.From), to)
		case a:
			if !slices.Contains(outs, from) {
				outs = append(outs, from)
			}
		}
	}
	fmt.Fprintln(&b, "out", outs)
	return b.String(), ins, outs
}

// follows reports whether b is a copy of a that reads nothing but a, and nothing
// else reads a.
func (g *Graph) follows(a, b *Group, gone map[*Node]bool) bool {
	if base(a.Path) != base(b.Path) || a.Block != b.Block {
		return false
	}
	form, ins, outs := g.form(a, gone)
	other, ins2, outs2 := g.form(b, gone)
	if form != other || len(ins) != 1 || len(ins2) != 1 || len(outs) != 1 || len(outs2) != 1 {
		return false
	}
	first := a.all(gone)
	if first[outs[0]].ID != ins2[0] {
		return false
	}
	for _, e := range g.Edges {
		if e.From == ins2[0] && !g.inside(b, e.To) && !g.inside(a, e.To) {
			return false
		}
	}
	return true
}

func (g *Graph) inside(a *Group, id int) bool {
	for c := g.Nodes[id].Group; c != nil; c = c.Up {
		if c == a {
			return true
		}
	}
	return false
}

// absorb lets a stand for b too: what b gives comes from a.
func (g *Graph) absorb(a, b *Group, gone map[*Node]bool) {
	mine, theirs := a.all(gone), b.all(gone)
	_, _, outs := g.form(b, gone)
	a.times = max(a.times, 1) + 1
	a.last = b.Path
	from, to := theirs[outs[0]].ID, mine[outs[0]].ID
	var kept []Edge
	for _, e := range g.Edges {
		if g.inside(b, e.To) {
			continue
		}
		if e.From == from {
			e.From = to
		}
		kept = append(kept, e)
	}
	g.Edges = kept
	for _, n := range theirs {
		gone[n] = true
	}
}

// base is a path without its last index.
func base(path string) string {
	if i := strings.LastIndexByte(path, '['); i > 0 && strings.HasSuffix(path, "]") {
		return path[:i]
	}
	return path + "!"
}
