package passes

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
)

// parallel decides how two and more threads share a layer when they work on one image
// together: each some rows of all channels, or some channels of all rows. A layer under
// 20 us is not split, unless it is joined to its neighbours: threads then go through
// all of them and wait only for the parts that they read.
func parallel(m *ir.Module, t target.Desc) (string, error) {
	var rows, channels, joints, joined int
	for _, f := range m.Funcs {
		if f.Kind != ir.Infer && f.Kind != ir.PredictFunc || f.Memory == nil || !memory.Linear(f) {
			continue
		}
		s := newSplitter(f, t)
		s.choose()
		for _, l := range s.layers {
			l.in.Split = l.split
			switch l.split {
			case ir.ByRows:
				rows++
			case ir.ByChannels:
				channels++
			}
		}
		if err := join(f); err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		for _, j := range f.Joints {
			joints++
			for _, in := range f.Instrs[j.First : j.Last+1] {
				if !ir.OfStates(in) {
					joined++
				}
			}
		}
	}
	return fmt.Sprintf("%d by rows, %d by channels; %d layers joined in %d", rows, channels, joined, joints), nil
}

// splitter chooses the splits of one function.
type splitter struct {
	t      target.Desc
	layers []*splitLayer
	total  int64 // bytes of all weights
}

// splitLayer is a layer that can be split both ways, and what decides.
type splitLayer struct {
	in             *ir.Instr
	split          ir.Split
	alike          bool // a channel of the result needs that of the operand only
	input          int64
	weights, macs  int64
	height, strips int64
	planes         int64       // of the result
	before         *splitLayer // that made its operand; nil for none of these
	after          []*splitLayer
}

const (
	stripChannels = 16      // that one register tile computes, at least
	planeBytes    = 2 << 10 // out of the other's cache that a plane costs of which each thread writes some rows
)

func newSplitter(f *ir.Func, t target.Desc) *splitter {
	s := &splitter{t: t}
	byResult := map[*ir.Value]*splitLayer{}
	for _, in := range f.Instrs {
		if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || in.Args[0].Layout.Plain() || ir.OfStates(in) {
			continue
		}
		x, y := in.Args[0].Map(), in.Outs[0].Map()
		l := &splitLayer{in: in, input: known(x.Bytes()), height: known(y.H), strips: (y.C + stripChannels - 1) / stripChannels, planes: y.Blocks()}
		l.alike = in.Attrs.Int("groups") == y.C
		l.weights, _ = in.Args[1].Type.Bytes().IsConst()
		l.macs = macsOfOne(in)
		s.total += l.weights
		if l.before = byResult[in.Args[0]]; l.before != nil {
			l.before.after = append(l.before.after, l)
		}
		byResult[in.Outs[0]] = l
		s.layers = append(s.layers, l)
	}
	return s
}

// known returns a size of a function whose maps are known when it is compiled.
func known(e sym.Expr) int64 {
	n, ok := e.IsConst()
	if !ok {
		diag.Bugf("passes: found a map of %v, expected a size known when it is compiled", e)
	}
	return n
}

// macsOfOne returns the multiply-adds of in for one image.
func macsOfOne(in *ir.Instr) int64 {
	macs := in.MACs()
	one := map[string]sym.Expr{}
	for _, s := range macs.Symbols() {
		one[s] = sym.Const(1)
	}
	n, _ := macs.Subst(one).IsConst()
	return n
}

// startRows are the heights from which on layers begin as split by rows: neighbours that
// would have to change together are found by one beginning or another.
var startRows = []int64{0, 8, 12, 24, 1 << 40}

// choose gives each layer its split: the cheapest of what the beginnings lead to.
func (s *splitter) choose() {
	best, least := make([]ir.Split, len(s.layers)), math.Inf(1)
	for _, rows := range startRows {
		for _, l := range s.layers {
			if l.split = ir.ByChannels; l.height >= rows {
				l.split = ir.ByRows
			}
		}
		s.settle()
		total := 0.0
		for _, l := range s.layers {
			total += s.cost(l)
		}
		if total < least {
			least = total
			for i, l := range s.layers {
				best[i] = l.split
			}
		}
	}
	for i, l := range s.layers {
		l.split = best[i]
	}
}

// mostSweeps bounds settle; networks need two or three.
const mostSweeps = 8

// settle lets each layer take what is cheaper for it and the layers after it, until
// none changes.
func (s *splitter) settle() {
	for range mostSweeps {
		changed := false
		for _, l := range s.layers {
			old := l.split
			rows, channels := s.around(l, ir.ByRows), s.around(l, ir.ByChannels)
			if l.split = ir.ByRows; channels < rows {
				l.split = ir.ByChannels
			}
			changed = changed || l.split != old
		}
		if !changed {
			return
		}
	}
}

// around is the cost of l and of those that read its result if it is split so.
func (s *splitter) around(l *splitLayer, split ir.Split) float64 {
	l.split = split
	c := s.cost(l)
	for _, next := range l.after {
		c += s.cost(next)
	}
	return c
}

// cost weighs what the busier of two threads does in l, in the unit of group-images.
func (s *splitter) cost(l *splitLayer) float64 {
	pieces, weights := l.height, float64(l.weights)
	if l.split == ir.ByChannels {
		pieces, weights = l.strips, weights/2
	}
	c := float64(l.macs) / macsPerByte * float64((pieces+1)/2) / float64(pieces)
	switch {
	case s.total <= int64(s.t.L2)/2:
	case s.total <= int64(s.t.L3):
		c += weights
	default:
		c += slowMemory * weights
	}
	// What the other thread wrote comes out of its cache, at the speed of memory.
	other := 0.0
	switch before := l.before; {
	case l.split == ir.ByChannels && !l.alike:
		other = 1.0 / 2 // all channels are read, one half of which is its own
	case before == nil:
		other = 1.0 / 4
	case before.split != l.split:
		other = 1.0 / 4 // of the half that is read, one half is its own
	}
	crossing := other * float64(l.input)
	if l.split == ir.ByRows {
		crossing += planeBytes * float64(l.planes)
	}
	return c + slowMemory*crossing
}

// join makes joints of as many neighbours as may be.
func join(f *ir.Func) error {
	j, err := ir.NewJoints(f)
	if err != nil {
		return err
	}
	f.Joints = nil
	for first := 0; first < len(f.Instrs); first++ {
		if !ir.Joinable(f.Instrs[first]) || ir.OfStates(f.Instrs[first]) {
			continue
		}
		last := first
		for end := first + 1; end < len(f.Instrs); end++ {
			if ir.OfStates(f.Instrs[end]) {
				continue
			}
			if j.Check(first, end) != nil {
				break
			}
			last = end
		}
		if last > first {
			f.Joints = append(f.Joints, ir.Joint{First: first, Last: last})
		}
		first = last
	}
	return nil
}
