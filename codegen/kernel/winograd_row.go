package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Transforms of Winograd convolutions along the rows of a plain picture, stride 2, with
// windows of 7 or 8 columns. A row of a window is two convolutions of stride 1: even
// weights meet even pixels, odd weights odd ones. Both are F(4, 4), 7 products for 4
// results in place of 16, and share the transform back, so that their products, those of
// all rows of the window and of all channels are one sum.
//
// The points are 0, ±1/2, ±2, infinity and 1, whose error is half of that with the points
// of F(4, 3) and 1. A factor x − 1 in all their polynomials but that of 1 is a difference
// of neighbours, and what is left has the form of F(4, 3):
//
//	input   e = d[i+1] − d[i]   0: e0 - 17/4 e2 + e4      1: d1 - 17/4 d3 + d5
//	                            ±1/2: (e4 - 4 e2) ± (e3 - 4 e1)/2
//	                            ±2: (e4 - e2/4) ± 2 (e3 - e1/4)      ∞: e1 - 17/4 e3 + e5
//	output  y0 = m0 + s1 + s2 + m6       s1, e1 = m1 ± m2
//	        y1 = e1/2 + 2 e2 + m6        s2, e2 = m3 ± m4
//	        y2 = s1/4 + 4 s2 + m6        m5 is of infinity, m6 of 1
//	        y3 = e1/8 + 8 e2 + m5 + m6
//
// The bias is where the sums of m6 start, which every result has once.
//
// Source: as winograd.go.

const (
	winoRowPoints  = 7
	winoRowResults = 4
	winoRowPixels  = 8 // of a row, from one tile to the next: 4 even ones, 4 odd ones
)

// winoRowConsts stand where those of F(4, 3) do.
var winoRowConsts = []float64{4.25, 4, 0.25, 0.5, 2}

// WinogradRow adds the transforms of a set.
func WinogradRow(c *build.Context, s ISA) error {
	consts := newWinoTable(c, "winoRowConsts", winoRowConsts)
	if s.Lanes == vecLanes {
		WinoRowIn(c, consts)
	}
	WinoRowOut(c, s, consts)
	return nil
}

// WinoRowIn adds the transform of the picture. Lanes are 8 lines of it, so that the lines
// that a window meets lie side by side:
//
//	v[p·xs + c·ps + k·tile + l] = Bᵀ d,  d[i] = x[l][8·k + 2·i + c]    l < 8, k < tiles, c < 2
//
// for p < 7 points and groups of 8 lines, row bytes from line to line. It reads 8·(tiles + 1)
// pixels of a line. AVX-512 uses it too: it is a small part of the work.
//
// Twin: winoRowGeneric of runtime/kernel/blocked.
//
// Registers: DI arguments, SI DX lines 0 and 4 of x, R8 R9 row and three times that, BX AX
// points 0 and 3 of v, R12 R13 xs and three times that, R10 R11 pixels of a tile and of the
// next one as columns, CX tiles.
func WinoRowIn(c *build.Context, consts winoTable) {
	w := newWinoTransform(c, AVX2, winoF4, WinoRowInFields, consts)
	local := begin(c, winoRowInName, "func(t *byte)", winoRowInName+" transforms lines of a picture, two tiles of which are 16 pixels.")
	columns := c.AllocLocal(2*winoRowPixels*vecBytes + vecBytes)
	groups, x, v := local, local.Offset(8), local.Offset(16)
	c.Load(c.Param("t"), reg.RDI)
	for _, f := range []struct {
		name string
		to   reg.Register
	}{{"row", reg.R8}, {"xs", reg.R12}, {"x", reg.RSI}, {"v", reg.RBX}, {"groups", reg.RAX}} {
		c.MOVQ(w.arg(f.name), f.to)
	}
	c.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R9)
	c.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R13)
	c.LEAQ(columns.Offset(vecBytes-1), reg.R10)
	c.ANDQ(operand.I8(-vecBytes), reg.R10)
	c.LEAQ(at(reg.R10, winoRowPixels*vecBytes), reg.R11)
	c.MOVQ(reg.RAX, groups)
	c.Label("group")
	c.MOVQ(reg.RSI, x)
	c.MOVQ(reg.RBX, v)
	c.MOVQ(w.arg("tiles"), reg.RCX)
	w.turnColumns(reg.R10)
	c.Label("tile")
	w.turnColumns(reg.R11)
	w.constants()
	for parity := range 2 {
		if parity > 0 {
			c.ADDQ(w.arg("ps"), reg.RBX)
		}
		w.rowPoints(parity)
	}
	c.SUBQ(w.arg("ps"), reg.RBX)
	c.ADDQ(w.arg("tile"), reg.RBX)
	c.XCHGQ(reg.R10, reg.R11)
	c.DECQ(reg.RCX)
	c.JNZ(jump("tile"))
	c.MOVQ(x, reg.RSI)
	c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 8}, reg.RSI)
	c.MOVQ(v, reg.RBX)
	c.ADDQ(operand.U8(vecBytes), reg.RBX)
	c.DECQ(groups)
	c.JNZ(jump("group"))
	end(c)
}

// WinoRowInFields are the fields of the argument block.
var WinoRowInFields = []string{"x", "v", "groups", "tiles", "row", "tile", "ps", "xs"}

const winoRowInName = "wino_row_in_f32_avx2"

// turnColumns stores 8 pixels of 8 lines as columns and goes on to the next pixels.
func (w *winoTransform) turnColumns(to reg.Register) {
	w.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 4}, reg.RDX)
	for i := range 8 {
		w.VMOVUPS(strided(reg.RSI, reg.RDX, reg.R8, reg.R9, i), ymm(i))
	}
	transpose8x8(w.Context)
	for i := range 8 {
		w.VMOVAPS(ymm(8+i), at(to, i*vecBytes))
	}
	w.ADDQ(operand.U8(vecBytes), reg.RSI)
}

// rowPoints transforms the even or odd columns of a tile and of the next and stores the
// points.
func (w *winoTransform) rowPoints(parity int) {
	r := w.r
	for i := range winoRowPoints {
		pixel := 2*i + parity
		from := reg.R10
		if pixel >= winoRowPixels {
			from, pixel = reg.R11, pixel-winoRowPixels
		}
		w.VMOVAPS(at(from, pixel*vecBytes), r(i))
	}
	one, both := r(9), r(11)
	w.VADDPS(r(5), r(1), one)
	w.VFNMADD231PS(r(3), both, one)
	for i := range winoRowPoints - 1 {
		w.VSUBPS(r(i), r(i+1), r(i))
	}
	w.LEAQ(operand.Mem{Base: reg.RBX, Index: reg.R13, Scale: 1}, reg.RAX)
	for p, o := range append(w.input(), 9) {
		if p < 6 {
			w.VMOVUPS(r(o), winoRow(reg.RBX, reg.RAX, reg.R12, p, 0))
		} else {
			w.VMOVUPS(r(o), indexed(reg.RAX, reg.R13, 0))
		}
	}
}

// WinoRowOut adds the transform back of a row of tiles, act(Aᵀ m + residual): M is 7
// vectors xs bytes apart, the next tile step bytes on. Of the last tile only last pixels
// exist; 0 means that there is none.
//
//	AVX2     one block of 8 channels
//	AVX-512  two blocks, plane bytes apart in the result and resPlane bytes in the
//	         residual; blocks is 1 where the second does not exist
//
// Twin: winoRowGeneric of runtime/kernel/blocked.
//
// Registers: DI arguments, SI DX points 0 and 3 of M, R12 R8 xs and three times that, BX
// tiles, R10 R11 pixels of the result in the two blocks, AX CX of the residual, R13 flags.
func WinoRowOut(c *build.Context, s ISA, consts winoTable) {
	w := newWinoTransform(c, s, winoF4, WinoRowOutFields, consts)
	name := "wino_row_out_f32_" + s.Name
	w.open(name, name+" transforms a row of tiles back to pixels.", 0)
	for _, f := range []struct {
		name string
		to   reg.Register
	}{{"m", reg.RSI}, {"xs", reg.R12}, {"flags", reg.R13}, {"y", reg.R10}, {"res", reg.RAX}, {"tiles", reg.RBX}} {
		c.MOVQ(w.arg(f.name), f.to)
	}
	c.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R8)
	if s.Lanes == 16 {
		c.MOVQ(w.arg("plane"), reg.R11)
		c.ADDQ(reg.R10, reg.R11)
		c.MOVQ(w.arg("resPlane"), reg.RCX)
		c.ADDQ(reg.RAX, reg.RCX)
	}
	c.TESTQ(reg.RBX, reg.RBX)
	c.JZ(jump("last"))
	c.Label("tile")
	w.rowResults()
	w.rowPixels("", winoRowPlaces)
	for _, p := range w.rowCursors() {
		c.ADDQ(operand.U32(winoRowResults*vecBytes), p)
	}
	c.ADDQ(w.arg("step"), reg.RSI)
	c.DECQ(reg.RBX)
	c.JNZ(jump("tile"))
	c.Label("last")
	c.CMPQ(w.arg("last"), operand.U8(0))
	c.JEQ(jump("done"))
	w.rowResults()
	for j, o := range winoRowPlaces[:winoRowResults-1] {
		w.rowPixels(fmt.Sprint("Last", j), []int{o})
		c.CMPQ(w.arg("last"), operand.U8(j+1))
		c.JEQ(jump("done"))
		for _, p := range w.rowCursors() {
			c.ADDQ(operand.U8(vecBytes), p)
		}
	}
	c.Label("done")
	end(c)
}

// WinoRowOutFields are the fields of the argument block.
var WinoRowOutFields = []string{
	"m", "y", "res", "xs", "step", "tiles", "last",
	"plane", "resPlane", "blocks", "flags", "lo", "hi", "alpha",
}

// rowCursors are the registers that go from pixel to pixel.
func (w *winoTransform) rowCursors() []reg.Register {
	if w.s.Lanes == 16 {
		return []reg.Register{reg.R10, reg.R11, reg.RAX, reg.RCX}
	}
	return []reg.Register{reg.R10, reg.RAX}
}

// winoRowPlaces are the vectors in which rowResults leaves its results.
var winoRowPlaces = []int{0, 2, 4, 5}

// rowResults computes the results of the tile at SI.
func (w *winoTransform) rowResults() {
	r := w.r
	w.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 1}, reg.RDX)
	for p := range winoRowPoints - 1 {
		w.VMOVUPS(winoRow(reg.RSI, reg.RDX, reg.R12, p, 0), r(p))
	}
	w.VMOVUPS(indexed(reg.RDX, reg.R8, 0), r(6))
	four, quarter, near, far := r(12), r(13), r(14), r(15)
	w.VADDPS(r(2), r(1), r(7))
	w.VSUBPS(r(2), r(1), r(1))
	w.VADDPS(r(4), r(3), r(8))
	w.VSUBPS(r(4), r(3), r(3))
	w.VMULPS(near, r(1), r(1))
	w.VMULPS(far, r(3), r(3))
	w.VADDPS(r(6), r(0), r(0))
	w.VADDPS(r(7), r(0), r(0))
	w.VADDPS(r(8), r(0), r(0))
	w.VADDPS(r(3), r(1), r(2))
	w.VADDPS(r(6), r(2), r(2))
	w.VMOVAPS(r(6), r(4))
	w.VFMADD231PS(quarter, r(7), r(4))
	w.VFMADD231PS(four, r(8), r(4))
	w.VADDPS(r(6), r(5), r(5))
	w.VFMADD231PS(quarter, r(1), r(5))
	w.VFMADD231PS(four, r(3), r(5))
}

// rowPixels ends the neighbouring pixels that vectors hold and stores them; 8 and 9 are
// scratch.
func (w *winoTransform) rowPixels(name string, vectors []int) {
	w.when(EndResidual, "residual"+name, func() {
		for j, o := range vectors {
			if w.s.Lanes == 8 {
				w.VADDPS(at(reg.RAX, vecBytes*j), w.r(o), w.r(o))
				continue
			}
			w.VMOVUPS(at(reg.RAX, vecBytes*j), ymm(9))
			w.VINSERTF32X8(operand.U8(1), at(reg.RCX, vecBytes*j), w.r(9), w.r(9))
			w.VADDPS(w.r(9), w.r(o), w.r(o))
		}
	})
	w.activate(name, vectors, w.r)
	for j, o := range vectors {
		w.VMOVUPS(ymm(o), at(reg.R10, vecBytes*j))
	}
	if w.s.Lanes == 16 {
		w.CMPQ(w.arg("blocks"), operand.U8(2))
		w.JLT(jump("single" + name))
		for j, o := range vectors {
			w.VEXTRACTF32X8(operand.U8(1), w.r(o), at(reg.R11, vecBytes*j))
		}
		w.Label("single" + name)
	}
}
