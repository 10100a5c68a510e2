package kernel

import (
	"fmt"
	"slices"
)

// lower writes the vector program of r: the loads of vector operands at their
// first use, the steps in order, and each store as soon as its value exists and
// no load follows.
//
// NaN: arithmetic and min, max, relu, clamp propagate it, comparisons with it
// are false; sign and select treat it as a value. Zeros: relu(-0) is -0.
func lower(r Region) (*lanes, error) {
	if err := supported(r); err != nil {
		return nil, err
	}
	p := &lanes{}
	used := r.used()
	vals := make([]val, len(r.In)+len(r.Steps))
	pending := 0 // vector operands not loaded yet
	for k, o := range r.In {
		if o.Mode != Vector {
			vals[k] = val{inInput, k}
		} else if used[k] {
			pending++
		}
	}
	read := func(v int) val {
		if vals[v].kind == none {
			vals[v] = p.emit("load", -1, val{inInput, v})
			pending--
		}
		return vals[v]
	}
	stored := make([]bool, len(r.Out))
	store := func() {
		for m, v := range r.Out {
			if !stored[m] && pending == 0 && vals[v].kind != none {
				stored[m] = true
				p.code = append(p.code, vop{name: "store", src: []val{p.reg(vals[v])}, dst: -1, tied: -1, store: m})
			}
		}
	}
	for j, s := range r.Steps {
		v := len(r.In) + j
		if !used[v] {
			continue
		}
		args := make([]val, len(s.Args))
		for i, a := range s.Args {
			args[i] = read(a)
		}
		if s.Op == "cast" && r.valueType(s.Args[0]) == s.Type {
			vals[v] = args[0]
		} else {
			vals[v] = p.step(s, args)
		}
		store()
	}
	for _, v := range r.Out { // operands that are stored as they are
		read(v)
	}
	store()
	return p, nil
}

// supported explains what keeps a region out of f32 vectors.
func supported(r Region) error {
	for k, o := range r.In {
		if o.Type != "float32" {
			return &UnsupportedError{fmt.Sprintf("operand %d is %s", k, o.Type)}
		}
	}
	for _, v := range r.Out {
		if t := r.valueType(v); t != "float32" {
			return &UnsupportedError{"a result is " + t}
		}
	}
	for _, s := range r.Steps {
		if s.Type != "float32" && s.Type != "bool" {
			return &UnsupportedError{"a value inside is " + s.Type}
		}
		if !slices.Contains(vectorOps, s.Op) {
			return &UnsupportedError{s.Op + " is computed in Go"}
		}
		if slices.Contains([]string{"eq", "lt", "le"}, s.Op) && r.valueType(s.Args[0]) == "bool" {
			return &UnsupportedError{s.Op + " of truth values is computed in Go"}
		}
	}
	return nil
}

// vectorOps are the ops that step knows.
var vectorOps = []string{
	"const", "add", "sub", "mul", "div", "neg", "abs", "min", "max", "recip", "sqrt", "rsqrt",
	"relu", "clamp", "leaky", "elu", "exp", "log", "tanh", "sigmoid", "silu", "gelu", "erf",
	"hardswish", "hardsigmoid", "softplus", "mish", "sign", "floor", "round",
	"eq", "lt", "le", "and", "or", "not", "select", "cast",
}

// step emits one op over operands in registers or memory. Truth values are
// lanes of ones or zeros.
func (p *lanes) step(s Step, a []val) val {
	f := func(i int) val { return p.f32(s.Params[i]) }
	switch s.Op {
	case "const":
		if s.Type == "bool" {
			if s.Params[0] != 0 {
				return p.bits(0xffffffff)
			}
			return p.bits(0)
		}
		return f(0)
	case "add":
		return p.add(a[0], a[1])
	case "sub":
		return p.sub(a[0], a[1])
	case "mul":
		return p.mul(a[0], a[1])
	case "div":
		return p.div(a[0], a[1])
	case "neg":
		return p.xor(p.reg(a[0]), p.bits(signBit))
	case "abs":
		return p.and(p.reg(a[0]), p.bits(absMask))
	case "min", "max":
		return p.minmax(map[string]string{"min": "VMINPS", "max": "VMAXPS"}[s.Op], a[0], a[1])
	case "recip":
		return p.div(p.f32(1), a[0])
	case "sqrt":
		return p.emit("VSQRTPS", -1, a[0])
	case "rsqrt":
		return p.div(p.f32(1), p.emit("VSQRTPS", -1, a[0]))
	case "floor":
		return p.round(1, a[0])
	case "round":
		return p.round(0, a[0])
	case "sign":
		return p.sign(p.reg(a[0]))
	case "eq":
		return p.cmp(cmpEQ, a[0], a[1])
	case "lt":
		return p.cmp(cmpLT, a[0], a[1])
	case "le":
		return p.cmp(cmpLE, a[0], a[1])
	case "and":
		return p.and(a[0], a[1])
	case "or":
		return p.or(a[0], a[1])
	case "not":
		return p.xor(p.reg(a[0]), p.bits(0xffffffff))
	case "select":
		return p.choose(a[0], a[1], a[2])
	}
	return p.activation(s, f, a)
}

// activation emits the ops of one float operand that have a shape of their own,
// and casts between f32 and truth values.
func (p *lanes) activation(s Step, f func(int) val, a []val) val {
	x := a[0]
	switch s.Op {
	case "relu":
		return p.maxNum(x, p.f32(0))
	case "clamp":
		return p.minNum(p.maxNum(x, f(0)), f(1))
	case "leaky":
		x = p.reg(x)
		return p.choose(p.cmp(cmpLT, x, p.f32(0)), p.mul(x, f(0)), x)
	case "elu":
		x = p.reg(x)
		return p.choose(p.cmp(cmpLT, x, p.f32(0)), p.mul(p.expm1(x), f(0)), x)
	case "exp":
		return p.exp(x)
	case "log":
		return p.log(x)
	case "tanh":
		return p.tanh(x)
	case "sigmoid":
		return p.sigmoid(p.reg(x))
	case "silu":
		return p.silu(x)
	case "gelu":
		return p.gelu(x, s.Params[0] != 0)
	case "erf":
		return p.erf(x)
	case "hardswish":
		x = p.reg(x)
		return p.div(p.mul(x, p.minNum(p.maxNum(p.add(x, p.f32(3)), p.f32(0)), p.f32(6))), p.f32(6))
	case "hardsigmoid":
		return p.div(p.minNum(p.maxNum(p.add(p.reg(x), p.f32(3)), p.f32(0)), p.f32(6)), p.f32(6))
	case "softplus":
		return p.softplus(x)
	case "mish":
		return p.mish(x)
	case "cast":
		return p.cast(s, x)
	}
	panic("kernel: no vector form of " + s.Op)
}

// cast handles f32 to bool and back; lower has dropped casts to the same type.
func (p *lanes) cast(s Step, x val) val {
	if s.Type == "bool" {
		return p.emit("VCMPPS", -1, val{imm, cmpNotEqual}, p.f32(0), p.reg(x))
	}
	return p.and(p.reg(x), p.f32(1))
}

// cmpNotEqual is true for NaN, which is not zero.
const cmpNotEqual = 4

// minmax propagates NaN from both operands: the instruction returns its second
// source where either is NaN, so only the first needs a look.
func (p *lanes) minmax(name string, a, b val) val {
	if a.kind == inConst {
		a, b = b, a
	}
	if b.kind == inConst { // constants are numbers
		return p.emit(name, -1, a, p.reg(b))
	}
	a = p.reg(a)
	return p.choose(p.cmp(cmpUnord, a, a), a, p.emit(name, -1, b, a))
}

// sign returns -1, 0 or 1, and NaN for NaN.
func (p *lanes) sign(x val) val {
	one := p.or(p.and(x, p.bits(signBit)), p.f32(1))
	nonzero := p.or(p.cmp(cmpLT, x, p.f32(0)), p.cmp(cmpLT, p.f32(0), x))
	return p.choose(nonzero, one, x)
}
