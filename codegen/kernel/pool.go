package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Pooling kernels for windows of 2 x 2 with stride 2, by far the most common. One
// step makes 8 results from 16 columns of two rows:
//
//	row 0   a b a b a b a b  a b a b a b a b      evens and odds of both rows
//	row 1   c d c d c d c d  c d c d c d c d      become vectors of a, b, c, d
//
// The shuffle leaves the results in the order 0 1 4 5 2 3 6 7; one permutation of
// the result repairs that. A row whose width is no multiple of 8 ends with 8
// results that overlap those before; in a row of fewer than 8 the step makes too
// many, which the next row overwrites, and the caller does the last rows itself.
//
// Twins: maxPoolGeneric, maxPoolDXGeneric, avgPoolGeneric, avgPoolDXGeneric of
// runtime/kernel.
//
// Registers:
//
//	SI  x (dy backward)      DI  y (dx backward)       BX  at
//	R8  bytes of a row of the large side               R9  results of a row
//	R10 bytes of the small side's row                  CX  rows left
//	DX  result in the row    AX  its first column      R11 last first result of a row

// Pools adds the pooling kernels.
func Pools(c *build.Context) {
	maxPool(c, "maxpool2_f32_avx2", true)
	maxPool(c, "maxpool2y_f32_avx2", false)
	maxPoolDX(c)
	avgPool(c)
	avgPoolDX(c)
}

// rowLoop writes the loops over rows and results around one step of 8; large is
// the pointer that moves by two rows of width R8, small the one that moves by R9
// floats.
func rowLoop(c *build.Context, large, small reg.GPPhysical, withAt bool, step func()) {
	c.Comment("The last step of a row begins at result max(count-8, 0).")
	c.MOVQ(reg.R9, reg.R11)
	c.SUBQ(operand.U8(vecLanes), reg.R11)
	c.XORQ(reg.RAX, reg.RAX)
	c.CMPQ(reg.R11, operand.U8(0))
	c.CMOVQLT(reg.RAX, reg.R11)
	c.MOVQ(reg.R9, reg.R10)
	c.SHLQ(operand.U8(2), reg.R10)
	c.Label("row")
	c.XORQ(reg.RDX, reg.RDX)
	c.Label("step")
	step()
	c.CMPQ(reg.RDX, reg.R11)
	c.JGE(jump("rowDone"))
	c.ADDQ(operand.U8(vecLanes), reg.RDX)
	c.CMPQ(reg.RDX, reg.R11)
	c.CMOVQGT(reg.R11, reg.RDX)
	c.JMP(jump("step"))
	c.Label("rowDone")
	c.LEAQ(operand.Mem{Base: large, Index: reg.R8, Scale: 2}, large)
	c.ADDQ(reg.R10, small)
	if withAt {
		c.ADDQ(reg.R9, reg.RBX)
	}
	c.DECQ(reg.RCX)
	c.JNZ(jump("row"))
	end(c)
}

// columns addresses 8 of the 16 columns of a step: row 0 or 1, half 0 or 1; base
// is the pointer of the large side plus 8·RDX, in RAX.
func columns(row, half int) operand.Mem {
	m := at(reg.RAX, half*vecBytes)
	if row == 1 {
		m.Index, m.Scale = reg.R8, 1
	}
	return m
}

// evenOdd loads a row of 16 columns and splits it; tmp is lost.
func evenOdd(c *build.Context, row int, even, odd, tmp reg.VecPhysical) {
	c.VMOVUPS(columns(row, 0), tmp)
	c.VMOVUPS(columns(row, 1), odd)
	c.VSHUFPS(operand.U8(0x88), odd, tmp, even)
	c.VSHUFPS(operand.U8(0xdd), odd, tmp, odd)
}

// interleave16 stores the columns of a row: even and odd hold 8 each.
func interleave16(c *build.Context, row int, even, odd, lo, hi reg.VecPhysical) {
	c.VUNPCKLPS(odd, even, lo)
	c.VUNPCKHPS(odd, even, hi)
	c.VPERM2F128(operand.U8(0x20), hi, lo, even)
	c.VPERM2F128(operand.U8(0x31), hi, lo, odd)
	c.VMOVUPS(even, columns(row, 0))
	c.VMOVUPS(odd, columns(row, 1))
}

// inOrder repairs the order that evenOdd leaves.
const inOrder = 0xd8

func maxPool(c *build.Context, name string, withAt bool) {
	signature := "func(y *float32, x *float32, width int, count int, rows int)"
	if withAt {
		signature = "func(y *float32, at *byte, x *float32, width int, count int, rows int)"
	}
	begin(c, name, signature,
		name+" takes the maximum of windows of 2 x 2: rows of count results from pairs of", "rows that are width bytes long.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.RSI}, kept{"width", reg.R8}, kept{"count", reg.R9}, kept{"rows", reg.RCX})
	if withAt {
		c.Load(c.Param("at"), reg.RBX)
		c.Comment("Positions 1, 2, 3.")
		for i := range 3 {
			c.MOVL(operand.U32(i+1), reg.EAX)
			c.VMOVD(reg.EAX, xmm(13+i))
			c.VPBROADCASTD(xmm(13+i), ymm(13+i))
		}
	}
	rowLoop(c, reg.RSI, reg.RDI, withAt, func() {
		c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.RDX, Scale: 8}, reg.RAX)
		evenOdd(c, 0, reg.Y0, reg.Y1, reg.Y8)
		evenOdd(c, 1, reg.Y2, reg.Y3, reg.Y8)
		if withAt {
			c.VPXOR(reg.Y4, reg.Y4, reg.Y4)
		}
		for i := 1; i < 4; i++ {
			if withAt {
				c.Comment("A later position wins where its value is greater.")
				c.VCMPPS(operand.U8(cmpGreater), reg.Y0, ymm(i), reg.Y5)
				c.VBLENDVPS(reg.Y5, ymm(12+i), reg.Y4, reg.Y4)
			}
			c.VMAXPS(reg.Y0, ymm(i), reg.Y0)
		}
		c.VPERMPD(operand.U8(inOrder), reg.Y0, reg.Y0)
		c.VMOVUPS(reg.Y0, operand.Mem{Base: reg.RDI, Index: reg.RDX, Scale: 4})
		if withAt {
			c.VPERMPD(operand.U8(inOrder), reg.Y4, reg.Y4)
			c.VEXTRACTI128(operand.U8(1), reg.Y4, reg.X5)
			c.VPACKUSDW(reg.X5, reg.X4, reg.X4)
			c.VPACKUSWB(reg.X4, reg.X4, reg.X4)
			c.VMOVQ(reg.X4, operand.Mem{Base: reg.RBX, Index: reg.RDX, Scale: 1})
		}
	})
}

// cmpGreater is the predicate GT_OQ: false for NaN, no exception.
const cmpGreater = 30

func maxPoolDX(c *build.Context) {
	begin(c, "maxpool2dx_f32_avx2", "func(dx *float32, at *byte, dy *float32, width int, count int, rows int)",
		"maxpool2dx_f32_avx2 sends rows of count gradients to pairs of rows width bytes long,", "to the positions that at names.")
	load(c, kept{"dx", reg.RDI}, kept{"at", reg.RBX}, kept{"dy", reg.RSI}, kept{"width", reg.R8}, kept{"count", reg.R9}, kept{"rows", reg.RCX})
	c.VPXOR(reg.Y12, reg.Y12, reg.Y12)
	for i := range 3 {
		c.MOVL(operand.U32(i+1), reg.EAX)
		c.VMOVD(reg.EAX, xmm(13+i))
		c.VPBROADCASTD(xmm(13+i), ymm(13+i))
	}
	rowLoop(c, reg.RDI, reg.RSI, true, func() {
		c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.RDX, Scale: 8}, reg.RAX)
		c.VMOVUPS(operand.Mem{Base: reg.RSI, Index: reg.RDX, Scale: 4}, reg.Y8)
		c.VPMOVZXBD(operand.Mem{Base: reg.RBX, Index: reg.RDX, Scale: 1}, reg.Y9)
		for i := range 4 {
			c.VPCMPEQD(ymm(12+i), reg.Y9, ymm(i))
			c.VANDPS(reg.Y8, ymm(i), ymm(i))
		}
		interleave16(c, 0, reg.Y0, reg.Y1, reg.Y4, reg.Y5)
		interleave16(c, 1, reg.Y2, reg.Y3, reg.Y4, reg.Y5)
	})
}

func avgPool(c *build.Context) {
	begin(c, "avgpool2_f32_avx2", "func(y *float32, x *float32, width int, count int, rows int)",
		"avgpool2_f32_avx2 takes the mean of windows of 2 x 2: rows of count results from", "pairs of rows that are width bytes long.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.RSI}, kept{"width", reg.R8}, kept{"count", reg.R9}, kept{"rows", reg.RCX})
	quarter(c)
	rowLoop(c, reg.RSI, reg.RDI, false, func() {
		c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.RDX, Scale: 8}, reg.RAX)
		evenOdd(c, 0, reg.Y0, reg.Y1, reg.Y8)
		evenOdd(c, 1, reg.Y2, reg.Y3, reg.Y8)
		for i := 1; i < 4; i++ {
			c.VADDPS(ymm(i), reg.Y0, reg.Y0)
		}
		c.VMULPS(reg.Y15, reg.Y0, reg.Y0)
		c.VPERMPD(operand.U8(inOrder), reg.Y0, reg.Y0)
		c.VMOVUPS(reg.Y0, operand.Mem{Base: reg.RDI, Index: reg.RDX, Scale: 4})
	})
}

func avgPoolDX(c *build.Context) {
	begin(c, "avgpool2dx_f32_avx2", "func(dx *float32, dy *float32, width int, count int, rows int)",
		"avgpool2dx_f32_avx2 spreads rows of count gradients over pairs of rows width bytes", "long.")
	load(c, kept{"dx", reg.RDI}, kept{"dy", reg.RSI}, kept{"width", reg.R8}, kept{"count", reg.R9}, kept{"rows", reg.RCX})
	quarter(c)
	rowLoop(c, reg.RDI, reg.RSI, false, func() {
		c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.RDX, Scale: 8}, reg.RAX)
		c.VMULPS(operand.Mem{Base: reg.RSI, Index: reg.RDX, Scale: 4}, reg.Y15, reg.Y0)
		c.VMOVAPS(reg.Y0, reg.Y1)
		c.VUNPCKLPS(reg.Y1, reg.Y0, reg.Y2)
		c.VUNPCKHPS(reg.Y1, reg.Y0, reg.Y3)
		c.VPERM2F128(operand.U8(0x20), reg.Y3, reg.Y2, reg.Y0)
		c.VPERM2F128(operand.U8(0x31), reg.Y3, reg.Y2, reg.Y1)
		for row := range 2 {
			c.VMOVUPS(reg.Y0, columns(row, 0))
			c.VMOVUPS(reg.Y1, columns(row, 1))
		}
	})
}

// quarter puts 1/4 in all lanes of Y15.
func quarter(c *build.Context) {
	c.MOVL(operand.U32(0x3e800000), reg.EAX)
	c.VMOVD(reg.EAX, reg.X15)
	c.VPBROADCASTD(reg.X15, reg.Y15)
}

func xmm(n int) reg.VecPhysical {
	return [...]reg.VecPhysical{
		reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
	}[n]
}

// SumRow adds the kernel of bias gradients: n floats are added to 8 sums, float i
// to sum i mod 8, with four chains that are joined in the end.
//
// Twin: biasTask of runtime/kernel.
//
// Registers: SI source, DI sums, CX floats, AX masks; Y0-Y3 chains, Y4 data, Y5 mask.
func SumRow(c *build.Context) {
	begin(c, "sumrow_f32_avx2", "func(sums *float32, src *float32, n int, mask *int32)",
		"sumrow_f32_avx2 adds n floats to 8 sums; mask has the first n mod 8 lanes set.")
	load(c, kept{"sums", reg.RDI}, kept{"src", reg.RSI}, kept{"n", reg.RCX}, kept{"mask", reg.RAX})
	c.VMOVUPS(at(reg.RDI, 0), reg.Y0)
	for i := 1; i < 4; i++ {
		c.VXORPS(ymm(i), ymm(i), ymm(i))
	}
	c.SUBQ(operand.U8(32), reg.RCX)
	c.JL(jump("few"))
	align16(c)
	c.Label("many")
	for i := range 4 {
		c.VADDPS(at(reg.RSI, i*vecBytes), ymm(i), ymm(i))
	}
	c.ADDQ(operand.U32(4*vecBytes), reg.RSI)
	c.SUBQ(operand.U8(32), reg.RCX)
	c.JGE(jump("many"))
	c.Label("few")
	c.ADDQ(operand.U8(24), reg.RCX)
	c.JL(jump("tail"))
	c.Label("one")
	c.VADDPS(at(reg.RSI, 0), reg.Y1, reg.Y1)
	c.ADDQ(operand.U8(vecBytes), reg.RSI)
	c.SUBQ(operand.U8(8), reg.RCX)
	c.JGE(jump("one"))
	c.Label("tail")
	c.VMOVUPS(at(reg.RAX, 0), reg.Y5)
	c.VMASKMOVPS(at(reg.RSI, 0), reg.Y5, reg.Y4)
	c.VADDPS(reg.Y4, reg.Y2, reg.Y2)
	c.VADDPS(reg.Y1, reg.Y0, reg.Y0)
	c.VADDPS(reg.Y3, reg.Y2, reg.Y2)
	c.VADDPS(reg.Y2, reg.Y0, reg.Y0)
	c.VMOVUPS(reg.Y0, at(reg.RDI, 0))
	end(c)
}
