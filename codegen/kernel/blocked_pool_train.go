package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The pooling kernels of training walk over the results one by one, since what they
// do at a tap is more than a load and a maximum. They share the argument block of the
// others; a position is r·S + s of the whole window, so a clipped one begins at first
// and skips some at the end of each row.
//
//	windowmaxat    y as windowmax, and at[p,q] the position of the first maximum
//	windowmaxdx    x[tap] += y[p,q] where at[p,q] is the tap's position
//	windowmeandx   x[tap] += y[p,q] / divisor
//
// Twins: poolAtGeneric and poolDXGeneric of runtime/kernel/blocked.
//
// Registers:
//
//	DI arguments   R12 R13 R14 x, y, at of the row   SI DX R8 of the result
//	R9 results left   AX BX cursors of taps, of their rows   CX R10 taps, rows of taps left
//	R11 rows left   Y0 result   Y1 column   Y2 mask   Y3 position   Y4 position of the best
//	Y5 ones   Y6 skipped positions   Y7 mask of NaN   Y8 divisor

type poolKind uint8

const (
	poolMaxAt poolKind = iota
	poolMaxDX
	poolMeanDX
)

var poolTrainNames = [...]string{"windowmaxat_f32_avx2", "windowmaxdx_f32_avx2", "windowmeandx_f32_avx2"}

type poolTrain struct {
	asm
	kind poolKind
}

func poolTrainings(c *build.Context) {
	for kind := poolMaxAt; kind <= poolMeanDX; kind++ {
		p := &poolTrain{asm: asm{c}, kind: kind}
		begin(c, poolTrainNames[kind], "func(t *byte)", poolTrainNames[kind]+" does rows of one block of channels.")
		p.rows()
	}
}

func (p *poolTrain) arg(name string) operand.Mem { return field(PoolFields, name) }

func (p *poolTrain) rows() {
	c := p.Context
	p.Load(p.Param("t"), reg.RDI)
	p.MOVQ(p.arg("x"), reg.R12)
	p.MOVQ(p.arg("y"), reg.R13)
	p.MOVQ(p.arg("at"), reg.R14)
	p.MOVQ(p.arg("rows"), reg.R11)
	if p.kind == poolMeanDX {
		p.VBROADCASTSS(p.arg("divisor"), reg.Y8)
	} else {
		p.MOVL(operand.U32(1), reg.EAX)
		c.VMOVD(reg.EAX, reg.X5)
		c.VPBROADCASTD(reg.X5, reg.Y5)
		c.VPBROADCASTD(p.arg("skip"), reg.Y6)
	}
	p.Label("row")
	p.MOVQ(reg.R12, reg.RSI)
	p.MOVQ(reg.R13, reg.RDX)
	p.MOVQ(reg.R14, reg.R8)
	p.MOVQ(p.arg("tiles"), reg.R9)
	p.Label("result")
	p.start()
	p.MOVQ(reg.RSI, reg.RBX)
	p.MOVQ(p.arg("taprows"), reg.R10)
	p.Label("taps")
	p.MOVQ(reg.RBX, reg.RAX)
	p.MOVQ(p.arg("tapcols"), reg.RCX)
	p.Label("tap")
	p.tap()
	p.ADDQ(p.arg("xcol"), reg.RAX)
	p.DECQ(reg.RCX)
	p.JNZ(jump("tap"))
	if p.kind != poolMeanDX {
		p.VPADDD(reg.Y6, reg.Y3, reg.Y3)
	}
	p.ADDQ(p.arg("xtap"), reg.RBX)
	p.DECQ(reg.R10)
	p.JNZ(jump("taps"))
	if p.kind == poolMaxAt {
		p.VORPS(reg.Y7, reg.Y0, reg.Y0)
		p.VMOVUPS(reg.Y0, at(reg.RDX, 0))
		c.VEXTRACTI128(imm8(1), reg.Y4, reg.X1)
		c.VPACKUSDW(reg.X1, reg.X4, reg.X4)
		c.VPACKUSWB(reg.X4, reg.X4, reg.X4)
		c.VMOVQ(reg.X4, at(reg.R8, 0))
	}
	p.ADDQ(p.arg("xpixel"), reg.RSI)
	p.ADDQ(imm8(pixelBytes), reg.RDX)
	p.ADDQ(imm8(vecLanes), reg.R8)
	p.DECQ(reg.R9)
	p.JNZ(jump("result"))
	p.ADDQ(p.arg("xrow"), reg.R12)
	p.ADDQ(p.arg("yrow"), reg.R13)
	p.ADDQ(p.arg("atrow"), reg.R14)
	p.DECQ(reg.R11)
	p.JNZ(jump("row"))
	end(c)
}

// start begins a result.
func (p *poolTrain) start() {
	c := p.Context
	if p.kind != poolMeanDX {
		c.VPBROADCASTD(p.arg("first"), reg.Y3)
	}
	switch p.kind {
	case poolMaxAt:
		p.VMOVUPS(at(reg.RSI, 0), reg.Y0)
		p.VMOVAPS(reg.Y3, reg.Y4)
		p.VXORPS(reg.Y7, reg.Y7, reg.Y7)
	case poolMaxDX:
		p.VMOVUPS(at(reg.RDX, 0), reg.Y0)
		c.VPMOVZXBD(at(reg.R8, 0), reg.Y4)
	default:
		p.VMOVUPS(at(reg.RDX, 0), reg.Y0)
		p.VDIVPS(reg.Y8, reg.Y0, reg.Y0)
	}
}

func (p *poolTrain) tap() {
	c := p.Context
	switch p.kind {
	case poolMaxAt:
		p.VMOVUPS(at(reg.RAX, 0), reg.Y1)
		p.VCMPPS(operand.U8(cmpGreater), reg.Y0, reg.Y1, reg.Y2)
		p.VBLENDVPS(reg.Y2, reg.Y3, reg.Y4, reg.Y4)
		p.VMAXPS(reg.Y1, reg.Y0, reg.Y0)
		p.VCMPPS(operand.U8(cmpUnord), reg.Y1, reg.Y7, reg.Y7)
		p.VPADDD(reg.Y5, reg.Y3, reg.Y3)
	case poolMaxDX:
		c.VPCMPEQD(reg.Y3, reg.Y4, reg.Y2)
		p.VANDPS(reg.Y0, reg.Y2, reg.Y2)
		p.VADDPS(at(reg.RAX, 0), reg.Y2, reg.Y2)
		p.VMOVUPS(reg.Y2, at(reg.RAX, 0))
		p.VPADDD(reg.Y5, reg.Y3, reg.Y3)
	default:
		p.VADDPS(at(reg.RAX, 0), reg.Y0, reg.Y2)
		p.VMOVUPS(reg.Y2, at(reg.RAX, 0))
	}
}
