package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// Double blocks: where the two blocks of channels of an AVX-512 vector lie side by side, it is
// stored at once and not as two halves. Bands of chains lie so for depthwise kernels whose lanes
// are 16 channels (blocked_depthwise_double.go). The code stands behind the function, out of the
// way of other results.

// doubles reports whether tiles of this size write double blocks: those of whole vectors.
func (d *direct) doubles() bool { return d.s.Lanes == 16 && !d.paired }

// storeDouble is [direct.store] of double blocks.
func (d *direct) storeDouble() {
	if !d.doubles() {
		return
	}
	d.Label("double")
	d.pixelsOf("Y", "Plane", 4, func(i, j int, m []operand.Mem) { d.VMOVUPS(d.acc(i, j), m[0]) })
	d.JMP(jump("next"))
}

// putDouble is [direct.putBlocks] of double blocks, for all vectors.
func (d *direct) putDouble() {
	if !d.doubles() {
		return
	}
	for j := range d.vecs {
		d.Label(fmt.Sprintf("put_double%d", j))
		for i := range d.pixels {
			d.VMOVUPS(d.acc(i, j), at(d.base(i), 0))
		}
		d.JMP(jump(fmt.Sprintf("was_put%d", j)))
	}
}
