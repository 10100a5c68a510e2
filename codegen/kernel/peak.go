package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakUnroll is how often the loop of Peak goes over its accumulators. The twelve
// chains times peakUnroll times 16 are the operations of a trip, which peakFlops of
// runtime/kernel repeats.
const peakUnroll = 2

// peaks adds the loop of every instruction set.
func peaks(c *build.Context) error {
	for _, s := range ISAs {
		Peak(c, s)
	}
	return nil
}

// Peak adds the loop that shows what the FMA units of a core can do: registers
// only, 12 independent chains (8 are needed to hide a latency of 4 cycles on two
// units).
//
//	acc = acc·(−1) + 1, n trips of peakUnroll rounds
//
// The values alternate between 0.3 and 0.7, so that bits toggle as in real work,
// and never leave that range.
//
// Registers: CX trips, vectors 0..11 accumulators, 12 −1, 13 1.
func Peak(c *build.Context, s ISA) {
	name := "fma_f32_" + s.Name
	begin(c, name, "func(n int)", name+" runs n trips of a loop of independent multiply-adds.")
	table := words(c, "peak_"+s.Name, []uint32{0x3e99999a, 0xbf800000, 0x3f800000}) // 0.3 −1 1
	value := func(i int) operand.Mem { return table.Offset(4 * i) }
	c.Load(c.Param("n"), reg.RCX)
	for i := range 12 {
		c.VBROADCASTSS(value(0), s.vec(i))
	}
	c.VBROADCASTSS(value(1), s.vec(12))
	c.VBROADCASTSS(value(2), s.vec(13))
	align16(c)
	c.Label("loop")
	for range peakUnroll {
		for i := range 12 {
			c.VFMADD213PS(s.vec(13), s.vec(12), s.vec(i))
		}
	}
	c.DECQ(reg.RCX)
	c.JNZ(jump("loop"))
	end(c)
}
