package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The weight gradient of a Winograd convolution: for one of the t² points, channels
// x tiles times tiles x output channels.
//
//	S[og][i][o] (+)= Σ_tile V[i/16][tile][i%16] · D[og][tile][o]      o < 16
//
//	V   groups of 16 inputs, as bytes apart; a tile is 64 bytes
//	D   streams of 16 outputs, bs bytes apart; a tile is 64 bytes
//	S   planes of 16 outputs, sstep bytes apart; an input is 64 bytes
//
// A register tile holds rows inputs x vecs vectors of outputs. A call does it for
// the same place of groups groups of inputs.
//
// Twin: dwLoops of runtime/kernel/blocked.
//
// Registers:
//
//	DI  arguments      AX BX  cursors in V and D    CX  tiles    R8  as    R9  bs    R10  sstep
//	R12 R13 R14  V of this group, D, S of this group
//	first sums, then vectors of D, then broadcasts

// WinoDWFields are the fields of the argument block; resume is 0 where sums start
// from 0.
var WinoDWFields = []string{"a", "b", "s", "groups", "as", "bs", "sstep", "tiles", "resume"}

// WinoDWName returns the name of the product kernel of weight gradients of a size.
func WinoDWName(s ISA, rows, vecs int) string {
	return fmt.Sprintf("wino_dw_f32_%s_%dx%d", s.Name, rows, vecs)
}

// WinoDW adds the product kernel for rows inputs by vecs vectors of outputs.
func WinoDW(c *build.Context, s ISA, rows, vecs int) error {
	if rows < vecs || vecs < 1 || rows > 16 || rows*vecs+vecs+1 > s.Registers {
		return fmt.Errorf("kernel: found a product of %d inputs and %d vectors, expected one that fits %d registers", rows, vecs, s.Registers)
	}
	g := &winoGemm{asm: asm{c}, s: s, rows: rows, vecs: vecs}
	name := WinoDWName(s, rows, vecs)
	g.local = begin(c, name, "func(t *byte)", fmt.Sprintf("%s sums products of %d inputs over tiles.", name, rows))
	c.Load(c.Param("t"), reg.RDI)
	arg := func(name string) operand.Mem { return field(WinoDWFields, name) }
	g.keep(WinoDWFields, kept{"a", reg.R12}, kept{"b", reg.R13}, kept{"s", reg.R14}, kept{"as", reg.R8}, kept{"bs", reg.R9}, kept{"sstep", reg.R10},
		kept{"groups", g.local})
	c.Label("group")
	for i := range rows * vecs {
		s.zero(c, s.vec(i))
	}
	c.CMPQ(arg("resume"), operand.U8(0))
	c.JEQ(jump("started"))
	g.sums(func(sum reg.VecPhysical, m operand.Mem) { c.VMOVUPS(m, sum) })
	c.Label("started")
	c.MOVQ(reg.R12, reg.RAX)
	c.MOVQ(reg.R13, reg.RBX)
	c.MOVQ(arg("tiles"), reg.RCX)
	align16(c)
	c.Label("tile")
	for j := range vecs {
		c.VMOVUPS(g.plane(reg.RBX, reg.R9, j, 0), g.held(j))
	}
	for i := range rows {
		c.VBROADCASTSS(at(reg.RAX, 4*i), g.passing(i))
		for j := range vecs {
			c.VFMADD231PS(g.held(j), g.passing(i), g.acc(i, j))
		}
	}
	c.ADDQ(operand.U8(64), reg.RAX)
	c.ADDQ(operand.U8(64), reg.RBX)
	c.DECQ(reg.RCX)
	c.JNZ(jump("tile"))
	g.sums(func(sum reg.VecPhysical, m operand.Mem) { c.VMOVUPS(sum, m) })
	c.ADDQ(reg.R8, reg.R12)
	c.ADDQ(operand.U32(16*64), reg.R14)
	c.DECQ(g.local)
	c.JNZ(jump("group"))
	end(c)
	return nil
}

// sums visits the sums and their places from R14 on.
func (g *winoGemm) sums(op func(sum reg.VecPhysical, m operand.Mem)) {
	for i := range g.rows {
		for j := range g.vecs {
			op(g.acc(i, j), g.plane(reg.R14, reg.R10, j, 64*i))
		}
	}
}

// WinoWeights writes dw = Gᵀ S G for n inputs: S is t² vectors xs bytes apart, of
// stride 2 those of 4 transformed weights a side, the next input 64 bytes on; the results are 9 vectors of 64 bytes each an input. AVX2
// does one half of those 64 bytes.
//
//	F(4,3)  w0 = u0 - 2/3 s1 + 1/6 s2        F(2,3)  u0 + (u1 + u2)/2
//	        w1 = -2/3 a e1 + 1/6 b e2                (u1 - u2)/2
//	        w2 = (s2 - s1)/3 + u5                    (u1 + u2)/2 + u3
//	F(3,3)  w0 = c/a e1 + c/b e2             stride 2  u0 + u1, u3, u1 + u2
//	        w1 = c (s1 + s2)                 c = 1 / 2 (b² - a²)
//	        w2 = c a e1 + c b e2 + u4
//
// Registers: DI arguments, SI DX S of rows 0 and 3 of a column, BX xs, R12 t·xs, R8
// 3·R12, R10 results, CX trips, R14 scratch [3][t].

// WinoWeightFields are the fields of the argument block.
var WinoWeightFields = []string{"s", "dw", "n", "xs"}

// WinoWeightsName returns the name of the transform of gradients of weights.
func WinoWeightsName(s ISA, f *WinoForm) string {
	return "wino_weights_f32_" + s.Name + "_" + f.name
}

// WinoWeights adds the transform of gradients of weights of a form.
func WinoWeights(c *build.Context, s ISA, f *WinoForm, consts winoTable) {
	w := newWinoTransform(c, s, f, WinoWeightFields, consts)
	w.t = f.weights
	name := WinoWeightsName(s, f)
	w.open(name, fmt.Sprintf("%s transforms gradients of weights back to 3 x 3.", name), 3*w.t)
	w.MOVQ(w.arg("xs"), reg.RBX)
	w.IMUL3Q(operand.U8(w.t), reg.RBX, reg.R12)
	w.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R12, Scale: 2}, reg.R8)
	w.MOVQ(w.arg("s"), reg.R9)
	w.MOVQ(w.arg("dw"), reg.R10)
	w.MOVQ(w.arg("n"), reg.RCX)
	w.Label("input")
	w.MOVQ(reg.R9, reg.RSI)
	w.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 1}, reg.RDX)
	for j := range w.t {
		for i := range w.t {
			w.VMOVUPS(winoRow(reg.RSI, reg.RDX, reg.R12, i, 0), w.r(i))
		}
		for i, o := range w.gradientBack() {
			w.VMOVAPS(w.r(o), w.scratch(i*w.t+j))
		}
		w.ADDQ(reg.RBX, reg.RSI)
		w.ADDQ(reg.RBX, reg.RDX)
	}
	for i := range 3 {
		for j := range w.t {
			w.VMOVAPS(w.scratch(i*w.t+j), w.r(j))
		}
		for j, o := range w.gradientBack() {
			w.VMOVUPS(w.r(o), at(reg.R10, 64*(3*i+j)))
		}
	}
	w.ADDQ(operand.U8(64), reg.R9)
	w.ADDQ(operand.U32(9*64), reg.R10)
	w.DECQ(reg.RCX)
	w.JNZ(jump("input"))
	end(c)
}
