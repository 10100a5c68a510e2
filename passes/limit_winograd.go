package passes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// Room that transformed weights may take beyond those of a plainer algorithm: they stay
// resident and are read with each call. Those of F(4, 3) are four times the weights, of
// F(3, 3) 25/9 times and of F(2, 3) 16/9 times.
const (
	transformedRoom = 26 << 20 // bytes
	transformedPart = 4        // or this part of the weights of the net, where that is more
)

// transformed is a convolution whose kernels would choose weights that take more room.
type transformed struct {
	in    *ir.Instr
	ways  []transformedWay // from the one that takes the least room to the chosen one
	taken int              // of them
}

// transformedWay is an algorithm of a convolution.
type transformedWay struct {
	algo     blocked.Algorithm
	bytes    int64 // of the transformed weights
	products int64 // multiply-adds of a call
}

// step is from one way of a convolution to the next one.
type step struct {
	of *transformed
	to int
}

// costs are the bytes that a step takes, saves the multiply-adds that it saves.
func (s step) costs() int64 { return s.of.ways[s.to].bytes - s.of.ways[s.to-1].bytes }
func (s step) saves() int64 { return s.of.ways[s.to-1].products - s.of.ways[s.to].products }

// gain is what a byte of a step saves.
func (s step) gain() float64 { return float64(s.saves()) / float64(s.costs()) }

// limitWinograd writes a plainer algorithm into the convolutions for whose transformed
// weights there is no room. Room goes first to the steps, from one algorithm of a
// convolution to the next, that save most for a byte.
func limitWinograd(m *ir.Module, _ target.Desc) (string, error) {
	kept, limited := 0, 0
	for _, f := range m.Funcs {
		if !serves(f) {
			continue
		}
		var all []*transformed
		var steps []step
		for _, in := range f.Instrs {
			if t, ok := transformedOf(m, f, in); ok {
				all = append(all, t)
				for to := 1; to < len(t.ways); to++ {
					steps = append(steps, step{t, to})
				}
			}
		}
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.gain(), a.gain()) })
		room := max(transformedRoom, weightBytes(m, f.Net)/transformedPart)
		for _, s := range steps {
			if s.of.taken == s.to-1 && s.costs() <= room {
				room -= s.costs()
				s.of.taken = s.to
			}
		}
		for _, t := range all {
			if t.taken == len(t.ways)-1 {
				kept++
				continue
			}
			t.in.Attrs["algo"] = t.ways[t.taken].algo.String()
			limited++
		}
	}
	return fmt.Sprintf("%d convolutions have the transformed weights they would choose, %d smaller ones for want of room", kept, limited), nil
}

// serves reports whether f answers calls: its weights are packed once, and kept.
func serves(f *ir.Func) bool { return f.Kind == ir.Infer || f.Kind == ir.PredictFunc }

// transformedOf describes in, if its kernel would by itself choose F(4, 3) or F(3, 3), or
// F(2, 3) of stride 2.
func transformedOf(m *ir.Module, f *ir.Func, in *ir.Instr) (t *transformed, ok bool) {
	if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || in.Args[1].Def == nil || !ir.OfStates(in.Args[1].Def) || kernels.Algorithm(in) != blocked.Auto {
		return nil, false
	}
	c := kernels.Conv(in, ir.UsualImages(m, f), kernels.Sizes(f.UsualSizes()))
	chosen := blocked.NewConv(c)
	plainer := []blocked.Algorithm{blocked.Winograd2, blocked.Winograd3}
	switch {
	case chosen.Algo == blocked.Winograd4:
	case chosen.Algo == blocked.Winograd3:
		plainer = plainer[:1]
	case chosen.Algo == blocked.Winograd2 && c.Shape.StrideH == 2:
		plainer = []blocked.Algorithm{blocked.Direct}
	default:
		return nil, false
	}
	t = &transformed{in: in}
	for _, c.Algo = range plainer {
		t.add(blocked.NewConv(c))
	}
	t.add(chosen)
	return t, true
}

// add adds a way that takes more room than those before it, and leaves out what is then
// worth no step: one that saves no more for a byte than the one to the new way.
func (t *transformed) add(p *blocked.Conv) {
	t.ways = append(t.ways, transformedWay{p.Algo, 4 * int64(p.PackedLen()), int64(p.Products(1))})
	for n := len(t.ways); n > 2 && (step{t, n - 2}).gain() <= (step{t, n - 1}).gain(); n = len(t.ways) {
		t.ways = slices.Delete(t.ways, n-2, n-1)
	}
}

// weightBytes are the bytes of the states that a call of a net reads.
func weightBytes(m *ir.Module, net string) (bytes int64) {
	seen := map[*ir.State]bool{}
	for _, f := range m.Funcs {
		if f.Net != net || !serves(f) {
			continue
		}
		for _, in := range f.Instrs {
			if s := m.State(net, in.Attrs.String("name")); isState(in) && s != nil && !seen[s] {
				seen[s] = true
				n, _ := s.Type.Elems().IsConst()
				bytes += 4 * n
			}
		}
	}
	return bytes
}
