package kernel

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Elementwise adds to c a function called name, of the set s, that computes r; its Go
// twin is [ElementwiseGo] and both have r.Signature(). It returns an
// [*UnsupportedError] for what has no such form, before c is touched.
//
// A vector is a group; the main loop does as many groups at a time as the
// registers allow, up to four, then single groups, then one masked group that
// neither reads nor writes past the end.
//
//	AX elements left     CX index       R14 scratch
//	SI DI R8-R13 BX DX   the first ten pointers; further ones are read from the frame
//	all vector registers but the last: values, and constants from the top
//	the last one: the tail mask, with K1 on AVX-512; K2 truth values there
//
// The frame holds scalars, broadcast, blocks and spills; it has at least 192 bytes, so
// that the function can be preempted at its entry. A caller bounds n to keep one
// call near 200 µs.
func Elementwise(c *build.Context, s ISA, name string, r Region) error {
	r.check()
	p, err := lower(r)
	if err != nil {
		return err
	}
	e := &elementwise{asm: asm{c}, s: s, r: r, name: name, placement: place(p, s.Registers-1)}
	e.tables()
	e.Function(name)
	e.Pragma("noescape")
	e.SignatureExpr(r.Signature())
	e.Doc(name + " computes one elementwise region over n elements.")
	e.prologue()
	e.loops()
	e.VZEROUPPER()
	e.RET()
	return nil
}

const minFrame = 192

// elementwise is the state of one function being written.
type elementwise struct {
	asm
	placement
	s        ISA
	r        Region
	name     string
	table    operand.Mem // of constants
	masks    operand.Mem
	pointers []reg.Register // of outputs, then operands; nil where the frame has it
	scalars  []operand.Mem  // scalars, broadcast, and blocks, by operand
	spills   operand.Mem
}

// tables writes the constants, each over all lanes, and the tail masks.
func (e *elementwise) tables() {
	if len(e.consts) > 0 {
		e.table = e.StaticGlobal(e.name + "_const")
		e.DataAttributes(attr.RODATA | attr.NOPTR)
		for i, c := range e.consts {
			for lane := range e.s.Lanes {
				e.AddDatum(i*e.s.Bytes()+4*lane, operand.U32(c[lane%vecLanes]))
			}
		}
	}
	e.masks = e.StaticGlobal(e.name + "_mask")
	e.DataAttributes(attr.RODATA | attr.NOPTR)
	for lane := range 2 * e.s.Lanes {
		e.AddDatum(4*lane, operand.U32([]uint32{0xffffffff, 0}[lane/e.s.Lanes]))
	}
}

// prologue loads the count and pointers, and broadcasts the scalars.
func (e *elementwise) prologue() {
	free := []reg.Register{reg.RSI, reg.RDI, reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.RBX, reg.RDX}
	e.Load(e.Param("n"), reg.RAX)
	used := e.r.used()
	e.pointers = make([]reg.Register, len(e.r.Out)+len(e.r.In))
	for i := range e.pointers {
		k := i - len(e.r.Out)
		if len(free) == 0 || k >= 0 && (e.r.In[k].Mode != Vector || !used[k]) {
			continue
		}
		e.pointers[i] = free[0]
		free = free[1:]
		e.Load(e.ParamIndex(1+i), e.pointers[i].(reg.GPPhysical))
	}
	e.scalars = make([]operand.Mem, len(e.r.In))
	frame := 0
	for k, o := range e.r.In {
		if o.Mode != Vector && used[k] {
			e.scalars[k] = e.AllocLocal(e.s.Bytes())
			frame += e.s.Bytes()
			e.Load(e.ParamIndex(1+len(e.r.Out)+k), reg.R14)
			m, v := operand.Mem{Base: reg.R14}, e.s.vec(0)
			switch {
			case o.Mode == Scalar:
				e.VBROADCASTSS(m, v)
			case e.s.Lanes == vecLanes:
				e.VMOVUPS(m, v)
			default:
				e.VBROADCASTF64X4(m, v)
			}
			e.VMOVUPS(v, e.scalars[k])
		}
	}
	spill := e.s.Bytes() * e.one.slots
	e.spills = e.AllocLocal(max(spill, minFrame-frame))
	for i := range e.held {
		e.VMOVUPS(e.table.Offset(i*e.s.Bytes()), e.constant(i))
	}
	e.XORQ(reg.RCX, reg.RCX)
}

// loops writes the main loop, the loop of single groups and the tail.
func (e *elementwise) loops() {
	if e.groups > 1 {
		e.loop("many", "groups", e.s.Lanes*e.groups, e.many)
	}
	e.loop("groups", "tail", e.s.Lanes, e.one)
	e.Label("tail")
	e.TESTQ(reg.RAX, reg.RAX)
	e.JLE(operand.LabelRef("done"))
	e.Comment("The mask of n lanes begins n words before the zeros.")
	e.NEGQ(reg.RAX)
	e.LEAQ(e.masks.Offset(e.s.Bytes()), reg.R14)
	e.VMOVUPS(operand.Mem{Base: reg.R14, Index: reg.RAX, Scale: 4}, e.mask())
	if e.s.Lanes > vecLanes {
		e.VPMOVD2M(e.mask(), reg.K1)
	}
	e.body(e.one, true)
	e.Label("done")
}

// loop runs code on step elements while so many are left, then goes on to next.
func (e *elementwise) loop(label, next string, step int, code *allocator) {
	e.Label(label)
	e.CMPQ(reg.RAX, imm8(step))
	e.JLT(operand.LabelRef(next))
	e.body(code, false)
	e.ADDQ(imm8(step), reg.RCX)
	e.SUBQ(imm8(step), reg.RAX)
	e.JMP(operand.LabelRef(label))
}

// body writes one group, or those in flight.
func (e *elementwise) body(program *allocator, masked bool) {
	code := e.s.instructions()
	for _, in := range program.out {
		switch {
		case in.name == "load":
			e.load(e.element(len(e.r.Out)+in.src[0].n%nextGroup, in.src[0].n/nextGroup), e.s.vec(in.dst), masked)
		case in.store >= 0:
			e.save(e.s.vec(in.src[0].n), e.element(in.store%nextGroup, in.store/nextGroup), masked)
		default:
			ops := make([]operand.Op, 0, 4)
			for _, s := range in.src {
				ops = append(ops, e.operand(s))
			}
			switch {
			case in.slot >= 0:
				ops = append(ops, e.spills.Offset(in.slot*e.s.Bytes()))
			case !in.tied:
				ops = append(ops, e.s.vec(in.dst))
			}
			code[in.name](e.Context, ops)
		}
	}
}

// element addresses a group of those of pointer i.
func (e *elementwise) element(i, group int) operand.Mem {
	m := operand.Mem{Base: e.pointers[i], Index: reg.RCX, Scale: 4, Disp: group * e.s.Bytes()}
	if m.Base == nil {
		e.Load(e.ParamIndex(1+i), reg.R14)
		m.Base = reg.R14
	}
	return m
}

func (e *elementwise) load(m operand.Mem, v reg.Register, masked bool) {
	switch {
	case !masked:
		e.VMOVUPS(m, v)
	case e.s.Lanes == vecLanes:
		e.VMASKMOVPS(m, e.mask(), v)
	default:
		e.VMOVUPS_Z(m, reg.K1, v)
	}
}

func (e *elementwise) save(v reg.Register, m operand.Mem, masked bool) {
	switch {
	case !masked:
		e.VMOVUPS(v, m)
	case e.s.Lanes == vecLanes:
		e.VMASKMOVPS(v, e.mask(), m)
	default:
		e.VMOVUPS(v, reg.K1, m)
	}
}

// constant returns the register of a constant that is held.
func (e *elementwise) constant(i int) reg.VecPhysical { return e.s.vec(e.s.Registers - 2 - i) }

// mask returns the register of the tail mask.
func (e *elementwise) mask() reg.VecPhysical { return e.s.vec(e.s.Registers - 1) }

// operand resolves a source: register, constant, scalar, spill or immediate.
func (e *elementwise) operand(s val) operand.Op {
	switch s.kind {
	case inReg:
		return e.s.vec(s.n)
	case inConst:
		if s.n < e.held {
			return e.constant(s.n)
		}
		return e.table.Offset(s.n * e.s.Bytes())
	case inInput:
		return e.scalars[s.n]
	case inSlot:
		return e.spills.Offset(s.n * e.s.Bytes())
	}
	return operand.U8(s.n)
}

// instructions are the opcodes that lanes uses.
var instructions = map[string]func(c *build.Context, o []operand.Op){
	"VMOVUPS":      func(c *build.Context, o []operand.Op) { c.VMOVUPS(o...) },
	"VADDPS":       func(c *build.Context, o []operand.Op) { c.VADDPS(o...) },
	"VSUBPS":       func(c *build.Context, o []operand.Op) { c.VSUBPS(o...) },
	"VMULPS":       func(c *build.Context, o []operand.Op) { c.VMULPS(o...) },
	"VDIVPS":       func(c *build.Context, o []operand.Op) { c.VDIVPS(o...) },
	"VSQRTPS":      func(c *build.Context, o []operand.Op) { c.VSQRTPS(o...) },
	"VMAXPS":       func(c *build.Context, o []operand.Op) { c.VMAXPS(o...) },
	"VMINPS":       func(c *build.Context, o []operand.Op) { c.VMINPS(o...) },
	"VANDPS":       func(c *build.Context, o []operand.Op) { c.VANDPS(o...) },
	"VORPS":        func(c *build.Context, o []operand.Op) { c.VORPS(o...) },
	"VXORPS":       func(c *build.Context, o []operand.Op) { c.VXORPS(o...) },
	"VCMPPS":       func(c *build.Context, o []operand.Op) { c.VCMPPS(o...) },
	"VBLENDVPS":    func(c *build.Context, o []operand.Op) { c.VBLENDVPS(o[0], o[1], o[2], o[3]) },
	"VROUNDPS":     func(c *build.Context, o []operand.Op) { c.VROUNDPS(o[0], o[1], o[2]) },
	"VCVTPS2DQ":    func(c *build.Context, o []operand.Op) { c.VCVTPS2DQ(o...) },
	"VCVTDQ2PS":    func(c *build.Context, o []operand.Op) { c.VCVTDQ2PS(o...) },
	"VPERMPS":      func(c *build.Context, o []operand.Op) { c.VPERMPS(o...) },
	"VPADDD":       func(c *build.Context, o []operand.Op) { c.VPADDD(o...) },
	"VPSUBD":       func(c *build.Context, o []operand.Op) { c.VPSUBD(o...) },
	"VPSLLD":       func(c *build.Context, o []operand.Op) { c.VPSLLD(o...) },
	"VPSRLD":       func(c *build.Context, o []operand.Op) { c.VPSRLD(o...) },
	"VPSRAD":       func(c *build.Context, o []operand.Op) { c.VPSRAD(o...) },
	"VFMADD132PS":  func(c *build.Context, o []operand.Op) { c.VFMADD132PS(o...) },
	"VFMADD213PS":  func(c *build.Context, o []operand.Op) { c.VFMADD213PS(o...) },
	"VFNMADD132PS": func(c *build.Context, o []operand.Op) { c.VFNMADD132PS(o...) },
	"VFNMADD213PS": func(c *build.Context, o []operand.Op) { c.VFNMADD213PS(o...) },
}
