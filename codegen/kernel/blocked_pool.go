package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The pooling kernels of the blocked layout take the maximum or the mean of windows
// of one block of channels, a lane each:
//
//	y[p,q] = max or mean over r < taprows, s < tapcols of x[p·xrow + r·xtap + q·xpixel + s·xcol]
//
// A call does results of some blocks that have equally large windows; those at a border,
// whose windows are clipped, are calls of their own. Rows are cut into tiles as those of
// the depthwise kernels are. A NaN in a window makes its maximum NaN: the mask of
// unordered lanes, all ones where there was one, is a NaN itself.
//
// Twin: poolLoops of runtime/kernel/blocked. Eight channels are a vector on both
// sets: pooling waits for memory.
//
// Registers:
//
//	DI arguments   R12 R13 x and y of the row   SI DX x and y of the tile
//	R8 R10 bytes between pixels of x, three times that   R11 the fifth pixel
//	R9 CX tiles left, of this width   AX BX cursors of taps, of their rows   R14 taps left
//	Y0.. results, then masks of NaN; Y14 column, Y15 divisor

// PoolFields are the fields of the argument block, 8 bytes each, in order. Distances
// are in bytes.
var PoolFields = []string{
	"x", "y",
	"rows", "width", "wide", "tiles",
	"xtap", "xcol", "xpixel", "xrow", "yrow",
	"taprows", "tapcols", "divisor",
	"at", "atrow", "first", "skip", // of training
	"blocks", "xblock", "yblock", // not of training
}

type pool struct {
	asm
	largest bool
	width   int
	local   operand.Mem
}

// BlockedPools adds the pooling kernels and the mean of a plane.
func BlockedPools(c *build.Context, s ISA) error {
	if s.Lanes != vecLanes {
		return nil
	}
	for _, largest := range []bool{true, false} {
		p := &pool{asm: asm{c}, largest: largest}
		name := "windowmean_f32_avx2"
		if largest {
			name = "windowmax_f32_avx2"
		}
		p.local = begin(c, name, "func(t *byte)", name+" pools rows of one block of channels.")
		p.rows()
	}
	planeMeans(c)
	poolTrainings(c)
	return nil
}

// PoolWidth returns the pixels of the widest tile.
func PoolWidth(largest bool) int {
	if largest {
		return 7
	}
	return 8
}

func (p *pool) arg(name string) operand.Mem { return field(PoolFields, name) }

// Words of the frame.
func (p *pool) rowsLeft() operand.Mem { return p.local }
func (p *pool) tapRows() operand.Mem  { return p.local.Offset(8) }
func (p *pool) blocks() operand.Mem   { return p.local.Offset(16) } // left
func (p *pool) xBlock() operand.Mem   { return p.local.Offset(24) } // x and y of the block
func (p *pool) yBlock() operand.Mem   { return p.local.Offset(32) }

func (p *pool) rows() {
	p.Load(p.Param("t"), reg.RDI)
	p.keep(PoolFields, kept{"x", p.xBlock()}, kept{"y", p.yBlock()}, kept{"blocks", p.blocks()}, kept{"xpixel", reg.R8})
	p.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R10)
	p.Label("block")
	p.MOVQ(p.xBlock(), reg.R12)
	p.MOVQ(p.yBlock(), reg.R13)
	p.keep(PoolFields, kept{"rows", p.rowsLeft()})
	p.Label("row")
	p.MOVQ(reg.R12, reg.RSI)
	p.MOVQ(reg.R13, reg.RDX)
	p.MOVQ(p.arg("tiles"), reg.R9)
	p.MOVQ(p.arg("wide"), reg.RCX)
	p.MOVQ(p.arg("width"), reg.RAX)
	for w := PoolWidth(p.largest); w > 1; w-- {
		p.CMPQ(reg.RAX, imm8(w))
		p.JEQ(numbered("tile", w))
	}
	p.JMP(numbered("tile", 1))
	for p.width = PoolWidth(p.largest); p.width > 0; p.width-- {
		p.tile()
	}
	p.Label("rowDone")
	p.ADDQ(p.arg("xrow"), reg.R12)
	p.ADDQ(p.arg("yrow"), reg.R13)
	p.DECQ(p.rowsLeft())
	p.JNZ(jump("row"))
	p.increase(p.xBlock(), p.arg("xblock"))
	p.increase(p.yBlock(), p.arg("yblock"))
	p.DECQ(p.blocks())
	p.JNZ(jump("block"))
	end(p.Context)
}

func (p *pool) tile() {
	p.Label(string(numbered("tile", p.width)))
	p.MOVQ(reg.RSI, reg.RBX)
	p.MOVQ(p.arg("taprows"), reg.RAX)
	p.MOVQ(reg.RAX, p.tapRows())
	for j := range p.width {
		if p.largest {
			p.VMOVUPS(p.pixel(reg.RSI, j), ymm(j))
			p.VXORPS(ymm(7+j), ymm(7+j), ymm(7+j))
		} else {
			p.VXORPS(ymm(j), ymm(j), ymm(j))
		}
	}
	align16(p.Context)
	p.Label(string(numbered("taps", p.width)))
	p.MOVQ(reg.RBX, reg.RAX)
	p.MOVQ(p.arg("tapcols"), reg.R14)
	p.Label(string(numbered("tap", p.width)))
	for j := range p.width {
		m := p.pixel(reg.RAX, j)
		if p.largest {
			p.VMOVUPS(m, reg.Y14)
			p.VMAXPS(reg.Y14, ymm(j), ymm(j))
			p.VCMPPS(operand.U8(cmpUnord), reg.Y14, ymm(7+j), ymm(7+j))
		} else {
			p.VADDPS(m, ymm(j), ymm(j))
		}
	}
	p.ADDQ(p.arg("xcol"), reg.RAX)
	p.DECQ(reg.R14)
	p.JNZ(numbered("tap", p.width))
	p.ADDQ(p.arg("xtap"), reg.RBX)
	p.DECQ(p.tapRows())
	p.JNZ(numbered("taps", p.width))
	if !p.largest {
		p.VBROADCASTSS(p.arg("divisor"), reg.Y15)
	}
	for j := range p.width {
		if p.largest {
			p.VORPS(ymm(7+j), ymm(j), ymm(j))
		} else {
			p.VDIVPS(reg.Y15, ymm(j), ymm(j))
		}
		p.VMOVUPS(ymm(j), at(reg.RDX, j*pixelBytes))
	}
	p.IMUL3Q(imm8(p.width), reg.R8, reg.RAX)
	p.ADDQ(reg.RAX, reg.RSI)
	p.ADDQ(operand.U32(p.width*pixelBytes), reg.RDX)
	p.DECQ(reg.R9)
	p.JZ(jump("rowDone"))
	p.DECQ(reg.RCX)
	p.JNZ(numbered("tile", p.width))
	if p.width > 1 {
		p.MOVQ(reg.R9, reg.RCX)
	}
}

// pixel addresses pixel j of a tile at base; the fifth sets R11.
func (p *pool) pixel(base reg.Register, j int) operand.Mem {
	if j == 4 {
		p.LEAQ(operand.Mem{Base: base, Index: reg.R8, Scale: 4}, reg.R11)
	}
	if j >= 4 {
		base = reg.R11
	}
	m := at(base, 0)
	switch j % 4 {
	case 1, 2:
		m.Index, m.Scale = reg.R8, uint8(j%4)
	case 3:
		m.Index, m.Scale = reg.R10, 1
	}
	return m
}

// numbered names a place in the code of the tiles of a width.
func numbered(name string, width int) operand.LabelRef {
	return operand.LabelRef(name + string(rune('0'+width)))
}

// planeMeans adds the kernel of the means of planes: each row is summed in f32 by four
// chains, the rows of a plane in f64.
//
// Registers: DI y, R11 plane, R12 plane to plane, DX planes left, SI row, AX cursor,
// CX pixels left, R8 pixels, R9 rows left, R10 row to row; Y0..Y3 sums of the row,
// Y4 Y5 sums of the plane.
func planeMeans(c *build.Context) {
	begin(c, "planemeans_f32_avx2", "func(y *float32, x *float32, width int, rows int, row int, planes int, plane int, area *float64)",
		"planemeans_f32_avx2 writes the means of planes of eight channels; row and plane are in", "bytes.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.R11}, kept{"width", reg.R8}, kept{"row", reg.R10}, kept{"planes", reg.RDX}, kept{"plane", reg.R12}, kept{"area", reg.RBX})
	c.Label("plane")
	c.Load(c.Param("rows"), reg.R9)
	c.MOVQ(reg.R11, reg.RSI)
	c.VXORPD(reg.Y4, reg.Y4, reg.Y4)
	c.VXORPD(reg.Y5, reg.Y5, reg.Y5)
	c.Label("row")
	c.MOVQ(reg.RSI, reg.RAX)
	c.MOVQ(reg.R8, reg.RCX)
	for i := range 4 {
		c.VXORPS(ymm(i), ymm(i), ymm(i))
	}
	c.SUBQ(imm8(4), reg.RCX)
	c.JL(jump("few"))
	align16(c)
	c.Label("four")
	for i := range 4 {
		c.VADDPS(at(reg.RAX, i*pixelBytes), ymm(i), ymm(i))
	}
	c.ADDQ(operand.U32(4*pixelBytes), reg.RAX)
	c.SUBQ(imm8(4), reg.RCX)
	c.JGE(jump("four"))
	c.Label("few")
	c.ADDQ(imm8(4), reg.RCX)
	c.JZ(jump("summed"))
	c.Label("one")
	c.VADDPS(at(reg.RAX, 0), reg.Y3, reg.Y3)
	c.ADDQ(imm8(pixelBytes), reg.RAX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("one"))
	c.Label("summed")
	c.VADDPS(reg.Y1, reg.Y0, reg.Y0)
	c.VADDPS(reg.Y3, reg.Y2, reg.Y2)
	c.VADDPS(reg.Y2, reg.Y0, reg.Y0)
	c.VEXTRACTF128(imm8(1), reg.Y0, reg.X1)
	c.VCVTPS2PD(reg.X0, reg.Y0)
	c.VCVTPS2PD(reg.X1, reg.Y1)
	c.VADDPD(reg.Y0, reg.Y4, reg.Y4)
	c.VADDPD(reg.Y1, reg.Y5, reg.Y5)
	c.ADDQ(reg.R10, reg.RSI)
	c.DECQ(reg.R9)
	c.JNZ(jump("row"))
	c.VBROADCASTSD(at(reg.RBX, 0), reg.Y0)
	c.VDIVPD(reg.Y0, reg.Y4, reg.Y4)
	c.VDIVPD(reg.Y0, reg.Y5, reg.Y5)
	c.VCVTPD2PSY(reg.Y4, reg.X4)
	c.VCVTPD2PSY(reg.Y5, reg.X5)
	c.VMOVUPS(reg.X4, at(reg.RDI, 0))
	c.VMOVUPS(reg.X5, at(reg.RDI, 16))
	c.ADDQ(imm8(pixelBytes), reg.RDI)
	c.ADDQ(reg.R12, reg.R11)
	c.DECQ(reg.RDX)
	c.JNZ(jump("plane"))
	end(c)
}
