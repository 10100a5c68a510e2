package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Stagers copy rows of planes to places where zeros stand around them, plane after
// plane:
//
//	copy     dst[j] = x[j]
//	split    dst[j/2] = x[j], j even; odd[j/2] = x[j], j odd
//	spread   dst[2j] = x[j], dst[2j+1] = 0
//
// split is for strides of 2, whose even and odd columns then lie densely; spread is
// its transpose. The last step of a row fills its vectors up with zeros, which the
// next row may overwrite: masked stores cost several cycles each.
//
// Registers: DI arguments, SI x, BX dst, R11 odd, R8 rows left, R9 planes left,
// AX column of x in bytes, CX trips, R12 half of it; Y0 to Y5 data, Y6 Y7 masks of
// the last columns, Y15 zeros.

// StageFields are the fields of the argument block, 8 bytes each, in order.
// Distances are in bytes; full counts whole steps of a row (8 columns of x, split
// 16), rest is nonzero when columns are left, two vectors of mask name them. pX and
// pDst are what is added after the last row of a plane.
var StageFields = []string{
	"dst", "odd", "x",
	"planes", "rows", "full", "rest",
	"dstRow", "xRow", "pDst", "pX",
	"mask",
}

// Stages adds the stagers.
func Stages(c *build.Context) {
	stage(c, "stage_f32_avx2", func(s *stager, masked bool) {
		s.VMOVUPS(s.load(0, masked), indexed(reg.RBX, reg.RAX, 0))
	}, vecBytes)
	stage(c, "split_f32_avx2", (*stager).split, 2*vecBytes)
	stage(c, "spread_f32_avx2", (*stager).spread, vecBytes)
}

type stager struct{ asm }

// stage writes the loops around a step that takes bytes of x.
func stage(c *build.Context, name string, step func(s *stager, masked bool), bytes int) {
	s := &stager{asm{c}}
	begin(c, name, "func(t *byte)", name+" copies rows of planes to where zeros stand around them.")
	c.Load(c.Param("t"), reg.RDI)
	c.MOVQ(field(StageFields, "mask"), reg.RAX)
	c.VMOVUPS(at(reg.RAX, 0), reg.Y6)
	c.VMOVUPS(at(reg.RAX, vecBytes), reg.Y7)
	c.VXORPS(reg.Y15, reg.Y15, reg.Y15)
	c.MOVQ(field(StageFields, "x"), reg.RSI)
	c.MOVQ(field(StageFields, "dst"), reg.RBX)
	c.MOVQ(field(StageFields, "odd"), reg.R11)
	c.MOVQ(field(StageFields, "planes"), reg.R9)
	c.Label("plane")
	c.MOVQ(field(StageFields, "rows"), reg.R8)
	c.Label("row")
	c.XORQ(reg.RAX, reg.RAX)
	c.MOVQ(field(StageFields, "full"), reg.RCX)
	c.TESTQ(reg.RCX, reg.RCX)
	c.JZ(jump("rest"))
	c.Label("step")
	step(s, false)
	c.ADDQ(imm8(bytes), reg.RAX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("step"))
	c.Label("rest")
	c.CMPQ(field(StageFields, "rest"), imm8(0))
	c.JEQ(jump("next"))
	step(s, true)
	c.Label("next")
	c.ADDQ(field(StageFields, "xRow"), reg.RSI)
	c.ADDQ(field(StageFields, "dstRow"), reg.RBX)
	c.ADDQ(field(StageFields, "dstRow"), reg.R11)
	c.DECQ(reg.R8)
	c.JNZ(jump("row"))
	c.ADDQ(field(StageFields, "pX"), reg.RSI)
	c.ADDQ(field(StageFields, "pDst"), reg.RBX)
	c.ADDQ(field(StageFields, "pDst"), reg.R11)
	c.DECQ(reg.R9)
	c.JNZ(jump("plane"))
	end(c)
}

// load reads vector i of the step.
func (s *stager) load(i int, masked bool) reg.VecPhysical {
	m := operand.Mem{Base: reg.RSI, Index: reg.RAX, Scale: 1, Disp: i * vecBytes}
	if masked {
		s.VMASKMOVPS(m, ymm(6+i), ymm(i))
	} else {
		s.VMOVUPS(m, ymm(i))
	}
	return ymm(i)
}

// split sorts 16 columns into even and odd ones.
func (s *stager) split(masked bool) {
	a, b := s.load(0, masked), s.load(1, masked)
	s.VSHUFPS(imm8(0x88), b, a, reg.Y2)
	s.VSHUFPS(imm8(0xdd), b, a, reg.Y3)
	s.VPERMPD(operand.U8(inOrder), reg.Y2, reg.Y2)
	s.VPERMPD(operand.U8(inOrder), reg.Y3, reg.Y3)
	s.MOVQ(reg.RAX, reg.R12)
	s.SHRQ(imm8(1), reg.R12)
	s.VMOVUPS(reg.Y2, indexed(reg.RBX, reg.R12, 0))
	s.VMOVUPS(reg.Y3, indexed(reg.R11, reg.R12, 0))
}

// spread puts a zero behind each of 8 columns.
func (s *stager) spread(masked bool) {
	a := s.load(0, masked)
	s.VUNPCKLPS(reg.Y15, a, reg.Y2)
	s.VUNPCKHPS(reg.Y15, a, reg.Y3)
	s.VPERM2F128(imm8(0x20), reg.Y3, reg.Y2, reg.Y4)
	s.VPERM2F128(imm8(0x31), reg.Y3, reg.Y2, reg.Y5)
	s.VMOVUPS(reg.Y4, operand.Mem{Base: reg.RBX, Index: reg.RAX, Scale: 2})
	s.VMOVUPS(reg.Y5, operand.Mem{Base: reg.RBX, Index: reg.RAX, Scale: 2, Disp: vecBytes})
}
