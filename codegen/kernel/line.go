package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The line kernels reduce n > 0 consecutive floats to one number, which softmax and
// the normalisations begin with:
//
//	linemax  max x      linesum  Σ x      linedot  Σ x·z      linedev  Σ (x−mean)²
//
// The first works in eight lanes of float32 and has no opinion on NaN, which the
// caller meets again in the sum of the exponentials. The sums are in float64: lane i
// of accumulator k adds up the elements that are 4k+i modulo 16, and the sixteen are
// added in a tree, so the order follows from n alone.
//
// Twin: the loops of runtime/kernel/line.go.
//
// Registers: SI cursor in x, DI in z, CX elements left, AX mask of the last n mod 8;
// Y0-Y3 accumulators, Y4-Y11 elements, Y14 mean, Y15 mask.
func lines(c *build.Context) error {
	lineMax(c)
	for _, kind := range []string{"sum", "dot", "dev"} {
		lineSums(c, kind)
	}
	return nil
}

// openLine begins a kernel whose signature has n, x and mask.
func openLine(c *build.Context, name, second, doc string) {
	begin(c, name, fmt.Sprintf("func(n int, x *float32%s, mask *int32, y *float64)", second),
		fmt.Sprintf("%s %s of n floats; mask has the first n mod 8 lanes set.", name, doc))
	load(c, kept{"n", reg.RCX}, kept{"x", reg.RSI}, kept{"mask", reg.RAX})
	c.VMOVUPS(at(reg.RAX, 0), reg.Y15)
}

// lineMax folds with the first vectors, so that it needs no least value but in the
// lanes that the mask leaves out.
func lineMax(c *build.Context) {
	least := words(c, "linemax_least", []uint32{0xff800000})
	openLine(c, "linemax_f32_avx2", "", "writes the largest")
	for i := range 4 {
		c.VBROADCASTSS(least, ymm(i))
	}
	loopLine(c, "many", "few", 32, func() {
		for i := range 4 {
			c.VMAXPS(at(reg.RSI, i*vecBytes), ymm(i), ymm(i))
		}
	})
	loopLine(c, "one", "tail", 8, func() { c.VMAXPS(at(reg.RSI, 0), reg.Y0, reg.Y0) })
	c.VBROADCASTSS(least, reg.Y5)
	c.VMASKMOVPS(at(reg.RSI, 0), reg.Y15, reg.Y4)
	c.VBLENDVPS(reg.Y15, reg.Y4, reg.Y5, reg.Y4)
	c.VMAXPS(reg.Y4, reg.Y1, reg.Y1)
	c.VMAXPS(reg.Y1, reg.Y0, reg.Y0)
	c.VMAXPS(reg.Y3, reg.Y2, reg.Y2)
	c.VMAXPS(reg.Y2, reg.Y0, reg.Y0)
	c.VEXTRACTF128(imm8(1), reg.Y0, reg.X1)
	c.VMAXPS(reg.X1, reg.X0, reg.X0)
	c.VPERMILPS(imm8(0b01_00_11_10), reg.X0, reg.X1)
	c.VMAXPS(reg.X1, reg.X0, reg.X0)
	c.VPERMILPS(imm8(0b10_11_00_01), reg.X0, reg.X1)
	c.VMAXPS(reg.X1, reg.X0, reg.X0)
	c.VCVTSS2SD(reg.X0, reg.X0, reg.X0)
	closeLine(c)
}

// lineSums writes the three sums.
func lineSums(c *build.Context, kind string) {
	second, doc := "", "writes the sum"
	switch kind {
	case "dot":
		second, doc = ", z *float32", "writes the sum of products"
	case "dev":
		second, doc = ", mean *float64", "writes the sum of squared distances from mean"
	}
	openLine(c, "line"+kind+"_f32_avx2", second, doc)
	switch kind {
	case "dot":
		c.Load(c.Param("z"), reg.RDI)
	case "dev":
		c.Load(c.Param("mean"), reg.RDI)
		c.VBROADCASTSD(at(reg.RDI, 0), reg.Y14)
	}
	for i := range 4 {
		c.VXORPD(ymm(i), ymm(i), ymm(i))
	}
	// add takes eight elements, as float64 in Y4 and Y5, to two accumulators.
	add := func(acc int) {
		for i := range 2 {
			e := ymm(4 + i)
			switch kind {
			case "sum":
				c.VADDPD(e, ymm(acc+i), ymm(acc+i))
			case "dot":
				c.VFMADD231PD(ymm(6+i), e, ymm(acc+i))
			case "dev":
				c.VSUBPD(reg.Y14, e, e)
				c.VFMADD231PD(e, e, ymm(acc+i))
			}
		}
	}
	load := func(disp int) {
		for i := range 2 {
			c.VCVTPS2PD(at(reg.RSI, disp+16*i), ymm(4+i))
			if kind == "dot" {
				c.VCVTPS2PD(at(reg.RDI, disp+16*i), ymm(6+i))
			}
		}
	}
	loopLine(c, "many", "few", 16, func() {
		for i := range 2 {
			load(i * vecBytes)
			add(2 * i)
		}
		if kind == "dot" {
			c.ADDQ(imm8(2*vecBytes), reg.RDI)
		}
	})
	loopLine(c, "one", "tail", 8, func() {
		load(0)
		add(0)
		if kind == "dot" {
			c.ADDQ(imm8(vecBytes), reg.RDI)
		}
	})
	lineTail(c, kind)
	add(2)
	c.VADDPD(reg.Y2, reg.Y0, reg.Y0)
	c.VADDPD(reg.Y3, reg.Y1, reg.Y1)
	c.VADDPD(reg.Y1, reg.Y0, reg.Y0)
	c.VEXTRACTF128(imm8(1), reg.Y0, reg.X1)
	c.VADDPD(reg.X1, reg.X0, reg.X0)
	c.VUNPCKHPD(reg.X0, reg.X0, reg.X1)
	c.VADDSD(reg.X1, reg.X0, reg.X0)
	closeLine(c)
}

// lineTail loads the last n mod 8 elements as float64: zeros, or for deviations the
// mean, where there are none.
func lineTail(c *build.Context, kind string) {
	c.VMASKMOVPS(at(reg.RSI, 0), reg.Y15, reg.Y8)
	if kind == "dot" {
		c.VMASKMOVPS(at(reg.RDI, 0), reg.Y15, reg.Y9)
		c.VCVTPS2PD(reg.X9, reg.Y6)
		c.VEXTRACTF128(imm8(1), reg.Y9, reg.X9)
		c.VCVTPS2PD(reg.X9, reg.Y7)
	}
	c.VCVTPS2PD(reg.X8, reg.Y4)
	c.VEXTRACTF128(imm8(1), reg.Y8, reg.X8)
	c.VCVTPS2PD(reg.X8, reg.Y5)
	if kind == "dev" {
		for i := range 2 {
			c.VPMOVSXDQ(at(reg.RAX, 16*i), reg.Y10)
			c.VBLENDVPD(reg.Y10, ymm(4+i), reg.Y14, ymm(4+i))
		}
	}
}

// loopLine runs body while CX has step elements left.
func loopLine(c *build.Context, label, next string, step int, body func()) {
	c.SUBQ(imm8(step), reg.RCX)
	c.JL(jump(next + "enough"))
	align16(c)
	c.Label(label)
	body()
	c.ADDQ(operand.U32(4*step), reg.RSI)
	c.SUBQ(imm8(step), reg.RCX)
	c.JGE(jump(label))
	c.Label(next + "enough")
	c.ADDQ(imm8(step), reg.RCX)
}

// closeLine stores the result and leaves.
func closeLine(c *build.Context) {
	c.Load(c.Param("y"), reg.RDX)
	c.VMOVSD(reg.X0, at(reg.RDX, 0))
	end(c)
}
