package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The depthwise weight gradient: up to 12 taps of a filter at once, each the dot
// product of a plane A with a shifted plane B, eight pixels at a time:
//
//	S[p][t][lane] += Σ_{i<rows, j<cols} A[p][i·as + j] · B[p][off[t] + i·bs + j],  lane = j mod 8
//
// B has its zeros in place. The last columns of a row of A are read with a mask; B
// is read up to a whole vector then and has to hold finite numbers there.
//
// Twin: depthDWGeneric of runtime/kernel's tests.
//
// Registers:
//
//	DI arguments   SI DX rows of A and B   AX BX cursors in them   CX trips   R8 rows left
//	R9 planes left   R10 off   R11 offset of a tap   R12 R13 planes of A and B   R14 S
//	Y0..Y11 sums   Y12 Y13 vectors of A   Y14 Y15 masks

// DepthDWFields are the fields of the argument block, 8 bytes each, in order.
// Distances are in bytes; pairs counts whole pairs of vectors of a row, last the
// vectors of the rest, 0 to 2, whose columns mask names.
var DepthDWFields = []string{
	"a", "b", "sums", "off",
	"rows", "pairs", "last",
	"as", "bs",
	"planes", "pa", "pb", "psums",
	"mask",
}

// DepthDWName returns the name of the kernel for a number of taps.
func DepthDWName(taps int) string { return fmt.Sprintf("depthdw_f32_avx2_%d", taps) }

type depthDW struct {
	asm
	taps int
}

// DepthDW adds the kernel for 1 to 12 taps.
func DepthDW(c *build.Context, taps int) error {
	if taps < 1 || taps > 12 {
		return fmt.Errorf("kernel: found a depthwise weight gradient of %d taps, expected 1 to 12", taps)
	}
	d := &depthDW{asm{c}, taps}
	begin(c, DepthDWName(taps), "func(t *byte)",
		fmt.Sprintf("%s adds the products of planes with planes shifted by %d taps.", DepthDWName(taps), taps))
	c.Load(c.Param("t"), reg.RDI)
	c.MOVQ(d.arg("mask"), reg.RAX)
	c.VMOVUPS(at(reg.RAX, 0), reg.Y14)
	c.VMOVUPS(at(reg.RAX, vecBytes), reg.Y15)
	c.MOVQ(d.arg("off"), reg.R10)
	c.MOVQ(d.arg("a"), reg.R12)
	c.MOVQ(d.arg("b"), reg.R13)
	c.MOVQ(d.arg("sums"), reg.R14)
	c.MOVQ(d.arg("planes"), reg.R9)
	c.Label("plane")
	for t := range taps {
		c.VMOVUPS(at(reg.R14, t*vecBytes), ymm(t))
	}
	c.MOVQ(reg.R12, reg.RSI)
	c.MOVQ(reg.R13, reg.RDX)
	c.MOVQ(d.arg("rows"), reg.R8)
	c.Label("row")
	d.row()
	c.ADDQ(d.arg("as"), reg.RSI)
	c.ADDQ(d.arg("bs"), reg.RDX)
	c.DECQ(reg.R8)
	c.JNZ(jump("row"))
	for t := range taps {
		c.VMOVUPS(ymm(t), at(reg.R14, t*vecBytes))
	}
	c.ADDQ(d.arg("pa"), reg.R12)
	c.ADDQ(d.arg("pb"), reg.R13)
	c.ADDQ(d.arg("psums"), reg.R14)
	c.DECQ(reg.R9)
	c.JNZ(jump("plane"))
	end(c)
	return nil
}

func (d *depthDW) arg(name string) operand.Mem { return field(DepthDWFields, name) }

// row adds one row: whole pairs of vectors, then the rest.
func (d *depthDW) row() {
	d.MOVQ(reg.RSI, reg.RAX)
	d.MOVQ(reg.RDX, reg.RBX)
	d.MOVQ(d.arg("pairs"), reg.RCX)
	d.TESTQ(reg.RCX, reg.RCX)
	d.JZ(jump("rest"))
	align16(d.Context)
	d.Label("pair")
	d.VMOVUPS(at(reg.RAX, 0), reg.Y12)
	d.VMOVUPS(at(reg.RAX, vecBytes), reg.Y13)
	d.products(2)
	d.ADDQ(imm8(2*vecBytes), reg.RAX)
	d.ADDQ(imm8(2*vecBytes), reg.RBX)
	d.DECQ(reg.RCX)
	d.JNZ(jump("pair"))
	d.Label("rest")
	d.MOVQ(d.arg("last"), reg.RCX)
	d.CMPQ(reg.RCX, imm8(1))
	d.JLT(jump("done"))
	d.VMASKMOVPS(at(reg.RAX, 0), reg.Y14, reg.Y12)
	d.JEQ(jump("single"))
	d.VMASKMOVPS(at(reg.RAX, vecBytes), reg.Y15, reg.Y13)
	d.products(2)
	d.JMP(jump("done"))
	d.Label("single")
	d.products(1)
	d.Label("done")
}

// products adds vecs vectors times the taps.
func (d *depthDW) products(vecs int) {
	for t := range d.taps {
		d.MOVLQSX(at(reg.R10, 4*t), reg.R11)
		for v := range vecs {
			d.VFMADD231PS(indexed(reg.RBX, reg.R11, v*vecBytes), ymm(12+v), ymm(t))
		}
	}
}
