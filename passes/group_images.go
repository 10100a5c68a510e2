package passes

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
)

// groupImages cuts the functions that answer for a batch into segments, each done for a
// group of some images before the next group. One image at a time keeps what passes
// from layer to layer in the caches; several at a time read the weights once for all of
// them. Which groups are best follows from the bytes of both (decision 0015).
func groupImages(m *ir.Module, t target.Desc) (string, error) {
	var notes []string
	for _, f := range m.Funcs {
		if f.Kind != ir.Infer && f.Kind != ir.PredictFunc || !memory.Linear(f) {
			continue
		}
		batch := batchOf(f)
		if batch == "" {
			continue
		}
		if err := newGrouper(f, batch, t).cut(); err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		for _, s := range f.Segments {
			notes = append(notes, fmt.Sprintf("%s %d..%d by %d", f.Name, s.First, s.Last, s.Images))
		}
	}
	if notes == nil {
		return "0 segments", nil
	}
	return fmt.Sprintf("%d segments: %s", len(notes), strings.Join(notes, ", ")), nil
}

// batchOf returns the symbol that counts the images of f, "" for none or several.
func batchOf(f *ir.Func) string {
	var symbols []string
	for _, v := range f.Inputs {
		symbols = append(symbols, v.Type.Elems().Symbols()...)
	}
	slices.Sort(symbols)
	if symbols = slices.Compact(symbols); len(symbols) != 1 {
		return ""
	}
	return symbols[0]
}

// groupSizes are the images of a group that are considered; 0 is the whole batch.
var groupSizes = []int64{1, 2, 4, 8, 16, 0}

// usualBatch is the batch that 0 is weighed as.
const usualBatch = 64

// mostBeyond is the most images of a group that does not fit the second cache. Twice as
// many save an eighth of the reads of weights, which products hardly wait for, and twice
// as many lines of their maps are gone when the next layer reads or writes them.
const mostBeyond = 4

// The unit of cost is the time in which a core reads a byte of the last cache. Memory
// behind it takes slowMemory as long; a call of a kernel takes callCost; a core does
// macsPerByte multiply-adds meanwhile. A convolution wastes, on average, halfTile
// pixels of a group, at the end of its last tile.
const (
	slowMemory  = 3
	callCost    = 4000
	macsPerByte = 3
	halfTile    = 3
)

// groupCaches are the second caches of the target that a group is weighed with. They make 1 MiB, as
// Zen 4, Zen 5 and Intel's servers have, or more; Zen 2 and 3 have the 512 KiB of the target. With these,
// one image of 14 x 14 pixels and 500 channels fits no cache, and nothing speaks against four.
const groupCaches = 2

// mostGrowth is the part of its arena by which a function for one image may grow so that
// batches run in groups, littleGrowth bytes that are never too many: what passes between
// segments is kept for the whole batch, as long as the loops take that write and read it.
const (
	mostGrowth   = 1.0 / 32
	littleGrowth = 64 << 10
)

// grouper weighs the groups of one function.
type grouper struct {
	f     *ir.Func
	batch string
	cache int64 // bytes of the second cache, as groups are weighed
	t     target.Desc
	steps []groupStep
	total int64 // bytes of all weights
}

// groupStep is what an instruction costs for one image.
type groupStep struct {
	at                    int // in the function
	alone                 bool
	images, weights, macs int64
	pixels                int64
	crossing              int64 // bytes of an image that are alive before it
	view                  bool
}

func newGrouper(f *ir.Func, batch string, t target.Desc) *grouper {
	g := &grouper{f: f, batch: batch, t: t, cache: groupCaches * int64(t.L2)}
	one := map[string]int64{batch: 1}
	bytes := func(v *ir.Value) int64 {
		n, err := v.Bytes().Eval(one)
		if err != nil {
			return 0
		}
		return n
	}
	uses := f.Uses()
	alive, last := int64(0), map[*ir.Value]int{}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			last[a] = i
		}
	}
	for i, in := range f.Instrs {
		if ir.OfStates(in) {
			continue
		}
		s := groupStep{at: i, alone: !ir.Separable(in, batch), view: ir.IsView(in) || ir.IsPart(in), crossing: alive}
		if in.Op.Name == "fused" {
			// Results that nobody reads lie in scratch that all groups share.
			s.alone = s.alone || slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return len(uses[v]) == 0 && !f.IsResult(v) })
		}
		for _, v := range slices.Concat(in.Args, in.Outs) {
			switch {
			case v == nil || s.view:
			case v.OneForAll():
				s.weights += bytes(v)
			default:
				s.images += bytes(v)
			}
		}
		s.macs, _ = in.MACs().Subst(map[string]sym.Expr{batch: sym.Const(1)}).IsConst()
		s.pixels = g.pixelsOf(in)
		g.total += s.weights
		g.steps = append(g.steps, s)
		for _, v := range in.Outs {
			if !s.view {
				alive += bytes(v)
			}
		}
		for v, end := range last {
			if end == i && v != nil && v.Def != nil && !ir.OfStates(v.Def) && !ir.IsView(v.Def) && !ir.IsPart(v.Def) && !f.IsResult(v) {
				alive -= bytes(v)
			}
		}
	}
	return g
}

// pixelsOf returns the places of an image that in computes with the same weights: those
// of a map, or the tokens before the last axis.
func (g *grouper) pixelsOf(in *ir.Instr) int64 {
	if len(in.Outs) == 0 {
		return 1
	}
	y := in.Outs[0].Type
	if m, ok := ir.MapOf(y, ir.Layout{}); ok && in.Op.Name != "matmul" {
		if pixels, ok := m.Pixels(); ok {
			return max(1, pixels)
		}
	}
	places := int64(1)
	for _, d := range y.Dims[:max(0, y.Rank()-1)] {
		if n, ok := d.Size.Subst(map[string]sym.Expr{g.batch: sym.Const(1)}).IsConst(); ok {
			places *= n
		}
	}
	return max(1, places)
}

// cut gives f the segments that cost least among the candidates whose arena grows
// little.
func (g *grouper) cut() error {
	align := int64(g.t.Align)
	before, err := memory.Size(g.f, 1, align)
	if err != nil {
		return err
	}
	var cheapest []ir.Segment
	least := g.pathCost(make([]int64, len(g.steps))) // all for the whole batch
	for _, path := range g.candidates() {
		c := g.pathCost(path)
		if c >= least && g.t.Group == 0 {
			continue
		}
		g.f.Segments = g.segments(path)
		after, err := memory.Size(g.f, 1, align)
		if err != nil {
			return err
		}
		if g.t.Group > 0 || float64(after-before) <= max(littleGrowth, mostGrowth*float64(before)) {
			cheapest, least = g.f.Segments, c
		}
	}
	g.f.Segments = cheapest
	return nil
}

// candidates are the cheapest path, those that are cheapest where what passes between
// segments is charged more, and groups of one size up to the last layer of images.
func (g *grouper) candidates() [][]int64 {
	paths := [][]int64{g.best(1)}
	if g.t.Group > 0 {
		return paths
	}
	paths = append(paths, g.best(8), g.best(64))
	end := 0
	for i, s := range g.steps {
		if s.macs > 0 && s.pixels > 1 {
			end = i + 1
		}
	}
	for end < len(g.steps) && g.steps[end].macs == 0 && !g.steps[end].alone { // its mean, say
		end++
	}
	for _, n := range groupSizes[:len(groupSizes)-1] {
		path := make([]int64, len(g.steps))
		for i := range end {
			if g.allows(g.steps[i], n) {
				path[i] = n
			}
		}
		paths = append(paths, path)
	}
	return paths
}

// pathCost weighs groups for all steps.
func (g *grouper) pathCost(path []int64) float64 {
	total := 0.0
	for i, s := range g.steps {
		n := path[i]
		if i > 0 && path[i-1] != n {
			total += 2 * slowMemory * float64(s.crossing)
		}
		if n == 0 {
			n = usualBatch
		}
		total += g.cost(s, n)
	}
	return total
}

// allows reports whether a step may be in a group of n images; 0 is the whole batch.
func (g *grouper) allows(s groupStep, n int64) bool {
	return n == 0 || !s.alone && (n <= mostBeyond || n*s.images <= g.cache)
}

// cost weighs a step for one image in groups of n.
func (g *grouper) cost(s groupStep, n int64) float64 {
	if s.view {
		return 0
	}
	c := callCost / float64(n)
	// Weights come once a group, from where all of them fit.
	switch {
	case g.total <= g.cache/2:
	case g.total <= int64(g.t.L3):
		c += float64(s.weights) / float64(n)
	default:
		c += slowMemory * float64(s.weights) / float64(n)
	}
	// Images come from where a group of them fits.
	switch live := n * s.images; {
	case live <= g.cache:
	case live <= int64(g.t.L3):
		c += float64(s.images)
	default:
		c += slowMemory * float64(s.images)
	}
	if s.weights > 0 {
		c += float64(s.macs) / macsPerByte * halfTile / float64(n*s.pixels)
	}
	return c
}

// best returns for each step the images of its group: those of the lowest
// cost, what passes from one group to another going through memory, at price times that.
func (g *grouper) best(price float64) []int64 {
	path := make([]int64, len(g.steps))
	if g.t.Group > 0 {
		for i, s := range g.steps {
			if !s.alone {
				path[i] = g.t.Group
			}
		}
		return path
	}
	count := len(groupSizes)
	costs, from := make([]float64, count), make([][]int, len(g.steps))
	for i, s := range g.steps {
		next := make([]float64, count)
		from[i] = make([]int, count)
		for k, n := range groupSizes {
			next[k] = math.Inf(1)
			for j, c := range costs {
				if j != k {
					c += price * 2 * slowMemory * float64(s.crossing)
				}
				if c < next[k] {
					next[k], from[i][k] = c, j
				}
			}
			switch {
			case !g.allows(s, n):
				next[k] = math.Inf(1)
			case n == 0:
				next[k] += g.cost(s, usualBatch)
			default:
				next[k] += g.cost(s, n)
			}
		}
		costs = next
	}
	k := 0
	for j := range costs {
		if costs[j] < costs[k] {
			k = j
		}
	}
	for i := len(g.steps) - 1; i >= 0; i-- {
		path[i] = groupSizes[k]
		k = from[i][k]
	}
	return path
}

// segments joins steps of one group.
func (g *grouper) segments(path []int64) []ir.Segment {
	var list []ir.Segment
	for i, n := range path {
		at := g.steps[i].at
		switch {
		case n == 0:
		case i > 0 && path[i-1] == n:
			list[len(list)-1].Last = at
		default:
			list = append(list, ir.Segment{First: at, Last: at, Images: n, Batch: g.batch})
		}
	}
	return list
}
