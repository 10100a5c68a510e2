package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// WinoIn writes V = Bᵀ d B for every tile of a table: t² vectors xs bytes apart, the
// next tile 64 bytes on.
//
//	AVX2     one block of 8 channels: half of those 64 bytes
//	AVX-512  two blocks, plane bytes apart (0: one block twice)
//
// A tile that reaches beyond the map is copied to the frame first, zeros around it; one of
// F(4, 3) that is short of two results is continued there ([winoTransform.continueEdge]).
//
// Twin: winoGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI  arguments    R9  table    R14  scratch, vectors [t][n], then the copied tile
//	SI DX  rows 0 and 3 of a tile      AX BX  the same of the second block     R8  bytes of a row
//	R10 R11  V of points j = 0 and 3   R12  xs    R13  3·xs    CX  count

// WinoInFields are the fields of the argument block.
var WinoInFields = []string{"x", "v", "table", "tiles", "row", "plane", "xs"}

// WinoInName returns the name of the input transform.
func WinoInName(s ISA, f *WinoForm) string { return "wino_in_f32_" + s.Name + "_" + f.name }

// WinoGradName returns the name of the transform of the gradient of the result.
func WinoGradName(s ISA, f *WinoForm) string { return "wino_grad_f32_" + s.Name + "_" + f.name }

// WinoIn adds the input transform of a form.
func WinoIn(c *build.Context, s ISA, f *WinoForm, consts winoTable) {
	w := newWinoTransform(c, s, f, WinoInFields, consts)
	w.line, w.place, w.rowsOf, w.colsOf = w.input, "x", "inRows", "inCols"
	w.continues = f == winoF4
	w.into(WinoInName(s, f))
}

// WinoGrad adds the transform A dy Aᵀ of the gradient of the result of a form: the
// transpose of the output transform, from m² pixels to t² points. It reads the
// outputs of the table, else it is WinoIn.
func WinoGrad(c *build.Context, s ISA, f *WinoForm, consts winoTable) {
	w := newWinoTransform(c, s, f, WinoInFields, consts)
	w.n = f.m
	w.line, w.place, w.rowsOf, w.colsOf = w.gradient, "y", "outRows", "outCols"
	w.into(WinoGradName(s, f))
}

// into writes a transform from n² pixels to t² points.
func (w *winoTransform) into(name string) {
	w.open(name, fmt.Sprintf("%s transforms tiles of %d x %d pixels.", name, w.n, w.n), w.n*(w.t+w.n))
	w.MOVQ(w.arg("table"), reg.R9)
	w.MOVQ(w.arg("xs"), reg.R12)
	w.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R13)
	w.MOVQ(w.arg("tiles"), reg.RAX)
	w.MOVQ(reg.RAX, w.local)
	w.MOVQ(w.arg("v"), reg.RAX)
	w.MOVQ(reg.RAX, w.local.Offset(8))
	w.Label("tile")
	w.MOVQ(w.tile(w.place), reg.RSI)
	w.ADDQ(w.arg("x"), reg.RSI)
	w.MOVQ(w.arg("row"), reg.R8)
	w.MOVQ(w.arg("plane"), reg.RAX)
	w.CMPQ(w.tile(w.rowsOf), operand.U8(w.n))
	w.JLT(jump("edge"))
	w.CMPQ(w.tile(w.colsOf), operand.U8(w.n))
	w.JLT(jump("edge"))
	w.Label("read")
	w.columns()
	w.rows()
	w.ADDQ(operand.U8(64), w.local.Offset(8))
	w.ADDQ(operand.U8(64), reg.R9)
	w.DECQ(w.local)
	w.JNZ(jump("tile"))
	end(w.Context)
	w.copyEdge()
}

// columns transforms the columns of the tile at SI into the scratch.
func (w *winoTransform) columns() {
	w.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.RDX)
	w.ADDQ(reg.RSI, reg.RDX)
	if w.s.Lanes == 16 {
		w.LEAQ(operand.Mem{Base: reg.RDX, Index: reg.RAX, Scale: 1}, reg.RBX)
		w.ADDQ(reg.RSI, reg.RAX)
	}
	for j := range w.n {
		for i := range w.n {
			if w.s.Lanes == 8 {
				w.VMOVUPS(winoRow(reg.RSI, reg.RDX, reg.R8, i, 32*j), w.r(i))
				continue
			}
			w.VMOVUPS(winoRow(reg.RSI, reg.RDX, reg.R8, i, 32*j), ymm(i))
			w.VINSERTF32X8(operand.U8(1), winoRow(reg.RAX, reg.RBX, reg.R8, i, 32*j), w.r(i), w.r(i))
		}
		for i, o := range w.line() {
			w.VMOVAPS(w.r(o), w.scratch(i*w.n+j))
		}
	}
}

// winoRow addresses row i of rows step bytes apart, of which low is row 0 and high
// row 3.
func winoRow(low, high, step reg.Register, i, disp int) operand.Mem {
	m := operand.Mem{Base: low, Disp: disp}
	if i >= 3 {
		m.Base = high
	}
	if i%3 > 0 {
		m.Index, m.Scale = step, uint8(i%3)
	}
	return m
}

// rows transforms the rows of the scratch and stores the tile.
func (w *winoTransform) rows() {
	w.MOVQ(w.local.Offset(8), reg.R10)
	w.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R13, Scale: 1}, reg.R11)
	for i := range w.t {
		for j := range w.n {
			w.VMOVAPS(w.scratch(i*w.n+j), w.r(j))
		}
		for j, o := range w.line() {
			w.VMOVUPS(w.r(o), winoRow(reg.R10, reg.R11, reg.R12, j, 0))
		}
		if i == w.t-1 {
			break
		}
		for _, base := range []reg.GPPhysical{reg.R10, reg.R11} {
			if w.t == 6 {
				w.LEAQ(operand.Mem{Base: base, Index: reg.R13, Scale: 2}, base)
				continue
			}
			w.LEAQ(operand.Mem{Base: base, Index: reg.R12, Scale: 4}, base)
			if w.t == 5 {
				w.ADDQ(reg.R12, base)
			}
		}
	}
}

// copyEdge moves a tile with its missing pixels as zeros into the frame.
func (w *winoTransform) copyEdge() {
	area, blocks := w.n*w.n, w.s.Lanes/8
	patch := w.scratch(w.t * w.n)
	w.Label("edge")
	w.s.zero(w.Context, w.r(0))
	for i := range area {
		w.VMOVAPS(w.r(0), patch.Offset(i*w.s.Bytes()))
	}
	w.LEAQ(patch, reg.RDX)
	for b := range blocks {
		block := fmt.Sprint(b)
		w.MOVQ(w.tile(w.rowsOf), reg.RBX)
		w.MOVQ(reg.RSI, reg.R10)
		w.MOVQ(reg.RDX, reg.R11)
		w.Label("copyRow" + block)
		w.MOVQ(w.tile(w.colsOf), reg.RCX)
		w.SHLQ(operand.U8(5), reg.RCX)
		w.Label("copyPixel" + block)
		w.SUBQ(operand.U8(32), reg.RCX)
		w.VMOVUPS(indexed(reg.R10, reg.RCX, 0), reg.Y0)
		w.VMOVUPS(reg.Y0, indexed(reg.R11, reg.RCX, 0))
		w.JNZ(jump("copyPixel" + block))
		w.ADDQ(reg.R8, reg.R10)
		w.ADDQ(operand.U32(32*w.n), reg.R11)
		w.DECQ(reg.RBX)
		w.JNZ(jump("copyRow" + block))
		if b+1 < blocks {
			w.ADDQ(reg.RAX, reg.RSI)
			w.ADDQ(operand.U32(32*area), reg.RDX)
		}
	}
	w.LEAQ(patch, reg.RSI)
	if w.continues {
		w.continueEdge("outCols", blocks, 1, w.n)
		w.continueEdge("outRows", blocks, w.n, 1)
	}
	w.MOVL(operand.U32(32*w.n), reg.R8L)
	if blocks == 2 {
		w.MOVL(operand.U32(32*area), reg.EAX)
	}
	w.JMP(jump("read"))
}

// continueEdge sets pixel 4 of the lines of a copied tile that is short of results, which
// none of them is made of, to 5/2 d2 - d0: point 0 vanishes. Pixels lie step apart, lines
// across; both are in pixels.
func (w *winoTransform) continueEdge(results string, blocks, step, across int) {
	five := ymm(11)
	w.CMPQ(w.tile(results), operand.U8(winoContinued))
	w.JG(jump("whole_" + results))
	for line := range blocks * w.n {
		pixel := func(k int) operand.Mem {
			return at(reg.RSI, 32*(line/w.n*w.n*w.n+line%w.n*across+k*step))
		}
		w.VMOVUPS(pixel(0), reg.Y0)
		w.VFMSUB231PS(pixel(2), five, reg.Y0)
		w.VMOVUPS(reg.Y0, pixel(4))
	}
	w.Label("whole_" + results)
}
