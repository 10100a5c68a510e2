package kernel

import (
	"fmt"
	"go/format"
	"math"
	"strconv"
	"strings"
)

// ElementwiseGo returns the source of a Go function called name that computes r
// one element at a time: the truth that [Elementwise] answers to, and the form
// that every target can run. It handles every op and element type, in float32
// arithmetic rounded after each operation (no fused multiply-add), transcendental
// functions through package math in float64.
//
// The text is gofmt'd and begins with `func`; the file needs package unsafe, and
// package math where the text says "math.".
func ElementwiseGo(name string, r Region) string {
	r.check()
	var b strings.Builder
	fmt.Fprintf(&b, "func %s%s {\n", name, strings.TrimPrefix(r.Signature(), "func"))
	used := r.used()
	for m := range r.Out {
		fmt.Fprintf(&b, "\ty%d := unsafe.Slice(out%d, n)\n", m, m)
	}
	for k, o := range r.In {
		switch {
		case !used[k]:
		case o.Mode == Scalar:
			fmt.Fprintf(&b, "\tv%d := *in%d\n", k, k)
		case o.Mode == Block:
			fmt.Fprintf(&b, "\tx%d := unsafe.Slice(in%d, 8)\n", k, k)
		default:
			fmt.Fprintf(&b, "\tx%d := unsafe.Slice(in%d, n)\n", k, k)
		}
	}
	b.WriteString("\tfor i := range n {\n")
	for k, o := range r.In {
		if used[k] && o.Mode == Vector {
			fmt.Fprintf(&b, "\t\tv%d := x%d[i]\n", k, k)
		}
		if used[k] && o.Mode == Block {
			fmt.Fprintf(&b, "\t\tv%d := x%d[i%%8]\n", k, k)
		}
	}
	for j, s := range r.Steps {
		if used[len(r.In)+j] {
			goStep(&b, r, len(r.In)+j, s)
		}
	}
	for m, v := range r.Out {
		fmt.Fprintf(&b, "\t\ty%d[i] = v%d\n", m, v)
	}
	b.WriteString("\t}\n}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		panic("kernel: " + err.Error() + " in\n" + b.String())
	}
	return string(text)
}

// used tells which values an output depends on.
func (r Region) used() []bool {
	used := make([]bool, len(r.In)+len(r.Steps))
	for _, v := range r.Out {
		used[v] = true
	}
	for j := len(r.Steps) - 1; j >= 0; j-- {
		if used[len(r.In)+j] {
			for _, a := range r.Steps[j].Args {
				used[a] = true
			}
		}
	}
	return used
}

// goStep writes the statements that define value v.
func goStep(b *strings.Builder, r Region, v int, s Step) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "\t\t"+format+"\n", args...) }
	arg := func(k int) string { return "v" + strconv.Itoa(s.Args[k]) }
	// start sets v, cond replaces it where a condition holds.
	start := func(expr string) { line("v%d := %s", v, expr) }
	cond := func(when, expr string) {
		line("if %s {", when)
		line("\tv%d = %s", v, expr)
		line("}")
	}
	switch s.Op {
	case "const":
		start(s.Type + "(" + goLiteral(s.Params[0], s.Type) + ")")
	case "select":
		start(arg(2))
		cond(arg(0), arg(1))
	case "cast":
		goCast(r.valueType(s.Args[0]), s.Type, arg(0), start, cond)
	case "abs":
		if isFloat(s.Type) {
			start(viaMath("Abs", arg(0)))
			break
		}
		start(arg(0))
		cond(arg(0)+" < 0", "-"+arg(0))
	case "sign":
		start(arg(0)) // keeps zero and NaN
		cond(arg(0)+" > 0", "1")
		if s.Type != "uint8" {
			cond(arg(0)+" < 0", "-1")
		}
	case "leaky":
		start(arg(0))
		cond(arg(0)+" < 0", "float32("+arg(0)+" * "+goLiteral(s.Params[0], s.Type)+")")
	case "elu":
		start(arg(0))
		cond(arg(0)+" < 0", fmt.Sprintf("float32(%s * math.Expm1(float64(%s)))", goLiteral(s.Params[0], "float64"), arg(0)))
	case "div":
		if isFloat(s.Type) {
			start(arg(0) + " / " + arg(1))
			break
		}
		start(s.Type + "(0)") // integer division by zero is zero, not a panic
		cond(arg(1)+" != 0", arg(0)+" / "+arg(1))
	default:
		start(goExpr(s, arg))
	}
}

// goExpr returns the expression of an op that needs no statement.
func goExpr(s Step, arg func(int) string) string {
	x := ""
	if len(s.Args) > 0 {
		x = arg(0)
	}
	wide := "float64(" + x + ")"
	switch s.Op {
	case "add", "sub", "mul":
		return s.Type + "(" + x + " " + map[string]string{"add": "+", "sub": "-", "mul": "*"}[s.Op] + " " + arg(1) + ")"
	case "min", "max":
		return s.Op + "(" + x + ", " + arg(1) + ")"
	case "pow":
		return "float32(math.Pow(" + wide + ", float64(" + arg(1) + ")))"
	case "eq", "lt", "le":
		return x + " " + map[string]string{"eq": "==", "lt": "<", "le": "<="}[s.Op] + " " + arg(1)
	case "and":
		return x + " && " + arg(1)
	case "or":
		return x + " || " + arg(1)
	case "not":
		return "!" + x
	case "neg":
		return "-" + x
	case "recip":
		return "1 / " + x
	case "rsqrt":
		return "float32(1 / math.Sqrt(" + wide + "))"
	case "relu":
		return "max(" + x + ", 0)"
	case "clamp":
		return "min(max(" + x + ", " + goLiteral(s.Params[0], s.Type) + "), " + goLiteral(s.Params[1], s.Type) + ")"
	case "sigmoid":
		return "float32(1 / (1 + math.Exp(-" + wide + ")))"
	case "silu":
		return "float32(" + wide + " / (1 + math.Exp(-" + wide + ")))"
	case "gelu":
		if s.Params[0] == 0 {
			return "float32(0.5 * " + wide + " * math.Erfc(-" + wide + "/math.Sqrt2))"
		}
		return "float32(" + wide + " / (1 + math.Exp(-1.5957691216057308*" + wide + "*(1+0.044715*" + wide + "*" + wide + "))))"
	case "hardswish":
		return x + " * float32(min(max(" + x + "+3, 0), 6)) / 6"
	case "hardsigmoid":
		return "min(max(" + x + "+3, 0), 6) / 6"
	case "softplus":
		return "float32(max(" + wide + ", 0) + math.Log1p(math.Exp(-math.Abs(" + wide + "))))"
	case "mish":
		return "float32(" + wide + " * math.Tanh(max(" + wide + ", 0)+math.Log1p(math.Exp(-math.Abs(" + wide + ")))))"
	case "exp", "log", "sqrt", "sin", "cos", "erf", "floor", "tanh":
		return viaMath(strings.ToUpper(s.Op[:1])+s.Op[1:], x)
	case "round":
		return viaMath("RoundToEven", x)
	}
	panic("kernel: " + s.Op + " is not an elementwise op")
}

// goCast converts with the rules of Go: floats lose their fraction towards zero,
// anything but zero is true, true is one.
func goCast(from, to, x string, start func(string), cond func(when, expr string)) {
	switch {
	case from == to:
		start(x)
	case to == "bool":
		start(x + " != 0")
	case from == "bool":
		start(to + "(0)")
		cond(x, "1")
	default:
		start(to + "(" + x + ")")
	}
}

func viaMath(name, x string) string { return "float32(math." + name + "(float64(" + x + ")))" }

func isFloat(t string) bool { return t == "float32" || t == "float64" }

// goLiteral spells a constant of the given type; float32 values are the shortest
// text that reads back as the same value.
func goLiteral(x float64, typ string) string {
	switch {
	case typ == "bool":
		return strconv.FormatBool(x != 0)
	case !isFloat(typ):
		return strconv.FormatInt(int64(x), 10)
	case math.IsNaN(x):
		return typ + "(math.NaN())"
	case math.IsInf(x, 1):
		return typ + "(math.Inf(1))"
	case math.IsInf(x, -1):
		return typ + "(math.Inf(-1))"
	case x == 0 && math.Signbit(x):
		return typ + "(math.Copysign(0, -1))"
	}
	if typ == "float32" {
		return strconv.FormatFloat(float64(float32(x)), 'g', -1, 32)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
