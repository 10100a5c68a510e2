package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// Frame adds the kernel of the zeros around maps: rows of n pixels of a block, step
// bytes apart, become zero. It stores eight channels at a time, on both sets.
//
// Twin: Map.ZeroHalo of runtime/kernel/blocked.
//
// Registers: DI row, SI cursor, CX pixels left, R8 pixels, R9 rows left, R10 step.
func Frame(c *build.Context, s ISA) error {
	if s.Lanes != vecLanes {
		return nil
	}
	begin(c, "zerorows_f32_avx2", "func(dst *float32, n int, rows int, step int)",
		"zerorows_f32_avx2 clears rows of n times 8 floats, step bytes apart.")
	c.Load(c.Param("dst"), reg.RDI)
	c.Load(c.Param("n"), reg.R8)
	c.Load(c.Param("rows"), reg.R9)
	c.Load(c.Param("step"), reg.R10)
	c.VXORPS(reg.Y0, reg.Y0, reg.Y0)
	c.Label("row")
	c.MOVQ(reg.RDI, reg.RSI)
	c.MOVQ(reg.R8, reg.RCX)
	c.Label("pixel")
	c.VMOVUPS(reg.Y0, at(reg.RSI, 0))
	c.ADDQ(imm8(pixelBytes), reg.RSI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("pixel"))
	c.ADDQ(reg.R10, reg.RDI)
	c.DECQ(reg.R9)
	c.JNZ(jump("row"))
	end(c)
	return nil
}
