package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The weight gradient of a depthwise convolution on one block of channels: for a
// few neighbouring taps of a filter,
//
//	W[r][t][lane] (+)= Σ_{images, rows, pixels p} X[p·xp + r·xl + t·xt][lane] · Y[p][lane]
//
// The vector of a pixel's dy is held, the taps' x are operands in memory. An AVX-512
// register is two pixels of stride 1, whose sums are added in the end; the last of
// an odd row is done in half of one.
//
// Filters of 3x3 without dilation have faster ones, of depthwise_filter.go.
//
// Twin: dwLoops of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   SI R10 R11 cursors of X for r = 0, 1, 2   BX cursor of Y   CX pixels left
//	DX rows left   R8 xp   R9 xl   R12 xt   AX 3·xt           R13 R14 rows of X and Y
//	V0.. sums      then dy, and x of half a register          the frame: images left

// DepthTapsFields are the fields of the argument block, 8 bytes each, in order; xr,
// yr lead from row to row, xi, yi from the end of an image's rows to the next.
var DepthTapsFields = []string{
	"x", "y", "w",
	"images", "rows", "pixels",
	"xp", "xl", "xt", "xr", "xi",
	"yr", "yi", "resume",
}

// DepthTapsName returns the name of the kernel of a number of taps.
func DepthTapsName(s ISA, rows, taps int) string {
	return fmt.Sprintf("depthtaps_f32_%s_%dx%d", s.Name, rows, taps)
}

func depthTapsAll(c *build.Context, s ISA) error {
	for _, size := range [][2]int{{3, 3}, {1, 5}, {1, 1}} {
		if err := DepthTaps(c, s, size[0], size[1]); err != nil {
			return err
		}
	}
	for stride := 1; stride <= 2; stride++ {
		if err := DepthFilter(c, s, stride); err != nil {
			return err
		}
	}
	if s == AVX2 {
		TurnFilters(c)
	}
	return nil
}

type depthTaps struct {
	asm
	ISA
	rows, taps int
	images     operand.Mem
}

// DepthTaps adds the kernel of rows times taps of a filter.
func DepthTaps(c *build.Context, s ISA, rows, taps int) error {
	if rows < 1 || rows > 3 || taps < 1 || taps > 5 || rows*taps > 12 {
		return fmt.Errorf("kernel: found a depthwise weight gradient of %d x %d taps, expected at most 3 rows of 5 and 12 taps", rows, taps)
	}
	name := DepthTapsName(s, rows, taps)
	d := &depthTaps{asm{c}, s, rows, taps, begin(c, name, "func(t *byte)",
		fmt.Sprintf("%s sums products of x and dy for %d x %d taps.", name, rows, taps))}
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	d.eachRow(DepthTapsFields, reg.RDX, d.images, d.row)
	d.leave()
	return nil
}

// row adds the pixels of a row.
func (d *depthTaps) row() {
	d.MOVQ(reg.R13, reg.RSI)
	d.LEAQ(indexed(reg.RSI, reg.R9, 0), reg.R10)
	d.LEAQ(indexed(reg.R10, reg.R9, 0), reg.R11)
	d.MOVQ(reg.R14, reg.RBX)
	d.MOVQ(d.arg("pixels"), reg.RCX)
	pixels := d.Lanes / vecLanes
	d.SUBQ(imm8(pixels), reg.RCX)
	d.JLT(jump("rest"))
	align16(d.Context)
	d.Label("vector")
	d.vector(false)
	for _, cursor := range []reg.GPPhysical{reg.RSI, reg.R10, reg.R11}[:d.rows] {
		d.ADDQ(reg.R8, cursor)
	}
	d.ADDQ(imm8(d.Bytes()), reg.RBX)
	d.SUBQ(imm8(pixels), reg.RCX)
	d.JGE(jump("vector"))
	d.Label("rest")
	if pixels == 2 {
		d.TESTQ(operand.U32(1), reg.RCX)
		d.JZ(jump("done"))
		d.vector(true)
		d.Label("done")
	}
}

func (d *depthTaps) arg(name string) operand.Mem { return field(DepthTapsFields, name) }

// enter loads what stays in registers; R8 is what a vector moves the cursors by.
func (d *depthTaps) enter() {
	d.keep(DepthTapsFields, kept{"images", d.images}, kept{"x", reg.R13}, kept{"y", reg.R14}, kept{"xp", reg.R8})
	if d.Lanes > vecLanes {
		d.ADDQ(reg.R8, reg.R8)
	}
	d.keep(DepthTapsFields, kept{"xl", reg.R9}, kept{"xt", reg.R12})
	for i := range d.rows * d.taps {
		d.zero(d.Context, d.vec(i))
	}
	d.MOVQ(d.arg("w"), reg.RAX)
	d.CMPQ(d.arg("resume"), imm8(0))
	d.JEQ(jump("started"))
	for i := range d.rows * d.taps {
		d.VMOVUPS(at(reg.RAX, i*vecBytes), d.vec(i).AsY())
	}
	d.Label("started")
	if d.taps > 3 {
		d.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.RAX)
	}
}

// vector adds a vector of pixels to all taps.
func (d *depthTaps) vector(half bool) {
	sums := d.rows * d.taps
	dy, x := d.vec(sums), d.vec(sums+1)
	if half {
		d.VMOVUPS(at(reg.RBX, 0), dy.AsY())
	} else {
		d.VMOVUPS(at(reg.RBX, 0), dy)
	}
	for r, cursor := range []reg.GPPhysical{reg.RSI, reg.R10, reg.R11}[:d.rows] {
		for t := range d.taps {
			m := at(cursor, 0)
			switch t {
			case 1, 2, 4:
				m.Index, m.Scale = reg.R12, uint8(t)
			case 3:
				m.Index, m.Scale = reg.RAX, 1
			}
			if half {
				d.VMOVUPS(m, x.AsY())
				d.VFMADD231PS(x, dy, d.vec(r*d.taps+t))
			} else {
				d.VFMADD231PS(m, dy, d.vec(r*d.taps+t))
			}
		}
	}
}

// leave adds the halves of the sums and stores them.
func (d *depthTaps) leave() {
	d.MOVQ(d.arg("w"), reg.RAX)
	for i := range d.rows * d.taps {
		sum := d.vec(i)
		if d.Lanes > vecLanes {
			half := d.vec(d.rows * d.taps).AsY()
			d.VEXTRACTF64X4(operand.U8(1), sum, half)
			d.VADDPS(half, sum.AsY(), sum.AsY())
		}
		d.VMOVUPS(sum.AsY(), at(reg.RAX, i*vecBytes))
	}
	end(d.Context)
}
