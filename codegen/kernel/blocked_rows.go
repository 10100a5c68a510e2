package kernel

import (
	"maps"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The row kernels of the blocked layout compute one elementwise function over the rows of
// some planes, blocks of eight channels to a pixel:
//
//	y[p, r, i] = act(x[p, r, i])  or  act(x[p, r, i] + z[p, r, i])  or  x[p, r, i] · s[p, lane]
//
// What lies between the rows, the halo, is neither read nor written. The bodies are
// those of [Elementwise], lowered and placed on registers by the same code; an
// AVX-512 vector is a pair of pixels, and the last pixel of an odd row is half a
// pair: a vector of 256 bits.
//
// Twin: rowsOf.generic of runtime/kernel/blocked.
//
// Registers: DI arguments, R8 R9 R10 rows of y, x, z, DX SI BX cursors in them,
// CX pixels left, R11 rows left, R12 planes left.

// RowFields are the fields of the argument block, 8 bytes each, in order. Distances
// are in bytes: a step leads from row to row, a skip from behind the last row of a plane to
// the next plane. The scalars stand in pairs of words.
var RowFields = []string{"y", "x", "z", "width", "rows", "planes", "ystep", "xstep", "zstep", "yskip", "xskip", "zskip", "a", "b"}

// rowKernel is one elementwise function of rows.
type rowKernel struct {
	name string
	Region
}

// rowKernels lists the functions, in the order of runtime/kernel/blocked: each
// activation on a map, and on the sum of two.
func rowKernels() []rowKernel {
	x := Operand{Mode: Vector, Type: "float32"}
	scalar := Operand{Mode: Scalar, Type: "float32"}
	step := func(op string, args ...int) Step { return Step{Op: op, Args: args, Type: "float32"} }
	var all []rowKernel
	for _, sum := range []bool{false, true} {
		for _, act := range []string{"copy", "bound", "leaky", "tanh", "sigmoid", "silu", "gelu", "hardswish"} {
			k := rowKernel{name: act, Region: Region{In: []Operand{x, x, scalar, scalar}}}
			v := 0
			if sum {
				k.name = "add" + act
				k.Steps = append(k.Steps, step("add", 0, 1))
				v = 4
			}
			next := func(s Step) int {
				k.Steps = append(k.Steps, s)
				return 3 + len(k.Steps)
			}
			switch act {
			case "copy":
			case "bound":
				v = next(step("max", v, 2))
				v = next(step("min", v, 3))
			case "leaky":
				zero := next(Step{Op: "const", Params: []float64{0}, Type: "float32"})
				negative := next(Step{Op: "lt", Args: []int{v, zero}, Type: "bool"})
				product := next(step("mul", v, 2))
				v = next(step("select", negative, product, v))
			case "gelu":
				s := step("gelu", v)
				s.Params = []float64{0}
				v = next(s)
			default:
				v = next(step(act, v))
			}
			k.Out = []int{v}
			all = append(all, k)
		}
	}
	return all
}

// Rows adds the row kernels of a set.
func Rows(c *build.Context, s ISA) error {
	for _, k := range rowKernels() {
		if err := rowsOf(c, s, "rows_f32_"+s.Name+"_"+k.name, k.Region); err != nil {
			return err
		}
	}
	scaleRows(c, s)
	return nil
}

type rows struct {
	asm
	placement
	s      ISA
	name   string
	table  operand.Mem // of constants
	local  operand.Mem // broadcast scalars, then spills
	spills operand.Mem
}

func rowsOf(c *build.Context, s ISA, name string, region Region) error {
	region.check()
	p, err := lower(region)
	if err != nil {
		return err
	}
	r := &rows{placement: place(p, s.Registers), asm: asm{c}, s: s, name: name}
	if len(p.consts) > 0 {
		r.table = c.StaticGlobal(name + "_const")
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for i, v := range p.consts {
			for lane := range s.Lanes {
				c.AddDatum(i*s.Bytes()+4*lane, operand.U32(v[lane%vecLanes]))
			}
		}
	}
	r.open()
	r.local = c.AllocLocal(2 * s.Bytes())
	r.spills = c.AllocLocal(max(minFrame, s.Bytes()*max(r.one.slots, r.many.slots)))
	used := region.used()
	for i, f := range []string{"a", "b"} {
		if used[2+i] {
			c.VBROADCASTSS(field(RowFields, f), s.vec(0))
			c.VMOVUPS(s.vec(0), r.local.Offset(i*s.Bytes()))
		}
	}
	for i := range r.held {
		c.VMOVUPS(r.table.Offset(i*s.Bytes()), r.constant(i))
	}
	r.loops(func() {}, func(groups int, half bool) {
		if groups > 1 {
			r.body(r.many, half)
		} else {
			r.body(r.one, half)
		}
	})
	return nil
}

// open begins the function; its frame comes after.
func (r *rows) open() {
	r.Function(r.name)
	r.Pragma("noescape")
	r.SignatureExpr("func(t *byte)")
	r.Doc(r.name + " computes one elementwise function over rows of a block.")
	r.Load(r.Param("t"), reg.RDI)
	r.MOVQ(field(RowFields, "y"), reg.R8)
	r.MOVQ(field(RowFields, "x"), reg.R9)
	r.MOVQ(field(RowFields, "z"), reg.R10)
	r.MOVQ(field(RowFields, "planes"), reg.R12)
}

// loops writes the loops of planes and rows: some vectors at a time, then one, then half a
// one. Each plane begins with code of its own.
func (r *rows) loops(plane func(), body func(groups int, half bool)) {
	pixels := r.s.Lanes / vecLanes
	r.Label("plane")
	plane()
	r.MOVQ(field(RowFields, "rows"), reg.R11)
	r.Label("row")
	r.MOVQ(reg.R8, reg.RDX)
	r.MOVQ(reg.R9, reg.RSI)
	r.MOVQ(reg.R10, reg.RBX)
	r.MOVQ(field(RowFields, "width"), reg.RCX)
	for _, loop := range []struct {
		groups     int
		here, next string
	}{{r.groups, "many", "single"}, {1, "single", "rest"}} {
		if loop.groups == 1 && loop.here == "many" {
			continue
		}
		n, here, next := loop.groups*pixels, loop.here, loop.next
		r.SUBQ(imm8(n), reg.RCX)
		r.JL(jump(next + "enough"))
		align16(r.Context)
		r.Label(here)
		body(loop.groups, false)
		r.advance(n)
		r.SUBQ(imm8(n), reg.RCX)
		r.JGE(jump(here))
		r.Label(next + "enough")
		r.ADDQ(imm8(n), reg.RCX)
	}
	if pixels == 2 {
		r.JZ(jump("done"))
		body(1, true)
		r.Label("done")
	}
	r.ADDQ(field(RowFields, "ystep"), reg.R8)
	r.ADDQ(field(RowFields, "xstep"), reg.R9)
	r.ADDQ(field(RowFields, "zstep"), reg.R10)
	r.DECQ(reg.R11)
	r.JNZ(jump("row"))
	r.ADDQ(field(RowFields, "yskip"), reg.R8)
	r.ADDQ(field(RowFields, "xskip"), reg.R9)
	r.ADDQ(field(RowFields, "zskip"), reg.R10)
	r.DECQ(reg.R12)
	r.JNZ(jump("plane"))
	end(r.Context)
}

func (r *rows) advance(pixels int) {
	for _, p := range []reg.Register{reg.RDX, reg.RSI, reg.RBX} {
		r.ADDQ(operand.U32(pixels*pixelBytes), p)
	}
}

// body writes one vector, or those in flight, or half a one.
func (r *rows) body(code *allocator, half bool) {
	part := func(o operand.Op) operand.Op {
		if v, ok := o.(reg.VecPhysical); ok && half {
			return v.AsY()
		}
		return o
	}
	for _, in := range code.out {
		switch {
		case in.name == "load":
			n := in.src[0].n
			r.VMOVUPS(at([]reg.Register{reg.RSI, reg.RBX}[n%nextGroup], n/nextGroup*r.s.Bytes()), part(r.s.vec(in.dst)))
		case in.store >= 0:
			r.VMOVUPS(part(r.s.vec(in.src[0].n)), at(reg.RDX, in.store/nextGroup*r.s.Bytes()))
		default:
			ops := make([]operand.Op, 0, 4)
			for _, s := range in.src {
				ops = append(ops, part(r.operand(s)))
			}
			switch {
			case in.slot >= 0:
				ops = append(ops, r.spills.Offset(in.slot*r.s.Bytes()))
			case !in.tied:
				ops = append(ops, part(r.s.vec(in.dst)))
			}
			r.s.instructions()[in.name](r.Context, ops)
		}
	}
}

// constant returns the register of constant i.
func (r *rows) constant(i int) reg.VecPhysical { return r.s.vec(r.s.Registers - 1 - i) }

func (r *rows) operand(s val) operand.Op {
	switch s.kind {
	case inReg:
		return r.s.vec(s.n)
	case inConst:
		if s.n < r.held {
			return r.constant(s.n)
		}
		return r.table.Offset(s.n * r.s.Bytes())
	case inInput:
		return r.local.Offset((s.n - 2) * r.s.Bytes())
	case inSlot:
		return r.spills.Offset(s.n * r.s.Bytes())
	}
	return operand.U8(s.n)
}

// instructions returns the opcodes that lanes uses as this set has them. Truth
// values are lanes of ones or zeros on both; AVX-512 goes through K2.
func (s ISA) instructions() map[string]func(c *build.Context, o []operand.Op) {
	if s.Lanes == vecLanes {
		return instructions
	}
	return wideInstructions
}

var wideInstructions = func() map[string]func(c *build.Context, o []operand.Op) {
	all := maps.Clone(instructions)
	all["VROUNDPS"] = func(c *build.Context, o []operand.Op) { c.VRNDSCALEPS(o...) }
	all["VCMPPS"] = func(c *build.Context, o []operand.Op) {
		c.VCMPPS(o[0], o[1], o[2], reg.K2)
		c.VPMOVM2D(reg.K2, o[3])
	}
	all["VBLENDVPS"] = func(c *build.Context, o []operand.Op) {
		c.VPMOVD2M(o[0], reg.K2)
		c.VBLENDMPS(o[1], o[2], reg.K2, o[3])
	}
	return all
}()

// scaleRows adds the kernel of a channel scale: z points to the eight factors of each
// block. Four vectors are in flight, which only wait for memory.
func scaleRows(c *build.Context, s ISA) {
	r := &rows{asm: asm{c}, s: s, name: "rows_f32_" + s.Name + "_scale", placement: placement{groups: mostGroups}}
	r.open()
	r.local = c.AllocLocal(minFrame)
	factors := s.vec(15)
	load := func() {
		if s.Lanes == 16 {
			c.VBROADCASTF64X4(at(reg.R10, 0), factors)
		} else {
			c.VMOVUPS(at(reg.R10, 0), factors)
		}
	}
	r.loops(load, func(groups int, half bool) {
		for i := range groups {
			v, f := s.vec(i), factors
			if half {
				v, f = v.AsY().(reg.VecPhysical), f.AsY().(reg.VecPhysical)
			}
			c.VMULPS(at(reg.RSI, i*s.Bytes()), f, v)
			c.VMOVUPS(v, at(reg.RDX, i*s.Bytes()))
		}
	})
}
