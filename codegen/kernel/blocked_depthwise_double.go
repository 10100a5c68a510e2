package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Depthwise kernels of stride 2 over double blocks: x has the pixels of two blocks of channels side
// by side, as tiles of [Direct] write them (direct_double.go), and a vector is one of them. Pairs of
// pixels would have to be shuffled together. The results are blocks, yhalf bytes apart; a step from
// block to block is one of two. Weights are those of two blocks after each other. There is no
// residual. Rows are bands of chains: they come from the second cache, soon enough without
// prefetching, which takes a third of the loads of a tile.

// doubleShapes lists the kernels.
var doubleShapes = []DepthwiseShape{{3, 2, 1}, {5, 2, 1}}

// doubleWidth is the pixels of the widest tile.
const doubleWidth = 14

// depthwiseDoubles adds the kernels, which are AVX-512's.
func depthwiseDoubles(c *build.Context, s ISA) {
	if s != AVX512 {
		return
	}
	for _, shape := range doubleShapes {
		d := newDepthwise(c, s, shape)
		d.double, d.pixels = true, 1
		name := DepthwiseName(s, shape) + "_double"
		d.write(name, name+" convolves rows of two blocks of channels.")
	}
}

// loadDouble loads eight channels of each of two blocks.
func (d *depthwise) loadDouble(lo, hi operand.Mem, to reg.VecPhysical) {
	d.VMOVUPS(lo, to.AsY())
	d.VINSERTF32X8(imm8(1), hi, to, to)
}

// storeHalves is [depthwise.store] of double blocks.
func (d *depthwise) storeHalves() {
	d.MOVQ(d.arg("yhalf"), reg.RAX)
	for j := range d.width {
		d.VMOVUPS(d.acc(0, j).AsY(), at(reg.RDX, j*pixelBytes))
	}
	for j := range d.width {
		d.VEXTRACTF32X8(imm8(1), d.acc(0, j), indexed(reg.RDX, reg.RAX, j*pixelBytes))
	}
}
