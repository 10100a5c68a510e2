package check

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/syntax"
)

// initializer is how a weight begins; scale-dependent ones are resolved against
// the weight's shape.
type initializer struct {
	kind string // a key of initKinds
	args []float64
	fan  float64 // given with fan=, else 0
	gain float64
}

// initKinds are the words of `init=`, with the names of their numbers.
var initKinds = map[string][]string{
	"default": nil, "uniform": {"bound"}, "normal": {"std"}, "trunc_normal": {"std"}, "constant": {"c"},
	"zeros": nil, "ones": nil, "orthogonal": nil,
	"he_normal": nil, "he_uniform": nil, "glorot_normal": nil, "glorot_uniform": nil,
}

// initial evaluates the value of a param or buffer.
func (f *frame) initial(s *syntax.State, t op.Type) (Init, bool) {
	if s.Value == nil {
		return f.resolveInit(initializer{kind: "default"}, t), true
	}
	v := f.evalInit(s.Value)
	switch v := v.(type) {
	case initValue:
		return f.resolveInit(v.init, t), true
	case number:
		return Init{Kind: "constant", Args: []float64{v.float()}}, true
	}
	if !isPoison(v) {
		f.fail(s.Value.Span(), "E0305", "a weight begins with an initialiser or a number, and this is "+f.kindOf(v), "", "initialisers are he_normal, uniform(0.1), zeros ...")
	}
	return Init{}, false
}

// evalInit evaluates an expression where initialisers have names.
func (f *frame) evalInit(x syntax.Expr) value {
	switch x := x.(type) {
	case *syntax.Name:
		if _, ok := initKinds[x.Name]; ok && f.vars.find(x.Name) == nil {
			if len(initKinds[x.Name]) > 0 {
				return f.fail(x.Where, "E0303", fmt.Sprintf("`%s` also needs `%s`", x.Name, initKinds[x.Name][0]), "", fmt.Sprintf("write `%s(0.02)`", x.Name))
			}
			return initValue{initializer{kind: x.Name}}
		}
	case *syntax.Call:
		if n, ok := x.Fun.(*syntax.Name); ok {
			if names, ok := initKinds[n.Name]; ok {
				return f.callInit(n.Name, names, x)
			}
		}
	case *syntax.Cond:
		is, ok := f.condition(x.If)
		if !ok {
			return poison{}
		}
		if is {
			return f.evalInit(x.Then)
		}
		return f.evalInit(x.Else)
	}
	return f.eval(x)
}

func (f *frame) callInit(kind string, names []string, x *syntax.Call) value {
	out := initializer{kind: kind}
	for _, a := range x.Args {
		v := f.eval(a.Value)
		n, ok := numberOf(v)
		if !ok {
			if !isPoison(v) && !f.openSize(v) {
				f.fail(a.Where, "E0305", "an initialiser takes numbers, and this is "+f.kindOf(v), "", "")
			}
			return poison{}
		}
		switch {
		case a.Name != nil && a.Name.Name == "fan":
			if out.fan = n.float(); out.fan <= 0 {
				return poison{} // of a kernel that is refused
			}
		case a.Name != nil && a.Name.Name == "gain":
			out.gain = n.float()
		case len(out.args) < len(names) && (a.Name == nil || a.Name.Name == names[len(out.args)]):
			out.args = append(out.args, n.float())
		default:
			return f.fail(a.Where, "E0302", fmt.Sprintf("`%s` has no such argument", kind), "", "")
		}
	}
	// uniform(fan=f) is the default of a weight, as in PyTorch: its bound is 1/sqrt(f).
	if kind == "uniform" && out.fan > 0 && len(out.args) == 0 {
		out.args = []float64{1 / math.Sqrt(out.fan)}
	}
	if len(out.args) < len(names) {
		return f.fail(x.Where, "E0303", fmt.Sprintf("`%s` also needs `%s`", kind, names[len(out.args)]), "", "")
	}
	if spread := initSpread[kind]; spread != "" && len(out.args) > 0 && out.args[0] < 0 {
		return f.fail(x.Where, "E0305", fmt.Sprintf("`%s` of `%s` is %v, and must be at least 0", spread, kind, out.args[0]), "", "")
	}
	return initValue{out}
}

// initSpread names the argument that says how far apart the values of an initialiser are.
var initSpread = map[string]string{"normal": "std", "trunc_normal": "std", "uniform": "bound"}

// resolveInit computes the numbers of an initialiser for a weight of type t.
// Fans are PyTorch's: axis 1 and the kernel feed an output, axis 0 and the kernel
// are fed by an input.
//
// Source: Glorot and Bengio 2010; He et al. 2015; torch.nn.init.
func (f *frame) resolveInit(in initializer, t op.Type) Init {
	fanIn, fanOut := 1.0, 1.0
	for i, d := range t.Dims {
		n, _ := d.Size.IsConst()
		if i != 0 {
			fanIn *= float64(n)
		}
		if i != 1 {
			fanOut *= float64(n)
		}
	}
	if in.fan > 0 {
		fanIn = in.fan
	}
	fanIn, fanOut = max(fanIn, 1), max(fanOut, 1)
	gain := in.gain
	if gain == 0 {
		gain = 1
		if in.kind == "he_normal" || in.kind == "he_uniform" {
			gain = math.Sqrt2 // for ReLU
		}
	}
	uniform := func(bound float64) Init { return Init{"uniform", []float64{-bound, bound}} }
	switch in.kind {
	case "uniform":
		return uniform(in.args[0])
	case "normal", "trunc_normal":
		return Init{in.kind, []float64{0, in.args[0]}}
	case "constant":
		return Init{"constant", []float64{in.args[0]}}
	case "zeros":
		return Init{"constant", []float64{0}}
	case "ones":
		return Init{"constant", []float64{1}}
	case "orthogonal":
		return Init{"orthogonal", []float64{gain}}
	case "he_normal":
		return Init{"normal", []float64{0, gain / math.Sqrt(fanIn)}}
	case "he_uniform":
		return uniform(gain * math.Sqrt(3/fanIn))
	case "glorot_normal":
		return Init{"normal", []float64{0, gain * math.Sqrt(2/(fanIn+fanOut))}}
	case "glorot_uniform":
		return uniform(gain * math.Sqrt(6/(fanIn+fanOut)))
	}
	return uniform(1 / math.Sqrt(fanIn))
}
