package kernel

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Row kernels run over the pixels of some blocks of channels of blocked maps, image by
// image, block by block and row by row. Each lane is one channel, with constants of its
// own; sums are over the pixels of all images, added to what lies there. Up to five maps
// take part, each with its own way from the end of a row to the next (skip), from the
// last row to the next block (hop) and from the last block to the next image (leap), in
// bytes:
//
//	x   what is normalised        y  its result         g  a gradient or residual
//	z   a gradient, written       w  another, written
//
// An AVX-512 register holds two pixels; the last of an odd row is done in half of
// one. Four vectors are in flight, each with sums of its own, added at the end of a plane.
//
// A framed row is whole lines of a map with a halo of one pixel, and is written with the zero
// on either side, past the caches: its first pixel shares a line with the zero before it.
//
// Twin: mapRowsGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   SI BX R8 R9 R10 cursors of x y g z w   CX pixels left
//	DX rows left   R11 pixels of a row   R12 blocks left   R13 constants of a block
//	R10 its sums, of kernels without w   AX scratch   the frame: images left
//	V0.. constants, then sums, then what a body needs for each vector in flight

// MapRowsFields are the fields of the argument block, 8 bytes each, in order.
var MapRowsFields = []string{
	"x", "y", "g", "z", "w",
	"xSkip", "ySkip", "gSkip", "zSkip", "wSkip",
	"xHop", "yHop", "gHop", "zHop", "wHop",
	"xLeap", "yLeap", "gLeap", "zLeap", "wLeap",
	"images", "blocks", "rows", "pixels",
	"consts", "sums", "constStep", "sumStep",
}

// mapRow is one row kernel. The body computes one vector: load and store move it,
// tmp names its scratch registers.
type mapRow struct {
	name         string
	doc          string
	maps         string // of xyzgw, those that take part
	consts, sums int    // vectors of 8
	temps        int    // scratch registers of a vector
	body         func(r *rowVector)
}

// rowVector is a vector in flight.
type rowVector struct {
	asm
	ISA
	k      *mapRow
	index  int  // of those in flight
	half   bool // one pixel of an AVX-512 register
	offset int  // bytes from the cursors
}

const rowsInFlight = 4

// rowSumsAt is the register of the sums: kernels that have some write no map.
var rowSumsAt = reg.R10

// cmpLess is the predicate LT_OQ: false for NaN, no exception.
const cmpLess = 17

var rowCursors = map[byte]reg.GPPhysical{'x': reg.RSI, 'y': reg.RBX, 'g': reg.R8, 'z': reg.R9, 'w': reg.R10}

func (r *rowVector) narrow(v reg.VecPhysical) reg.Register {
	if r.half {
		return v.AsY()
	}
	return v
}

func (r *rowVector) constant(i int) reg.VecPhysical { return r.vec(i) }

func (r *rowVector) sum(i int) reg.VecPhysical {
	return r.vec(r.k.consts + i*rowsInFlight + r.index)
}

func (r *rowVector) tmp(i int) reg.VecPhysical {
	return r.vec(r.k.consts + r.k.sums*rowsInFlight + r.index%r.lanesOfTemps()*r.k.temps + i)
}

// lanesOfTemps is the number of vectors that have scratch registers of their own.
func (r *rowVector) lanesOfTemps() int {
	return min(rowsInFlight, (r.Registers-r.k.consts-r.k.sums*rowsInFlight)/r.k.temps)
}

func (r *rowVector) load(m byte, to reg.VecPhysical) {
	r.VMOVUPS(at(rowCursors[m], r.offset), r.narrow(to))
}

func (r *rowVector) store(m byte, from reg.VecPhysical) {
	r.VMOVUPS(r.narrow(from), at(rowCursors[m], r.offset))
}

// stream stores to lines that pass by the caches: they begin at multiples of a vector.
func (r *rowVector) stream(m byte, from reg.VecPhysical) {
	r.VMOVNTPS(r.narrow(from), at(rowCursors[m], r.offset))
}

// centred loads x − constant 0 into to. Half a vector leaves zeros in the rest.
func (r *rowVector) centred(to reg.VecPhysical) {
	if r.half {
		r.VMOVUPS(at(reg.RSI, r.offset), to.AsY())
		r.VSUBPS(r.constant(0).AsY(), to.AsY(), to.AsY())
		return
	}
	r.VMOVUPS(at(reg.RSI, r.offset), to)
	r.VSUBPS(r.constant(0), to, to)
}

// gated loads g into to, 0 where y is not between two constants.
func (r *rowVector) gated(to, y reg.VecPhysical, lo int) {
	r.load('g', to)
	r.load('y', y)
	r.gate(to, y, lo)
}

// again is gated with y computed once more of x, as the forward norm does it: its bits
// are those of the y that was stored, which needs not be read. tmp 0 is x − c0 then, and
// tmp 1 the g.
func (r *rowVector) again(shift, lo int) {
	y := r.tmp(0)
	r.load('g', r.tmp(1))
	r.centred(y)
	r.VFMADD213PS(r.constant(shift), r.constant(1), y)
	r.gate(r.tmp(1), y, lo)
	r.centred(r.tmp(0))
}

// gate sets to to 0 where y is not between two constants.
func (r *rowVector) gate(to, y reg.VecPhysical, lo int) {
	if r.Lanes == vecLanes {
		mask := r.tmp(2)
		r.VCMPPS(imm8(cmpGreater), r.constant(lo), y, mask)
		r.VANDPS(mask, to, to)
		r.VCMPPS(imm8(cmpLess), r.constant(lo+1), y, mask)
		r.VANDPS(mask, to, to)
		return
	}
	r.VCMPPS(imm8(cmpGreater), r.constant(lo), y, reg.K1)
	r.VCMPPS(imm8(cmpLess), r.constant(lo+1), y, reg.K1, reg.K1)
	r.VMOVAPS_Z(to, reg.K1, to)
}

// mapRowKernels lists the row kernels; their laws stand beside their arguments in
// runtime/kernel/blocked/maprows.go.
var mapRowKernels = []mapRow{
	{"mapmoments", "adds up x less a constant, and its squares", "x", 1, 2, 1, func(r *rowVector) {
		r.centred(r.tmp(0))
		r.VADDPS(r.tmp(0), r.sum(0), r.sum(0))
		r.VFMADD231PS(r.tmp(0), r.tmp(0), r.sum(1))
	}},
	{"mapnorm", "normalises x into y", "xy", 5, 0, 1, func(r *rowVector) {
		r.normalised()
		r.store('y', r.tmp(0))
	}},
	{"mapnormadd", "normalises x, plus g, into y", "xyg", 5, 0, 2, func(r *rowVector) {
		r.normalised()
		r.store('y', r.tmp(0))
	}},
	{"mapgradsum", "adds up g, and g times x less a constant", "xg", 1, 2, 2, func(r *rowVector) {
		r.centred(r.tmp(0))
		r.load('g', r.tmp(1))
		r.gradSums()
	}},
	{"mapgatedsum", "adds up g where y is within bounds, and the same times x less a constant", "xyg", 3, 2, 3, func(r *rowVector) {
		r.gated(r.tmp(1), r.tmp(0), 1)
		r.centred(r.tmp(0))
		r.gradSums()
	}},
	{"mapagainsum", "adds up g where the result for x is within bounds, and the same times x less a constant", "xg", 5, 2, 3, func(r *rowVector) {
		r.again(2, 3)
		r.gradSums()
	}},
	{"mapagaingrad", "sets z to the gradient of x, from g where the result for x is within bounds", "xgz", 7, 0, 3, func(r *rowVector) {
		r.again(6, 4)
		r.gradient()
	}},
	{"mapgrad", "sets z to the gradient of x", "xgz", 4, 0, 2, func(r *rowVector) {
		r.load('g', r.tmp(1))
		r.gradient()
	}},
	{"mapgatedgrad", "sets z to the gradient of x, from g where y is within bounds", "xygz", 6, 0, 3, func(r *rowVector) {
		r.gated(r.tmp(1), r.tmp(0), 4)
		r.gradient()
	}},
	{"mapgatedgrads", "sets z to the gradient of x and w to g where y is within bounds", "xygzw", 6, 0, 3, func(r *rowVector) {
		r.gated(r.tmp(1), r.tmp(0), 4)
		r.store('w', r.tmp(1))
		r.gradient()
	}},
	{"mapnormstream", "normalises x into y, whose lines pass by the caches", "xy", 5, 0, 1, func(r *rowVector) {
		r.normalised()
		r.stream('y', r.tmp(0))
	}},
	{"mapnormaddstream", "normalises x, plus g, into y, whose lines pass by the caches", "xyg", 5, 0, 2, func(r *rowVector) {
		r.normalised()
		r.stream('y', r.tmp(0))
	}},
	{"mapnormframed", "normalises x into y, whose rows have a zero on either side and pass by the caches", "xy", 5, 0, 1, func(r *rowVector) {
		r.normalised()
		r.stream('y', r.tmp(0))
	}},
	{"mapagaingradframed", "sets z, of such rows, to the gradient of x, from g where the result for x is within bounds", "xgz", 7, 0, 3, func(r *rowVector) {
		r.again(6, 4)
		r.slope()
		r.stream('z', r.tmp(0))
	}},
}

// normalised computes clamp((x − c0)·c1 + c2 [+ g], c3, c4); a NaN stays.
func (r *rowVector) normalised() {
	v := r.tmp(0)
	r.centred(v)
	r.VFMADD213PS(r.constant(2), r.constant(1), v)
	if strings.Contains(r.k.maps, "g") {
		r.load('g', r.tmp(1))
		r.VADDPS(r.tmp(1), v, v)
	}
	r.VMAXPS(v, r.constant(3), v)
	r.VMINPS(v, r.constant(4), v)
}

// gradSums adds what tmp 1 holds, and its product with tmp 0.
func (r *rowVector) gradSums() {
	r.VADDPS(r.tmp(1), r.sum(0), r.sum(0))
	r.VFMADD231PS(r.tmp(1), r.tmp(0), r.sum(1))
}

// gradient stores c1·g + c2·(x − c0) + c3 for the g of tmp 1.
func (r *rowVector) gradient() {
	r.slope()
	r.store('z', r.tmp(0))
}

// slope computes what gradient stores.
func (r *rowVector) slope() {
	v := r.tmp(0)
	r.centred(v)
	r.VFMADD213PS(r.constant(3), r.constant(2), v)
	r.VFMADD231PS(r.constant(1), r.tmp(1), v)
}

// mapRowCalls writes the Go that calls the row kernels, in the order of their names'
// constants.
func mapRowCalls() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by codegen/kernel/gen. DO NOT EDIT.\n\n//go:build amd64 && !purego\n\npackage blocked\n\n")
	fmt.Fprintf(&b, "import (\n\"unsafe\"\n\n\"github.com/netc-lang/netc/runtime/kernel\"\n)\n\n")
	fmt.Fprintf(&b, "// run runs a row kernel.\n")
	fmt.Fprintf(&b, "func (a *mapRowsArgs) run(isa kernel.ISA, k mapRowsKernel) {\n\tp := (*byte)(unsafe.Pointer(a))\n\tswitch int(isa)*100 + int(k) {\n")
	for i, s := range ISAs {
		for j, k := range mapRowKernels {
			fmt.Fprintf(&b, "\tcase %d:\n\t\t%s_f32_%s(p)\n", 100*(i+1)+j, k.name, s.Name)
		}
	}
	fmt.Fprintf(&b, "\tdefault:\n\t\ta.generic(k)\n\t}\n}\n")
	return format.Source(b.Bytes())
}

// MapRows adds the row kernels.
func MapRows(c *build.Context, s ISA) error {
	for i := range mapRowKernels {
		mapRowKernel(c, s, &mapRowKernels[i])
	}
	return nil
}

func mapRowKernel(c *build.Context, s ISA, k *mapRow) {
	name := k.name + "_f32_" + s.Name
	images := begin(c, name, "func(t *byte)", name+" "+k.doc+".")
	c.Load(c.Param("t"), reg.RDI)
	arg := func(name string) operand.Mem { return field(MapRowsFields, name) }
	vector := func(index int, half bool) {
		k.body(&rowVector{asm{c}, s, k, index, half, index * s.Bytes()})
	}
	step := func(bytes int) {
		for _, m := range []byte(k.maps) {
			c.ADDQ(operand.U32(bytes), rowCursors[m])
		}
	}
	move := func(by string) {
		for _, m := range []byte(k.maps) {
			c.ADDQ(arg(string(m)+by), rowCursors[m])
		}
	}
	pixels := s.Lanes / vecLanes // of a vector
	framed := strings.HasSuffix(k.name, "framed")
	for _, m := range []byte(k.maps) {
		c.MOVQ(arg(string(m)), rowCursors[m])
	}
	c.MOVQ(arg("pixels"), reg.R11)
	c.MOVQ(arg("images"), reg.RAX)
	c.MOVQ(reg.RAX, images)
	c.Label("image")
	c.MOVQ(arg("blocks"), reg.R12)
	c.MOVQ(arg("consts"), reg.R13)
	if k.sums > 0 {
		c.MOVQ(arg("sums"), rowSumsAt)
	}
	c.Label("block")
	rowConstants(c, s, k)
	c.MOVQ(arg("rows"), reg.RDX)
	c.Label("row")
	c.MOVQ(reg.R11, reg.RCX)
	side := func(disp int) { // of what is written, which is named last
		v := s.vec(k.consts)
		s.zero(c, v)
		c.VMOVNTPS(v.AsY(), at(rowCursors[k.maps[len(k.maps)-1]], disp))
	}
	if framed {
		side(-vecBytes)
		if pixels == 2 { // lines begin at the second pixel
			vector(0, true)
			step(vecBytes)
			c.DECQ(reg.RCX)
		}
	}
	c.SUBQ(imm8(rowsInFlight*pixels), reg.RCX)
	c.JLT(jump("few"))
	alignLine(c)
	c.Label("many")
	for i := range rowsInFlight {
		vector(i, false)
	}
	step(rowsInFlight * s.Bytes())
	c.SUBQ(imm8(rowsInFlight*pixels), reg.RCX)
	c.JGE(jump("many"))
	c.Label("few")
	c.ADDQ(imm8((rowsInFlight-1)*pixels), reg.RCX)
	c.JLT(jump("rest"))
	c.Label("single")
	vector(0, false)
	step(s.Bytes())
	c.SUBQ(imm8(pixels), reg.RCX)
	c.JGE(jump("single"))
	c.Label("rest")
	if pixels == 2 {
		c.TESTQ(operand.U32(1), reg.RCX)
		c.JZ(jump("done"))
		vector(0, true)
		step(vecBytes)
		c.Label("done")
	}
	if framed {
		side(0)
	}
	move("Skip")
	c.DECQ(reg.RDX)
	c.JNZ(jump("row"))
	move("Hop")
	rowSums(c, s, k)
	c.ADDQ(arg("constStep"), reg.R13)
	if k.sums > 0 {
		c.ADDQ(arg("sumStep"), rowSumsAt)
	}
	c.DECQ(reg.R12)
	c.JNZ(jump("block"))
	move("Leap")
	c.DECQ(images)
	c.JNZ(jump("image"))
	if framed || strings.HasSuffix(k.name, "stream") {
		c.SFENCE() // such stores have no order of their own
	}
	end(c)
}

// rowConstants loads the constants, twice into an AVX-512 register, and clears the
// sums.
func rowConstants(c *build.Context, s ISA, k *mapRow) {
	for i := range k.consts {
		if m := at(reg.R13, i*vecBytes); s == AVX512 {
			c.VBROADCASTF32X8(m, s.vec(i))
		} else {
			c.VMOVUPS(m, s.vec(i))
		}
	}
	for i := range k.sums * rowsInFlight {
		s.zero(c, s.vec(k.consts+i))
	}
}

// rowSums adds the sums of the vectors in flight to those of the block.
func rowSums(c *build.Context, s ISA, k *mapRow) {
	for i := range k.sums {
		v := func(j int) reg.VecPhysical { return s.vec(k.consts + i*rowsInFlight + j) }
		c.VADDPS(v(1), v(0), v(0))
		c.VADDPS(v(3), v(2), v(2))
		c.VADDPS(v(2), v(0), v(0))
		if s == AVX512 {
			c.VEXTRACTF64X4(imm8(1), v(0), v(1).AsY())
			c.VADDPS(v(1).AsY(), v(0).AsY(), v(0).AsY())
		}
		c.VADDPS(at(rowSumsAt, i*vecBytes), v(0).AsY(), v(0).AsY())
		c.VMOVUPS(v(0).AsY(), at(rowSumsAt, i*vecBytes))
	}
}
