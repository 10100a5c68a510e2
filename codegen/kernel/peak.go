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

// Peak adds the loop that shows what the FMA units of a core can do: registers
// only, 12 independent chains (8 are needed to hide a latency of 4 cycles on two
// units).
//
//	acc = acc·(−1) + 1, n trips of peakUnroll rounds
//
// The values alternate between 0.3 and 0.7, so that bits toggle as in real work,
// and never leave that range.
//
// Registers: CX trips, Y0..Y11 accumulators, Y12 −1, Y13 1.
func Peak(c *build.Context) error {
	begin(c, "fma_f32_avx2", "func(n int)", "fma_f32_avx2 runs n trips of a loop of independent multiply-adds.")
	table := words(c, "peak", []uint32{0x3e99999a, 0xbf800000, 0x3f800000}) // 0.3 −1 1
	value := func(i int) operand.Mem { return table.Offset(4 * i) }
	c.Load(c.Param("n"), reg.RCX)
	for i := range 12 {
		c.VBROADCASTSS(value(0), ymm(i))
	}
	c.VBROADCASTSS(value(1), reg.Y12)
	c.VBROADCASTSS(value(2), reg.Y13)
	align16(c)
	c.Label("loop")
	for range peakUnroll {
		for i := range 12 {
			c.VFMADD213PS(reg.Y13, reg.Y12, ymm(i))
		}
	}
	c.DECQ(reg.RCX)
	c.JNZ(jump("loop"))
	end(c)
	return nil
}
