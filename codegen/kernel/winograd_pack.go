package kernel

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// WinoPack adds the transform of weights of a form, U = G g Gᵀ, in float64: for n
// runs of four,
//
//	u[p·xs + 4·l] = Σ_k,j G[p/v][k] · G[p%v][j] · w[(3k+j)·tap + 4·l]    l < 4, p < v²
//
// where v are the points of weights, t but for stride 2, two of whose points share one,
// and the next run lies wstep bytes on in w, ustep in u.
//
//	F(4,3)  u0 = g0; u1, u2 = -2/3 (g0 + g2/2) ± (-a·2/3 g1)     F(2,3)  g0, (g0+g2)/2 ± g1/2, g2
//	        u3, u4 = 1/6 (g0 + 2 g2) ± b/6 g1; u5 = g2                stride 2: g0, g0 + g2, g2, g1
//	F(3,3)  u0, u1 = c g1 ± c/a (g0 + a² g2)      c = 1 / 2 (b² - a²)
//	        u2, u3 = c g1 ± c/b (g0 + b² g2); u4 = g2
//
// Twin: transform of runtime/kernel/blocked, whose operations it does in the same
// order and precision: the results are the same bits.
//
// Registers: DI arguments, R8 tap, R9 3·tap, BX xs, R10 w, R11 u, SI cursor, CX runs,
// R14 scratch [3][v]; Y0-Y2 weights, Y3-Y8 results, Y9 Y10 scratch, Y11-Y15 constants.
func WinoPack(c *build.Context, f *WinoForm) {
	w := winoPacker{Context: c, form: f, t: f.weights}
	var consts operand.Mem
	if len(f.pack) > 0 {
		consts = c.StaticGlobal("winoPack" + f.name)
		c.DataAttributes(attr.RODATA | attr.NOPTR)
	}
	for i, v := range f.pack {
		c.AddDatum(8*i, operand.F64(v))
	}
	name := WinoPackName(f)
	begin(c, name, "func(t *byte)", name+" transforms 3 x 3 weights, four at a time.")
	frame := c.AllocLocal(64 + 3*w.t*32)
	c.Load(c.Param("t"), reg.RDI)
	c.LEAQ(frame.Offset(31), reg.R14)
	c.ANDQ(operand.I8(-32), reg.R14)
	for i := range f.pack {
		c.VBROADCASTSD(consts.Offset(8*i), ymm(11+i))
	}
	arg := func(name string) operand.Mem { return field(WinoPackFields, name) }
	c.MOVQ(arg("tap"), reg.R8)
	c.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R9)
	c.MOVQ(arg("xs"), reg.RBX)
	c.MOVQ(arg("w"), reg.R10)
	c.MOVQ(arg("u"), reg.R11)
	c.MOVQ(arg("n"), reg.RCX)
	c.Label("run")
	c.MOVQ(reg.R10, reg.RSI)
	for k := range 3 {
		c.VCVTPS2PD(at(reg.RSI, 0), ymm(0))
		c.VCVTPS2PD(operand.Mem{Base: reg.RSI, Index: reg.R9, Scale: 1}, ymm(1))
		c.VCVTPS2PD(operand.Mem{Base: reg.RSI, Index: reg.R9, Scale: 2}, ymm(2))
		for a, r := range w.transform() {
			c.VMOVAPD(ymm(r), at(reg.R14, 32*(k*w.t+a)))
		}
		c.ADDQ(reg.R8, reg.RSI)
	}
	c.MOVQ(reg.R11, reg.RSI)
	for a := range w.t {
		for k := range 3 {
			c.VMOVAPD(at(reg.R14, 32*(k*w.t+a)), ymm(k))
		}
		for _, r := range w.transform() {
			c.VCVTPD2PSY(ymm(r), reg.X9)
			c.VMOVUPS(reg.X9, at(reg.RSI, 0))
			c.ADDQ(reg.RBX, reg.RSI)
		}
	}
	c.ADDQ(arg("wstep"), reg.R10)
	c.ADDQ(arg("ustep"), reg.R11)
	c.DECQ(reg.RCX)
	c.JNZ(jump("run"))
	end(c)
}

// WinoPackName returns the name of the transform of weights.
func WinoPackName(f *WinoForm) string { return "wino_pack_f32_avx2_" + f.name }

// WinoPackFields are the fields of the argument block.
var WinoPackFields = []string{"w", "u", "n", "tap", "wstep", "ustep", "xs"}

type winoPacker struct {
	*build.Context
	form *WinoForm
	t    int
}

// transform is G applied to vectors 0 to 2; it returns where the results are.
func (w *winoPacker) transform() []int {
	even, odd := ymm(9), ymm(10)
	switch w.form {
	case winoHalved:
		w.VADDPD(ymm(2), ymm(0), ymm(3))
		return []int{0, 3, 2, 1}
	case winoF2:
		half := ymm(11)
		w.VADDPD(ymm(2), ymm(0), even)
		w.VMULPD(half, even, even)
		w.VMULPD(half, ymm(1), odd)
		w.VADDPD(odd, even, ymm(3))
		w.VSUBPD(odd, even, ymm(4))
		return []int{0, 3, 4, 2}
	case winoF3:
		w.VMULPD(ymm(15), ymm(1), odd)
		for i := range 2 {
			square, over := ymm(11+2*i), ymm(12+2*i)
			w.VMULPD(square, ymm(2), even)
			w.VADDPD(even, ymm(0), even)
			w.VMULPD(over, even, even)
			w.VADDPD(even, odd, ymm(3+2*i))
			w.VSUBPD(even, odd, ymm(4+2*i))
		}
		return []int{3, 4, 5, 6, 2}
	}
	half, low, lowOdd, high, highOdd := ymm(11), ymm(12), ymm(13), ymm(14), ymm(15)
	w.VMULPD(half, ymm(2), even)
	w.VADDPD(even, ymm(0), even)
	w.VMULPD(low, even, even)
	w.VMULPD(lowOdd, ymm(1), odd)
	w.VADDPD(odd, even, ymm(3))
	w.VSUBPD(odd, even, ymm(4))
	w.VADDPD(ymm(2), ymm(2), even)
	w.VADDPD(even, ymm(0), even)
	w.VMULPD(high, even, even)
	w.VMULPD(highOdd, ymm(1), odd)
	w.VADDPD(odd, even, ymm(5))
	w.VSUBPD(odd, even, ymm(6))
	return []int{0, 3, 4, 5, 6, 2}
}

// winoPacks adds the transforms of weights. They are bound by memory: AVX-512 uses
// them too.
func winoPacks(c *build.Context, s ISA) {
	if s.Lanes != 8 {
		return
	}
	for _, f := range winoForms {
		WinoPack(c, f)
	}
}
