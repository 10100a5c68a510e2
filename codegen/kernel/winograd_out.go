package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// WinoOut writes act(Aᵀ M A + bias + residual) for every tile of a table: M is t²
// vectors xs bytes apart, the next tile 64 bytes on.
//
//	AVX2     one block of 8 channels
//	AVX-512  two blocks, plane bytes apart in the result and resPlane bytes in the
//	         residual; blocks is 1 where the second does not exist
//
// A tile that reaches beyond the map leaves its results in the frame, and a loop
// over the pixels that exist does the rest.
//
// Twin: winoGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI  arguments    R9  table    R14  scratch, vectors [m][t], then results [m][m]
//	SI DX  M of rows 0 and 3 of a column      BX  xs    R12  t·xs     R13  flags
//	R10 R11  a row of the result in the two blocks    AX CX  of the residual    R8  bytes of a row
//	vector 10  bias    8 9  bounds, residual

// WinoOutFields are the fields of the argument block.
var WinoOutFields = []string{
	"m", "y", "res", "bias", "table", "tiles", "xs",
	"row", "plane", "resRow", "resPlane", "blocks", "flags", "lo", "hi", "alpha",
}

// WinoOutName returns the name of the output transform.
func WinoOutName(s ISA, f *WinoForm) string { return "wino_out_f32_" + s.Name + "_" + f.name }

// WinoOut adds the output transform of a form.
func WinoOut(c *build.Context, s ISA, f *WinoForm, consts winoTable) {
	w, m := newWinoTransform(c, s, f, WinoOutFields, consts), f.m
	name := WinoOutName(s, f)
	w.open(name, fmt.Sprintf("%s transforms tiles back to %d x %d pixels.", name, m, m), m*w.t+m*m)
	w.MOVQ(w.arg("table"), reg.R9)
	w.MOVQ(w.arg("flags"), reg.R13)
	w.MOVQ(w.arg("tiles"), reg.RAX)
	w.MOVQ(reg.RAX, w.local)
	w.MOVQ(w.arg("m"), reg.RAX)
	w.MOVQ(reg.RAX, w.local.Offset(8))
	w.MOVQ(w.arg("bias"), reg.RAX)
	w.VMOVUPS(at(reg.RAX, 0), w.r(10))
	w.Label("tile")
	w.outColumns()
	w.places()
	w.CMPQ(w.tile("outRows"), operand.U8(m))
	w.JLT(jump("edge"))
	w.CMPQ(w.tile("outCols"), operand.U8(m))
	w.JLT(jump("edge"))
	for i := range m {
		w.outRow(i)
	}
	w.Label("next")
	w.ADDQ(operand.U8(64), w.local.Offset(8))
	w.ADDQ(operand.U8(64), reg.R9)
	w.DECQ(w.local)
	w.JNZ(jump("tile"))
	end(c)
	w.outEdge()
}

// outColumns transforms the columns of M into the scratch.
func (w *winoTransform) outColumns() {
	w.MOVQ(w.arg("xs"), reg.RBX)
	w.IMUL3Q(operand.U8(w.t), reg.RBX, reg.R12)
	w.MOVQ(w.local.Offset(8), reg.RSI)
	w.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.RDX)
	w.ADDQ(reg.RSI, reg.RDX)
	for j := range w.t {
		for i := range w.t {
			w.VMOVUPS(winoRow(reg.RSI, reg.RDX, reg.R12, i, 0), w.r(i))
		}
		for i, o := range w.output() {
			w.VMOVAPS(w.r(o), w.scratch(i*w.t+j))
		}
		if j < w.t-1 {
			w.ADDQ(reg.RBX, reg.RSI)
			w.ADDQ(reg.RBX, reg.RDX)
		}
	}
}

// places loads where the tile's result and residual are.
func (w *winoTransform) places() {
	w.MOVQ(w.tile("y"), reg.R10)
	w.ADDQ(w.arg("y"), reg.R10)
	w.MOVQ(w.arg("row"), reg.R8)
	w.MOVQ(w.tile("res"), reg.RAX)
	w.ADDQ(w.arg("res"), reg.RAX)
	if w.s.Lanes == 16 {
		w.MOVQ(w.arg("plane"), reg.R11)
		w.ADDQ(reg.R10, reg.R11)
		w.MOVQ(w.arg("resPlane"), reg.RCX)
		w.ADDQ(reg.RAX, reg.RCX)
	}
}

// outRow transforms row i of the scratch and stores it.
func (w *winoTransform) outRow(i int) {
	for j := range w.t {
		w.VMOVAPS(w.scratch(i*w.t+j), w.r(j))
	}
	row := w.output()
	for _, o := range row {
		w.VADDPS(w.r(10), w.r(o), w.r(o))
	}
	name := fmt.Sprint(i)
	w.when(EndResidual, "residual"+name, func() {
		for j, o := range row {
			if w.s.Lanes == 8 {
				w.VADDPS(at(reg.RAX, 32*j), w.r(o), w.r(o))
				continue
			}
			w.VMOVUPS(at(reg.RAX, 32*j), ymm(8))
			w.VINSERTF32X8(operand.U8(1), at(reg.RCX, 32*j), w.r(8), w.r(8))
			w.VADDPS(w.r(8), w.r(o), w.r(o))
		}
		w.ADDQ(w.arg("resRow"), reg.RAX)
		if w.s.Lanes == 16 {
			w.ADDQ(w.arg("resRow"), reg.RCX)
		}
	})
	w.activate(name, row, w.r)
	for j, o := range row {
		w.VMOVUPS(ymm(o), at(reg.R10, 32*j))
	}
	w.ADDQ(reg.R8, reg.R10)
	if w.s.Lanes == 16 {
		w.CMPQ(w.arg("blocks"), operand.U8(2))
		w.JLT(jump("single" + name))
		for j, o := range row {
			w.VEXTRACTF32X8(operand.U8(1), w.r(o), at(reg.R11, 32*j))
		}
		w.ADDQ(reg.R8, reg.R11)
		w.Label("single" + name)
	}
}

// activate applies the activations that take a compare or two to vectors of the
// width that r gives; 8 and 9 are scratch. The value stands second in the machine's
// order, so that a NaN stays NaN.
func (w *winoTransform) activate(name string, vectors []int, r func(int) reg.VecPhysical) {
	w.when(EndLow, "low"+name, func() {
		w.VBROADCASTSS(w.arg("lo"), r(8))
		for _, v := range vectors {
			w.VMAXPS(r(v), r(8), r(v))
		}
	})
	w.when(EndHigh, "high"+name, func() {
		w.VBROADCASTSS(w.arg("hi"), r(8))
		for _, v := range vectors {
			w.VMINPS(r(v), r(8), r(v))
		}
	})
	w.when(EndLeaky, "leaky"+name, func() {
		for _, v := range vectors {
			w.VBROADCASTSS(w.arg("alpha"), r(8))
			w.VMULPS(r(8), r(v), r(8))
			w.leak(r(v), r(8))
		}
	})
}

// leak gives v the lanes of scaled where v is negative.
func (w *winoTransform) leak(v, scaled reg.VecPhysical) {
	if v.Size() == 64 {
		w.VPMOVD2M(v, reg.K1)
		w.VMOVAPS(scaled, reg.K1, v)
		return
	}
	w.VBLENDVPS(v, scaled, v, v)
}

// when writes code that runs if a flag is set.
func (w *winoTransform) when(flag uint32, name string, body func()) {
	w.TESTQ(operand.U32(flag), reg.R13)
	w.JZ(jump("no_" + name))
	body()
	w.Label("no_" + name)
}

// outEdge stores the pixels of a tile that exist, one after the other.
func (w *winoTransform) outEdge() {
	results := w.scratch(w.m * w.t)
	w.Label("edge")
	for i := range w.m {
		for j := range w.t {
			w.VMOVAPS(w.scratch(i*w.t+j), w.r(j))
		}
		for j, o := range w.output() {
			w.VMOVAPS(w.r(o), results.Offset((i*w.m+j)*w.s.Bytes()))
		}
	}
	for b := range w.s.Lanes / 8 {
		block := fmt.Sprint("Edge", b)
		if b == 1 {
			w.CMPQ(w.arg("blocks"), operand.U8(2))
			w.JLT(jump("next"))
			w.places()
			w.MOVQ(reg.R11, reg.R10)
			w.MOVQ(reg.RCX, reg.RAX)
		}
		w.MOVQ(w.arg("bias"), reg.RDX)
		w.VMOVUPS(at(reg.RDX, 32*b), reg.Y7)
		w.LEAQ(results.Offset(32*b), reg.RSI)
		w.MOVQ(w.tile("outRows"), reg.RBX)
		w.Label("row" + block)
		w.XORQ(reg.RDX, reg.RDX) // pixel in the results, in vectors
		w.XORQ(reg.R12, reg.R12) // and in the map, in blocks
		w.MOVQ(w.tile("outCols"), reg.RCX)
		w.Label("pixel" + block)
		w.VADDPS(indexed(reg.RSI, reg.RDX, 0), reg.Y7, reg.Y0)
		w.when(EndResidual, "residual"+block, func() { w.VADDPS(indexed(reg.RAX, reg.R12, 0), reg.Y0, reg.Y0) })
		w.activate(block, []int{0}, ymm)
		w.VMOVUPS(reg.Y0, indexed(reg.R10, reg.R12, 0))
		w.ADDQ(operand.U8(w.s.Bytes()), reg.RDX)
		w.ADDQ(operand.U8(32), reg.R12)
		w.DECQ(reg.RCX)
		w.JNZ(jump("pixel" + block))
		w.ADDQ(operand.U32(w.m*w.s.Bytes()), reg.RSI)
		w.ADDQ(reg.R8, reg.R10)
		w.ADDQ(w.arg("resRow"), reg.RAX)
		w.DECQ(reg.RBX)
		w.JNZ(jump("row" + block))
	}
	w.JMP(jump("next"))
}
