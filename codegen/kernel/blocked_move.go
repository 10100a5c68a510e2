package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The moving kernels of the blocked layout enlarge rows and change the lanes of
// channels, a pixel of eight channels at a time on both sets: they wait for memory.
//
// Twins: resizeRow and Copy.lanes of runtime/kernel/blocked.

// Moves adds the kernels.
func Moves(c *build.Context, s ISA) error {
	if s.Lanes != vecLanes {
		return nil
	}
	repeatPixels(c)
	mixRows(c)
	shiftLanes(c)
	return nil
}

// repeatPixels adds the kernel of the nearest pixel: every pixel of a row is written
// times over.
//
// Registers: DI y, SI x, CX pixels left, R8 times, DX copies left.
func repeatPixels(c *build.Context) {
	begin(c, "repeatpixels_f32_avx2", "func(y *float32, x *float32, n int, times int)",
		"repeatpixels_f32_avx2 writes each of n pixels of x times over.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.RSI}, kept{"n", reg.RCX}, kept{"times", reg.R8})
	c.Label("pixel")
	c.VMOVUPS(at(reg.RSI, 0), reg.Y0)
	c.MOVQ(reg.R8, reg.RDX)
	c.Label("copy")
	c.VMOVUPS(reg.Y0, at(reg.RDI, 0))
	c.ADDQ(imm8(pixelBytes), reg.RDI)
	c.DECQ(reg.RDX)
	c.JNZ(jump("copy"))
	c.ADDQ(imm8(pixelBytes), reg.RSI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("pixel"))
	end(c)
}

// mixRows adds the kernel of bilinear enlargement: a row of results from two rows of
// pixels,
//
//	y[q] = (a[lo]·(1-f) + a[hi]·f) · w[0] + (b[lo]·(1-f) + b[hi]·f) · w[1]
//
// A tap of 16 bytes for each q holds the distances of lo and hi in bytes, and 1-f and
// f. Products are rounded before they are added, as the twin rounds them.
//
// Registers: DI y, SI R8 rows a and b, BX taps, CX pixels left, AX DX distances;
// Y14 Y15 w.
func mixRows(c *build.Context) {
	begin(c, "mixrows_f32_avx2", "func(y *float32, a *float32, b *float32, taps *byte, n int, w *float32)",
		"mixrows_f32_avx2 computes n pixels between two rows.")
	load(c, kept{"y", reg.RDI}, kept{"a", reg.RSI}, kept{"b", reg.R8}, kept{"taps", reg.RBX}, kept{"n", reg.RCX}, kept{"w", reg.RAX})
	c.VBROADCASTSS(at(reg.RAX, 0), reg.Y14)
	c.VBROADCASTSS(at(reg.RAX, 4), reg.Y15)
	align16(c)
	c.Label("pixel")
	c.MOVLQSX(at(reg.RBX, 0), reg.RAX)
	c.MOVLQSX(at(reg.RBX, 4), reg.RDX)
	c.VBROADCASTSS(at(reg.RBX, 8), reg.Y0)
	c.VBROADCASTSS(at(reg.RBX, 12), reg.Y1)
	c.VMULPS(indexed(reg.RSI, reg.RAX, 0), reg.Y0, reg.Y2)
	c.VMULPS(indexed(reg.RSI, reg.RDX, 0), reg.Y1, reg.Y3)
	c.VMULPS(indexed(reg.R8, reg.RAX, 0), reg.Y0, reg.Y4)
	c.VMULPS(indexed(reg.R8, reg.RDX, 0), reg.Y1, reg.Y5)
	c.VADDPS(reg.Y3, reg.Y2, reg.Y2)
	c.VADDPS(reg.Y5, reg.Y4, reg.Y4)
	c.VMULPS(reg.Y14, reg.Y2, reg.Y2)
	c.VMULPS(reg.Y15, reg.Y4, reg.Y4)
	c.VADDPS(reg.Y4, reg.Y2, reg.Y2)
	c.VMOVUPS(reg.Y2, at(reg.RDI, 0))
	c.ADDQ(imm8(pixelBytes), reg.RDI)
	c.ADDQ(imm8(16), reg.RBX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("pixel"))
	end(c)
}

// shiftLanes adds the kernel that moves channels to other lanes: a pixel of y takes
// its lanes from those of two pixels, and keeps lanes that are another's.
//
//	v = second[lane] ? b[i][from[lane]] : a[i][from[lane]]
//	y[i][lane] = own[lane] ? v & channel[lane] : y[i][lane]
//
// The tables of 8 words each follow one another: from, second, own, channel.
//
// Registers: DI y, SI R8 a and b, CX pixels left; Y13 from, Y14 second, Y15
// own; AX tables.
func shiftLanes(c *build.Context) {
	begin(c, "shiftlanes_f32_avx2", "func(y *float32, a *float32, b *float32, tables *int32, n int)",
		"shiftlanes_f32_avx2 moves the channels of n pixels to other lanes.")
	load(c, kept{"y", reg.RDI}, kept{"a", reg.RSI}, kept{"b", reg.R8}, kept{"tables", reg.RAX}, kept{"n", reg.RCX})
	c.VMOVUPS(at(reg.RAX, 0), reg.Y13)
	c.VMOVUPS(at(reg.RAX, 32), reg.Y14)
	c.VMOVUPS(at(reg.RAX, 64), reg.Y15)
	c.Label("pixel")
	c.VPERMPS(at(reg.RSI, 0), reg.Y13, reg.Y0)
	c.VPERMPS(at(reg.R8, 0), reg.Y13, reg.Y1)
	c.VBLENDVPS(reg.Y14, reg.Y1, reg.Y0, reg.Y0)
	c.VANDPS(at(reg.RAX, 96), reg.Y0, reg.Y0)
	c.VMOVUPS(at(reg.RDI, 0), reg.Y2)
	c.VBLENDVPS(reg.Y15, reg.Y0, reg.Y2, reg.Y2)
	c.VMOVUPS(reg.Y2, at(reg.RDI, 0))
	for _, p := range []operand.Op{reg.RDI, reg.RSI, reg.R8} {
		c.ADDQ(imm8(pixelBytes), p)
	}
	c.DECQ(reg.RCX)
	c.JNZ(jump("pixel"))
	end(c)
}
