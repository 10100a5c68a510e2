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
// resident and are read with each call. Those of F(4, 3) are four times the weights, and
// of F(2, 3) 16/9 times.
const (
	transformedRoom = 24 << 20 // bytes
	transformedPart = 4        // or this part of the weights of the net, where that is more
)

// transformed is a convolution whose kernels would choose weights that take more room.
type transformed struct {
	in    *ir.Instr
	plain blocked.Algorithm // the one that takes less: F(2, 3), of stride 2 direct
	bytes int64             // that it takes less
	saved int64             // multiply-adds of a call that it makes more
}

// gain is what a byte saves.
func (t transformed) gain() float64 { return float64(t.saved) / float64(t.bytes) }

// limitWinograd writes the plainer algorithm into the convolutions for whose transformed
// weights there is no room. Room goes first to those that save most for a byte.
func limitWinograd(m *ir.Module, _ target.Desc) (string, error) {
	kept, limited := 0, 0
	for _, f := range m.Funcs {
		if !serves(f) {
			continue
		}
		var all []transformed
		for _, in := range f.Instrs {
			if t, ok := transformedOf(m, f, in); ok {
				all = append(all, t)
			}
		}
		slices.SortStableFunc(all, func(a, b transformed) int { return cmp.Compare(b.gain(), a.gain()) })
		room := max(transformedRoom, weightBytes(m, f.Net)/transformedPart)
		for _, t := range all {
			if t.bytes <= room {
				room -= t.bytes
				kept++
				continue
			}
			t.in.Attrs["algo"] = t.plain.String()
			limited++
		}
	}
	return fmt.Sprintf("%d convolutions have transformed weights, %d not for want of room", kept, limited), nil
}

// serves reports whether f answers calls: its weights are packed once, and kept.
func serves(f *ir.Func) bool { return f.Kind == ir.Infer || f.Kind == ir.PredictFunc }

// transformedOf describes in, if its kernel would by itself choose F(4, 3), or F(2, 3) of
// stride 2.
func transformedOf(m *ir.Module, f *ir.Func, in *ir.Instr) (t transformed, ok bool) {
	if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || in.Args[1].Def == nil || !ir.OfStates(in.Args[1].Def) || kernels.Algorithm(in) != blocked.Auto {
		return t, false
	}
	c := kernels.Conv(in, ir.UsualImages(m, f), kernels.Sizes(f.UsualSizes()))
	chosen := blocked.NewConv(c)
	switch {
	case chosen.Algo == blocked.Winograd4:
		c.Algo = blocked.Winograd2
	case chosen.Algo == blocked.Winograd2 && c.Shape.StrideH == 2:
		c.Algo = blocked.Direct
	default:
		return t, false
	}
	plain := blocked.NewConv(c)
	return transformed{
		in:    in,
		plain: c.Algo,
		bytes: 4 * int64(chosen.PackedLen()-plain.PackedLen()),
		saved: int64(plain.Products(1) - chosen.Products(1)),
	}, true
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
