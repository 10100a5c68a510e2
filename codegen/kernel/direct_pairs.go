package kernel

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Channels that end with half of an AVX-512 vector, one block, leave the other half of that
// vector to a second pixel: its lanes multiply the same weights by another value. Of 24 channels
// that is three products where there were four, of 40 five where there were six.
//
// The last vector of pixels 0, 2, 4, ... has the sums of the pixel below and those of the next
// one above; the register of the next one is free until the sums part. A pixel without a next one
// is alone. Each sum is the chain of products that it is without pairs.
//
// K3 has the lanes of the second pixel.

// pairs reports whether there are kernels of paired pixels of this size: of blocks of channels,
// some full vectors and half a one.
func (z DirectSize) pairs(s ISA) bool {
	return s.Lanes == 16 && z.Steps == vecLanes && z.Vecs > 1 && z.Pixels > 1
}

// choosePairs sets the lanes of the second pixel.
func (d *direct) choosePairs() {
	if d.paired {
		d.MOVL(operand.U32(0xff00), reg.EAX)
		d.KMOVW(reg.EAX, reg.K3)
	}
}

// pairSums brings the sums of two pixels into one vector.
func (d *direct) pairSums() {
	d.eachPair(func(sums, next reg.VecPhysical) { d.VINSERTF32X8(imm8(1), next.AsY(), sums, sums) })
}

// partSums undoes it.
func (d *direct) partSums() {
	d.eachPair(func(sums, next reg.VecPhysical) { d.VEXTRACTF32X8(imm8(1), sums, next.AsY()) })
}

// eachPair visits the sums of paired pixels in the last vector.
func (d *direct) eachPair(visit func(sums, next reg.VecPhysical)) {
	if !d.paired {
		return
	}
	for i := 0; i+1 < d.pixels; i += 2 {
		visit(d.acc(i, d.vecs-1), d.acc(i+1, d.vecs-1))
	}
}

// pairStep is [direct.step] of paired pixels.
func (d *direct) pairStep(step int) {
	last := d.vecs - 1
	for j := range last {
		d.VMOVUPS(d.weights(step, j), d.spare(j))
	}
	d.VBROADCASTF32X8(d.weights(step, last), d.spare(last))
	broadcasts := min(d.s.Registers-(d.pixels+1)*d.vecs, 4)
	value := func(i int) reg.VecPhysical { return d.spare(d.vecs + i%broadcasts) }
	for i := range d.pixels {
		d.VBROADCASTSS(d.pixel(i, step), value(i))
		for j := range last {
			d.VFMADD231PS(d.spare(j), value(i), d.acc(i, j))
		}
		if i%2 == 1 {
			d.pairProduct(d.spare(last), value(i-1), value(i), i-1)
		} else if i == d.pixels-1 {
			d.VFMADD231PS(d.spare(last), value(i), d.acc(i, last))
		}
	}
}

// pairProduct adds the products of weights and the values of pixels i and i+1, of which the
// first makes room for both.
func (d *direct) pairProduct(weights, value, next reg.VecPhysical, i int) {
	d.VBLENDMPS(next, value, reg.K3, value)
	d.VFMADD231PS(weights, value, d.acc(i, d.vecs-1))
}

// finishPairs is the last step of the last vector, whose pixels are in the first registers that
// hold no sum, and parts the sums. The weights have the register that the first pair leaves free.
func (d *direct) finishPairs(step int) {
	last := d.vecs - 1
	weights := d.acc(1, last)
	d.VBROADCASTF32X8(d.weights(step, last), weights)
	for i := 0; i < d.pixels; i += 2 {
		if i+1 < d.pixels {
			d.pairProduct(weights, d.spare(i), d.spare(i+1), i)
		} else {
			d.VFMADD231PS(weights, d.spare(i), d.acc(i, last))
		}
	}
	d.partSums()
}
