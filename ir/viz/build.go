package viz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// Options say what is drawn. The zero value draws every stage.
type Options struct {
	Sizes map[string]int64 // values of free symbols
	Depth int              // blocks nested deeper are one box; 0 for no limit
	All   bool             // draw each of equal blocks in a row
}

// Build makes the graph of a function of the graph stage.
func Build(m *ir.Module, f *ir.Func, o Options) *Graph {
	b := &builder{
		m: m, f: f, o: o, g: &Graph{Name: f.Net}, of: map[*ir.Value]*Node{}, pending: map[*ir.Value]int64{},
		main: map[*Node]*ir.Instr{}, known: map[*Node]bool{},
	}
	b.samples()
	for _, v := range f.Inputs {
		n := b.node(v.Name, nil)
		n.Title, n.Kind = v.Name, Terminal
		b.shape(n, v.Type)
		b.of[v] = n
	}
	for _, in := range f.Instrs {
		b.instr(in)
	}
	inner := map[string]bool{}
	for _, n := range b.g.Nodes {
		for _, p := range prefixes(n.Path) {
			inner[p] = true
		}
	}
	for _, n := range b.g.Nodes {
		if in := b.main[n]; in != nil {
			n.Title, n.Kind, n.word = title(in), kindOf(in), in.Layer
			switch block := b.f.Blocks[n.Path]; {
			case whole[block]:
				n.Title, n.Kind, n.word = strings.ReplaceAll(block, "_", " "), Attention, block
			case block != "" && n.Path != in.Stage:
				n.Title = block
			case inner[n.Path]: // what a block computes between its layers
				n.Title, n.word = in.Op.Name, in.Op.Name
			}
		}
	}
	b.results()
	b.join()
	b.groups()
	b.sums()
	if !o.All {
		b.g.fold()
	}
	return b.g
}

type builder struct {
	m       *ir.Module
	f       *ir.Func
	o       Options
	g       *Graph
	sample  map[string]int64
	of      map[*ir.Value]*Node
	pending map[*ir.Value]int64 // weights behind a value that no node has counted
	main    map[*Node]*ir.Instr
	known   map[*Node]bool
	before  []set // the nodes that lead to each node
	last    *Node
}

// set is a set of node numbers.
type set []uint64

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 == 1 }

func (s *set) put(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s *set) join(t set) {
	for len(*s) < len(t) {
		*s = append(*s, 0)
	}
	for i, w := range t {
		(*s)[i] |= w
	}
}

func (s set) meets(t set) bool {
	for i := range min(len(s), len(t)) {
		if s[i]&t[i] != 0 {
			return true
		}
	}
	return false
}

// samples gives every free symbol a size at which maps can be compared.
func (b *builder) samples() {
	b.sample = map[string]int64{"N": 1}
	for _, v := range b.f.Inputs {
		for _, d := range v.Type.Dims {
			for _, s := range d.Size.Symbols() {
				if b.sample[s] == 0 {
					d := max(b.f.Facts.Divides[s], 1)
					b.sample[s] = (256 + d - 1) / d * d
				}
			}
		}
	}
	for s := range b.sample {
		if v, ok := b.o.Sizes[s]; ok && s != "N" {
			b.sample[s] = v
		}
	}
	var free []string
	for _, s := range slices.Sorted(maps.Keys(b.sample)) {
		if s != "N" {
			free = append(free, fmt.Sprintf("%s=%d", s, b.sample[s]))
		}
	}
	b.g.Sample = strings.Join(free, ", ")
}

func (b *builder) node(path string, in *ir.Instr) *Node {
	n := &Node{ID: len(b.g.Nodes), Path: path}
	b.g.Nodes = append(b.g.Nodes, n)
	b.before = append(b.before, nil)
	if in != nil {
		b.main[n] = in
	}
	return n
}

// instr gives an instruction to the node of its stage. What is computed from
// weights alone belongs to the node that reads it.
func (b *builder) instr(in *ir.Instr) {
	var behind int64
	weights := true
	for _, a := range in.Args {
		if a == nil {
			continue
		}
		behind += b.pending[a]
		delete(b.pending, a)
		weights = weights && b.of[a] == nil
	}
	if in.Op.Effect == op.Source {
		if s := b.m.State(b.f.Net, in.Attrs.String("name")); s != nil && !s.Buffer {
			if n, err := s.Type.Elems().Eval(b.sample); err == nil {
				behind += n
			}
		}
	}
	if weights {
		if len(in.Outs) > 0 {
			b.pending[in.Outs[0]] = behind
		}
		return
	}
	path := b.stage(in)
	n := b.last
	if n == nil || n.Path != path || b.main[n] == nil {
		n = b.node(path, in)
		b.last = n
	}
	b.count(n, in, behind)
}

func (b *builder) count(n *Node, in *ir.Instr, behind int64) {
	n.Params += behind
	if macs := b.macs(in); macs > 0 {
		if n.MACs == 0 {
			b.main[n] = in
		}
		n.MACs += macs
	}
	for _, a := range in.Args {
		if from := b.of[a]; from != nil && from != n {
			b.g.add(from.ID, n.ID)
			b.before[n.ID].put(from.ID)
			b.before[n.ID].join(b.before[from.ID])
		}
	}
	for _, v := range in.Outs {
		b.of[v] = n
	}
	if len(in.Outs) > 0 {
		b.shape(n, in.Outs[0].Type)
	}
}

// whole names the layers that are one box, whatever they are made of.
var whole = map[string]bool{"attention": true, "squeeze_excite": true}

// stage returns the path of the layer that an instruction belongs to.
func (b *builder) stage(in *ir.Instr) string {
	for i := 0; i < len(in.Stage); i++ {
		if in.Stage[i] == '.' && whole[b.f.Blocks[in.Stage[:i]]] {
			return in.Stage[:i]
		}
	}
	if around := prefixes(in.Stage); b.o.Depth > 0 && len(around) >= b.o.Depth {
		return around[b.o.Depth-1]
	}
	return in.Stage
}

func (b *builder) macs(in *ir.Instr) int64 {
	n, err := in.MACs().Eval(b.sample)
	if err != nil {
		return 0
	}
	return n
}

func (b *builder) shape(n *Node, t op.Type) {
	n.Shape = b.showShape(t)
	n.area = 0
	if len(t.Dims) == 4 {
		h, err1 := t.Dims[2].Size.Eval(b.sample)
		w, err2 := t.Dims[3].Size.Eval(b.sample)
		if err1 == nil && err2 == nil {
			n.area = h * w
		}
	}
}

// results makes a node for each result.
func (b *builder) results() {
	for _, r := range b.f.Results {
		from := b.of[r.Value]
		if from == nil {
			continue
		}
		n := b.node(r.Name, nil)
		n.Title, n.Kind, n.result = r.Name, Terminal, true
		b.shape(n, r.Value.Type)
		b.g.add(from.ID, n.ID)
		b.before[n.ID].put(from.ID)
		b.before[n.ID].join(b.before[from.ID])
	}
}

// join lets a node that only finishes what the node in front of it made be a note
// of that node.
func (b *builder) join() {
	preds, succs := b.g.neighbours()
	into := map[int]int{}
	root := func(i int) int {
		for {
			j, ok := into[i]
			if !ok {
				return i
			}
			i = j
		}
	}
	for _, n := range b.g.Nodes {
		if len(preds[n.ID]) != 1 || b.main[n] == nil {
			continue
		}
		p := b.g.Nodes[root(preds[n.ID][0])]
		if len(succs[preds[n.ID][0]]) != 1 || !finishes(n, p) {
			continue
		}
		into[n.ID] = p.ID
		p.Notes = append(p.Notes, n.Title)
		p.Params += n.Params
		p.MACs += n.MACs
		p.Shape, p.area = n.Shape, n.area
	}
	b.renumber(into, root)
}

func finishes(n, p *Node) bool {
	if parent(n.Path) != parent(p.Path) || p.Kind == Terminal {
		return false
	}
	switch n.Kind {
	case Norm, Activation:
		return len(p.Notes) < 3
	case Shape:
		return (p.Kind == Shape || p.Kind == Pool) && len(p.Notes) < 2
	}
	return false
}

func (b *builder) renumber(into map[int]int, root func(int) int) {
	number := map[int]int{}
	var kept []*Node
	before := make([]set, 0, len(b.before))
	for _, n := range b.g.Nodes {
		if _, gone := into[n.ID]; gone {
			continue
		}
		number[n.ID] = len(kept)
		kept = append(kept, n)
	}
	for i, n := range kept {
		n.ID = i
	}
	edges := b.g.Edges
	b.g.Edges, b.g.Nodes = nil, kept
	for _, e := range edges {
		from, to := number[root(e.From)], number[root(e.To)]
		if from != to {
			b.g.add(from, to)
		}
	}
	preds, _ := b.g.neighbours()
	for _, n := range kept {
		var s set
		for _, p := range preds[n.ID] {
			s.put(p)
			s.join(before[p])
		}
		before = append(before, s)
	}
	b.before = before
}

func parent(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}

func (b *builder) sums() {
	for _, n := range b.g.Nodes {
		b.g.Params += n.Params
		b.g.MACs += n.MACs
		for g := n.Group; g != nil; g = g.Up {
			g.Params += n.Params
		}
	}
}
