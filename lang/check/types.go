package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// pack is what `...S` binds: any number of axes.
type pack []op.Dim

// dtypes are the element types of tensors; `tensor` is the prelude's word for any
// of them.
var dtypes = map[string]bool{
	"f32": true, "f16": true, "bf16": true, "i8": true, "u8": true, "i32": true, "i64": true, "bool": true,
}

const anyDType = "tensor"

// typeText prints a written type as the user should read it.
func typeText(t *syntax.Type) string {
	s := oneType(t)
	for o := t.Or; o != nil; o = o.Or {
		s += " or " + oneType(o)
	}
	return s
}

func oneType(t *syntax.Type) string {
	switch {
	case t.Words != nil:
		names := make([]string, len(t.Words))
		for i, w := range t.Words {
			names[i] = w.Name
		}
		return alternatives(names, "or")
	case t.Tuple != nil:
		parts := make([]string, len(t.Tuple))
		for i, e := range t.Tuple {
			parts[i] = typeText(e)
		}
		return "(" + strings.Join(parts, ", ") + ")"
	case t.List != nil:
		return "[]" + typeText(t.List)
	}
	s := t.Name.Name
	if t.Member != nil {
		s += "." + t.Member.Name
	}
	if t.HasDims {
		parts := make([]string, len(t.Dims))
		for i, d := range t.Dims {
			parts[i] = itemText(d)
		}
		s += "[" + strings.Join(parts, ", ") + "]"
	}
	return s
}

func itemText(d *syntax.Item) string {
	if d.Pack != nil {
		return "..." + d.Pack.Name
	}
	return d.X.Span().Text()
}

// convert checks a compile-time value against the type of a parameter and returns
// it in the form the type asks for. Tensors of annotated statements are checked
// here too. who takes it.
func (f *frame) convert(v value, t *syntax.Type, a argument, who role) value {
	if isPoison(v) {
		return poison{}
	}
	for alt := t; alt != nil; alt = alt.Or {
		if out, ok := f.fits(v, alt); ok {
			return out
		}
	}
	if tv, ok := v.(*tensorValue); ok && t.Or == nil && dtypes[t.Name.Name] {
		if f.matchOutput(t, tv, who.String()) {
			return v
		}
		return poison{}
	}
	if holdsPoison(v) {
		return poison{}
	}
	if n := f.unknownType(t); n != nil {
		if _, known := f.lookup(n.Name); known {
			return f.fail(n.Where, "E0305", fmt.Sprintf("`%s` is no type", n.Name), "", "a parameter is "+alternatives(slices.Clone(valueTypes), "or")+", or a list or tuple of them")
		}
		return f.undefinedHere(n.Where, n.Name, append(DTypes(), valueTypes...), "a parameter is "+alternatives(slices.Clone(valueTypes), "or")+", or a list or tuple of them")
	}
	span := a.span
	if _, isNumber := v.(number); !isNumber {
		if s, ok := v.(size); ok && wantsNumber(t) {
			if syms := s.e.Symbols(); len(syms) > 0 {
				return f.fail(span, "E0209", fmt.Sprintf("%s needs a value at compile time, and %s is known only at run time", who, syms[0]),
					fmt.Sprintf("%s comes from the caller of `%s`", syms[0], f.netName()), fmt.Sprintf("fix %s in the signature", syms[0]))
			}
		}
	}
	if s, ok := sizeOf(v); ok && t.Name.Name == "dim" && t.Or == nil {
		_, ok := f.wholeSize(s, span)
		if ok {
			return f.fail(span, "E0214", fmt.Sprintf("%s is a size, and %s is none", who, s), "", "")
		}
		return poison{}
	}
	label, hint := unquoted(v, t)
	return f.fail(span, "E0305", fmt.Sprintf("%s wants %s, and this is %s", who, wanted(t), f.kindOf(v)), label, hint)
}

// role is what takes a value, for messages: a name, which may be a parameter of a
// block.
type role struct{ name, of string }

func (r role) String() string {
	if r.of == "" {
		return "`" + r.name + "`"
	}
	return "`" + r.name + "` of `" + r.of + "`"
}

// valueTypes are the types of parameters of compile time.
var valueTypes = []string{"int", "float", "bool", "string", "dim", "layer", "block", "init"}

// unknownType returns a name in a written type that means nothing.
func (f *frame) unknownType(t *syntax.Type) *syntax.Ident {
	for ; t != nil; t = t.Or {
		switch {
		case t.Words != nil:
			continue
		case t.Tuple != nil:
			for _, e := range t.Tuple {
				if n := f.unknownType(e); n != nil {
					return n
				}
			}
			continue
		case t.List != nil:
			if n := f.unknownType(t.List); n != nil {
				return n
			}
			continue
		}
		name := t.Name.Name
		if slices.Contains(valueTypes, name) || dtypes[name] || name == anyDType {
			continue
		}
		v, known := f.lookup(name)
		if _, layer := v.(*callable); t.Member == nil && (!known || layer) {
			return &t.Name
		}
	}
	return nil
}

func wantsNumber(t *syntax.Type) bool {
	for ; t != nil; t = t.Or {
		if t.Name.Name == "int" || t.Name.Name == "float" {
			return true
		}
	}
	return false
}

// wanted says what a parameter's type asks for.
func wanted(t *syntax.Type) string {
	var parts []string
	for ; t != nil; t = t.Or {
		switch t.Name.Name {
		case "int":
			parts = append(parts, "a whole number")
		case "float":
			parts = append(parts, "a number")
		case "bool":
			parts = append(parts, "true or false")
		case "string":
			parts = append(parts, "a string")
		case "dim":
			parts = append(parts, "a size")
		case "layer":
			parts = append(parts, "a layer")
		case "block":
			parts = append(parts, "a block")
		case "init":
			parts = append(parts, "an initialiser")
		default:
			parts = append(parts, oneType(t))
		}
	}
	return alternatives(parts, "or")
}

// accepts reports whether v could be given to a parameter of type t.
func (f *frame) accepts(t *syntax.Type, v value) bool {
	for ; t != nil; t = t.Or {
		if _, ok := f.fits(v, t); ok {
			return true
		}
	}
	return false
}

// fits converts v to one alternative of a type.
func (f *frame) fits(v value, t *syntax.Type) (value, bool) {
	switch {
	case t.Words != nil:
		w, ok := v.(word)
		for _, id := range t.Words {
			if ok && id.Name == string(w) {
				return w, true
			}
		}
		return nil, false
	case t.Tuple != nil:
		es, ok := v.(tuple)
		if !ok || len(es) != len(t.Tuple) {
			return nil, false
		}
		return f.fitsEach(es, func(i int) *syntax.Type { return t.Tuple[i] }, func(out []value) value { return tuple(out) })
	case t.List != nil:
		es, ok := v.(list)
		if !ok {
			return nil, false
		}
		return f.fitsEach(es, func(int) *syntax.Type { return t.List }, func(out []value) value { return list(out) })
	case t.HasDims || t.Member != nil:
		return nil, false
	}
	return f.fitsName(v, t.Name.Name)
}

func (f *frame) fitsEach(es []value, t func(int) *syntax.Type, pack func([]value) value) (value, bool) {
	out := make([]value, len(es))
	for i, e := range es {
		found := false
		for alt := t(i); alt != nil && !found; alt = alt.Or {
			out[i], found = f.fits(e, alt)
		}
		if !found {
			return nil, false
		}
	}
	return pack(out), true
}

func (f *frame) fitsName(v value, name string) (value, bool) {
	switch name {
	case "int":
		n, ok := numberOf(v) // a set falls back to its size
		return n, ok && n.isInt()
	case "float":
		n, ok := numberOf(v)
		return n, ok
	case "dim":
		s, ok := sizeOf(v)
		if !ok {
			return nil, false
		}
		if n, is := s.e.IsConst(); is {
			if n%s.den != 0 || n < s.den {
				return nil, false
			}
			return size{e: sym.Const(n / s.den), den: 1, set: s.set}.plain(), true
		}
		if s.den != 1 {
			p := f.prove(s.e.Mod(s.den), sym.Const(0))
			if !p.Proved {
				return nil, false
			}
			s = size{e: s.e.FloorDiv(s.den), den: 1}
		}
		return s, true
	case "bool":
		b, ok := v.(bool)
		return b, ok
	case "string":
		s, ok := v.(text)
		return s, ok
	case "layer":
		c, ok := v.(*callable)
		return c, ok
	case "block":
		c, ok := v.(*callable)
		return c, ok
	case "init":
		switch v := v.(type) {
		case initValue:
			return v, true
		case number:
			return initValue{initializer{kind: "constant", args: []float64{v.float()}}}, true
		}
	}
	return nil, false
}

// tensorType evaluates a written type whose sizes are all known.
func (f *frame) tensorType(t *syntax.Type) (op.Type, bool) {
	d, ok := tensor.ParseDType(t.Name.Name)
	if !ok || t.Words != nil || t.Tuple != nil || t.List != nil || t.Member != nil || !dtypes[t.Name.Name] {
		d := diag.Diagnostic{Code: "E0219", Message: fmt.Sprintf("a tensor type is wanted here, and this is %s", typeText(t)), Hint: "write f32[...]"}
		if near := diag.Closest(t.Name.Name, DTypes()); near != "" && t.HasDims {
			d.Label, d.Hint = fmt.Sprintf("did you mean `%s`?", near), "write "+near+"[...]"
			d.Edits = []diag.Edit{{Span: t.Name.Where, Text: near}}
		}
		f.report(t.Where, d)
		return op.Type{}, false
	}
	out := op.Type{DType: d}
	if len(t.Dims) > maxRank {
		f.fail(t.Where, "E0219", fmt.Sprintf("a tensor has at most %d axes, and this has %d", maxRank, len(t.Dims)), "", "")
		return out, false
	}
	for _, it := range t.Dims {
		ds, ok := f.dims(it)
		if !ok {
			return out, false
		}
		out.Dims = append(out.Dims, ds...)
	}
	return out, true
}

// dims evaluates one item of a shape.
func (f *frame) dims(it *syntax.Item) ([]op.Dim, bool) {
	if it.Pack != nil {
		if v, ok := f.lookup(it.Pack.Name); ok {
			if p, ok := v.(pack); ok {
				return p, true
			}
		}
		f.fail(it.Where, "E0219", fmt.Sprintf("`...%s` is bound by no input", it.Pack.Name), "", "")
		return nil, false
	}
	if _, hole := it.X.(*syntax.Any); hole {
		f.fail(it.Where, "E0219", "the compiler cannot know this size", "", "write it")
		return nil, false
	}
	s, ok := f.wholeSize(f.eval(it.X), it.X.Span())
	if !ok {
		return nil, false
	}
	return []op.Dim{dimOf(s)}, true
}
