//go:build amd64 && !purego

package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// run applies an activation to the rows of a, or to their sum. Calls are direct, so
// that argument blocks stay on the stack.
func (a *rowArgs) run(isa kernel.ISA, act kernel.Act, sum bool) {
	p := (*byte)(unsafe.Pointer(a))
	switch {
	case isa == kernel.AVX512 && sum:
		a.wideSum(p, act)
	case isa == kernel.AVX512:
		a.wide(p, act)
	case sum:
		a.narrowSum(p, act)
	default:
		a.narrow(p, act)
	}
}

// scale multiplies the rows of a by the factors at z.
func (a *rowArgs) scale(isa kernel.ISA) {
	p := (*byte)(unsafe.Pointer(a))
	if isa == kernel.AVX512 {
		rows_f32_avx512_scale(p)
	} else {
		rows_f32_avx2_scale(p)
	}
}

const noRows = "blocked: no row kernel of this activation"

func (a *rowArgs) narrow(p *byte, act kernel.Act) {
	switch act {
	case kernel.ActNone:
		rows_f32_avx2_copy(p)
	case kernel.ActClamp:
		rows_f32_avx2_bound(p)
	case kernel.ActLeaky:
		rows_f32_avx2_leaky(p)
	case kernel.ActTanh:
		rows_f32_avx2_tanh(p)
	case kernel.ActSigmoid:
		rows_f32_avx2_sigmoid(p)
	case kernel.ActSilu:
		rows_f32_avx2_silu(p)
	case kernel.ActGelu:
		rows_f32_avx2_gelu(p)
	case kernel.ActHardswish:
		rows_f32_avx2_hardswish(p)
	default:
		panic(noRows)
	}
}

func (a *rowArgs) narrowSum(p *byte, act kernel.Act) {
	switch act {
	case kernel.ActNone:
		rows_f32_avx2_addcopy(p)
	case kernel.ActClamp:
		rows_f32_avx2_addbound(p)
	case kernel.ActLeaky:
		rows_f32_avx2_addleaky(p)
	case kernel.ActTanh:
		rows_f32_avx2_addtanh(p)
	case kernel.ActSigmoid:
		rows_f32_avx2_addsigmoid(p)
	case kernel.ActSilu:
		rows_f32_avx2_addsilu(p)
	case kernel.ActGelu:
		rows_f32_avx2_addgelu(p)
	case kernel.ActHardswish:
		rows_f32_avx2_addhardswish(p)
	default:
		panic(noRows)
	}
}

func (a *rowArgs) wide(p *byte, act kernel.Act) {
	switch act {
	case kernel.ActNone:
		rows_f32_avx512_copy(p)
	case kernel.ActClamp:
		rows_f32_avx512_bound(p)
	case kernel.ActLeaky:
		rows_f32_avx512_leaky(p)
	case kernel.ActTanh:
		rows_f32_avx512_tanh(p)
	case kernel.ActSigmoid:
		rows_f32_avx512_sigmoid(p)
	case kernel.ActSilu:
		rows_f32_avx512_silu(p)
	case kernel.ActGelu:
		rows_f32_avx512_gelu(p)
	case kernel.ActHardswish:
		rows_f32_avx512_hardswish(p)
	default:
		panic(noRows)
	}
}

func (a *rowArgs) wideSum(p *byte, act kernel.Act) {
	switch act {
	case kernel.ActNone:
		rows_f32_avx512_addcopy(p)
	case kernel.ActClamp:
		rows_f32_avx512_addbound(p)
	case kernel.ActLeaky:
		rows_f32_avx512_addleaky(p)
	case kernel.ActTanh:
		rows_f32_avx512_addtanh(p)
	case kernel.ActSigmoid:
		rows_f32_avx512_addsigmoid(p)
	case kernel.ActSilu:
		rows_f32_avx512_addsilu(p)
	case kernel.ActGelu:
		rows_f32_avx512_addgelu(p)
	case kernel.ActHardswish:
		rows_f32_avx512_addhardswish(p)
	default:
		panic(noRows)
	}
}
