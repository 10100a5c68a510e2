package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// A product with one row (one image at a dense layer) is bound by reading the
// weights. The row kernel reads up to four panels of B side by side, so that
// eight chains of additions hide the latency that two would leave open:
//
//	y[16·p + j] = Σ_{l<k} x[l] · B[p][l][j],  p < panels
//
// in the order of l, the same bits as the tile kernel gives. y takes whole panels.
//
// Twin: TestRowAndFoldTwins of runtime/kernel.
//
// Registers: SI x, DI y, AX BX CX DX cursors of the panels, R8 k, R9 bytes of a
// panel, R10 step; Y0-Y7 sums, Y8 x.

// RowName returns the name of the row kernel of some panels.
func RowName(panels int) string { return fmt.Sprintf("row_f32_avx2_%d", panels*2*vecLanes) }

// Row adds the kernel for 1 to 4 panels.
func Row(c *build.Context, panels int) error {
	if panels < 1 || panels > 4 {
		return fmt.Errorf("kernel: found a row kernel of %d panels, expected 1 to 4", panels)
	}
	begin(c, RowName(panels), "func(y *float32, x *float32, b *float32, k int, panel int)",
		fmt.Sprintf("%s multiplies a row by %d packed panels that lie panel bytes apart.", RowName(panels), panels))
	c.Load(c.Param("y"), reg.RDI)
	c.Load(c.Param("x"), reg.RSI)
	c.Load(c.Param("b"), reg.RAX)
	c.Load(c.Param("k"), reg.R8)
	c.Load(c.Param("panel"), reg.R9)
	cursors := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX}[:panels]
	for p := 1; p < panels; p++ {
		c.MOVQ(cursors[p-1], cursors[p])
		c.ADDQ(reg.R9, cursors[p])
	}
	for i := range 2 * panels {
		c.VXORPS(ymm(i), ymm(i), ymm(i))
	}
	c.XORQ(reg.R10, reg.R10)
	align16(c)
	c.Label("step")
	c.VBROADCASTSS(at(reg.RSI, 0), reg.Y8)
	for p, cursor := range cursors {
		c.VFMADD231PS(indexed(cursor, reg.R10, 0), reg.Y8, ymm(2*p))
		c.VFMADD231PS(indexed(cursor, reg.R10, vecBytes), reg.Y8, ymm(2*p+1))
	}
	c.ADDQ(imm8(4), reg.RSI)
	c.ADDQ(imm8(2*vecBytes), reg.R10)
	c.DECQ(reg.R8)
	c.JNZ(jump("step"))
	for i := range 2 * panels {
		c.VMOVUPS(ymm(i), at(reg.RDI, i*vecBytes))
	}
	end(c)
	return nil
}
