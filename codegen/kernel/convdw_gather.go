package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// AddTo adds the kernel that adds one run of vectors to another; twin: the sum.
//
// Registers: DI dst, SI src, CX vectors left.
func AddTo(c *build.Context, s ISA) {
	name := "addto_f32_" + s.Name
	begin(c, name, "func(dst *float32, src *float32, vectors int)", name+" adds src to dst.")
	load(c, kept{"dst", reg.RDI}, kept{"src", reg.RSI}, kept{"vectors", reg.RCX})
	c.Label("vector")
	c.VMOVUPS(at(reg.RDI, 0), s.vec(0))
	c.VADDPS(at(reg.RSI, 0), s.vec(0), s.vec(0))
	c.VMOVUPS(s.vec(0), at(reg.RDI, 0))
	c.ADDQ(imm8(s.Bytes()), reg.RDI)
	c.ADDQ(imm8(s.Bytes()), reg.RSI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("vector"))
	end(c)
}

// Turn adds the kernel that gathers vectors of 8 and turns them into rows:
//
//	dst[o·step + 4·e] = src[4·order[e] + 4·o],  e < 8·n, o < rows
//
// Twin: the loops of gather in runtime/kernel/blocked.
//
// Registers: DI dst, R8 step, DX rows left, SI src, R9 order, BX n; of 8 rows: R12 R13
// cursors in dst and order, CX groups left, R10 R11 row and rows left, AX offset;
// Y0-Y7 vectors, Y8-Y15 rows.
func Turn(c *build.Context) {
	begin(c, "turn_f32_avx2", "func(dst *float32, step int, rows int, src *float32, order *int32, n int)",
		"turn_f32_avx2 gathers vectors of floats and writes them as columns.")
	load(c, kept{"dst", reg.RDI}, kept{"step", reg.R8}, kept{"rows", reg.RDX}, kept{"src", reg.RSI}, kept{"order", reg.R9}, kept{"n", reg.RBX})
	c.Label("rows")
	c.MOVQ(reg.RDI, reg.R12)
	c.MOVQ(reg.R9, reg.R13)
	c.MOVQ(reg.RBX, reg.RCX)
	c.Label("group")
	for e := range vecLanes {
		c.MOVLQSX(at(reg.R13, 4*e), reg.RAX)
		c.VMOVUPS(operand.Mem{Base: reg.RSI, Index: reg.RAX, Scale: 4}, ymm(e))
	}
	transpose8x8(c)
	c.MOVQ(reg.R12, reg.R10)
	c.MOVQ(reg.RDX, reg.R11)
	for o := range vecLanes {
		c.VMOVUPS(ymm(8+o), at(reg.R10, 0))
		c.ADDQ(reg.R8, reg.R10)
		c.DECQ(reg.R11)
		c.JZ(jump("next"))
	}
	c.Label("next")
	c.ADDQ(imm8(vecBytes), reg.R12)
	c.ADDQ(imm8(vecBytes), reg.R13)
	c.DECQ(reg.RCX)
	c.JNZ(jump("group"))
	c.ADDQ(imm8(vecBytes), reg.RSI)
	c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.R8, Scale: 8}, reg.RDI)
	c.SUBQ(imm8(vecLanes), reg.RDX)
	c.JG(jump("rows"))
	end(c)
}
