package kernels

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// InVectors reports whether the assembly of an elementwise region is written for all of it.
// One that has a result or a step without vector form is computed in Go as a whole, where
// functions such as tanh round otherwise.
func InVectors(in *ir.Instr) bool {
	for _, vs := range [][]*ir.Value{in.Args, in.Outs} {
		if slices.ContainsFunc(vs, func(v *ir.Value) bool { return v.Type.DType != tensor.F32 }) {
			return false
		}
	}
	return !slices.ContainsFunc(in.Body, func(b *ir.Instr) bool {
		switch b.Op.Name {
		case "eq", "lt", "le":
			return b.Args[0].Type.DType != tensor.F32
		}
		t := b.Outs[0].Type.DType
		return t != tensor.F32 && t != tensor.Bool || !slices.Contains(vectorOps, b.Op.Name)
	})
}

// vectorOps are the operations that have a vector form, beside comparisons. A test of
// codegen/gogen holds that they are those of codegen/kernel.
var vectorOps = []string{
	"const", "add", "sub", "mul", "div", "neg", "abs", "min", "max", "recip", "sqrt", "rsqrt",
	"relu", "clamp", "leaky", "elu", "exp", "log", "tanh", "sigmoid", "silu", "gelu", "erf",
	"hardswish", "hardsigmoid", "softplus", "mish", "sign", "floor", "round",
	"and", "or", "not", "select", "cast",
}
