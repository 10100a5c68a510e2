package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Transforms of Winograd convolutions F(m x m, 3 x 3), m 2 or 4: tiles of t = m + 2
// pixels a side, lane = channel, one row or column at a time. A form is known by t.
//
// F(4, 3) interpolates at 0, ±√½, ±√2 and infinity. Next to the usual 0, ±1, ±2 the
// powers of these points stay near 1, which makes the error about four times
// smaller at the same number of operations. F(2, 3) has 0, ±1 and infinity.
//
//	input   F(4,3)  0: d0 - 5/2 d2 + d4       F(2,3)  d0 - d2
//	                ±a: (d4 - 2 d2) ± a (d3 - 2 d1)   d1 + d2
//	                ±b: (d4 - d2/2) ± b (d3 - d1/2)   d2 - d1
//	                ∞: d1 - 5/2 d3 + d5               d1 - d3
//	output  F(4,3)  y0 = m0 + s1 + s2         F(2,3)  m0 + m1 + m2
//	                y1 = a e1 + b e2                  m1 - m2 - m3
//	                y2 = s1/2 + 2 s2
//	                y3 = a e1/2 + 2 b e2 + m5     s1, e1 = m1 ± m2   s2, e2 = m3 ± m4
//
// Of stride 2 there is m = 2, t = 5: the even pixels of a line meet the outer weights as
// F(2, 2), whose points are 0, 1 and infinity, and the odd ones the middle weight. So 5
// points of 4 transformed weights do what takes 6 products:
//
//	input   d0 - d2, d2, d4 - d2, d1, d3        output  m0 + m1 + m3, m1 + m2 + m4
//	weights g0, g0 + g2, g2, g1, g1                         gradient y0, y0 + y1, y1, y0, y1
//
// Its gradient in the input, with a padding of 1, has odd pixels of two outer weights,
// which are turned, and even ones of the middle weight: 3 pixels of dy make 4 of dx.
//
//	input   d0 - d1, d1, d2 - d1, d0, d1    output  m3, m0 + m1, m4, m1 + m2
//
// Source: Lavin and Gray 2015, arXiv:1509.09308; points: Barabasz et al. 2018,
// arXiv:1803.10986.

// WinoTileFields are the fields of one entry of the table of tiles: the place of
// its input in bytes and the rows and columns that lie inside the map, the place
// and size of its output, the place of its residual.
var WinoTileFields = []string{"x", "inRows", "inCols", "y", "outRows", "outCols", "res", "unused"}

// winoForms are the sides of the tiles of F(2x2, 3x3), the same of stride 2, F(4x4, 3x3).
var winoForms = []int{4, winoHalved, 6}

// winoHalved is the form of stride 2, winoSpread that of its gradient in the input.
const (
	winoHalved = 5
	winoSpread = 7
)

// winoThrough are the forms that have transforms of inputs and outputs of their own.
var winoThrough = append(slices.Clone(winoForms), winoSpread)

// winoResults returns the results, a side, of tiles of t pixels a side.
func winoResults(t int) int {
	switch t {
	case winoHalved:
		return 2
	case winoSpread:
		return 4
	}
	return t - 2
}

// winoFormName names the form of t in the names of kernels.
func winoFormName(t int) string {
	switch t {
	case winoHalved:
		return "2s2"
	case winoSpread:
		return "2s2dx"
	}
	return fmt.Sprint(t - 2)
}

// winoConsts are broadcast to the vectors from 11 on, in this order.
var winoConsts = []float64{2.5, 2, 0.5, math.Sqrt2 / 2, math.Sqrt2}

// winoBack are those of WinoWeights: 2/3, 1/6, -2/3 a, 1/6 b, 1/3.
var winoBack = []float64{2. / 3, 1. / 6, -math.Sqrt2 / 3, math.Sqrt2 / 6, 1. / 3}

// winoTransform is what both transforms share. Vectors 0 to 5 hold a row or column,
// 6 to 10 are scratch.
type winoTransform struct {
	asm
	s      ISA
	m, t   int  // results and points, a side
	n      int  // side of what is read: pixels of a transform into the domain
	halved bool // weights of stride 2
	spread bool // the gradient of stride 2 in the input
	line   func() []int
	place  string // the fields of the table that say what is read
	rowsOf string
	colsOf string
	fields []string
	consts operand.Mem
	local  operand.Mem
}

func (w *winoTransform) arg(name string) operand.Mem { return field(w.fields, name) }

// tile addresses a field of the table entry at R9.
func (w *winoTransform) tile(name string) operand.Mem {
	m := field(WinoTileFields, name)
	m.Base = reg.R9
	return m
}

func (w *winoTransform) r(i int) reg.VecPhysical { return w.s.vec(i) }

// open begins a transform: the frame holds words at its bottom and, from the next
// cache line on, at R14, vectors of scratch.
func (w *winoTransform) open(name, doc string, vectors int) {
	w.Function(name)
	w.Pragma("noescape")
	w.SignatureExpr("func(t *byte)")
	w.Doc(doc)
	w.local = w.AllocLocal(128 + vectors*w.s.Bytes())
	w.Load(w.Param("t"), reg.RDI)
	w.LEAQ(w.local.Offset(64+63), reg.R14)
	w.ANDQ(operand.I8(-64), reg.R14)
	if w.m == 4 && !w.spread {
		for i := range winoConsts {
			w.VBROADCASTSS(w.consts.Offset(4*i), w.r(11+i))
		}
	}
}

// scratch addresses vector i of the scratch.
func (w *winoTransform) scratch(i int) operand.Mem { return at(reg.R14, i*w.s.Bytes()) }

// input transforms vectors 0 to t-1 and returns where the results are.
func (w *winoTransform) input() []int {
	r := w.r
	if w.spread {
		w.VSUBPS(r(1), r(0), r(6))
		w.VSUBPS(r(1), r(2), r(2))
		return []int{6, 1, 2, 0, 1}
	}
	if w.t == winoHalved {
		w.VSUBPS(r(2), r(0), r(0))
		w.VSUBPS(r(2), r(4), r(4))
		return []int{0, 2, 4, 1, 3}
	}
	if w.m == 2 {
		w.VSUBPS(r(2), r(0), r(0))
		w.VADDPS(r(1), r(2), r(6))
		w.VSUBPS(r(1), r(2), r(7))
		w.VSUBPS(r(3), r(1), r(8))
		return []int{0, 6, 7, 8}
	}
	five, two, half, a, b := r(11), r(12), r(13), r(14), r(15)
	w.VMOVAPS(r(4), r(6))
	w.VFNMADD231PS(r(2), two, r(6))
	w.VMOVAPS(r(3), r(7))
	w.VFNMADD231PS(r(1), two, r(7))
	w.VADDPS(r(4), r(0), r(0))
	w.VFNMADD231PS(r(2), five, r(0))
	w.VADDPS(r(1), r(5), r(5))
	w.VFNMADD231PS(r(3), five, r(5))
	w.VFNMADD213PS(r(4), half, r(2))
	w.VFNMADD213PS(r(3), half, r(1))
	w.VMULPS(a, r(7), r(7))
	w.VMULPS(b, r(1), r(1))
	w.VADDPS(r(7), r(6), r(8))
	w.VSUBPS(r(7), r(6), r(6))
	w.VADDPS(r(1), r(2), r(3))
	w.VSUBPS(r(1), r(2), r(2))
	return []int{0, 8, 6, 3, 2, 5}
}

// gradient transforms vectors 0 to m-1 by the transpose of output and returns where
// the results are.
func (w *winoTransform) gradient() []int {
	r := w.r
	if w.t == winoHalved {
		w.VADDPS(r(1), r(0), r(6))
		return []int{0, 6, 1, 0, 1}
	}
	if w.m == 2 {
		w.VADDPS(r(1), r(0), r(6))
		w.VSUBPS(r(1), r(0), r(7))
		w.s.zero(w.Context, r(8))
		w.VSUBPS(r(1), r(8), r(8))
		return []int{0, 6, 7, 8}
	}
	two, half, a, b := r(12), r(13), r(14), r(15)
	w.VMOVAPS(r(0), r(6))
	w.VFMADD231PS(half, r(2), r(6))
	w.VMOVAPS(r(1), r(7))
	w.VFMADD231PS(half, r(3), r(7))
	w.VMOVAPS(r(0), r(8))
	w.VFMADD231PS(two, r(2), r(8))
	w.VFMADD231PS(two, r(3), r(1))
	w.VMULPS(a, r(7), r(7))
	w.VMULPS(b, r(1), r(1))
	w.VADDPS(r(7), r(6), r(4))
	w.VSUBPS(r(7), r(6), r(6))
	w.VADDPS(r(1), r(8), r(5))
	w.VSUBPS(r(1), r(8), r(8))
	return []int{0, 4, 6, 5, 8, 3}
}

// output transforms vectors 0 to t-1 back and returns where the results are.
func (w *winoTransform) output() []int {
	r := w.r
	if w.spread {
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(1), r(2), r(2))
		return []int{3, 0, 4, 2}
	}
	if w.t == winoHalved {
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(3), r(0), r(0))
		w.VADDPS(r(2), r(1), r(1))
		w.VADDPS(r(4), r(1), r(1))
		return []int{0, 1}
	}
	if w.m == 2 {
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(2), r(0), r(0))
		w.VSUBPS(r(2), r(1), r(1))
		w.VSUBPS(r(3), r(1), r(1))
		return []int{0, 1}
	}
	two, half, a, b := r(12), r(13), r(14), r(15)
	w.VADDPS(r(2), r(1), r(6))
	w.VSUBPS(r(2), r(1), r(1))
	w.VADDPS(r(4), r(3), r(7))
	w.VSUBPS(r(4), r(3), r(3))
	w.VMULPS(a, r(1), r(1))
	w.VMULPS(b, r(3), r(3))
	w.VADDPS(r(6), r(0), r(0))
	w.VADDPS(r(7), r(0), r(0))
	w.VADDPS(r(3), r(1), r(2))
	w.VMULPS(half, r(6), r(6))
	w.VFMADD231PS(two, r(7), r(6))
	w.VFMADD231PS(half, r(1), r(5))
	w.VFMADD231PS(two, r(3), r(5))
	return []int{0, 2, 6, 5}
}

// winoTable writes a read-only table of constants.
func winoTable(c *build.Context, name string, values []float64) operand.Mem {
	var bits []uint32
	for _, v := range values {
		bits = append(bits, math.Float32bits(float32(v)))
	}
	return words(c, name, bits)
}

// Winograd adds the kernels of Winograd convolutions.
func Winograd(c *build.Context, s ISA) error {
	consts := winoTable(c, "winoConsts", slices.Concat(winoConsts, winoBack))
	for _, t := range winoThrough {
		WinoIn(c, s, t, consts)
		WinoOut(c, s, t, consts)
	}
	for _, t := range winoForms {
		WinoGrad(c, s, t, consts)
		WinoWeights(c, s, t, consts)
	}
	winoPacks(c, s)
	var err error
	winoEach(s, func(rows, vecs int) { err = errors.Join(err, WinoGemm(c, s, rows, vecs)) })
	winoDWEach(s, func(rows, vecs int) { err = errors.Join(err, WinoDW(c, s, rows, vecs)) })
	return err
}

// winoCalls writes the Go functions that call the kernels of a size. Calls are
// direct, so that argument blocks stay on the stack.
func winoCalls() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by codegen/kernel/gen. DO NOT EDIT.\n\n//go:build amd64 && !purego\n\npackage blocked\n\n")
	fmt.Fprintf(&b, "import (\n\"unsafe\"\n\n\"github.com/netc-lang/netc/runtime/kernel\"\n)\n\n")
	sizes := func(of func(i int, s ISA)) {
		for i, s := range ISAs {
			of(i+1, s)
		}
		fmt.Fprintf(&b, "\tdefault:\n\t\tpanic(\"blocked: no Winograd kernel of this size\")\n\t}\n}\n\n")
	}
	for _, f := range []struct {
		args, method, by, what string
		of                     []int
		name                   func(ISA, int) string
	}{
		{"winoInArgs", "run", "t", "transforms the tiles of a, of the form of t.", winoThrough, WinoInName},
		{"winoInArgs", "gradient", "t", "transforms the gradients of the results of tiles, to t points a side.", winoForms, WinoGradName},
		{"winoOutArgs", "run", "t", "transforms the tiles of a, of the form of t, back.", winoThrough, WinoOutName},
		{"winoWeightArgs", "run", "t", "transforms gradients of weights back, of tiles of t pixels a side.", winoForms, WinoWeightsName},
	} {
		fmt.Fprintf(&b, "// %s %s\nfunc (a *%s) %s(isa kernel.ISA, %s int) {\n", f.method, f.what, f.args, f.method, f.by)
		fmt.Fprintf(&b, "\tp := (*byte)(unsafe.Pointer(a))\n\tswitch int(isa)*10 + %s {\n", f.by)
		sizes(func(i int, s ISA) {
			for _, k := range f.of {
				fmt.Fprintf(&b, "\tcase %d%d:\n\t\t%s(p)\n", i, k, f.name(s, k))
			}
		})
	}
	for _, f := range []struct {
		args, what string
		each       func(s ISA, each func(rows, vecs int))
		name       func(s ISA, rows, vecs int) string
	}{
		{"winoGemmArgs", "multiplies rows tiles at a time with vecs vectors of outputs.", winoEach, WinoGemmName},
		{"winoDWArgs", "sums products of rows inputs and vecs vectors of outputs.", winoDWEach, WinoDWName},
	} {
		fmt.Fprintf(&b, "// run %s\nfunc (a *%s) run(isa kernel.ISA, rows, vecs int) {\n", f.what, f.args)
		fmt.Fprintf(&b, "\tp := (*byte)(unsafe.Pointer(a))\n\tswitch int(isa)*1000 + vecs*100 + rows {\n")
		sizes(func(i int, s ISA) {
			f.each(s, func(rows, vecs int) {
				fmt.Fprintf(&b, "\tcase %d%d%02d:\n\t\t%s(p)\n", i, vecs, rows, f.name(s, rows, vecs))
			})
		})
	}
	return format.Source(b.Bytes())
}

// winoEach visits the register tiles of the products.
func winoEach(s ISA, each func(rows, vecs int)) {
	if s.Lanes == 8 {
		for rows := 1; rows <= 6; rows++ {
			each(rows, 2)
		}
		return
	}
	for vecs := 1; vecs <= 2; vecs++ {
		for rows := 1; rows <= 14; rows++ {
			each(rows, vecs)
		}
	}
}

// winoDWEach visits those of the products of weight gradients: 16 inputs are 6 + 5 +
// 5 or 8 + 8 of them, 8 are 4 + 4 or 8.
func winoDWEach(s ISA, each func(rows, vecs int)) {
	if s.Lanes == 8 {
		for rows := 4; rows <= 6; rows++ {
			each(rows, 2)
		}
		return
	}
	each(8, 1)
	each(8, 2)
}
