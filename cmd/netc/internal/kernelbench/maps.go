package kernelbench

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// mapKernels are the layers that memory bounds: pools, sums with an activation,
// channel scales, activations, at sizes of the zoo.
func mapKernels() []plan {
	var out []plan
	for _, m := range []blocked.Map{{C: 64, H: 112, W: 112}, {C: 256, H: 28, W: 28}, {C: 512, H: 7, W: 7}} {
		out = append(out, pool(m, true), pool(m, false), mean(m))
		for _, e := range []struct {
			name string
			op   blocked.ElementwiseOp
			act  kernel.Act
		}{
			{"add relu", blocked.OpAdd, kernel.ActRelu}, {"scale", blocked.OpScale, kernel.ActNone},
			{"silu", blocked.OpApply, kernel.ActSilu}, {"gelu", blocked.OpApply, kernel.ActGelu}, {"hardswish", blocked.OpApply, kernel.ActHardswish},
		} {
			out = append(out, elementwise(m, e.name, e.op, e.act))
		}
	}
	return out
}

func mapName(m blocked.Map) string { return fmt.Sprintf("%dx%dx%d", m.C, m.H, m.W) }

// pool is a window of 3x3 with stride 2.
func pool(m blocked.Map, largest bool) plan {
	s := kernel.PoolShape{C: m.C, H: m.H, W: m.W, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	algo := "mean"
	if largest {
		algo = "max"
	}
	name := mapName(m) + " 3x3 s2 " + algo
	return plan{"pool", "forward", name, func(c *kernel.Ctx) *subject {
		p := blocked.NewPool(blocked.PoolConfig{Shape: s, Max: largest, In: m, Out: blocked.Map{C: m.C, H: s.P(), W: s.Q()}, ISA: kernel.Selected()})
		x, y := image(m, false, 1), kernel.Aligned(p.Out.Len(1))
		return &subject{
			class: "pool", pass: "forward", shape: name, algo: algo, bandwidth: true,
			flops: 9 * float64(p.Out.C*p.Out.H*p.Out.W), bytes: 4 * float64(len(x)+len(y)),
			run: func() { p.Run(c, 1, y, x) },
		}
	}}
}

func mean(m blocked.Map) plan {
	name := mapName(m) + " global"
	return plan{"pool", "forward", name, func(c *kernel.Ctx) *subject {
		p := blocked.NewMean(blocked.MeanConfig{In: m, ISA: kernel.Selected()})
		x, y := image(m, false, 1), kernel.Aligned(m.C)
		return &subject{
			class: "pool", pass: "forward", shape: name, algo: "mean", bandwidth: true,
			flops: float64(m.C * m.H * m.W), bytes: 4 * float64(len(x)+len(y)),
			run: func() { p.Run(c, 1, y, x) },
		}
	}}
}

func elementwise(m blocked.Map, what string, op blocked.ElementwiseOp, act kernel.Act) plan {
	name := mapName(m) + " " + what
	return plan{"eltwise", "forward", name, func(c *kernel.Ctx) *subject {
		f := blocked.ElementwiseConfig{Op: op, Act: act, A: m, B: m, Out: m, ISA: kernel.Selected()}
		if op == blocked.OpScale {
			f.B = blocked.Map{C: m.C, H: 1, W: 1}
		}
		p := blocked.NewElementwise(f)
		a, b, y := image(m, false, 1), image(m, false, 1), kernel.Aligned(m.Len(1))
		operands := 2
		if op == blocked.OpAdd {
			operands = 3
		}
		return &subject{
			class: "eltwise", pass: "forward", shape: name, algo: what, bandwidth: true,
			flops: float64(m.C * m.H * m.W), bytes: 4 * float64(operands*len(y)),
			run: func() { p.Run(c, 1, y, a, b) },
		}
	}}
}
