package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Side work is what the loop of a direct tile does beside its products. A core that multiplies
// at its peak still loads, adds and stores: every few taps the loop calls a routine that makes
// some of the sums and results of Strassen's algorithm, vectors of 8 floats. Quarters of a
// matrix lie half and mate bytes apart,
//
//	a = x     b = x + half     c = x + mate     d = x + mate + half
//
// and a visit makes of one vector of each one of
//
//	left     s = c+d, c+d-a, a-c, b-(c+d-a)
//	right    s = c-a, d-(c-a), d-c, b-(d-(c-a))
//	results  y = m0+m1, m0+m5+m4+m2, m0+m5+m6+m3, m0+m5+m6+m4
//
// where sums and the seven m are each bytes apart, and the quarters of y again half and mate.
// Results get a bias, one of a and c and one of b and d, a residual, and what activation takes a
// compare or two, or a gate. Runs say where vectors that follow each other lie.
//
// Twin: Side.drainGeneric of runtime/kernel/tiles.
//
// Registers: AX the state; the routine keeps all others. Vectors are those that hold no sums
// between two steps of a tile.

// SideFields are the fields of the state, 8 bytes each, in order. Distances are in bytes.
var SideFields = []string{
	"Left", "Per", "Every", "Runs",
	"N", "Kind", "X", "S", "Res", "Gate", "Bias",
	"LeftHalf", "LeftMate", "LeftEach", "LeftPixel",
	"RightHalf", "RightMate", "RightEach", "RightPixel",
	"MEach", "Pixel", "YHalf", "YMate", "ResHalf", "ResMate", "GateHalf", "GateMate", "BiasHalf",
	"Flags", "Lo", "Hi", "Alpha",
	"keep0", "keep1", "keep2", "keep3", "keep4", "keep5", "keep6", "keep7", "keep8", "keep9",
}

// SideRunFields are those of a run; what a visit copies stands in the order of the state.
var SideRunFields = []string{"N", "Kind", "X", "S", "Res", "Gate", "Bias"}

// Kinds of side work.
const (
	sideLeft = iota
	sideRight
	sideResults
)

// sideName is the routine of a set.
func sideName(s ISA) string { return "side_f32_" + s.Name }

type side struct {
	asm
	s     ISA
	sum   reg.VecPhysical // of several results
	value reg.VecPhysical
	spare [2]reg.VecPhysical
	ends  int // for labels of their own
}

// Sides adds the routine and what runs it to its end.
func Sides(c *build.Context, s ISA) error {
	v := func(i int) reg.VecPhysical { return s.vec(s.Registers - 4 + i).AsY().(reg.VecPhysical) }
	k := &side{asm: asm{c}, s: s, sum: v(0), value: v(1), spare: [2]reg.VecPhysical{v(2), v(3)}}
	k.routine()
	k.drain()
	return nil
}

func (k *side) at(name string) operand.Mem {
	for i, f := range SideFields {
		if f == name {
			return at(reg.RAX, 8*i)
		}
	}
	panic("kernel: no field " + name)
}

// call calls the routine; AX is the state, and afterwards the taps until the next call, 0 if
// nothing is left.
func (s asm) call(name string) {
	s.Context.Instruction(&ir.Instruction{Opcode: "CALL", Operands: []operand.Op{operand.NewDataAddr(operand.Symbol{Name: "·" + name}, 0)}})
}

// sideKept are the registers that the routine uses and keeps.
var sideKept = [...]reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14, reg.RBX, reg.RCX, reg.RSI}

// routine adds the routine. In R12 are the vectors of the visit that are left, in CX those of
// the run that are done at once.
func (k *side) routine() {
	name := sideName(k.s)
	k.Context.Function(name)
	k.Context.Attributes(attr.NOSPLIT | attr.NOFRAME)
	k.Context.SignatureExpr("func()")
	k.Context.Doc(name + " does some side work for a tile, which calls it by rules of its own.")
	for i, r := range sideKept {
		k.MOVQ(r, k.at(fmt.Sprint("keep", i)))
	}
	k.MOVQ(k.at("Per"), reg.R12)
	k.Label("visit")
	k.CMPQ(k.at("Left"), imm8(0))
	k.JEQ(jump("done"))
	k.CMPQ(k.at("N"), imm8(0))
	k.JNE(jump("run"))
	k.MOVQ(k.at("Runs"), reg.R8)
	for i, f := range SideRunFields {
		k.MOVQ(at(reg.R8, 8*i), reg.R9)
		k.MOVQ(reg.R9, k.at(f))
	}
	k.ADDQ(imm8(8*len(SideRunFields)), k.at("Runs"))
	k.Label("run")
	k.MOVQ(k.at("N"), reg.RCX)
	k.CMPQ(reg.RCX, reg.R12)
	k.JLE(jump("some"))
	k.MOVQ(reg.R12, reg.RCX)
	k.Label("some")
	k.SUBQ(reg.RCX, k.at("N"))
	k.SUBQ(reg.RCX, k.at("Left"))
	k.SUBQ(reg.RCX, reg.R12)
	k.MOVQ(k.at("X"), reg.R8)
	k.MOVQ(k.at("S"), reg.R9)
	k.CMPQ(k.at("Kind"), imm8(sideRight))
	k.JEQ(jump("right"))
	k.JGT(jump("results"))
	k.sums("left", "Left", k.left)
	k.Label("right")
	k.sums("rights", "Right", k.right)
	k.Label("results")
	k.MOVQ(k.at("MEach"), reg.R10)
	k.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.R11)
	k.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 4}, reg.R13)
	k.CMPQ(k.at("Flags"), imm8(0))
	k.JNE(jump("ended"))
	k.plainResults()
	k.Label("ended")
	k.results()
	k.Label("next")
	k.MOVQ(reg.R8, k.at("X"))
	k.MOVQ(reg.R9, k.at("S"))
	k.TESTQ(reg.R12, reg.R12)
	k.JNZ(jump("visit"))
	k.CMPQ(k.at("Left"), imm8(0))
	k.JNE(jump("more"))
	k.Label("done")
	k.MOVQ(operand.U32(0), reg.R8)
	k.MOVQ(reg.R8, k.at("Every"))
	k.Label("more")
	for i, r := range sideKept {
		k.MOVQ(k.at(fmt.Sprint("keep", i)), r)
	}
	k.MOVQ(k.at("Every"), reg.RAX)
	k.RET()
}

// sums makes sums of quarters: a at R8, b R10 bytes on, c and d at SI. They go to R9 and on,
// R13 bytes apart.
func (k *side) sums(label, what string, sums func(a, b, c, d operand.Mem, put func(v reg.VecPhysical))) {
	k.MOVQ(k.at(what+"Half"), reg.R10)
	k.MOVQ(k.at(what+"Mate"), reg.R11)
	k.MOVQ(k.at(what+"Each"), reg.R13)
	k.MOVQ(k.at(what+"Pixel"), reg.RBX)
	k.LEAQ(operand.Mem{Base: reg.R13, Index: reg.R13, Scale: 2}, reg.R14)
	k.Label(label)
	k.LEAQ(indexed(reg.R8, reg.R11, 0), reg.RSI)
	to := []operand.Mem{at(reg.R9, 0), indexed(reg.R9, reg.R13, 0), {Base: reg.R9, Index: reg.R13, Scale: 2}, indexed(reg.R9, reg.R14, 0)}
	sums(at(reg.R8, 0), indexed(reg.R8, reg.R10, 0), at(reg.RSI, 0), indexed(reg.RSI, reg.R10, 0), func(v reg.VecPhysical) {
		k.VMOVUPS(v, to[0])
		to = to[1:]
	})
	k.ADDQ(reg.RBX, reg.R8)
	k.ADDQ(imm8(vecBytes), reg.R9)
	k.DECQ(reg.RCX)
	k.JNZ(jump(label))
	k.JMP(jump("next"))
}

func (k *side) left(a, b, c, d operand.Mem, put func(v reg.VecPhysical)) {
	k.VMOVUPS(c, k.spare[0])
	k.VMOVUPS(a, k.spare[1])
	k.VADDPS(d, k.spare[0], k.sum)
	put(k.sum)
	k.VSUBPS(k.spare[1], k.sum, k.sum)
	put(k.sum)
	k.VSUBPS(k.spare[0], k.spare[1], k.spare[1])
	put(k.spare[1])
	k.VMOVUPS(b, k.value)
	k.VSUBPS(k.sum, k.value, k.value)
	put(k.value)
}

func (k *side) right(a, b, c, d operand.Mem, put func(v reg.VecPhysical)) {
	k.VMOVUPS(c, k.spare[0])
	k.VMOVUPS(d, k.spare[1])
	k.VSUBPS(a, k.spare[0], k.sum)
	put(k.sum)
	k.VSUBPS(k.sum, k.spare[1], k.sum)
	put(k.sum)
	k.VSUBPS(k.spare[0], k.spare[1], k.spare[1])
	put(k.spare[1])
	k.VMOVUPS(b, k.value)
	k.VSUBPS(k.sum, k.value, k.value)
	put(k.value)
}

// product addresses one of the seven at R8.
func product(i int) operand.Mem {
	return [...]operand.Mem{
		at(reg.R8, 0), indexed(reg.R8, reg.R10, 0), {Base: reg.R8, Index: reg.R10, Scale: 2}, indexed(reg.R8, reg.R11, 0),
		{Base: reg.R8, Index: reg.R10, Scale: 4}, indexed(reg.R8, reg.R13, 0), {Base: reg.R8, Index: reg.R11, Scale: 2},
	}[i]
}

// quarters makes the quarters of a result, one after the other the value.
func (k *side) quarters(end func(i int)) {
	k.VMOVUPS(product(0), k.sum)
	k.VADDPS(product(1), k.sum, k.value)
	end(0)
	k.VADDPS(product(5), k.sum, k.sum)
	k.VADDPS(product(4), k.sum, k.value)
	k.VADDPS(product(2), k.value, k.value)
	end(1)
	k.VADDPS(product(6), k.sum, k.sum)
	k.VADDPS(product(3), k.sum, k.value)
	end(2)
	k.VADDPS(product(4), k.sum, k.value)
	end(3)
}

// plainResults makes results that get a bias only.
func (k *side) plainResults() {
	k.MOVQ(k.at("Bias"), reg.RSI)
	k.VMOVUPS(at(reg.RSI, 0), k.spare[0])
	k.ADDQ(k.at("BiasHalf"), reg.RSI)
	k.VMOVUPS(at(reg.RSI, 0), k.spare[1])
	k.MOVQ(k.at("YHalf"), reg.R14)
	k.MOVQ(k.at("YMate"), reg.RBX)
	k.Label("plain")
	k.LEAQ(indexed(reg.R9, reg.RBX, 0), reg.RSI)
	k.quarters(func(i int) {
		k.VADDPS(k.spare[i%2], k.value, k.value)
		k.VMOVUPS(k.value, []operand.Mem{at(reg.R9, 0), indexed(reg.R9, reg.R14, 0), at(reg.RSI, 0), indexed(reg.RSI, reg.R14, 0)}[i])
	})
	k.ADDQ(imm8(vecBytes), reg.R8)
	k.ADDQ(k.at("Pixel"), reg.R9)
	k.DECQ(reg.RCX)
	k.JNZ(jump("plain"))
	k.JMP(jump("next"))
}

// results makes results that end otherwise.
func (k *side) results() {
	k.Label("result")
	k.quarters(k.end)
	k.MOVQ(k.at("Pixel"), reg.R14)
	k.ADDQ(reg.R14, reg.R9)
	for _, cursor := range []string{"Res", "Gate"} {
		k.ADDQ(reg.R14, k.at(cursor))
	}
	k.ADDQ(imm8(vecBytes), reg.R8)
	k.DECQ(reg.RCX)
	k.JNZ(jump("result"))
}

// quarter brings the address of a quarter to SI.
func (k *side) quarter(i int, cursor operand.Op, name string) {
	k.MOVQ(cursor, reg.RSI)
	if i%2 == 1 {
		k.ADDQ(k.at(name+"Half"), reg.RSI)
	}
	if i/2 == 1 && name != "Bias" {
		k.ADDQ(k.at(name+"Mate"), reg.RSI)
	}
}

// end ends quarter i of the results, the value. It stands second in the machine's order, so
// that a NaN stays NaN.
func (k *side) end(i int) {
	k.quarter(i, k.at("Bias"), "Bias")
	k.VADDPS(at(reg.RSI, 0), k.value, k.value)
	plain := fmt.Sprint("put", i)
	when := func(flag uint32, body func()) {
		k.ends++
		past := fmt.Sprint("past", k.ends)
		k.TESTQ(operand.U32(flag), k.at("Flags"))
		k.JZ(jump(past))
		body()
		k.Label(past)
	}
	when(EndResidual, func() {
		k.quarter(i, k.at("Res"), "Res")
		k.VADDPS(at(reg.RSI, 0), k.value, k.value)
	})
	when(DirectGated, func() { k.gate(i) })
	bound := func(flag uint32, value string, op func(...operand.Op)) {
		k.TESTQ(operand.U32(flag), k.at("Flags"))
		past := fmt.Sprint("open", value, i)
		k.JZ(jump(past))
		k.VBROADCASTSS(k.at(value), k.spare[0])
		op(k.value, k.spare[0], k.value)
		k.Label(past)
	}
	when(DirectGated, func() { k.JMP(jump(plain)) })
	bound(EndLow, "Lo", k.VMAXPS)
	bound(EndHigh, "Hi", k.VMINPS)
	when(EndLeaky, func() {
		k.VBROADCASTSS(k.at("Alpha"), k.spare[0])
		k.VMULPS(k.spare[0], k.value, k.spare[0])
		if k.s.Lanes == 16 {
			k.VPMOVD2M(k.value, reg.K2)
			k.VMOVAPS(k.spare[0], reg.K2, k.value)
		} else {
			k.VBLENDVPS(k.value, k.spare[0], k.value, k.value)
		}
	})
	k.Label(plain)
	k.quarter(i, reg.R9, "Y")
	k.VMOVUPS(k.value, at(reg.RSI, 0))
}

// gate makes the value 0 where the gate is not between lo and hi.
func (k *side) gate(i int) {
	k.quarter(i, k.at("Gate"), "Gate")
	for _, b := range []struct {
		value   string
		compare int
	}{{"Lo", cmpGreater}, {"Hi", cmpLess}} {
		k.VMOVUPS(at(reg.RSI, 0), k.spare[0])
		k.VBROADCASTSS(k.at(b.value), k.spare[1])
		if k.s.Lanes == 16 {
			k.VCMPPS(imm8(b.compare), k.spare[1], k.spare[0], reg.K2)
			k.VMOVAPS_Z(k.value, reg.K2, k.value)
			continue
		}
		k.VCMPPS(imm8(b.compare), k.spare[1], k.spare[0], k.spare[0])
		k.VANDPS(k.spare[0], k.value, k.value)
	}
}

// drain adds the function that does all that is left.
func (k *side) drain() {
	name := "sidedrain_f32_" + k.s.Name
	begin(k.Context, name, "func(state *byte)", name+" does the side work that is left.")
	k.Load(k.Param("state"), reg.RAX)
	k.call(sideName(k.s))
	end(k.Context)
}
