package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// Room that F(4, 3) may take beyond F(2, 3): its transformed weights are four times the
// weights, and not 16/9 times, stay resident and are read with each call, for a quarter of
// the time of a few layers.
const (
	transformedRoom = 24 << 20 // bytes
	transformedPart = 4        // or this part of the weights of the net, where that is more
)

// limitWinograd writes F(2, 3) into the convolutions whose kernels would choose F(4, 3) and
// for whose weights there is no room. Layers come in the order of the plan: those of large
// images, whose weights are few, first.
func limitWinograd(m *ir.Module, _ target.Desc) (string, error) {
	kept, limited := 0, 0
	for _, f := range m.Funcs {
		if !serves(f) {
			continue
		}
		room := max(transformedRoom, weightBytes(m, f.Net)/transformedPart)
		for _, in := range f.Instrs {
			more := beyondSmall(m, f, in)
			switch {
			case more == 0:
			case more <= room:
				room -= more
				kept++
			default:
				in.Attrs["algo"] = blocked.Winograd2.String()
				limited++
			}
		}
	}
	return fmt.Sprintf("%d convolutions by F(4, 3), %d by F(2, 3) for want of room", kept, limited), nil
}

// serves reports whether f answers calls: its weights are packed once, and kept.
func serves(f *ir.Func) bool { return f.Kind == ir.Infer || f.Kind == ir.PredictFunc }

// beyondSmall is how many bytes more the weights of in take by F(4, 3), which its kernel
// would choose by itself, than by F(2, 3); 0 for all other instructions.
func beyondSmall(m *ir.Module, f *ir.Func, in *ir.Instr) int64 {
	if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || in.Args[1].Def == nil || !ir.OfStates(in.Args[1].Def) || kernels.Algorithm(in) != blocked.Auto {
		return 0
	}
	at := kernels.Sizes(f.UsualSizes())
	packed := func(algo blocked.Algorithm) (floats int, takes blocked.Algorithm) {
		c := kernels.Conv(in, ir.UsualImages(m, f), at)
		c.Algo = algo
		p := blocked.NewConv(c)
		return p.PackedLen(), p.Algo
	}
	large, algo := packed(blocked.Auto)
	if algo != blocked.Winograd4 {
		return 0
	}
	small, _ := packed(blocked.Winograd2)
	return 4 * int64(large-small)
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
