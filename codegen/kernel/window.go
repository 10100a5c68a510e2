package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Window kernels pool one row of results over windows of any size that lie inside
// the image, eight results at a time, tap by tap in row-major order:
//
//	y[j] = max or sum over r < rows, s < cols of x[r·width + j·stride + s],  j < count
//
// with stride 1 or 2 and count at least 8; the last step overlaps the one before.
// The maximum also notes the position of its first occurrence, first for the first
// tap; the sum is divided in the end.
//
// With stride 2 a vector of every second column comes from two loads that share
// element 7, so that nothing behind the last tap is read; its order is
// 0 1 4 5 2 3 6 7, repaired at the end.
//
// Twins: maxPoolGeneric and avgPoolGeneric of runtime/kernel.
//
// Registers: DI y, BX at, SI x, R8 width, R9 rows, R10 cols, R11 last first
// result, DX result, R13 AX cursors of rows and taps, R12 CX trips; Y0 best or sum,
// Y1 Y2 data, Y4 position of the best, Y5 mask, Y6 position, Y7 ones.

// WindowKind is what a window kernel computes.
type WindowKind int

// The kinds of window kernels.
const (
	WindowMax   WindowKind = iota // maximum
	WindowMaxAt                   // maximum and its position
	WindowMean                    // sum divided by a given number
)

var windowNames = [...]string{"maxwindow", "maxwindowat", "meanwindow"}

// WindowName returns the name of a window kernel.
func WindowName(kind WindowKind, stride int) string {
	return fmt.Sprintf("%s_f32_avx2_s%d", windowNames[kind], stride)
}

// Window adds the kernel of a kind for stride 1 or 2.
func Window(c *build.Context, kind WindowKind, stride int) error {
	if stride < 1 || stride > 2 {
		return fmt.Errorf("kernel: found a window kernel of stride %d, expected 1 or 2", stride)
	}
	extra := map[WindowKind]string{WindowMax: "", WindowMaxAt: ", at *byte, first int", WindowMean: ", divisor *float32"}[kind]
	name := WindowName(kind, stride)
	begin(c, name, "func(y *float32, x *float32, width int, rows int, cols int, count int"+extra+")",
		name+" pools one row of count results; width is in bytes.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.RSI}, kept{"width", reg.R8}, kept{"rows", reg.R9}, kept{"cols", reg.R10}, kept{"count", reg.R11})
	c.SUBQ(imm8(vecLanes), reg.R11)
	if kind == WindowMaxAt {
		c.Load(c.Param("at"), reg.RBX)
		c.MOVL(operand.U32(1), reg.EAX)
		c.VMOVD(reg.EAX, reg.X7)
		c.VPBROADCASTD(reg.X7, reg.Y7)
	}
	c.XORQ(reg.RDX, reg.RDX)
	c.Label("step")
	c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.RDX, Scale: uint8(4 * stride)}, reg.R13)
	windowStart(c, kind, stride)
	c.MOVQ(reg.R9, reg.R12)
	c.Label("row")
	c.MOVQ(reg.R13, reg.RAX)
	c.MOVQ(reg.R10, reg.RCX)
	c.Label("tap")
	everySecond(c, stride, reg.Y1)
	switch kind {
	case WindowMaxAt:
		c.VCMPPS(operand.U8(cmpGreater), reg.Y0, reg.Y1, reg.Y5)
		c.VBLENDVPS(reg.Y5, reg.Y6, reg.Y4, reg.Y4)
		c.VPADDD(reg.Y7, reg.Y6, reg.Y6)
		c.VMAXPS(reg.Y0, reg.Y1, reg.Y0)
	case WindowMax:
		c.VMAXPS(reg.Y0, reg.Y1, reg.Y0)
	case WindowMean:
		c.VADDPS(reg.Y1, reg.Y0, reg.Y0)
	}
	c.ADDQ(imm8(4), reg.RAX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("tap"))
	c.ADDQ(reg.R8, reg.R13)
	c.DECQ(reg.R12)
	c.JNZ(jump("row"))
	windowStore(c, kind, stride)
	c.CMPQ(reg.RDX, reg.R11)
	c.JGE(jump("done"))
	c.ADDQ(imm8(vecLanes), reg.RDX)
	c.CMPQ(reg.RDX, reg.R11)
	c.CMOVQGT(reg.R11, reg.RDX)
	c.JMP(jump("step"))
	c.Label("done")
	end(c)
	return nil
}

// everySecond loads columns 0, stride, ... 7·stride from AX; Y2 is lost.
func everySecond(c *build.Context, stride int, dst reg.VecPhysical) {
	c.VMOVUPS(at(reg.RAX, 0), dst)
	if stride == 2 {
		c.VMOVUPS(at(reg.RAX, 7*4), reg.Y2)
		c.VSHUFPS(operand.U8(0xd8), reg.Y2, dst, dst)
	}
}

// windowStart sets the best to the first tap, which then does not beat itself.
func windowStart(c *build.Context, kind WindowKind, stride int) {
	if kind == WindowMean {
		c.VXORPS(reg.Y0, reg.Y0, reg.Y0)
		return
	}
	c.MOVQ(reg.R13, reg.RAX)
	everySecond(c, stride, reg.Y0)
	if kind == WindowMaxAt {
		c.Load(c.Param("first"), reg.RCX)
		c.VMOVD(reg.ECX, reg.X6)
		c.VPBROADCASTD(reg.X6, reg.Y6)
		c.VMOVAPS(reg.Y6, reg.Y4)
	}
}

func windowStore(c *build.Context, kind WindowKind, stride int) {
	if kind == WindowMean {
		c.Load(c.Param("divisor"), reg.RAX)
		c.VBROADCASTSS(at(reg.RAX, 0), reg.Y1)
		c.VDIVPS(reg.Y1, reg.Y0, reg.Y0)
	}
	if stride == 2 {
		c.VPERMPD(operand.U8(inOrder), reg.Y0, reg.Y0)
	}
	c.VMOVUPS(reg.Y0, operand.Mem{Base: reg.RDI, Index: reg.RDX, Scale: 4})
	if kind != WindowMaxAt {
		return
	}
	if stride == 2 {
		c.VPERMPD(operand.U8(inOrder), reg.Y4, reg.Y4)
	}
	c.VEXTRACTI128(operand.U8(1), reg.Y4, reg.X5)
	c.VPACKUSDW(reg.X5, reg.X4, reg.X4)
	c.VPACKUSWB(reg.X4, reg.X4, reg.X4)
	c.VMOVQ(reg.X4, operand.Mem{Base: reg.RBX, Index: reg.RDX, Scale: 1})
}
