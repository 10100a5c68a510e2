package kernels

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// Room is the bytes that the kernels of a training step or an evaluation take beside its
// arena, for a batch: the largest weights in the order of the kernel that is about to read
// them, and the scratch of a thread on the processor that wants most. Convolutions and norms
// on blocks of channels are counted; what the others take is small and does not grow with
// the images.
func Room(f *ir.Func, batch int64) int64 {
	n, packed, perWorker, shared := int(batch), 0, 0, 0
	at := Sizes(f.UsualSizes())
	need := func(own, all int) { perWorker, shared = max(perWorker, own), max(shared, all) }
	for _, in := range f.Instrs {
		switch {
		case in.Op.Name == "conv" && !in.Outs[0].Layout.Plain():
			c := Conv(in, batch, at)
			need(c.MostNeed(n))
			packed = max(packed, blocked.NewConv(c).PackedLen())
		case in.Op.Name == "conv_dx" && !in.Outs[0].Layout.Plain():
			c := ConvDX(in, batch, at)
			need(c.MostNeed(n))
			packed = max(packed, blocked.NewConvDX(c).PackedLen())
		case in.Op.Name == "conv_dw" && !in.Args[1].Layout.Plain():
			need(ConvDW(in, at).MostNeed(n))
		case (in.Op.Name == "bn_train" || in.Op.Name == "bn_dx") && !in.Args[0].Layout.Plain():
			need(0, blocked.NormNeed(at.MapOf(in.Args[0]), n))
		}
	}
	return 4 * int64(packed+perWorker+shared)
}
