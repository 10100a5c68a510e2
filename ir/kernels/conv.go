package kernels

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// acts are the activations that kernels apply while they store a result.
var acts = map[string]kernel.Act{
	"relu": kernel.ActRelu, "tanh": kernel.ActTanh, "sigmoid": kernel.ActSigmoid, "clamp": kernel.ActClamp,
	"leaky": kernel.ActLeaky, "silu": kernel.ActSilu, "gelu": kernel.ActGelu, "hardswish": kernel.ActHardswish,
}

// Conv is the configuration of a convolution whose result is a map, for a usual number of
// images. Before halos are planned its input has the one that the kernel needs.
func Conv(in *ir.Instr, images int64) blocked.ConvConfig {
	x, w, y, residual := in.Args[0], in.Args[1], in.Outs[0], operand(in, 3)
	f := blocked.ConvConfig{Shape: shape(in, x, w), In: mapOf(x), PlainIn: x.Layout.Plain(), Out: mapOf(y), Images: int(images), Algo: Algorithm(in)}
	if s := &f.Shape; !f.PlainIn {
		f.In.Halo = max(f.In.Halo, s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
	}
	f.Epilogue = epilogue(in)
	if residual != nil {
		f.Residual = mapOf(residual)
	}
	return f
}

// epilogue is the work fused after a convolution.
func epilogue(in *ir.Instr) kernel.Epilogue {
	e := kernel.Epilogue{Bias: operand(in, 2) != nil, Residual: operand(in, 3) != nil, Act: acts[in.Attrs.String("act")]}
	for i, a := range in.Attrs.Floats("act_args") {
		e.Args[i] = float32(a)
	}
	return e
}

// ConvDX is the configuration of a transposed convolution whose result is a map.
func ConvDX(in *ir.Instr, images int64) blocked.ConvDXConfig {
	dy, w, residual, dx := in.Args[0], in.Args[1], operand(in, 2), in.Outs[0]
	f := blocked.ConvDXConfig{Shape: shape(in, dx, w), In: mapOf(dy), Out: mapOf(dx), Images: int(images), Algo: Algorithm(in)}
	f.In.Halo = max(f.In.Halo, blocked.DXHalo(&f.Shape))
	if residual != nil {
		f.Epilogue.Residual, f.Residual = true, mapOf(residual)
	}
	return f
}

// ConvDW is the configuration of a weight gradient of maps.
func ConvDW(in *ir.Instr) blocked.ConvDWConfig {
	x, dy, dw := in.Args[0], in.Args[1], in.Outs[0]
	f := blocked.ConvDWConfig{Shape: shape(in, x, dw), X: mapOf(x), PlainX: x.Layout.Plain(), DY: mapOf(dy), Algo: Algorithm(in)}
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

// mapOf is the physical shape of a value, of a plain one as if it were blocked.
func mapOf(v *ir.Value) blocked.Map {
	m, _ := ir.MapOf(v.Type, v.Layout)
	return blocked.Map{C: int(m.C), H: int(m.H), W: int(m.W), Halo: int(m.Halo), Image: int(v.Mem.Step / 4)}
}

// shape is that of the forward convolution of images x with filters.
func shape(in *ir.Instr, x, filters *ir.Value) kernel.ConvShape {
	pair := func(name string) (int, int) {
		if v := in.Attrs.Ints(name); len(v) == 2 {
			return int(v[0]), int(v[1])
		}
		return 1, 1
	}
	size := func(v *ir.Value, axis int) int {
		n, _ := v.Type.Dims[axis].Size.IsConst()
		return int(n)
	}
	pad := append(append([]int64{}, in.Attrs.Ints("pad")...), 0, 0, 0, 0)
	s := kernel.ConvShape{
		C: size(x, 1), H: size(x, 2), W: size(x, 3), O: size(filters, 0), R: size(filters, 2), S: size(filters, 3),
		PadTop: int(pad[0]), PadLeft: int(pad[1]), PadBottom: int(pad[2]), PadRight: int(pad[3]),
		Groups: int(max(in.Attrs.Int("groups"), 1)),
	}
	s.StrideH, s.StrideW = pair("stride")
	s.DilH, s.DilW = pair("dilation")
	return s
}

// operand returns argument i, nil when it is absent.
func operand(in *ir.Instr, i int) *ir.Value {
	if i < len(in.Args) {
		return in.Args[i]
	}
	return nil
}
