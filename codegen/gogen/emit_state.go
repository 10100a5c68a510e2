package gogen

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	register(map[string]emitter{
		"param":  nothing,
		"buffer": nothing,
		"const":  nothing,
		"iota":   nothing,
		"update": emitUpdate,
	})
}

// constVar is a package-level array of the generated code.
type constVar struct {
	name string
	typ  string
	init string
	doc  string
}

// constant returns the variable that holds the elements of v, the result of
// const or iota.
func (u *unit) constant(l *lowering, v *ir.Value) string {
	in := v.Def
	if in == nil || (in.Op.Name != "const" && in.Op.Name != "iota") {
		l.bug("%s is in constant space and is no constant", v.Type)
	}
	n := l.elems(v)
	if !n.isConst() {
		l.refuse(in, "a constant of type %s grows with the batch", v.Type)
	}
	typ := goTypes[v.Type.DType]
	init := ""
	switch values := in.Attrs.Floats("values"); {
	case in.Op.Name == "iota":
		axis := int(in.Attrs.Int("axis"))
		inner := int64(1)
		for i := axis + 1; i < len(v.Type.Dims); i++ {
			inner *= l.fixed(v, i)
		}
		init = fmt.Sprintf("func() []%s {\nv := make([]%s, %d)\nfor i := range v {\nv[i] = %s(i / %d %% %d)\n}\nreturn v\n}()",
			typ, typ, n.fixed, typ, inner, l.fixed(v, axis))
	case len(values) == 1 && n.fixed > 1:
		init = fmt.Sprintf("func() []%s {\nv := make([]%s, %d)\nfor i := range v {\nv[i] = %s\n}\nreturn v\n}()",
			typ, typ, n.fixed, literal(values[0], v.Type.DType))
	default:
		init = "[]" + typ + "{" + literals(values, v.Type.DType) + "}"
	}
	if c := u.consts[init]; c != nil {
		return c.name
	}
	c := &constVar{name: u.top.unique(stageName(in.Stage) + "Const"), typ: typ, init: init, doc: v.Type.String()}
	u.consts[init] = c
	u.conSeq = append(u.conSeq, c)
	return c.name
}

func literal(x float64, d tensor.DType) string {
	switch {
	case d == tensor.Bool:
		return fmt.Sprint(x != 0)
	case d.Float():
		return float32Literal(x)
	}
	return fmt.Sprint(int64(x))
}

// literals writes values sixteen a line.
func literals(values []float64, d tensor.DType) string {
	var b strings.Builder
	for i, x := range values {
		switch {
		case i > 0 && i%16 == 0:
			b.WriteString(",\n")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(literal(x, d))
	}
	if len(values) > 16 {
		b.WriteString(",\n")
	}
	return b.String()
}

func (u *unit) writeConsts(f *source) {
	for _, c := range u.conSeq {
		f.p("// %s is a constant of the source, %s.", c.name, c.doc)
		f.p("var %s = %s", c.name, c.init)
		f.p("")
	}
}

// emitUpdate hands the write of a state to the holder: only training has states
// that change.
func emitUpdate(l *lowering, in *ir.Instr) {
	h, ok := l.h.(*training)
	if !ok {
		l.refuse(in, "a net in use does not change its weights")
	}
	h.update(l, in)
}
