package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Frame adds the kernel of the zeros around maps. For each of some planes it clears
// head pixels, then, rows times, leaves width pixels as they are and clears side
// pixels, and at last leaves width pixels and clears tail ones. It stores eight
// channels at a time, on both sets.
//
// Twin: zeroBandsGeneric of runtime/kernel/blocked.
//
// Registers: DI plane, SI cursor, CX pixels left, R8 bytes of width, R9 side, R10
// rows left, R11 rows, R12 R13 head and tail, R14 step of planes, DX planes left.
func Frame(c *build.Context, s ISA) error {
	if s.Lanes != vecLanes {
		return nil
	}
	begin(c, "zeroframe_f32_avx2", "func(dst *float32, planes int, step int, head int, rows int, width int, side int, tail int)",
		"zeroframe_f32_avx2 clears what surrounds the rows of planes; step is in bytes, the rest in pixels.")
	load(c, kept{"dst", reg.RDI}, kept{"planes", reg.RDX}, kept{"step", reg.R14}, kept{"head", reg.R12}, kept{"rows", reg.R11},
		kept{"width", reg.R8}, kept{"side", reg.R9}, kept{"tail", reg.R13})
	c.SHLQ(imm8(5), reg.R8)
	c.VXORPS(reg.Y0, reg.Y0, reg.Y0)
	c.Label("plane")
	c.MOVQ(reg.RDI, reg.RSI)
	clearPixels(c, "head", reg.R12)
	c.MOVQ(reg.R11, reg.R10)
	c.TESTQ(reg.R10, reg.R10)
	c.JZ(jump("last"))
	c.Label("row")
	c.ADDQ(reg.R8, reg.RSI)
	clearPixels(c, "side", reg.R9)
	c.DECQ(reg.R10)
	c.JNZ(jump("row"))
	c.Label("last")
	c.ADDQ(reg.R8, reg.RSI)
	clearPixels(c, "tail", reg.R13)
	c.ADDQ(reg.R14, reg.RDI)
	c.DECQ(reg.RDX)
	c.JNZ(jump("plane"))
	end(c)
	return nil
}

// clearPixels clears n pixels, at least one, from SI on.
func clearPixels(c *build.Context, label string, n reg.GPPhysical) {
	c.MOVQ(n, reg.RCX)
	c.Label(label)
	c.VMOVUPS(reg.Y0, at(reg.RSI, 0))
	c.ADDQ(operand.U8(pixelBytes), reg.RSI)
	c.DECQ(reg.RCX)
	c.JNZ(jump(label))
}
