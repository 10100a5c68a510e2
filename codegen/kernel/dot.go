package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The dot kernel is the inner loop of weight gradients, where the contracted
// index is the contiguous one in both operands: pixels, or images side by side in
// the lanes.
//
//	S[t][i][j][lane] (+)= Σ_{r<nr} Σ_{s<ns} A[r,s][i][lane] · B[t][r,s][j][lane]
//
// Sums stay spread over 8 lanes in memory, so that a sum can go on in a later
// call; foldLanes adds the lanes up at the end. Loop t runs over pairs of columns
// with A kept.
//
//	A   rows vectors, lda bytes apart, at every step
//	B   cols (1 or 2) vectors, bvec bytes apart
//	S   [tiles][rows][cols][8], dense
//
// With one column the steps are done two at a time with separate sums (added in
// the end), since fewer than 8 chains of additions would leave the two FMA units
// waiting.
//
// Twin: TestDotTwin of runtime/kernel; the whole law is convDWTask there.
//
// Registers:
//
//	DI  arguments     AX BX cursors in A and B    SI AX + 3·lda   CX DX trips of s and r
//	R8 R9 steps       R10 lda    R11 2·lda        R12 bvec        R13 sums   R14 B of this tile
//	Y0..Y11 sums      Y12 Y13 vectors of B        Y14 Y15 vectors of A

// DotFields are the fields of the argument block, 8 bytes each, in order. ar and
// br are what is added after a whole row of steps, counts are trips, distances
// bytes.
var DotFields = []string{
	"a", "b", "sums",
	"nr", "ns",
	"as", "ar", "bs", "br",
	"lda", "bvec",
	"tiles", "tb",
	"resume",
}

// DotName returns the name of the dot kernel of a size.
func DotName(rows, cols int) string { return fmt.Sprintf("dot_f32_avx2_%dx%d", rows, cols) }

type dot struct {
	asm
	rows, cols int
	local      operand.Mem
}

// Dot adds the kernel for rows (at most 6) x cols (1 or 2) sums.
func Dot(c *build.Context, rows, cols int) error {
	if rows < 1 || rows > 6 || cols < 1 || cols > 2 {
		return fmt.Errorf("kernel: found a dot kernel of %d x %d sums, expected at most 6 x 2", rows, cols)
	}
	d := &dot{asm: asm{c}, rows: rows, cols: cols}
	d.local = begin(c, DotName(rows, cols), "func(d *byte)",
		fmt.Sprintf("%s sums products over contiguous vectors, %d rows by %d columns.", DotName(rows, cols), rows, cols))
	c.Load(c.Param("d"), reg.RDI)
	d.enter()
	c.Label("tile")
	d.start()
	d.contract()
	d.store()
	end(c)
	return nil
}

func (d *dot) arg(name string) operand.Mem { return field(DotFields, name) }

// acc is the sum of a row and a column; with one column, column 1 is the second
// chain.
func (d *dot) acc(i, j int) reg.VecPhysical { return ymm(2*i + j) }

func (d *dot) tiles() operand.Mem { return d.local }

func (d *dot) enter() {
	d.keep(DotFields, kept{"as", reg.R8}, kept{"bs", reg.R9}, kept{"lda", reg.R10})
	d.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 1}, reg.R11)
	d.keep(DotFields, kept{"bvec", reg.R12}, kept{"sums", reg.R13}, kept{"b", reg.R14}, kept{"tiles", d.tiles()})
}

func (d *dot) start() {
	d.Comment("Sums start from zero or from memory.")
	for i := range 2 * d.rows {
		d.VXORPS(ymm(i), ymm(i), ymm(i))
	}
	d.MOVQ(d.arg("resume"), reg.RAX)
	d.TESTQ(reg.RAX, reg.RAX)
	d.JZ(jump("started"))
	for i := range d.rows {
		for j := range d.cols {
			d.VMOVUPS(at(reg.R13, (i*d.cols+j)*vecBytes), d.acc(i, j))
		}
	}
	d.Label("started")
	d.MOVQ(d.arg("a"), reg.RAX)
	d.MOVQ(reg.R14, reg.RBX)
	if d.rows > 3 {
		d.LEAQ(operand.Mem{Base: reg.RAX, Index: reg.R10, Scale: 1}, reg.RSI)
		d.ADDQ(reg.R11, reg.RSI)
	}
}

// row addresses vector i of A.
func (d *dot) row(i int) operand.Mem {
	base := reg.Register(reg.RAX)
	if i >= 3 {
		base = reg.RSI
	}
	switch i % 3 {
	case 1:
		return indexed(base, reg.R10, 0)
	case 2:
		return indexed(base, reg.R11, 0)
	}
	return at(base, 0)
}

// step adds one product per sum; chain is the sum that a single column uses.
func (d *dot) step(chain int) {
	d.VMOVUPS(at(reg.RBX, 0), reg.Y12)
	if d.cols == 2 {
		d.VMOVUPS(indexed(reg.RBX, reg.R12, 0), reg.Y13)
	}
	for i := range d.rows {
		if d.cols == 1 {
			d.VFMADD231PS(d.row(i), reg.Y12, d.acc(i, chain))
			continue
		}
		a := ymm(14 + i%2)
		d.VMOVUPS(d.row(i), a)
		d.VFMADD231PS(a, reg.Y12, d.acc(i, 0))
		d.VFMADD231PS(a, reg.Y13, d.acc(i, 1))
	}
	d.ADDQ(reg.R8, reg.RAX)
	if d.rows > 3 {
		d.ADDQ(reg.R8, reg.RSI)
	}
	d.ADDQ(reg.R9, reg.RBX)
}

func (d *dot) contract() {
	d.Comment("Contraction over rows of steps.")
	d.MOVQ(d.arg("nr"), reg.RDX)
	d.Label("row")
	d.MOVQ(d.arg("ns"), reg.RCX)
	if d.cols == 1 {
		d.SUBQ(operand.U8(2), reg.RCX)
		d.JL(jump("odd"))
		align16(d.Context)
		d.Label("pair")
		d.step(0)
		d.step(1)
		d.SUBQ(operand.U8(2), reg.RCX)
		d.JGE(jump("pair"))
		d.Label("odd")
		d.ADDQ(operand.U8(2), reg.RCX)
		d.JZ(jump("rowDone"))
		d.step(0)
		d.Label("rowDone")
	} else {
		align16(d.Context)
		d.Label("step")
		d.step(0)
		d.DECQ(reg.RCX)
		d.JNZ(jump("step"))
	}
	d.ADDQ(d.arg("ar"), reg.RAX)
	if d.rows > 3 {
		d.ADDQ(d.arg("ar"), reg.RSI)
	}
	d.ADDQ(d.arg("br"), reg.RBX)
	d.DECQ(reg.RDX)
	d.JNZ(jump("row"))
}

func (d *dot) store() {
	d.Comment("Sums back to memory.")
	for i := range d.rows {
		for j := range d.cols {
			if d.cols == 1 {
				d.VADDPS(d.acc(i, 1), d.acc(i, 0), d.acc(i, 0))
			}
			d.VMOVUPS(d.acc(i, j), at(reg.R13, (i*d.cols+j)*vecBytes))
		}
	}
	d.ADDQ(operand.U32(d.rows*d.cols*vecBytes), reg.R13)
	d.ADDQ(d.arg("tb"), reg.R14)
	d.DECQ(d.tiles())
	d.JNZ(jump("tile"))
}

// FoldLanes adds the kernel that turns sums spread over lanes into numbers:
// dst[i] = ((s0+s1)+(s2+s3)) + ((s4+s5)+(s6+s7)) of vector i.
//
// Twin: TestRowAndFoldTwins of runtime/kernel. Eight vectors make eight sums by
// three levels of pairwise additions; n counts groups of eight.
//
// Registers: SI source, DI destination, CX groups, Y0-Y7 vectors.
func FoldLanes(c *build.Context) {
	begin(c, "fold_f32_avx2", "func(dst *float32, src *float32, n int)",
		"fold_f32_avx2 adds up the lanes of 8*n vectors.")
	load(c, kept{"dst", reg.RDI}, kept{"src", reg.RSI}, kept{"n", reg.RCX})
	c.Label("group")
	for i := range 8 {
		c.VMOVUPS(at(reg.RSI, i*vecBytes), ymm(i))
	}
	for i := 0; i < 8; i += 2 {
		c.VHADDPS(ymm(i+1), ymm(i), ymm(i))
	}
	c.VHADDPS(reg.Y2, reg.Y0, reg.Y0)
	c.VHADDPS(reg.Y6, reg.Y4, reg.Y4)
	c.Comment("Y0 holds the sums of lanes 0-3 and 4-7 of vectors 0-3, Y4 those of 4-7.")
	c.VPERM2F128(operand.U8(0x20), reg.Y4, reg.Y0, reg.Y1)
	c.VPERM2F128(operand.U8(0x31), reg.Y4, reg.Y0, reg.Y2)
	c.VADDPS(reg.Y2, reg.Y1, reg.Y1)
	c.VMOVUPS(reg.Y1, at(reg.RDI, 0))
	c.ADDQ(operand.U32(8*vecBytes), reg.RSI)
	c.ADDQ(operand.U32(vecBytes), reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("group"))
	end(c)
}
