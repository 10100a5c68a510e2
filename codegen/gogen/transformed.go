package gogen

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// Room that F(4, 3) may take beyond F(2, 3): its transformed weights are four times the
// weights, and not 16/9 times, stay resident and are read with each call, for a quarter of
// the time of a few layers.
const (
	transformedRoom = 24 << 20 // bytes
	transformedPart = 4        // or this part of the weights of the net, where that is more
)

// chooseTransformed writes F(2, 3) into the convolutions of f that would choose F(4, 3)
// and have no room for it. Layers come in the order of the plan: those of large images,
// whose weights are few, first.
func chooseTransformed(f *ir.Func, states []*ir.State) {
	all := int64(0)
	for _, s := range states {
		if shape, err := stateShape(s); err == nil {
			all += 4 * product(shape)
		}
	}
	room := max(transformedRoom, all/transformedPart)
	for _, in := range f.Instrs {
		if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || !isWeight(in.Args[1]) || measured(in) != blocked.Auto {
			continue
		}
		plan := convPlanOf(in)
		large := blocked.NewConv(plan)
		if large.Algo != blocked.Winograd4 {
			continue
		}
		plan.Algo = blocked.Winograd2
		if more := 4 * int64(large.PackedLen()-blocked.NewConv(plan).PackedLen()); more <= room {
			room -= more
		} else {
			in.Attrs["algo"] = plan.Algo.String()
		}
	}
}
