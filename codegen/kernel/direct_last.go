package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The last step of a tile and its end, interleaved: the products of one pixel (or of
// one vector of channels), then their bounds and stores, then the next. All stores after
// all products fill the queues in which the processor looks for the products of the next
// tile: with AVX2 and two bounds 3 to 8 % of the time where few channels are summed, with one
// nothing that could be measured; with AVX-512 1 to 3 %, with bounds and without.
//
// It serves sums that end with a whole tap and an activation of at most two compares;
// single taps, leaky rectifiers and gates end as [direct.epilogue] and [direct.store] write it.
//
// Registers: bases of pixels become addresses of results. AVX2: DI arguments, DX pixel
// table, and two that the weights or the tap left hold the plane and the flags; AVX-512: DX
// arguments, SI pixel table, AX plane.

// interleaves reports whether tiles of this size have an interleaved end. Those of one
// vector have not: their pixels take the registers that it needs.
func (d *direct) interleaves() bool { return d.vecs > 1 }

// last is a word of the frame: zero if tiles of this call end interleaved.
func (d *direct) last() operand.Mem { return d.local.Offset(48) }

// chooseLast sets it; the arguments are at DI.
func (d *direct) chooseLast() {
	if !d.interleaves() {
		return
	}
	d.MOVQ(d.arg("Flags"), reg.RAX)
	d.ANDQ(imm8(DirectLeaky|DirectGated), reg.RAX)
	d.ORQ(d.arg("Single"), reg.RAX)
	d.MOVQ(reg.RAX, d.last())
}

// finish writes the last step and the end of the tile, behind the end of the function.
func (d *direct) finish() {
	if !d.interleaves() {
		return
	}
	d.Label("last")
	d.CMPQ(d.last(), imm8(0))
	d.JNE(jump("more"))
	switch {
	case d.s.Lanes == 16:
		d.finishBlocks(d.steps - 1)
		return
	case d.s.Registers-d.pixels*d.vecs < d.vecs+1:
		d.finishVectors(d.steps - 1)
	default:
		d.finishPixels(d.steps - 1)
	}
	d.JMP(jump("next"))
}

// results is what an interleaved end finds results by.
type results struct {
	*direct
	plane, flags reg.GPPhysical
}

func (d *direct) newResults(plane, flags reg.GPPhysical) results {
	d.Load(d.Param("t"), reg.RDI)
	d.MOVQ(d.table(), reg.RDX)
	d.MOVQ(d.arg("Plane"), plane)
	d.MOVQ(d.arg("Flags"), flags)
	return results{d, plane, flags}
}

// finishPixels goes pixel by pixel past weights in registers.
func (d *direct) finishPixels(step int) {
	for j := range d.vecs {
		d.VMOVUPS(d.weights(step, j), d.spare(j))
	}
	r := d.newResults(reg.RCX, reg.RBX)
	passing := min(d.s.Registers-(d.pixels+1)*d.vecs, 4)
	for i := range d.pixels {
		b := d.spare(d.vecs + i%passing)
		d.VBROADCASTSS(indexed(d.base(i), reg.RAX, 4*step), b)
		r.find(i)
		var sums []reg.VecPhysical
		for j := range d.vecs {
			sums = append(sums, d.acc(i, j))
			d.VFMADD231PS(d.spare(j), b, d.acc(i, j))
		}
		r.bound(i, b, sums)
		for j := range d.vecs {
			r.put(i, j)
		}
	}
}

// finishVectors goes vector by vector past pixels in registers. Weights are read to the
// end, so that their addresses stay.
func (d *direct) finishVectors(step int) {
	for i := range d.pixels {
		d.VBROADCASTSS(indexed(d.base(i), reg.RAX, 4*step), d.spare(i))
	}
	r := d.newResults(reg.RAX, reg.RSI)
	for i := range d.pixels {
		r.find(i)
	}
	for j := range d.vecs {
		w := d.spare(d.pixels + j%(d.s.Registers-d.pixels*(d.vecs+1)))
		d.VMOVUPS(d.weights(step, j), w)
		var sums []reg.VecPhysical
		for i := range d.pixels {
			sums = append(sums, d.acc(i, j))
			d.VFMADD231PS(w, d.spare(i), d.acc(i, j))
		}
		r.bound(j, w, sums)
		for i := range d.pixels {
			r.put(i, j)
		}
	}
}

// find turns the base of pixel i into the address of its results.
func (r results) find(i int) {
	r.MOVLQSX(at(reg.RDX, i*directPixel+4), r.base(i))
	r.ADDQ(r.arg("Y"), r.base(i))
}

// bound clamps sums, number k of such groups; scratch is lost. The value stands second in
// the machine's order, so that a NaN stays NaN.
func (r results) bound(k int, scratch reg.VecPhysical, sums []reg.VecPhysical) {
	r.whenSet(DirectLow, fmt.Sprintf("unbound_low%d", k), func() {
		r.VBROADCASTSS(r.arg("Lo"), scratch)
		for _, sum := range sums {
			r.VMAXPS(sum, scratch, sum)
		}
	})
	r.whenSet(DirectHigh, fmt.Sprintf("unbound_high%d", k), func() {
		r.VBROADCASTSS(r.arg("Hi"), scratch)
		for _, sum := range sums {
			r.VMINPS(sum, scratch, sum)
		}
	})
}

// whenSet writes code that runs if a flag is set.
func (r results) whenSet(flag uint32, past string, body func()) {
	r.TESTQ(operand.U32(flag), r.flags)
	r.JZ(jump(past))
	body()
	r.Label(past)
}

// put stores vector j of pixel i, the vectors of a pixel in their order.
func (r results) put(i, j int) {
	if j > 0 {
		r.ADDQ(r.plane, r.base(i))
	}
	r.VMOVUPS(r.acc(i, j), at(r.base(i), 0))
}

// finishBlocks goes vector by vector, each two blocks of channels, past pixels in
// registers: the AVX-512 form. Where pixels leave no register for a bound, the first
// one makes room and comes back from the frame.
func (d *direct) finishBlocks(step int) {
	for i := range d.pixels {
		d.VBROADCASTSS(indexed(d.base(i), reg.RAX, 4*step), d.spare(i))
	}
	first := d.local.Offset(64)
	d.VMOVUPS(d.spare(0), first)
	arg := func(name string) operand.Mem {
		m := d.arg(name)
		m.Base = reg.RDX
		return m
	}
	d.Load(d.Param("t"), reg.RDX)
	d.MOVQ(d.table(), reg.RSI)
	d.MOVQ(arg("Y"), reg.RAX)
	for i := range d.pixels {
		d.MOVLQSX(at(reg.RSI, i*directPixel+4), d.base(i))
		d.ADDQ(reg.RAX, d.base(i))
	}
	d.MOVQ(arg("Plane"), reg.RAX)
	for j := range d.vecs {
		if d.paired && j == d.vecs-1 {
			d.finishPairs(step)
		} else {
			for i := range d.pixels {
				d.VFMADD231PS(d.weights(step, j), d.spare(i), d.acc(i, j))
			}
		}
		bound := func(flag uint32, value string, op func(...operand.Op)) {
			past := fmt.Sprintf("past_%s%d", value, j)
			d.TESTQ(operand.U32(flag), arg("Flags"))
			d.JZ(jump(past))
			d.VBROADCASTSS(arg(value), d.spare(0))
			for i := range d.pixels {
				op(d.acc(i, j), d.spare(0), d.acc(i, j))
			}
			if j < d.vecs-1 {
				d.VMOVUPS(first, d.spare(0))
			}
			d.Label(past)
		}
		bound(DirectLow, "Lo", d.VMAXPS)
		bound(DirectHigh, "Hi", d.VMINPS)
		d.putBlocks(j, arg("Flags"))
	}
	d.Load(d.Param("t"), reg.RDI)
	d.JMP(jump("next"))
	d.putDouble()
}

// putBlocks stores vector j of all pixels, the vectors in their order.
func (d *direct) putBlocks(j int, flags operand.Mem) {
	if j > 0 {
		for i := range d.pixels {
			d.LEAQ(operand.Mem{Base: d.base(i), Index: reg.RAX, Scale: 2}, d.base(i))
		}
	}
	if d.doubles() {
		d.TESTQ(operand.U32(DirectDouble), flags)
		d.JNZ(jump(fmt.Sprintf("put_double%d", j)))
	}
	for i := range d.pixels {
		d.VMOVUPS(d.acc(i, j).AsY(), at(d.base(i), 0))
	}
	if j == d.vecs-1 {
		d.TESTQ(operand.U32(DirectHalf), flags)
		d.JNZ(jump("put"))
	}
	for i := range d.pixels {
		d.VEXTRACTF32X8(imm8(1), d.acc(i, j), indexed(d.base(i), reg.RAX, 0))
	}
	if j == d.vecs-1 {
		d.Label("put")
	}
	if d.doubles() {
		d.Label(fmt.Sprintf("was_put%d", j))
	}
}
