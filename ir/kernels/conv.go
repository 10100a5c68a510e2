package kernels

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// acts are the activations that kernels apply while they store a result.
var acts = map[string]kernel.Act{
	"relu": kernel.ActRelu, "tanh": kernel.ActTanh, "sigmoid": kernel.ActSigmoid, "clamp": kernel.ActClamp,
	"leaky": kernel.ActLeaky, "silu": kernel.ActSilu, "gelu": kernel.ActGelu, "hardswish": kernel.ActHardswish,
}

// Sizes are those of a call that are known at run time only, by their symbols.
type Sizes map[string]int64

// of returns e at sizes s.
func (s Sizes) of(e sym.Expr) int {
	n, err := e.Eval(s)
	if err != nil {
		diag.Bugf("kernels: %v is no size of a map: %v", e, err)
	}
	return int(n)
}

// Conv is the configuration of a convolution whose result is a map, for a usual number of
// images and sizes at. Before halos are planned its input has the one that the kernel
// needs.
func Conv(in *ir.Instr, images int64, at Sizes) blocked.ConvConfig {
	x, w, y, residual := in.Args[0], in.Args[1], in.Outs[0], operand(in, 3)
	f := blocked.ConvConfig{Shape: at.shape(in, x, w), In: at.MapOf(x), PlainIn: x.Layout.Plain(), Out: at.MapOf(y), Images: int(images), Algo: Algorithm(in)}
	if s := &f.Shape; !f.PlainIn {
		f.In.Halo = max(f.In.Halo, s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
	}
	f.Epilogue = epilogue(in)
	if residual != nil {
		f.Residual = at.MapOf(residual)
	}
	if scale := operand(in, 4); scale != nil {
		f.Scale = at.MapOf(scale)
	}
	return f
}

// epilogue is the work fused after a convolution.
func epilogue(in *ir.Instr) kernel.Epilogue {
	e := activation(in)
	e.Bias, e.Residual = operand(in, 2) != nil, operand(in, 3) != nil
	return e
}

// ConvDX is the configuration of a transposed convolution whose result is a map.
func ConvDX(in *ir.Instr, images int64, at Sizes) blocked.ConvDXConfig {
	dy, w, residual, dx := in.Args[0], in.Args[1], operand(in, 2), in.Outs[0]
	f := blocked.ConvDXConfig{Shape: at.shape(in, dx, w), In: at.MapOf(dy), Out: at.MapOf(dx), Images: int(images), Algo: Algorithm(in)}
	f.In.Halo = max(f.In.Halo, blocked.DXHalo(&f.Shape))
	if residual != nil {
		f.Epilogue.Residual, f.Residual = true, at.MapOf(residual)
	}
	if gate := operand(in, 3); gate != nil {
		f.Gate = blocked.Gate{Map: at.MapOf(gate), Bound: activation(in)}
	}
	return f
}

// activation is an epilogue of the activation of in alone.
func activation(in *ir.Instr) kernel.Epilogue {
	e := kernel.Epilogue{Act: acts[in.Attrs.String("act")]}
	for i, a := range in.Attrs.Floats("act_args") {
		e.Args[i] = float32(a)
	}
	return e
}

// ConvDW is the configuration of a weight gradient of maps.
func ConvDW(in *ir.Instr, at Sizes) blocked.ConvDWConfig {
	x, dy, dw := in.Args[0], in.Args[1], in.Outs[0]
	f := blocked.ConvDWConfig{Shape: at.shape(in, x, dw), X: at.MapOf(x), PlainX: x.Layout.Plain(), DY: at.MapOf(dy), Algo: Algorithm(in)}
	if s := &f.Shape; !f.PlainX {
		f.X.Halo = max(f.X.Halo, s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
	}
	return f
}

// Algorithm is the one that the passes took; Auto leaves it to the kernel.
func Algorithm(in *ir.Instr) blocked.Algorithm {
	a, _ := blocked.ParseAlgorithm(in.Attrs.String("algo"))
	return a
}

// MapOf is the physical shape of a value, of a plain one as if it were blocked.
func (s Sizes) MapOf(v *ir.Value) blocked.Map {
	m, _ := ir.MapOf(v.Type, v.Layout)
	return blocked.Map{C: int(m.C), H: s.of(m.H), W: s.of(m.W), Halo: int(m.Halo), Image: s.of(v.Mem.Step) / 4}
}

// shape is that of the forward convolution of images x with filters.
func (s Sizes) shape(in *ir.Instr, x, filters *ir.Value) kernel.ConvShape {
	pair := func(name string) (int, int) {
		if v := in.Attrs.Ints(name); len(v) == 2 {
			return int(v[0]), int(v[1])
		}
		return 1, 1
	}
	size := func(v *ir.Value, axis int) int {
		return s.of(v.Type.Dims[axis].Size)
	}
	pad := append(append([]int64{}, in.Attrs.Ints("pad")...), 0, 0, 0, 0)
	c := kernel.ConvShape{
		C: size(x, 1), H: size(x, 2), W: size(x, 3), O: size(filters, 0), R: size(filters, 2), S: size(filters, 3),
		PadTop: int(pad[0]), PadLeft: int(pad[1]), PadBottom: int(pad[2]), PadRight: int(pad[3]),
		Groups: int(max(in.Attrs.Int("groups"), 1)),
	}
	c.StrideH, c.StrideW = pair("stride")
	c.DilH, c.DilW = pair("dilation")
	return c
}

// operand returns argument i, nil when it is absent.
func operand(in *ir.Instr, i int) *ir.Value {
	if i < len(in.Args) {
		return in.Args[i]
	}
	return nil
}
