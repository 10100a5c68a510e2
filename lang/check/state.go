package check

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/syntax"
)

// execState declares a param, a buffer or a layer that is made once.
func (f *frame) execState(s *syntax.State) {
	if s.Kind == "layer" {
		f.execLayer(s)
		return
	}
	if f.g == nil || f.names == nil || f.names.inst.net == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("a %s belongs in a net or a block", s.Kind), "", "")
		f.define(s.Name.Name, poison{})
		return
	}
	st, ok := f.declareState(s)
	if !ok {
		f.define(s.Name.Name, poison{})
		return
	}
	f.define(s.Name.Name, f.read(st, s.Name.Where))
}

func (f *frame) declareState(s *syntax.State) (*State, bool) {
	if s.Type == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("`%s` needs a type: `%s %s: f32[...]`", s.Name.Name, s.Kind, s.Name.Name), "", "")
		return nil, false
	}
	t, ok := f.tensorType(s.Type)
	if !ok {
		return nil, false
	}
	for i, d := range t.Dims {
		if syms := d.Size.Symbols(); len(syms) > 0 {
			at := s.Type.Where
			if i < len(s.Type.Dims) {
				at = s.Type.Dims[i].Where
			}
			f.fail(at, "E0208", fmt.Sprintf("a weight needs its size at compile time, and %s is known only at run time", syms[0]),
				fmt.Sprintf("%s comes from the caller of `%s`", syms[0], f.netName()), "fix the size in the signature")
			return nil, false
		}
	}
	leaf := s.Name.Name + f.indices()
	inst := f.names.inst
	old := inst.states[leaf]
	if old == nil || !f.names.used["."+leaf] {
		f.names.used["."+leaf] = true
	} else {
		f.fail(s.Name.Where, "E0306", fmt.Sprintf("this layer already has a weight called `%s`", leaf), "", "")
		return nil, false
	}
	if old != nil {
		if !old.Type.Equal(t) {
			f.fail(s.Name.Where, "E0207", fmt.Sprintf("`%s` was made as %s, and this use would need %s", old.Path, show(old.Type), show(t)),
				"", "a layer used twice has one set of weights; make two layers")
			return nil, false
		}
		return old, true
	}
	st := &State{
		Path: join(inst.path, leaf), Buffer: s.Kind == "buffer", Frozen: s.Frozen, Type: t, Span: f.userSpan(s.Where),
		// Vectors are biases, norm weights and slopes; weight decay is for what
		// mixes channels.
		NoDecay: t.Rank() <= 1,
	}
	if st.Init, ok = f.initial(s, t); !ok {
		return nil, false
	}
	inst.states[leaf] = st
	return st, true
}

// execLayer makes a layer once: later calls share its weights.
func (f *frame) execLayer(s *syntax.State) {
	f.define(s.Name.Name, poison{})
	if s.Value == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("`layer %s` needs a value: `layer %s = conv(64, 3)`", s.Name.Name, s.Name.Name), "", "")
		return
	}
	v := f.eval(s.Value)
	if isPoison(v) {
		return
	}
	c, ok := v.(*callable)
	if !ok {
		f.fail(s.Value.Span(), "E0302", "a layer is wanted here, and this is "+kindOf(v), "", "")
		return
	}
	if s.Frozen {
		f.unsupported(s.Where, "`frozen layer`")
		return
	}
	names, ok := f.enter(s.Name.Name+f.indices(), s.Name.Where)
	if !ok {
		return
	}
	made := *c
	made.inst = names.inst
	f.define(s.Name.Name, &made)
}

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
		f.fail(s.Value.Span(), "E0305", "a weight begins with an initialiser or a number, and this is "+kindOf(v), "", "initialisers are he_normal, uniform(0.1), zeros ...")
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
			if !isPoison(v) {
				f.fail(a.Where, "E0305", "an initialiser takes numbers, and this is "+kindOf(v), "", "")
			}
			return poison{}
		}
		switch {
		case a.Name != nil && a.Name.Name == "fan":
			out.fan = n.float()
		case a.Name != nil && a.Name.Name == "gain":
			out.gain = n.float()
		case len(out.args) < len(names) && (a.Name == nil || a.Name.Name == names[len(out.args)]):
			out.args = append(out.args, n.float())
		default:
			return f.fail(a.Where, "E0302", fmt.Sprintf("`%s` has no such argument", kind), "", "")
		}
	}
	// uniform(fan=f) is the default of LANGUAGE.md: bound 1/sqrt(f).
	if kind == "uniform" && out.fan > 0 && len(out.args) == 0 {
		out.args = []float64{1 / math.Sqrt(out.fan)}
	}
	if len(out.args) < len(names) {
		return f.fail(x.Where, "E0303", fmt.Sprintf("`%s` also needs `%s`", kind, names[len(out.args)]), "", "")
	}
	return initValue{out}
}

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
