package kernel

import (
	"math"
	"slices"
)

// lanes is a straight-line program over vectors of 8 f32 lanes, before registers
// are chosen. Operands of instructions stand in the order of the Go assembler:
// the source that may be memory comes first, the destination is implied.
type lanes struct {
	code   []vop
	regs   int         // virtual registers made so far
	consts [][8]uint32 // bit patterns of eight lanes; wider vectors repeat them
}

// val is something an instruction can read.
type val struct {
	kind valKind
	n    int
}

type valKind uint8

const (
	none    valKind = iota // no value yet
	inReg                  // virtual register n
	inConst                // constant n
	inInput                // operand n of the region: a vector at the index, or a broadcast scalar
	inSlot                 // spill slot n (only after registers are chosen)
	imm                    // the immediate n
)

// vop is one instruction. tied is the operand that dst shares its register with,
// -1 where dst is free. A store has no dst and names an output instead.
type vop struct {
	name  string
	src   []val
	dst   int
	tied  int
	store int // output written, -1 for none
}

func (p *lanes) emit(name string, tied int, src ...val) val {
	p.regs++
	p.code = append(p.code, vop{name: name, src: src, dst: p.regs - 1, tied: tied, store: -1})
	return val{inReg, p.regs - 1}
}

// f32 returns the constant x.
func (p *lanes) f32(x float64) val { return p.bits(math.Float32bits(float32(x))) }

// bits returns the constant whose lanes hold the pattern b.
func (p *lanes) bits(b uint32) val { return p.table([8]uint32{b, b, b, b, b, b, b, b}) }

// table returns the constant whose lanes hold w, for look.
func (p *lanes) table(w [8]uint32) val {
	i := slices.Index(p.consts, w)
	if i < 0 {
		i = len(p.consts)
		p.consts = append(p.consts, w)
	}
	return val{inConst, i}
}

// look returns the word of the table t that the lowest three bits of each lane name.
func (p *lanes) look(t, index val) val { return p.emit("VPERMPS", -1, t, p.reg(index)) }

// reg brings a value into a register.
func (p *lanes) reg(v val) val {
	if v.kind == inReg {
		return v
	}
	return p.emit("VMOVUPS", -1, v)
}

// op2 applies a two-operand instruction a∘b; only b may stay in memory.
func (p *lanes) op2(name string, a, b val) val { return p.emit(name, -1, b, p.reg(a)) }

// comm is op2 for a commutative instruction: either may stay in memory.
func (p *lanes) comm(name string, a, b val) val {
	if a.kind != inReg && b.kind == inReg {
		a, b = b, a
	}
	return p.op2(name, a, b)
}

func (p *lanes) add(a, b val) val { return p.comm("VADDPS", a, b) }
func (p *lanes) sub(a, b val) val { return p.op2("VSUBPS", a, b) }
func (p *lanes) mul(a, b val) val { return p.comm("VMULPS", a, b) }
func (p *lanes) div(a, b val) val { return p.op2("VDIVPS", a, b) }
func (p *lanes) and(a, b val) val { return p.comm("VANDPS", a, b) }
func (p *lanes) or(a, b val) val  { return p.comm("VORPS", a, b) }
func (p *lanes) xor(a, b val) val { return p.comm("VXORPS", a, b) }

// maxNum and minNum return x where x is NaN; bound is not NaN.
func (p *lanes) maxNum(x, bound val) val { return p.emit("VMAXPS", -1, x, p.reg(bound)) }
func (p *lanes) minNum(x, bound val) val { return p.emit("VMINPS", -1, x, p.reg(bound)) }

// fma returns a*b+c with one rounding.
func (p *lanes) fma(a, b, c val) val {
	if b.kind != inReg && c.kind == inReg {
		return p.emit("VFMADD132PS", 2, b, c, p.reg(a))
	}
	return p.emit("VFMADD213PS", 2, c, p.reg(b), p.reg(a))
}

// fnma returns c-a*b with one rounding.
func (p *lanes) fnma(a, b, c val) val {
	if b.kind != inReg && c.kind == inReg {
		return p.emit("VFNMADD132PS", 2, b, c, p.reg(a))
	}
	return p.emit("VFNMADD213PS", 2, c, p.reg(b), p.reg(a))
}

// Predicates of VCMPPS: ordered, quiet. NaN compares false, and unordered true.
const (
	cmpEQ    = 0
	cmpUnord = 3
	cmpLT    = 17
	cmpLE    = 18
)

// cmp returns lanes of ones where a∘b holds, zeros elsewhere.
func (p *lanes) cmp(pred int, a, b val) val {
	return p.emit("VCMPPS", -1, val{imm, pred}, b, p.reg(a))
}

// choose returns a where mask is set and b elsewhere.
func (p *lanes) choose(mask, a, b val) val {
	return p.emit("VBLENDVPS", -1, p.reg(mask), a, p.reg(b))
}

// round applies a rounding mode: 0 nearest even, 1 down.
func (p *lanes) round(mode int, x val) val { return p.emit("VROUNDPS", -1, val{imm, mode}, x) }

// horner evaluates c[0]*x^k + ... + c[k] at x.
func (p *lanes) horner(x val, c ...float64) val {
	y := p.reg(p.f32(c[0]))
	for _, k := range c[1:] {
		y = p.fma(y, x, p.f32(k))
	}
	return y
}
