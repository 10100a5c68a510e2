package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The input gradient of a depthwise convolution of 3x3 with stride 2, padding 1 and
// results of exactly half the rows and columns, block of channels after block. Of
// dy's pixels a = dy[p,q], b = dy[p+1,q], their right neighbours a', b' and the taps
// w[r,s] each step makes four results:
//
//	dx[2p,  2q] = w11·a             dx[2p,  2q+1] = w12·a + w10·a'
//	dx[2p+1,2q] = w21·a + w01·b     dx[2p+1,2q+1] = w22·a + w20·a' + w02·b + w00·b'
//
// The halo of dy gives its zeros on the right and below. dx is written in order and
// once, where four convolutions, one for each parity, would pass over it twice.
//
// An AVX-512 register is a pair of results side by side; the taps of the right one
// alone are added under a mask, so that the left one is no product of a' and zero.
// Both sets add in one order and give the same bits. Twin: dxLoops of
// runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   SI dy   R8 bytes to its next row   BX dx   R9 to its next row
//	CX columns left   DX rows left   R10 blocks left   R11..R14 weights of the parities
//	AVX2     Y0..Y8 taps, in the order above   Y9 Y10 a, b   Y11 Y12 a', b'   Y13 Y14 Y15 sums
//	AVX-512  Z0..Z5 pairs of taps   Z9 Z10 Z11 Z12 as above   Z13 Z14 sums   K1 right halves
//
// The frame holds dy and dx of the row and of the block.

// DepthBackFields are the fields of the argument block, 8 bytes each, in order. xr, yr
// lead from row to row, xb, yb from block to block; w0..w3 are the weights of the
// parities (even, even), (even, odd), (odd, even), (odd, odd) of row and column:
// 1, 2, 2 and 4 vectors of a block, those of the next behind them. wb is the bytes of a
// vector, or 0 where all blocks have the same weights, being images.
var DepthBackFields = []string{
	"x", "y", "w0", "w1", "w2", "w3",
	"blocks", "rows", "columns",
	"xr", "xb", "yr", "yb", "wb",
}

type depthBack struct {
	asm
	ISA
	local operand.Mem
}

// DepthBack adds the kernel.
func DepthBack(c *build.Context, s ISA) {
	name := "depthback_f32_" + s.Name
	d := &depthBack{asm{c}, s, begin(c, name, "func(t *byte)", name+" convolves dy with filters of 3x3 turned round, stride 2.")}
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	c.Label("block")
	d.weights()
	c.MOVQ(d.arg("rows"), reg.RDX)
	d.move(d.blockX(), d.rowX())
	d.move(d.blockY(), d.rowY())
	c.Label("row")
	c.MOVQ(d.rowX(), reg.RSI)
	c.MOVQ(d.rowY(), reg.RBX)
	c.MOVQ(d.arg("columns"), reg.RCX)
	d.load(at(reg.RSI, 0), 9)
	d.load(indexed(reg.RSI, reg.R8, 0), 10)
	align16(c)
	c.Label("column")
	d.load(at(reg.RSI, vecBytes), 11)
	d.load(indexed(reg.RSI, reg.R8, vecBytes), 12)
	if s.Lanes > vecLanes {
		d.pairs()
	} else {
		d.pixels()
	}
	c.VMOVAPS(d.vec(11), d.vec(9))
	c.VMOVAPS(d.vec(12), d.vec(10))
	c.ADDQ(imm8(vecBytes), reg.RSI)
	c.ADDQ(imm8(2*vecBytes), reg.RBX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("column"))
	c.ADDQ(reg.R8, d.rowX())
	c.LEAQ(operand.Mem{Base: reg.R9, Index: reg.R9, Scale: 1}, reg.RAX)
	c.ADDQ(reg.RAX, d.rowY())
	c.DECQ(reg.RDX)
	c.JNZ(jump("row"))
	d.increase(d.blockX(), d.arg("xb"))
	d.increase(d.blockY(), d.arg("yb"))
	c.DECQ(reg.R10)
	c.JNZ(jump("block"))
	end(c)
}

func (d *depthBack) arg(name string) operand.Mem { return field(DepthBackFields, name) }

// Words of the frame.
func (d *depthBack) rowX() operand.Mem   { return d.local }
func (d *depthBack) rowY() operand.Mem   { return d.local.Offset(8) }
func (d *depthBack) blockX() operand.Mem { return d.local.Offset(16) }
func (d *depthBack) blockY() operand.Mem { return d.local.Offset(24) }

func (d *depthBack) enter() {
	d.keep(DepthBackFields, kept{"x", d.blockX()}, kept{"y", d.blockY()}, kept{"xr", reg.R8}, kept{"yr", reg.R9}, kept{"blocks", reg.R10})
	for i, r := range parityWeights {
		d.MOVQ(d.arg([]string{"w0", "w1", "w2", "w3"}[i]), r)
	}
	if d.Lanes > vecLanes {
		d.MOVQ(operand.U32(0xff00), reg.RAX)
		d.KMOVW(reg.EAX, reg.K1)
	}
}

// parityWeights point to the weights of the parities.
var parityWeights = [4]reg.GPPhysical{reg.R11, reg.R12, reg.R13, reg.R14}

// load loads a pixel, in AVX-512 into both halves.
func (d *depthBack) load(m operand.Mem, i int) {
	if d.Lanes > vecLanes {
		d.VBROADCASTF64X4(m, d.vec(i))
	} else {
		d.VMOVUPS(m, d.vec(i))
	}
}

// weights loads the taps of a block and steps to the next one's.
func (d *depthBack) weights() {
	tap := func(parity, i int) operand.Mem { return at(parityWeights[parity], i*vecBytes) }
	if d.Lanes > vecLanes {
		pair := func(i int, left, right operand.Mem) {
			d.VMOVUPS(left, d.vec(i).AsY())
			d.VINSERTF64X4(operand.U8(1), right, d.vec(i), d.vec(i))
		}
		pair(0, tap(0, 0), tap(1, 0)) // w11 w12
		d.load(tap(1, 1), 1)          //   . w10
		pair(2, tap(2, 0), tap(3, 0)) // w21 w22
		d.load(tap(3, 1), 3)          //   . w20
		pair(4, tap(2, 1), tap(3, 2)) // w01 w02
		d.load(tap(3, 3), 5)          //   . w00
	} else {
		for i, m := range []operand.Mem{tap(0, 0), tap(1, 0), tap(1, 1), tap(2, 0), tap(2, 1), tap(3, 0), tap(3, 1), tap(3, 2), tap(3, 3)} {
			d.VMOVUPS(m, d.vec(i))
		}
	}
	d.MOVQ(d.arg("wb"), reg.RAX)
	for parity, taps := range []uint8{1, 2, 2, 4} {
		w := parityWeights[parity]
		d.LEAQ(operand.Mem{Base: w, Index: reg.RAX, Scale: taps}, w)
	}
}

// pixels makes the four results one by one.
func (d *depthBack) pixels() {
	a, b, right, below := d.vec(9), d.vec(10), d.vec(11), d.vec(12)
	d.VMULPS(d.vec(0), a, d.vec(13))
	d.VMULPS(d.vec(1), a, d.vec(14))
	d.VMULPS(d.vec(3), a, d.vec(15))
	d.VMULPS(d.vec(5), a, a)
	d.VFMADD231PS(d.vec(2), right, d.vec(14))
	d.VFMADD231PS(d.vec(4), b, d.vec(15))
	d.VFMADD231PS(d.vec(6), right, a)
	d.VMOVUPS(d.vec(13), at(reg.RBX, 0))
	d.VMOVUPS(d.vec(14), at(reg.RBX, vecBytes))
	d.VFMADD231PS(d.vec(7), b, a)
	d.VFMADD231PS(d.vec(8), below, a)
	d.VMOVUPS(d.vec(15), indexed(reg.RBX, reg.R9, 0))
	d.VMOVUPS(a, indexed(reg.RBX, reg.R9, vecBytes))
}

// pairs makes the four results as two pairs.
func (d *depthBack) pairs() {
	a, b, right, below := d.vec(9), d.vec(10), d.vec(11), d.vec(12)
	d.VMULPS(d.vec(0), a, d.vec(13))
	d.VMULPS(d.vec(2), a, d.vec(14))
	d.VFMADD231PS(d.vec(1), right, reg.K1, d.vec(13))
	d.VFMADD231PS(d.vec(3), right, reg.K1, d.vec(14))
	d.VFMADD231PS(d.vec(4), b, d.vec(14))
	d.VFMADD231PS(d.vec(5), below, reg.K1, d.vec(14))
	d.VMOVUPS(d.vec(13), at(reg.RBX, 0))
	d.VMOVUPS(d.vec(14), indexed(reg.RBX, reg.R9, 0))
}
