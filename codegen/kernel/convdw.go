package kernel

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The weight gradient of a convolution on blocked maps: a tile of sums over
// pixels, for taps neighbours in a row of the filter, in channels of one block of
// x and vecs vectors of channels of dy,
//
//	W[t][i][o] = from[t][i][o] + Σ_{images, rows, pixels p} X[p·xp + t·xt + 4·i] · Y[p·yp + o]
//
// X and Y are read where they lie:
//
//	X     a pixel every xp bytes (stride), rows and images apart by steps; a channel or
//	      a tap is an offset, so that a map without blocks (xp = 4·stride) will do
//	Y     [8] a pixel, every yp bytes in tiles of one tap, else dense; the blocks of a
//	      tile lie y1, .. y5 bytes from the first. An AVX-512 register takes two
//	      blocks, a missing block may be any other
//	from  [taps][in][vecs] vectors, dense, tile after tile
//	W     [taps][in] rows of vecs vectors, wi bytes apart; tiles tw bytes apart
//
// With one tap the law is symmetric in X and Y: a caller may exchange them to have
// W turned.
//
// Each sum is one chain of fused multiply-adds in the order of images, rows and
// pixels. A pixel costs taps·in broadcasts and the loads of Y for taps·in·vecs
// multiply-adds: at most 0.7 loads for each of them in the large tiles, which two
// load ports keep up with.
//
// Twin: convDWGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments    SI BX cursors of X and Y   CX pixels left   R13 R14 rows of X and Y
//	R8 xp   R9 xt, or yp   AX 3·xt    R10 R11 R12 y1 y2 y3
//	AX DX y4 y5 in tiles of one tap, R14 what their pixels ask for
//	V0.. sums, tap by tap, then channel by channel; then what is held of Y or X
//	K1 the upper half of a vector (AVX-512)
//
// The frame holds the images, rows and tiles left and the tile's X, W, from, ahead and next:
// the argument block keeps the pointers that Go knows.

// ConvDWFields are the fields of the argument block, 8 bytes each, in order. xr, yr
// lead from row to row, xi, yi from the end of an image's rows to the next image's,
// tx from tile to tile of X. Sums start from zero where from is nil. Each tile of several
// taps asks for 64 bytes of as many rows as it has output channels, from ahead on, if
// that is not nil: what complete sums will overwrite. Each tile of one tap takes a pointer
// from the list next, unless that is nil or ends, by a nil, and asks for 64 bytes from there
// on with every pixel: what later calls read.
var ConvDWFields = []string{
	"x", "y", "w", "from",
	"images", "rows", "pixels",
	"xp", "xt", "xr", "xi",
	"yp", "yr", "yi", "y1", "y2", "y3", "y4", "y5",
	"tiles", "tx", "tw", "wi",
	"ahead", "aheadRow", "next",
}

// ConvDWTile is the size of a tile of weights.
type ConvDWTile struct{ Taps, In, Vecs int }

// ConvDWTiles returns the tiles that there are kernels for.
func ConvDWTiles(s ISA) []ConvDWTile {
	if s.Lanes == 16 {
		return []ConvDWTile{{1, 4, 1}, {1, 7, 1}, {1, 8, 1}, {3, 4, 1}, {5, 4, 1},
			{1, 4, 2}, {1, 7, 2}, {1, 8, 2}, {3, 3, 2}, {3, 4, 2}, {5, 2, 2}, {1, 8, 3}}
	}
	return []ConvDWTile{{1, 8, 1}, {3, 4, 1}, {5, 2, 1},
		{1, 4, 2}, {3, 2, 2}, {5, 1, 2}, {1, 4, 3}, {1, 2, 4}, {1, 3, 4}}
}

// ConvDWName returns the name of the kernel of a tile.
func ConvDWName(s ISA, t ConvDWTile) string {
	return fmt.Sprintf("convdw_f32_%s_%dx%dx%d", s.Name, t.Taps, t.In, t.Vecs)
}

func convDWs(c *build.Context, s ISA) error {
	for _, t := range ConvDWTiles(s) {
		if err := ConvDW(c, s, t); err != nil {
			return err
		}
	}
	AddTo(c, s)
	if s == AVX2 {
		Turn(c)
	}
	return nil
}

type convDW struct {
	asm
	ISA
	ConvDWTile
	local operand.Mem
}

// ConvDW adds the kernel of a tile.
func ConvDW(c *build.Context, s ISA, t ConvDWTile) error {
	sums := t.Taps * t.In * t.Vecs
	if !slices.Contains([]int{1, 3, 5}, t.Taps) || t.Vecs*s.Lanes > 6*vecLanes || t.Taps > 1 && t.Vecs*s.Lanes > 4*vecLanes || sums < 1 || sums+min(t.Taps*t.In, t.Vecs)+1 > s.Registers {
		return fmt.Errorf("kernel: found a weight gradient of %d taps, %d channels and %d vectors, expected 1, 3 or 5 taps, 6 blocks at most, 4 with several taps, and fewer sums than %d registers",
			t.Taps, t.In, t.Vecs, s.Registers)
	}
	name := ConvDWName(s, t)
	d := &convDW{asm{c}, s, t, begin(c, name, "func(t *byte)",
		fmt.Sprintf("%s sums products of x and dy for %d taps, %d input and %d output channels.", name, t.Taps, t.In, t.Vecs*s.Lanes))}
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	c.Label("tile")
	d.start()
	d.eachRow(ConvDWFields, d.rows(), d.images(), d.row)
	d.finish()
	return nil
}

// row adds the pixels of a row. Tiles that ask for nothing have a loop of their own: with AVX2 one
// more load for a pixel costs 3 %.
func (d *convDW) row() {
	d.MOVQ(reg.R13, reg.RSI)
	d.MOVQ(reg.R14, reg.RBX)
	d.MOVQ(d.arg("pixels"), reg.RCX)
	if d.Taps > 1 {
		d.pixels("pixel", func() {})
		return
	}
	d.CMPQ(d.asked(), imm8(0))
	d.JNE(jump("asking"))
	d.pixels("pixel", func() {})
	d.JMP(jump("passed"))
	d.Label("asking")
	d.MOVQ(reg.R14, d.rowY())
	d.MOVQ(d.asked(), reg.R14)
	d.pixels("asks", func() {
		d.PREFETCHT1(at(reg.R14, 0))
		d.ADDQ(imm8(64), reg.R14)
	})
	d.MOVQ(reg.R14, d.asked())
	d.MOVQ(d.rowY(), reg.R14)
	d.Label("passed")
}

// pixels adds those at the cursors.
func (d *convDW) pixels(label string, first func()) {
	align16(d.Context)
	d.Label(label)
	first()
	d.products()
	d.ADDQ(reg.R8, reg.RSI)
	if d.Taps == 1 {
		d.ADDQ(reg.R9, reg.RBX)
	} else {
		d.ADDQ(imm8(vecBytes), reg.RBX)
	}
	d.DECQ(reg.RCX)
	d.JNZ(jump(label))
}

func (d *convDW) arg(name string) operand.Mem { return field(ConvDWFields, name) }

func (d *convDW) sum(t, i, v int) reg.VecPhysical { return d.vec((t*d.In+i)*d.Vecs + v) }

// Words of the frame.
func (d *convDW) images() operand.Mem { return d.local }
func (d *convDW) tiles() operand.Mem  { return d.local.Offset(8) }
func (d *convDW) tileX() operand.Mem  { return d.local.Offset(16) }
func (d *convDW) tileW() operand.Mem  { return d.local.Offset(24) }
func (d *convDW) from() operand.Mem   { return d.local.Offset(32) }
func (d *convDW) rows() operand.Mem   { return d.local.Offset(40) }
func (d *convDW) ahead() operand.Mem  { return d.local.Offset(48) }
func (d *convDW) rowY() operand.Mem   { return d.local.Offset(56) }
func (d *convDW) asked() operand.Mem  { return d.local.Offset(64) }
func (d *convDW) next() operand.Mem   { return d.local.Offset(72) }

func (d *convDW) enter() {
	step := "xt"
	if d.Taps == 1 {
		step = "yp"
	}
	d.keep(ConvDWFields, kept{"tiles", d.tiles()}, kept{"x", d.tileX()}, kept{"w", d.tileW()}, kept{"from", d.from()}, kept{"ahead", d.ahead()}, kept{"next", d.next()},
		kept{"xp", reg.R8}, kept{step, reg.R9}, kept{"y1", reg.R10}, kept{"y2", reg.R11}, kept{"y3", reg.R12})
	if d.Lanes > vecLanes {
		d.MOVL(operand.U32(0xff00), reg.ECX)
		d.KMOVW(reg.ECX, reg.K1)
	}
}

func (d *convDW) start() {
	d.keep(ConvDWFields, kept{"images", d.images()})
	d.MOVQ(d.tileX(), reg.R13)
	d.MOVQ(d.arg("y"), reg.R14)
	sums := d.Taps * d.In * d.Vecs
	d.MOVQ(d.from(), reg.RAX)
	d.TESTQ(reg.RAX, reg.RAX)
	d.JNZ(jump("resume"))
	for i := range sums {
		d.zero(d.Context, d.vec(i))
	}
	d.JMP(jump("started"))
	d.Label("resume")
	for i := range sums {
		d.VMOVUPS(at(reg.RAX, i*d.Bytes()), d.vec(i))
	}
	d.ADDQ(operand.U32(sums*d.Bytes()), d.from())
	d.Label("started")
	if d.Taps == 1 {
		d.fetch()
		d.ask()
		d.MOVQ(d.arg("y4"), reg.RAX)
		d.MOVQ(d.arg("y5"), reg.RDX)
	}
	if d.Taps > 1 {
		d.fetchAhead()
	}
	if d.Taps > 3 {
		d.LEAQ(operand.Mem{Base: reg.R9, Index: reg.R9, Scale: 2}, reg.RAX)
	}
}

// fetch asks for the lines that finish writes: rows of W may lie far apart.
func (d *convDW) fetch() {
	d.MOVQ(d.tileW(), reg.RAX)
	d.MOVQ(d.arg("wi"), reg.RCX)
	for range d.In {
		for b := 0; b < d.Vecs*d.Bytes(); b += 64 {
			d.PREFETCHT0(at(reg.RAX, b))
		}
		d.ADDQ(reg.RCX, reg.RAX)
	}
}

// ask takes a pointer from the list of what tiles ask for, if there is one.
func (d *convDW) ask() {
	d.MOVQ(operand.U32(0), reg.RCX)
	d.MOVQ(d.next(), reg.RAX)
	d.TESTQ(reg.RAX, reg.RAX)
	d.JZ(jump("asked"))
	d.MOVQ(at(reg.RAX, 0), reg.RCX)
	d.TESTQ(reg.RCX, reg.RCX)
	d.JZ(jump("asked"))
	d.ADDQ(imm8(8), d.next())
	d.Label("asked")
	d.MOVQ(reg.RCX, d.asked())
}

// fetchAhead asks for one more line of each row of the weights that the sums of some
// tiles become: stores would wait for them otherwise.
func (d *convDW) fetchAhead() {
	d.MOVQ(d.ahead(), reg.RAX)
	d.TESTQ(reg.RAX, reg.RAX)
	d.JZ(jump("fetched"))
	d.ADDQ(imm8(64), d.ahead())
	d.MOVQ(d.arg("aheadRow"), reg.RCX)
	for range d.Vecs * d.Lanes {
		d.PREFETCHT0(at(reg.RAX, 0))
		d.ADDQ(reg.RCX, reg.RAX)
	}
	d.Label("fetched")
}

func (d *convDW) finish() {
	d.MOVQ(d.tileW(), reg.RAX)
	d.MOVQ(d.arg("wi"), reg.RCX)
	for i := range d.Taps * d.In {
		for v := range d.Vecs {
			d.VMOVUPS(d.vec(i*d.Vecs+v), at(reg.RAX, v*d.Bytes()))
		}
		d.ADDQ(reg.RCX, reg.RAX)
	}
	d.increase(d.tileW(), d.arg("tw"))
	d.increase(d.tileX(), d.arg("tx"))
	d.DECQ(d.tiles())
	d.JNZ(jump("tile"))
	end(d.Context)
}

// products adds one pixel. The smaller side is held in registers, the other comes
// value by value.
func (d *convDW) products() {
	pixels := d.Taps * d.In
	free := pixels * d.Vecs // the first register that holds no sum
	if pixels < d.Vecs {
		for i := range pixels {
			d.VBROADCASTSS(d.x(i/d.In, i%d.In), d.vec(free+i))
		}
		y := d.vec(free + pixels)
		for v := range d.Vecs {
			d.loadY(v, y)
			for i := range pixels {
				d.VFMADD231PS(y, d.vec(free+i), d.sum(i/d.In, i%d.In, v))
			}
		}
		return
	}
	for v := range d.Vecs {
		d.loadY(v, d.vec(free+v))
	}
	first := free + d.Vecs
	for i := range pixels {
		b := d.vec(first + i%(d.Registers-first))
		d.VBROADCASTSS(d.x(i/d.In, i%d.In), b)
		for v := range d.Vecs {
			d.VFMADD231PS(d.vec(free+v), b, d.sum(i/d.In, i%d.In, v))
		}
	}
}

// x addresses a tap and a channel of the pixel.
func (d *convDW) x(tap, channel int) operand.Mem {
	m := at(reg.RSI, 4*channel)
	switch tap {
	case 1, 2, 4:
		m.Index, m.Scale = reg.R9, uint8(tap)
	case 3:
		m.Index, m.Scale = reg.RAX, 1
	}
	return m
}

// loadY loads vector v of the pixel. The second block is the upper half of a masked
// load, which takes no port of the multiply-adds, as VINSERTF64X4 and a masked
// VBROADCASTF64X4 do: tiles of two vectors are 4 to 10 % faster. What the lower half
// would read is masked out and cannot fault.
func (d *convDW) loadY(v int, to reg.VecPhysical) {
	if d.Lanes == vecLanes {
		d.VMOVUPS(d.y(v), to)
		return
	}
	d.VMOVUPS(d.y(2*v), to.AsY())
	d.VMOVUPS(d.y(2*v+1).Offset(-vecBytes), reg.K1, to)
}

// y addresses block b of the pixel.
func (d *convDW) y(b int) operand.Mem {
	m := at(reg.RBX, 0)
	if b > 0 {
		m.Index, m.Scale = []reg.Register{reg.R10, reg.R11, reg.R12, reg.RAX, reg.RDX}[b-1], 1
	}
	return m
}
