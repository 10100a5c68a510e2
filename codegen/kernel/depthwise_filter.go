package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The weight gradient of a depthwise convolution of 3x3 without dilation, block of
// channels after block:
//
//	W[r][t][lane] (+)= Σ_{images, rows, pixels p} X[p·stride + t][r][lane] · Y[p][lane]
//
// A column of x meets the taps of up to three pixels, so the last pixels' dy are held
// and every value is loaded once: 4 loads for 9 multiply-adds with stride 1, 7 with
// stride 2. The first and the last columns of a row meet fewer taps; nothing outside
// the windows is read or multiplied.
//
// An AVX-512 register is a pixel of two blocks.
//
// Twin: dwLoops of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   SI cursor of X, AX that of its second block   R9 xl   R8 xb
//	BX cursor of Y   R12 yb   CX pixels left   DX rows left   R13 R14 rows of X and Y
//	V0..V8 sums, row by row   V9 V10 V11 dy of the pixel and the two before
//	V12 V13 V14 x of three rows of a column
//
// The frame holds the images and the blocks left and the block's X, Y and W.

// DepthFilterFields are the fields of the argument block, 8 bytes each, in order. xl
// leads from row to row of the window, xr, yr from row to row of dy, xi, yi from the
// end of an image's rows to the next, xb, yb from block to block. An AVX-512 kernel
// counts pairs of blocks.
var DepthFilterFields = []string{
	"x", "y", "w",
	"blocks", "images", "rows", "pixels",
	"xl", "xr", "xi", "xb",
	"yr", "yi", "yb", "resume",
}

// DepthFilterName returns the name of the kernel of a stride.
func DepthFilterName(s ISA, stride int) string {
	return fmt.Sprintf("depthfilter_f32_%s_s%d", s.Name, stride)
}

const (
	filterSide  = 3
	filterBytes = filterSide * filterSide * vecBytes // of a block's sums
)

type depthFilter struct {
	asm
	ISA
	stride int
	local  operand.Mem
}

// DepthFilter adds the kernel of stride 1 or 2. With stride 1 it takes rows of two
// pixels and more.
func DepthFilter(c *build.Context, s ISA, stride int) error {
	if stride < 1 || stride > 2 {
		return fmt.Errorf("kernel: found a depthwise weight gradient of stride %d, expected 1 or 2", stride)
	}
	name := DepthFilterName(s, stride)
	d := &depthFilter{asm{c}, s, stride, begin(c, name, "func(t *byte)",
		fmt.Sprintf("%s sums products of x and dy for filters of 3x3 and stride %d.", name, stride))}
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	c.Label("block")
	d.start()
	d.eachRow(DepthFilterFields, reg.RDX, d.images(), d.row)
	d.finish()
	return nil
}

func (d *depthFilter) arg(name string) operand.Mem { return field(DepthFilterFields, name) }

func (d *depthFilter) pair() bool { return d.Lanes > vecLanes }

// Words of the frame.
func (d *depthFilter) images() operand.Mem { return d.local }
func (d *depthFilter) blocks() operand.Mem { return d.local.Offset(8) }
func (d *depthFilter) blockX() operand.Mem { return d.local.Offset(16) }
func (d *depthFilter) blockY() operand.Mem { return d.local.Offset(24) }
func (d *depthFilter) blockW() operand.Mem { return d.local.Offset(32) }

func (d *depthFilter) sum(r, t int) reg.VecPhysical { return d.vec(filterSide*r + t) }
func (d *depthFilter) dy(age int) reg.VecPhysical   { return d.vec(9 + age) }
func (d *depthFilter) x(r int) reg.VecPhysical      { return d.vec(12 + r) }

func (d *depthFilter) enter() {
	d.keep(DepthFilterFields, kept{"blocks", d.blocks()}, kept{"x", d.blockX()}, kept{"y", d.blockY()}, kept{"w", d.blockW()},
		kept{"xb", reg.R8}, kept{"xl", reg.R9}, kept{"yb", reg.R12})
}

func (d *depthFilter) start() {
	d.keep(DepthFilterFields, kept{"images", d.images()})
	d.MOVQ(d.blockX(), reg.R13)
	d.MOVQ(d.blockY(), reg.R14)
	d.CMPQ(d.arg("resume"), imm8(0))
	d.JNE(jump("resume"))
	for i := range filterSide * filterSide {
		d.zero(d.Context, d.vec(i))
	}
	d.JMP(jump("started"))
	d.Label("resume")
	d.MOVQ(d.blockW(), reg.RAX)
	for i := range filterSide * filterSide {
		d.VMOVUPS(at(reg.RAX, i*vecBytes), d.vec(i).AsY())
		if d.pair() {
			d.VINSERTF64X4(operand.U8(1), at(reg.RAX, filterBytes+i*vecBytes), d.vec(i), d.vec(i))
		}
	}
	d.Label("started")
}

func (d *depthFilter) finish() {
	d.MOVQ(d.blockW(), reg.RAX)
	for i := range filterSide * filterSide {
		d.VMOVUPS(d.vec(i).AsY(), at(reg.RAX, i*vecBytes))
		if d.pair() {
			d.VEXTRACTF64X4(operand.U8(1), d.vec(i), at(reg.RAX, filterBytes+i*vecBytes))
		}
	}
	blocks := d.Lanes / vecLanes
	d.ADDQ(operand.U32(blocks*filterBytes), d.blockW())
	for range blocks {
		d.ADDQ(reg.R8, d.blockX())
		d.ADDQ(reg.R12, d.blockY())
	}
	d.DECQ(d.blocks())
	d.JNZ(jump("block"))
	end(d.Context)
}

// pixel loads the next dy; the ones before grow older.
func (d *depthFilter) pixel(older int) {
	for age := older; age > 0; age-- {
		d.VMOVAPS(d.dy(age-1), d.dy(age))
	}
	d.VMOVUPS(at(reg.RBX, 0), d.dy(0).AsY())
	if d.pair() {
		d.VINSERTF64X4(operand.U8(1), indexed(reg.RBX, reg.R12, 0), d.dy(0), d.dy(0))
	}
	d.ADDQ(imm8(vecBytes), reg.RBX)
}

// column adds the next column of x times the dy of the given ages, for the taps
// first, first + stride and so on.
func (d *depthFilter) column(first int, ages ...int) {
	for r := range filterSide {
		d.VMOVUPS(d.line(reg.RSI, r), d.x(r).AsY())
		if d.pair() {
			d.VINSERTF64X4(operand.U8(1), d.line(reg.RAX, r), d.x(r), d.x(r))
		}
	}
	for _, age := range ages {
		for r := range filterSide {
			d.VFMADD231PS(d.x(r), d.dy(age), d.sum(r, first+age*d.stride))
		}
	}
	d.ADDQ(imm8(vecBytes), reg.RSI)
	if d.pair() {
		d.ADDQ(imm8(vecBytes), reg.RAX)
	}
}

// line addresses a row of the column at a cursor.
func (d *depthFilter) line(cursor reg.Register, r int) operand.Mem {
	m := at(cursor, 0)
	if r > 0 {
		m.Index, m.Scale = reg.R9, uint8(r)
	}
	return m
}

// row adds the pixels of a row.
func (d *depthFilter) row() {
	d.MOVQ(reg.R13, reg.RSI)
	if d.pair() {
		d.LEAQ(indexed(reg.RSI, reg.R8, 0), reg.RAX)
	}
	d.MOVQ(reg.R14, reg.RBX)
	d.MOVQ(d.arg("pixels"), reg.RCX)
	if d.stride == 1 {
		d.rowOfOne()
	} else {
		d.rowOfTwo()
	}
}

// rowOfOne does a row of stride 1: the dy of age t meets tap t.
func (d *depthFilter) rowOfOne() {
	d.pixel(0)
	d.column(0, 0)
	d.pixel(1)
	d.column(0, 0, 1)
	d.SUBQ(imm8(2), reg.RCX)
	d.JZ(jump("last"))
	align16(d.Context)
	d.Label("pixel")
	d.pixel(2)
	d.column(0, 0, 1, 2)
	d.DECQ(reg.RCX)
	d.JNZ(jump("pixel"))
	d.Label("last")
	d.column(1, 0, 1)
	d.column(2, 0)
}

// rowOfTwo does a row of stride 2: even columns meet tap 0 of a pixel and tap 2 of the
// one before, odd ones tap 1.
func (d *depthFilter) rowOfTwo() {
	d.pixel(0)
	d.column(0, 0)
	d.column(1, 0)
	d.DECQ(reg.RCX)
	d.JZ(jump("last"))
	align16(d.Context)
	d.Label("pixel")
	d.pixel(1)
	d.column(0, 0, 1)
	d.column(1, 0)
	d.DECQ(reg.RCX)
	d.JNZ(jump("pixel"))
	d.Label("last")
	d.column(2, 0)
}

// TurnFilters adds the kernel that brings sums of filters of 3x3 to the order of the
// weights:
//
//	dst[b][lane][tap] = src[b][tap][lane],  b < blocks
//
// Twin: the loops of place in runtime/kernel/blocked.
//
// Registers: DI dst, SI src, CX blocks left; Y0-Y7 taps, Y8-Y15 lanes.
func TurnFilters(c *build.Context) {
	const taps = filterSide * filterSide
	begin(c, "turnfilters_f32_avx2", "func(dst *float32, src *float32, blocks int)",
		"turnfilters_f32_avx2 writes blocks of 9 vectors of 8 floats as columns.")
	load(c, kept{"dst", reg.RDI}, kept{"src", reg.RSI}, kept{"blocks", reg.RCX})
	c.Label("block")
	for tap := range vecLanes {
		c.VMOVUPS(at(reg.RSI, tap*vecBytes), ymm(tap))
	}
	transpose8x8(c)
	for lane := range vecLanes {
		c.VMOVUPS(ymm(8+lane), at(reg.RDI, 4*taps*lane))
	}
	// The last tap, lane by lane.
	for half := range 2 {
		c.VMOVUPS(at(reg.RSI, (taps-1)*vecBytes+16*half), reg.X0)
		for i := range 4 {
			c.VEXTRACTPS(operand.U8(uint8(i)), reg.X0, at(reg.RDI, 4*(taps*(4*half+i)+taps-1)))
		}
	}
	c.ADDQ(operand.U32(filterBytes), reg.RSI)
	c.ADDQ(operand.U32(filterBytes), reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("block"))
	end(c)
}
