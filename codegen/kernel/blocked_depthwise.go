package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The depthwise kernels of the blocked layout convolve one block of channels, a
// lane each, with K x K taps of its own:
//
//	y[p,q] = act(bias + Σ_{r,s<K} w[r,s] · x[p·stride + r·dil, q·stride + s·dil] + res[p,q])
//
// There is a kernel for each of the usual windows, and one of AVX2 for any other. For stride 2
// AVX-512 shuffles its pairs of pixels together, a shuffle for every column of a window: it gains
// where a wide vector runs whole, and not where that runs in two halves; nor with 3x3, which is
// AVX2's for both sets.
//
// A call does rows of results of blocks, each row cut into tiles of some width and then tiles one
// narrower, so that every width but the smallest fits any row. A column that is
// loaded serves every tap and result that needs it.
//
//	AVX2     a pixel is a vector; the taps of one row of the window are in registers
//	AVX-512  a pair of pixels is a vector, every tap stands twice in its register. The
//	         pairs begin at any pixel. The last one of a row may be half a pair: K1
//	         masks it.
//	         Of stride 2 a pair is every other pixel of four, from two vectors.
//	         Windows of stride 1 that lie close do two rows at a time: they share columns,
//	         and are sums enough to hide how long a multiply-add takes. 3x3 has all nine
//	         taps in registers, others two rows of them. The second row of an odd last
//	         pair reads its own rows again and is not stored.
//	double   of AVX-512: x has double blocks, of which a pixel is a vector (see
//	         blocked_depthwise_double.go)
//
// The sum of a result is one chain from the bias on, in the order of (r, s), on
// both sets: they give the same bits. Twin: convLoops of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   R12 R13 x and y of the row   SI DX x and y of the tile
//	R14 residual - y   R8 bytes between rows of taps   R9 CX tiles left, of this width
//	AX BX cursors of x and w   R10 rows of taps left; last row of pixels (two rows)
//	vectors: sums from 0, taps from the top, columns between
//
// The kernel of any window loops over its taps, reads pixels as operands of the
// multiply-add and has instead R8 bytes between pixels, R10 three times that, and R11
// the fifth pixel. Its results, and their residuals, are ypixel bytes apart.

// DepthwiseFields are the fields of the argument block, 8 bytes each, in order.
// Distances are in bytes.
var DepthwiseFields = []string{
	"x", "y", "w", "bias", "res",
	"blocks", "rows", "width", "wide", "tiles",
	"xblock", "yblock", "wblock", "biasblock", "rblock",
	"xtap", "xrow", "yrow", "rrow",
	"flags", "mask", "lo", "hi", "alpha",
	"taprows", "tapcols", "xcol", "xpixel", "ypixel", "yhalf",
}

// Flags of the epilogues of blocked kernels.
const (
	EndResidual = 1 << iota // res is added
	EndLow                  // values below lo become lo
	EndHigh                 // values above hi become hi
	EndLeaky                // negative values are multiplied by alpha
)

// DepthwiseShape is what a depthwise kernel is specialised for; the zero one is for
// nothing.
type DepthwiseShape struct {
	K, Stride, Dil int
}

// DepthwiseShapes lists the specialised kernels.
var DepthwiseShapes = []DepthwiseShape{{3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {5, 1, 1}, {5, 2, 1}, {7, 1, 1}, {7, 2, 1}}

// DepthwiseName returns the name of the kernel of a shape.
func DepthwiseName(s ISA, d DepthwiseShape) string {
	if d.K == 0 {
		return "depthwise_f32_" + s.Name + "_any"
	}
	return fmt.Sprintf("depthwise_f32_%s_k%ds%dd%d", s.Name, d.K, d.Stride, d.Dil)
}

// pixelBytes is a pixel of a block: eight channels.
const pixelBytes = 32

// pixelBytes is a pixel of x.
func (d *depthwise) pixelBytes() int {
	if d.double {
		return 2 * pixelBytes
	}
	return pixelBytes
}

type depthwise struct {
	asm
	DepthwiseShape
	s      ISA
	double bool // x has double blocks
	pixels int  // of a vector
	rows   int  // of a tile
	width  int  // vectors of a row of a tile
	local  operand.Mem
}

// Depthwises adds the depthwise kernels of a set.
func Depthwises(c *build.Context, s ISA) error {
	for _, shape := range DepthwiseShapes {
		if !hasDepthwise(s, shape) {
			continue
		}
		if err := Depthwise(c, s, shape); err != nil {
			return err
		}
	}
	depthwiseDoubles(c, s)
	if s.Lanes == vecLanes {
		depthwiseOf(c, s, DepthwiseShape{})
	}
	DepthBack(c, s)
	return nil
}

// hasDepthwise reports whether a set has a kernel of a shape.
func hasDepthwise(s ISA, d DepthwiseShape) bool {
	return s != AVX512 || d != DepthwiseShape{3, 2, 1}
}

// Depthwise adds the kernel of one shape.
func Depthwise(c *build.Context, s ISA, shape DepthwiseShape) error {
	if shape.K < 3 || shape.K > 7 || shape.K%2 == 0 || shape.Stride < 1 || shape.Stride > 2 || shape.Dil < 1 || shape.Dil > 1 && shape.Stride > 1 || !hasDepthwise(s, shape) {
		return fmt.Errorf("kernel: found a depthwise kernel of %+v, expected 3, 5 or 7 taps, stride 1 or 2, dilation with stride 1, and with AVX-512 no 3x3 of stride 2", shape)
	}
	depthwiseOf(c, s, shape)
	return nil
}

func depthwiseOf(c *build.Context, s ISA, shape DepthwiseShape) {
	d := newDepthwise(c, s, shape)
	name := DepthwiseName(s, shape)
	d.write(name, name+" convolves rows of one block of channels.")
}

func newDepthwise(c *build.Context, s ISA, shape DepthwiseShape) *depthwise {
	d := &depthwise{asm: asm{c}, DepthwiseShape: shape, s: s, pixels: s.Lanes / vecLanes, rows: 1}
	if d.pixels == 2 && shape.Stride == 1 && shape.Dil == 1 {
		d.rows = 2
	}
	return d
}

// write adds the kernel.
func (d *depthwise) write(name, doc string) {
	c := d.Context
	d.local = begin(c, name, "func(t *byte)", doc)
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	c.Label("block")
	d.startBlock()
	c.Label("row")
	d.startRow()
	for d.width = d.widest(); d.width > 0; d.width-- {
		d.tile()
	}
	d.nextRow()
}

// DepthwiseWidth returns the vectors of the widest tile: as many as the registers
// hold beside a row of taps and a column, and no more than seven pairs.
func DepthwiseWidth(s ISA, k int) int {
	if s.Lanes == 16 {
		return 7
	}
	if k == 0 {
		return 8
	}
	return min(12, s.Registers-k-1)
}

// widest returns the vectors of the widest tile.
func (d *depthwise) widest() int {
	if d.double {
		return doubleWidth
	}
	return DepthwiseWidth(d.s, d.K)
}

func (d *depthwise) arg(name string) operand.Mem { return field(DepthwiseFields, name) }

// Words of the frame.
func (d *depthwise) rowsLeft() operand.Mem   { return d.local }
func (d *depthwise) resRow() operand.Mem     { return d.local.Offset(8) }
func (d *depthwise) blocksLeft() operand.Mem { return d.local.Offset(40) }

// ofBlock lists what goes from block to block: where it is in the frame, what it
// begins with, and the distance.
var ofBlock = [...]struct {
	at         int
	name, step string
}{{48, "x", "xblock"}, {56, "y", "yblock"}, {64, "w", "wblock"}, {72, "bias", "biasblock"}, {80, "res", "rblock"}}

// block returns the pointer of the current block.
func (d *depthwise) block(name string) operand.Mem {
	for _, b := range ofBlock {
		if b.name == name {
			return d.local.Offset(b.at)
		}
	}
	panic("kernel: no pointer " + name)
}

func (d *depthwise) acc(row, j int) reg.VecPhysical { return d.s.vec(row*d.width + j) }

func (d *depthwise) tap(r, s int) reg.VecPhysical {
	return d.s.vec(d.s.Registers - 1 - r%d.tapRows()*d.K - s)
}

// tapRows returns the rows of taps that registers hold.
func (d *depthwise) tapRows() int {
	switch {
	case d.K == 3 && (d.rows == 2 || d.double):
		return d.K
	case d.rows == 1:
		return 1
	}
	return d.rows
}

// column returns the register that column c passes through.
func (d *depthwise) column(c int) reg.VecPhysical {
	sums, taps := d.rows*d.width, d.tapRows()*d.K
	return d.s.vec(sums + c%(d.s.Registers-sums-taps))
}

// spread loads a pixel into every pixel of r.
func (d *depthwise) spread(m operand.Mem, r reg.VecPhysical) {
	if d.pixels == 2 {
		d.VBROADCASTF64X4(m, r)
	} else {
		d.VMOVUPS(m, r)
	}
}

func (d *depthwise) enter() {
	for _, b := range ofBlock {
		d.move(d.arg(b.name), d.block(b.name))
	}
	d.move(d.arg("blocks"), d.blocksLeft())
	if d.K == 0 {
		d.MOVQ(d.arg("xpixel"), reg.R8)
		d.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R10)
	} else {
		d.MOVQ(d.arg("xtap"), reg.R8)
	}
}

func (d *depthwise) startBlock() {
	d.MOVQ(d.block("x"), reg.R12)
	d.MOVQ(d.block("y"), reg.R13)
	d.move(d.block("res"), d.resRow())
	d.move(d.arg("rows"), d.rowsLeft())
	if d.tapRows() < max(d.K, 2) {
		return
	}
	d.MOVQ(d.block("w"), reg.RBX)
	for r := range d.K {
		d.loadTaps(r)
	}
}

// loadTaps loads row r of the taps, which begin at BX.
func (d *depthwise) loadTaps(r int) {
	for s := range d.K {
		m := at(reg.RBX, (r*d.K+s)*pixelBytes)
		if d.double {
			d.loadDouble(m, m.Offset(d.K*d.K*pixelBytes), d.tap(r, s))
		} else {
			d.spread(m, d.tap(r, s))
		}
	}
}

func (d *depthwise) startRow() {
	d.MOVQ(reg.R12, reg.RSI)
	d.MOVQ(reg.R13, reg.RDX)
	d.MOVQ(d.resRow(), reg.R14)
	d.SUBQ(reg.R13, reg.R14)
	d.MOVQ(d.arg("tiles"), reg.R9)
	d.MOVQ(d.arg("wide"), reg.RCX)
	if d.rows == 2 {
		d.Comment("The row behind the window, or its last one again for a row without a second one.")
		d.IMUL3Q(imm8(d.K-1), reg.R8, reg.R10)
		d.CMPQ(d.rowsLeft(), imm8(1))
		d.JEQ(jump("lone"))
		d.ADDQ(reg.R8, reg.R10)
		d.Label("lone")
	}
	if d.pixels == 2 {
		d.KXNORW(reg.K1, reg.K1, reg.K1)
		d.maskColumn()
	}
	d.MOVQ(d.arg("width"), reg.RAX)
	for w := d.widest(); w > 1; w-- {
		d.CMPQ(reg.RAX, imm8(w))
		d.JEQ(d.label("tile", w))
	}
	d.JMP(d.label("tile", 1))
}

// maskColumn makes K2 of K1, which masks the last pair of a tile: the column that only the second
// of the two reads where the stride is 2.
func (d *depthwise) maskColumn() {
	if d.Stride == 2 {
		d.KSHIFTRW(imm8(vecLanes), reg.K1, reg.K2)
	}
}

// label names a place in the code of the tiles of a width.
func (d *depthwise) label(name string, width int) operand.LabelRef {
	return operand.LabelRef(fmt.Sprintf("%s%d", name, width))
}

func (d *depthwise) tile() {
	d.Label(string(d.label("tile", d.width)))
	if d.pixels == 2 {
		d.CMPQ(reg.R9, imm8(1))
		d.JNE(d.label("whole", d.width))
		d.MOVQ(d.arg("mask"), reg.RAX)
		d.KMOVW(reg.EAX, reg.K1)
		d.maskColumn()
		d.Label(string(d.label("whole", d.width)))
	}
	d.MOVQ(d.block("bias"), reg.RAX)
	d.spread(at(reg.RAX, 0), d.s.vec(0))
	for i := 1; i < d.rows*d.width; i++ {
		d.VMOVAPS(d.s.vec(0), d.s.vec(i))
	}
	switch {
	case d.K == 0:
		d.anyRows()
	case d.rows == 2 && d.K == 3:
		d.fourRows()
	case d.rows == 2:
		d.twoRows()
	default:
		d.oneRow()
	}
	d.epilogue()
	d.store()
	step := d.width * d.pixels
	if d.K == 0 {
		d.IMUL3Q(imm8(d.width), reg.R8, reg.RAX)
		d.ADDQ(reg.RAX, reg.RSI)
		d.MOVQ(reg.R11, reg.RDX) // behind the last result
	} else {
		d.ADDQ(operand.U32(step*d.Stride*d.pixelBytes()), reg.RSI)
		d.ADDQ(operand.U32(step*pixelBytes), reg.RDX)
	}
	d.DECQ(reg.R9)
	d.JZ(jump("rowDone"))
	d.DECQ(reg.RCX)
	d.JNZ(d.label("tile", d.width))
	if d.width > 1 {
		d.Comment("The rest of the row is one narrower, and comes next.")
		d.MOVQ(reg.R9, reg.RCX)
	}
}

// oneRow adds the rows of the window one by one; three of them without a loop.
func (d *depthwise) oneRow() {
	d.MOVQ(reg.RSI, reg.RAX)
	d.MOVQ(d.block("w"), reg.RBX)
	pixel := func(c int) operand.Mem { return at(reg.RAX, c*d.pixelBytes()) }
	if d.K == 3 {
		for r := range d.K {
			if d.tapRows() < d.K {
				d.loadTaps(r)
			}
			d.columns(pixel, r)
			if r < d.K-1 {
				d.ADDQ(reg.R8, reg.RAX)
			}
		}
		if d.Stride == 2 && !d.double {
			d.fetchRows()
		}
		return
	}
	d.MOVQ(operand.U32(d.K), reg.R10)
	align16(d.Context)
	d.Label(string(d.label("taps", d.width)))
	d.loadTaps(0)
	d.columns(pixel, 0)
	d.ADDQ(reg.R8, reg.RAX)
	d.ADDQ(imm8(d.K*pixelBytes), reg.RBX)
	d.DECQ(reg.R10)
	d.JNZ(d.label("taps", d.width))
}

// fetchRows asks for the two rows behind the one at AX, which the next row of results
// reads: a map that feeds this kernel is four times its result, and past the second
// cache where it matters.
func (d *depthwise) fetchRows() {
	for line := range d.width * d.pixels * d.Stride * pixelBytes / 64 {
		m := at(reg.RAX, line*64)
		m.Index = reg.R8
		for m.Scale = 1; m.Scale <= 2; m.Scale++ {
			d.PREFETCHT0(m)
		}
	}
}

// anyRows adds taps one by one: counters of rows and columns are in the frame.
func (d *depthwise) anyRows() {
	row, rows, cols := d.local.Offset(16), d.local.Offset(24), d.local.Offset(32)
	d.MOVQ(reg.RSI, row)
	d.MOVQ(d.block("w"), reg.RBX)
	d.move(d.arg("taprows"), rows)
	d.Label(string(d.label("taps", d.width)))
	d.move(d.arg("tapcols"), cols)
	d.MOVQ(row, reg.RAX)
	d.Label(string(d.label("tap", d.width)))
	d.VMOVUPS(at(reg.RBX, 0), d.tap(0, 0))
	if d.width > 4 {
		d.LEAQ(operand.Mem{Base: reg.RAX, Index: reg.R8, Scale: 4}, reg.R11)
	}
	for j := range d.width {
		m := at([]reg.Register{reg.RAX, reg.R11}[j/4], 0)
		switch j % 4 {
		case 1, 2:
			m.Index, m.Scale = reg.R8, uint8(j%4)
		case 3:
			m.Index, m.Scale = reg.R10, 1
		}
		d.VFMADD231PS(m, d.tap(0, 0), d.acc(0, j))
	}
	d.ADDQ(d.arg("xcol"), reg.RAX)
	d.ADDQ(imm8(pixelBytes), reg.RBX)
	d.DECQ(cols)
	d.JNZ(d.label("tap", d.width))
	d.MOVQ(d.arg("xtap"), reg.RAX)
	d.ADDQ(reg.RAX, row)
	d.DECQ(rows)
	d.JNZ(d.label("taps", d.width))
}

// twoRows adds the rows of two windows to two rows of results. Row r of the taps meets a row of
// pixels for the first of them, and the next row of pixels for the second.
func (d *depthwise) twoRows() {
	d.MOVQ(reg.RSI, reg.RAX)
	d.MOVQ(d.block("w"), reg.RBX)
	for r := range d.K + 1 {
		switch {
		case r == d.K:
			d.LEAQ(indexed(reg.RSI, reg.R10, 0), reg.RAX)
		case r > 0:
			d.ADDQ(reg.R8, reg.RAX)
		}
		if r < d.K {
			d.loadTaps(r)
		}
		d.columns(func(c int) operand.Mem { return at(reg.RAX, c*pixelBytes) }, r)
	}
}

// fourRows is twoRows of 3x3, whose taps stay in registers and which fetches the rows behind.
func (d *depthwise) fourRows() {
	d.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 4}, reg.RAX)
	for j := range d.width {
		d.PREFETCHT0(at(reg.RAX, j*64))
		m := at(reg.RAX, j*64)
		m.Index, m.Scale = reg.R8, 1
		d.PREFETCHT0(m)
	}
	for r := range d.K + 1 {
		d.columns(func(c int) operand.Mem {
			m := at(reg.RSI, c*pixelBytes)
			switch r {
			case 1, 2:
				m.Index, m.Scale = reg.R8, uint8(r)
			case 3:
				m.Index, m.Scale = reg.R10, 1
			}
			return m
		}, r)
	}
}

// columns adds what the pixels of one row give, column by column; r is the row of
// the window seen from the first row of results.
func (d *depthwise) columns(pixel func(c int) operand.Mem, r int) {
	switch {
	case d.pixels == 1:
		for c := range (d.width-1)*d.Stride + (d.K-1)*d.Dil + 1 {
			if d.used(c, d.Stride) {
				d.VMOVUPS(pixel(c), d.column(c))
				d.multiply(c, d.Stride, d.column(c), r)
			}
		}
	case d.Stride == 2:
		d.strided(pixel, r)
	default:
		last := 2*(d.width-1) + (d.K-1)*d.Dil
		for c := range last + 1 {
			if !d.used(c, 2) {
				continue
			}
			if c%2 == 1 && d.Dil == 1 {
				continue
			}
			if c == last {
				d.VMOVUPS_Z(pixel(c), reg.K1, d.column(c))
			} else {
				d.VMOVUPS(pixel(c), d.column(c))
			}
			if c > 0 && d.Dil == 1 {
				d.VSHUFF64X2(imm8(0x4e), d.column(c), d.column(c-2), d.column(c-1))
				d.multiply(c-1, 2, d.column(c-1), r)
			}
			d.multiply(c, 2, d.column(c), r)
		}
	}
}

// strided is columns of stride 2 for pairs of pixels: column c and the second after it, which
// come from vectors that begin at even columns, two of columns even and two of odd. Of the last
// columns only those are read that a tile of whole pairs, or its half of one, has in a window.
func (d *depthwise) strided(pixel func(c int) operand.Mem, r int) {
	const step = 4 // columns from one pair of results to the next
	last := step*(d.width-1) + d.K - 1
	d.VMOVUPS(pixel(0), d.column(0))
	for c := 0; c <= last; c += 2 {
		// Three registers a turn: a vector and the pairs that begin in it.
		here, even, odd, next := d.column(3*c/2), d.column(3*c/2+1), d.column(3*c/2+2), d.column(3*c/2+3)
		switch c {
		case last:
			d.VMOVUPS_Z(pixel(c+2), reg.K2, next)
		case last - 2:
			d.VMOVUPS_Z(pixel(c+2), reg.K1, next)
		default:
			d.VMOVUPS(pixel(c+2), next)
		}
		d.VSHUFF64X2(imm8(0x44), next, here, even) // the first pixels of both
		d.multiply(c, step, even, r)
		if d.used(c+1, step) {
			d.VSHUFF64X2(imm8(0xee), next, here, odd) // the second ones
			d.multiply(c+1, step, odd, r)
		}
	}
}

// used reports whether column c is a tap of any result, results being step columns
// apart.
func (d *depthwise) used(c, step int) bool {
	for s := range d.K {
		if j := c - s*d.Dil; j >= 0 && j%step == 0 && j/step < d.width {
			return true
		}
	}
	return false
}

// multiply adds column c, times its taps, to every sum that it belongs to.
func (d *depthwise) multiply(c, step int, x reg.VecPhysical, r int) {
	for row := range d.rows {
		if r-row < 0 || r-row >= d.K {
			continue
		}
		for s := range d.K {
			if j := c - s*d.Dil; j >= 0 && j%step == 0 && j/step < d.width {
				d.VFMADD231PS(x, d.tap(r-row, s), d.acc(row, j/step))
			}
		}
	}
}
