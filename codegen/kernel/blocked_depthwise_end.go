package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What depthwise kernels do with finished sums: residual, activation, store, and the
// step to the next row.

// epilogue adds the residual and applies the activations that take a compare or two.
func (d *depthwise) epilogue() {
	d.MOVQ(d.arg("flags"), reg.RAX)
	d.TESTQ(reg.RAX, reg.RAX)
	d.JZ(d.label("store", d.width))
	scratch := d.column(0)
	sums := d.rows * d.width
	d.residual(scratch)
	// The value stands second in the machine's order, so that a NaN stays NaN.
	d.when(EndLow, "Low", func() {
		d.VBROADCASTSS(d.arg("lo"), scratch)
		for i := range sums {
			d.VMAXPS(d.s.vec(i), scratch, d.s.vec(i))
		}
	})
	d.when(EndHigh, "High", func() {
		d.VBROADCASTSS(d.arg("hi"), scratch)
		for i := range sums {
			d.VMINPS(d.s.vec(i), scratch, d.s.vec(i))
		}
	})
	d.when(EndLeaky, "Leaky", func() {
		d.VBROADCASTSS(d.arg("alpha"), scratch)
		product := d.s.vec(d.s.Registers - 1) // a tap, loaded again with the next tile
		if d.rows == 2 || d.double {
			product = d.column(1)
		}
		for i := range sums {
			leaky(d.Context, d.s, d.s.vec(i), scratch, product)
		}
	})
	d.Label(string(d.label("store", d.width)))
}

// residual adds it to the sums; those of double blocks have none.
func (d *depthwise) residual(scratch reg.VecPhysical) {
	if d.double {
		return
	}
	d.when(EndResidual, "Residual", func() {
		if d.K == 0 {
			d.LEAQ(indexed(reg.RDX, reg.R14, 0), reg.R11)
			d.eachPixel(func(m operand.Mem, sum reg.VecPhysical) { d.VADDPS(m, sum, sum) })
			return
		}
		d.LEAQ(indexed(reg.RDX, reg.R14, 0), reg.RBX)
		d.eachRow("res", "rrow", func(row int) {
			for j := range d.width {
				m := at(reg.RBX, j*d.s.Bytes())
				if d.pixels == 2 && j == d.width-1 {
					d.VMOVUPS_Z(m, reg.K1, scratch)
					d.VADDPS(scratch, d.acc(row, j), d.acc(row, j))
				} else {
					d.VADDPS(m, d.acc(row, j), d.acc(row, j))
				}
			}
		})
	})
}

// leaky multiplies the negative lanes of r by alpha; product and K3 are lost.
func leaky(c *build.Context, s ISA, r, alpha, product reg.VecPhysical) {
	c.VMULPS(alpha, r, product)
	if s.Lanes == 16 {
		c.VPMOVD2M(r, reg.K3)
		c.VMOVAPS(product, reg.K3, r)
		return
	}
	c.VBLENDVPS(r, product, r, r)
}

// when writes code that runs if a flag in AX is set.
func (d *depthwise) when(flag uint32, name string, body func()) {
	skip := d.label("no"+name, d.width)
	d.TESTQ(operand.U32(flag), reg.RAX)
	d.JZ(skip)
	body()
	d.Label(string(skip))
}

// eachRow visits the rows of a tile whose first one is at BX; step names the
// distance of the second, which a lone row does not have.
func (d *depthwise) eachRow(name, step string, op func(row int)) {
	op(0)
	if d.rows == 1 {
		return
	}
	d.CMPQ(d.rowsLeft(), imm8(1))
	d.JEQ(d.label("lone"+name, d.width))
	d.ADDQ(d.arg(step), reg.RBX)
	op(1)
	d.Label(string(d.label("lone"+name, d.width)))
}

// eachPixel visits the results of a tile of any window, ypixel bytes apart from R11
// on, and leaves R11 behind the last.
func (d *depthwise) eachPixel(op func(m operand.Mem, sum reg.VecPhysical)) {
	for j := range d.width {
		op(at(reg.R11, 0), d.acc(0, j))
		d.ADDQ(d.arg("ypixel"), reg.R11)
	}
}

func (d *depthwise) store() {
	if d.K == 0 {
		d.MOVQ(reg.RDX, reg.R11)
		d.eachPixel(func(m operand.Mem, sum reg.VecPhysical) { d.VMOVUPS(sum, m) })
		return
	}
	if d.double {
		d.storeHalves()
		return
	}
	if d.rows == 2 {
		d.MOVQ(reg.RDX, reg.RBX)
	}
	d.eachRow("y", "yrow", func(row int) {
		base := reg.Register(reg.RDX)
		if row > 0 {
			base = reg.RBX
		}
		for j := range d.width {
			m := at(base, j*d.s.Bytes())
			if d.pixels == 2 && j == d.width-1 {
				d.VMOVUPS(d.acc(row, j), reg.K1, m)
			} else {
				d.VMOVUPS(d.acc(row, j), m)
			}
		}
	})
}

func (d *depthwise) nextRow() {
	d.Label("rowDone")
	for range d.rows {
		d.ADDQ(d.arg("xrow"), reg.R12)
		d.ADDQ(d.arg("yrow"), reg.R13)
		d.MOVQ(d.arg("rrow"), reg.RAX)
		d.ADDQ(reg.RAX, d.resRow())
	}
	d.SUBQ(imm8(d.rows), d.rowsLeft())
	d.JG(jump("row"))
	for _, b := range ofBlock {
		d.MOVQ(d.arg(b.step), reg.RAX)
		d.ADDQ(reg.RAX, d.block(b.name))
	}
	d.DECQ(d.blocksLeft())
	d.JNZ(jump("block"))
	end(d.Context)
}
