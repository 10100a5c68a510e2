package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scaledRows is the inputs of a turn of the loop of ScaleWeights.
const scaledRows = 4

// ScaleWeights adds the kernel that multiplies the weights of 16 outputs by a factor of each
// input, in the order of direct convolutions:
//
//	y[i][o] = x[i][o] · s[i]    i < n, o < 16
//
// Twin: scaleStripGeneric of runtime/kernel/blocked.
//
// Registers: DI y, SI x, R8 s, CX inputs left.
func ScaleWeights(c *build.Context, s ISA) error {
	const rowBytes = 2 * vecBytes
	name := "scaleweights_f32_" + s.Name
	begin(c, name, "func(y *float32, x *float32, s *float32, n int)",
		name+" multiplies the weights of 16 outputs by a factor of each of n inputs.")
	load(c, kept{"y", reg.RDI}, kept{"x", reg.RSI}, kept{"s", reg.R8}, kept{"n", reg.RCX})
	turn := func(rows int) {
		for i := range rows {
			factor := s.vec(i)
			c.VBROADCASTSS(at(reg.R8, 4*i), factor)
			for disp := 0; disp < rowBytes; disp += s.Bytes() {
				product := s.vec(scaledRows + i)
				c.VMULPS(at(reg.RSI, i*rowBytes+disp), factor, product)
				c.VMOVUPS(product, at(reg.RDI, i*rowBytes+disp))
			}
		}
		c.ADDQ(operand.U32(rows*rowBytes), reg.RDI)
		c.ADDQ(operand.U32(rows*rowBytes), reg.RSI)
		c.ADDQ(imm8(4*rows), reg.R8)
	}
	c.SUBQ(imm8(scaledRows), reg.RCX)
	c.JL(jump("rest"))
	align16(c)
	c.Label("some")
	turn(scaledRows)
	c.SUBQ(imm8(scaledRows), reg.RCX)
	c.JGE(jump("some"))
	c.Label("rest")
	c.ADDQ(imm8(scaledRows), reg.RCX)
	c.JZ(jump("done"))
	c.Label("one")
	turn(1)
	c.DECQ(reg.RCX)
	c.JNZ(jump("one"))
	c.Label("done")
	end(c)
	return nil
}
