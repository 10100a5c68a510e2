package gogen

func init() {
	rows := map[string]emitter{"fused": emitRegion}
	for _, name := range elementwise {
		rows[name] = emitElementwise
	}
	register(rows)
}

// elementwise are the operations that a region may hold. The passes put each
// into one; alone, it is a region of its own.
var elementwise = []string{
	"neg", "abs", "exp", "log", "sqrt", "rsqrt", "recip", "sin", "cos", "erf", "floor", "round", "sign", "not", "tanh", "sigmoid",
	"relu", "clamp", "leaky", "elu", "silu", "gelu", "hardswish", "hardsigmoid", "softplus", "mish",
	"add", "sub", "mul", "div", "pow", "min", "max", "eq", "lt", "le", "and", "or", "select", "cast",
}
