package kernel

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What tiles do beside their products: they fetch what is read later, weights of a later call,
// pixels and operands of the next tile, and do side work (side.go).

// Words of the frame.
func (d *direct) ahead() operand.Mem { return d.local.Offset(32) } // weights of a later call
func (d *direct) aheadTaps() operand.Mem {
	return d.local.Offset(40) // times that some of them are to be fetched
}

// aheadStep is the distance from the weights of 16 outputs of a later call to the next.
func (d *direct) aheadStep() operand.Mem { return d.local.Offset(128) }

// aheadBytes is how far a tap goes on in each stream of them.
func (d *direct) aheadBytes() operand.Mem { return d.local.Offset(160) }

// beside is the state of side work, pause the taps until it is its turn; 0 is never.
func (d *direct) beside() operand.Mem { return d.local.Offset(136) }
func (d *direct) pause() operand.Mem  { return d.local.Offset(144) }

// extra is not zero if a tap does anything of extras.
func (d *direct) extra() operand.Mem { return d.local.Offset(152) }

// farX is a word of the frame that is not zero if a tile fetches what the next one reads.
func (d *direct) farX() operand.Mem { return d.local.Offset(56) }

// expectNext expects an operand of the next tile where it lies far away. Out of a near cache
// it comes soon enough; to ask for it costs 1 to 2 % of such a layer.
func (d *direct) expectNext(far uint32, base, plane string, column int) {
	if !d.ofMaps() {
		return
	}
	d.MOVQ(d.arg("Flags"), reg.RDX)
	d.TESTQ(operand.U32(far), reg.RDX)
	d.JZ(jump("started"))
	d.CMPQ(d.tiles(), imm8(1))
	d.JEQ(jump("started"))
	d.expect(base, plane, d.pixels*directPixel+column)
}

// expect fetches the lines of a tile in an operand: of this tile what its end reads, or of
// the next tile what its start adds, since nothing foresees where they lie. Two pixels that
// are neighbours share a line, more or less. The 16 lines of an AVX-512 tile go to the second
// cache: the first waits for few at a time, and weights would have to wait with them.
func (d *direct) expect(base, plane string, column int) {
	d.MOVQ(d.arg(plane), reg.RCX)
	for i := range d.pixels {
		if i%2 == 1 && i != d.pixels-1 {
			continue
		}
		d.MOVLQSX(at(reg.RSI, i*directPixel+column), reg.RAX)
		d.ADDQ(d.arg(base), reg.RAX)
		for block := range d.vecs * d.s.Lanes / vecLanes {
			if block > 0 {
				d.ADDQ(reg.RCX, reg.RAX)
			}
			if d.s.Lanes == 16 {
				d.PREFETCHT1(at(reg.RAX, 0))
			} else {
				d.PREFETCHT0(at(reg.RAX, 0))
			}
		}
	}
}

// extras does what few calls ask for, which costs the others one look. A tile of AVX2 has no time
// for side work, since it reads twice as much for its products: to look for it took 0.5 % of all
// tiles, to do it nothing off what it takes by itself.
func (d *direct) extras() {
	if !d.works() {
		d.fetchPixels()
		return
	}
	d.CMPQ(d.extra(), imm8(0))
	d.JEQ(jump("plain"))
	d.fetchPixels()
	d.sideWork()
	d.Label("plain")
}

// works reports whether tiles do side work.
func (d *direct) works() bool { return d.s.Lanes == 16 }

// sideWork does some of what goes on beside the products, where it is time for it: see side.go.
// No vector but the sums holds anything between two steps.
func (d *direct) sideWork() {
	d.DECQ(d.pause())
	d.JNZ(jump("paused"))
	d.MOVQ(d.beside(), reg.RAX)
	d.call(sideName(d.s))
	d.MOVQ(reg.RAX, d.pause())
	d.Label("paused")
}

// fetchPixels fetches what the next tile reads of the block of channels at AX.
func (d *direct) fetchPixels() {
	d.CMPQ(d.farX(), imm8(0))
	d.JEQ(jump("near"))
	for line := range (d.pixels + 1) / 2 {
		d.PREFETCHT1(indexed(d.base(0), reg.RAX, 32*d.pixels+64*line))
	}
	d.Label("near")
}

// aheadLines is the lines that a tap fetches of each stream of the weights that the next call
// reads, a quarter of what it reads itself. Taps that go on by less than that fetch some of
// them again, and give the third cache or memory more time.
const aheadLines = vecLanes / 4

// fetchAhead fetches some weights of the next call into the second cache.
func (d *direct) fetchAhead() {
	d.DECQ(d.aheadTaps())
	d.JLT(jump("fetched"))
	d.MOVQ(d.ahead(), reg.RAX)
	for stream := range d.streams() {
		if stream > 0 {
			d.ADDQ(d.aheadStep(), reg.RAX)
		}
		for line := range aheadLines {
			d.PREFETCHT1(at(reg.RAX, line*weightGroup))
		}
	}
	d.MOVQ(d.aheadBytes(), reg.RAX)
	d.ADDQ(reg.RAX, d.ahead())
	d.Label("fetched")
}
