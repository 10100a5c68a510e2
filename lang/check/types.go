package check

import (
	"fmt"
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
// here too. who names the parameter in messages.
func (f *frame) convert(v value, t *syntax.Type, a argument, who string) value {
	if isPoison(v) {
		return poison{}
	}
	for alt := t; alt != nil; alt = alt.Or {
		if out, ok := f.fits(v, alt); ok {
			return out
		}
	}
	if tv, ok := v.(*tensorValue); ok && t.Or == nil && dtypes[t.Name.Name] {
		if f.matchOutput(t, tv, who) {
			return v
		}
		return poison{}
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
	return f.fail(span, "E0305", fmt.Sprintf("%s wants %s, and this is %s", who, wanted(t), kindOf(v)), "", "")
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
		return n, ok && n.r.IsInt()
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
		f.fail(t.Where, "E0219", fmt.Sprintf("a tensor type is wanted here, and this is %s", typeText(t)), "", "write f32[...]")
		return op.Type{}, false
	}
	out := op.Type{DType: d}
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

// rankFits reports whether a type has as many axes as t asks for.
func rankFits(t *syntax.Type, rank int) bool {
	least, open := 0, false
	for _, it := range t.Dims {
		if it.Pack != nil {
			open = true
		} else {
			least++
		}
	}
	return rank == least || open && rank >= least
}

// matchInput binds the sizes in the type of an input and checks the rest.
func (f *frame) matchInput(in *frame, c *callable, p *syntax.Param, a argument) bool {
	if isPoison(a.v) {
		return false
	}
	v, ok := a.v.(*tensorValue)
	if !ok {
		// a list of tensors, or a value that is no tensor at all
		f.fail(a.span, "E0202", fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", c.name, p.Name.Name, typeText(p.Type), kindOf(a.v)), "", "")
		return false
	}
	for t := p.Type; t != nil; t = t.Or {
		if in.typeApplies(t, v) {
			return f.matchDims(in, c, p, t, a, v)
		}
	}
	f.wrongRank(in, c, p, a, v)
	return false
}

// typeApplies reports whether element type and rank fit one alternative.
func (f *frame) typeApplies(t *syntax.Type, v *tensorValue) bool {
	if v.t == nil || t.Words != nil || t.Tuple != nil || t.List != nil {
		return false
	}
	name := t.Name.Name
	if !dtypes[name] && name != anyDType {
		// a class name: integers that count it
		if !v.t.Type.DType.Int() {
			return false
		}
		return rankFits(t, v.t.Type.Rank())
	}
	return (name == anyDType || name == v.t.Type.DType.String()) && rankFits(t, v.t.Type.Rank())
}

// wrongRank is E0202: a tensor of another rank or element type.
func (f *frame) wrongRank(in *frame, c *callable, p *syntax.Param, a argument, v *tensorValue) {
	t := v.t.Type
	what, label, hint := "this is ", "", ""
	if t.Rank() == 4 {
		what = "this is an image: "
	}
	if in := c.block.Sig.In; len(in) > 1 {
		what = fmt.Sprintf("`%s` is ", p.Name.Name)
	}
	if t.Rank() > 2 && t.DType == tensor.F32 && acceptsRank(p.Type, 2) && !c.mod.main {
		n := op.Type{Dims: t.Dims[1:]}.Elems()
		label = fmt.Sprintf("the last %s hold %s values", countWord(t.Rank()-1, "axis", "axes"), n)
		hint = fmt.Sprintf("write `|> flatten |> %s`", in.site.Text())
	}
	f.report(argumentSpan(in, a), diag.Diagnostic{
		Code: "E0202", Message: fmt.Sprintf("`%s` wants %s, but %s%s", c.name, typeText(p.Type), what, show(t)), Label: label, Hint: hint,
	})
}

// argumentSpan is where an argument is at fault: itself, or the call when it takes
// only one.
func argumentSpan(in *frame, a argument) diag.Span {
	if len(in.block.Sig.In) == 1 || !a.span.IsValid() {
		return in.site
	}
	return a.span
}

func countWord(n int, one, many string) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven"}
	if n == 1 {
		return one
	}
	if n < len(words) {
		return words[n] + " " + many
	}
	return fmt.Sprintf("%d %s", n, many)
}

func acceptsRank(t *syntax.Type, rank int) bool {
	for ; t != nil; t = t.Or {
		if rankFits(t, rank) {
			return true
		}
	}
	return false
}

// matchDims unifies the sizes of one alternative with a tensor.
func (f *frame) matchDims(in *frame, c *callable, p *syntax.Param, t *syntax.Type, a argument, v *tensorValue) bool {
	if !dtypes[t.Name.Name] && t.Name.Name != anyDType && !f.countsSet(in, c, p, t, a, v) {
		return false
	}
	got := v.t.Type.Dims
	axis := 0
	for _, it := range t.Dims {
		if it.Pack != nil {
			n := len(got) - (len(t.Dims) - 1)
			ds := pack(got[axis : axis+n])
			axis += n
			if it.Pack.Name == "" {
				continue
			}
			if old := in.vars.find(it.Pack.Name); old != nil {
				if !f.samePack(old.v, ds) {
					f.report(a.span, diag.Diagnostic{Code: "E0201", Message: fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", c.name, p.Name.Name, typeText(t), show(v.t.Type)), Label: f.madeAt(v)})
					return false
				}
				continue
			}
			in.define(it.Pack.Name, ds)
			continue
		}
		d := got[axis]
		axis++
		if n, ok := it.X.(*syntax.Name); ok && !in.knows(n.Name) {
			in.define(n.Name, f.c.sizeValue(d))
			continue
		}
		if _, hole := it.X.(*syntax.Any); hole {
			continue
		}
		w := in.eval(it.X)
		s, ok := in.wholeSize(w, it.X.Span())
		if !ok {
			return false
		}
		if why := f.differ(s, d); why != nil {
			f.mismatch(in, c, p, t, it, a, v, s, d, axis-1, *why)
			return false
		}
	}
	return true
}

// knows reports whether a name in an input type means something already.
func (f *frame) knows(name string) bool {
	if f.vars.find(name) != nil {
		return true
	}
	if builtinSets[name] != nil || f.mod.decls[name] != nil {
		return true
	}
	return false
}

func (f *frame) samePack(v value, ds pack) bool {
	p, ok := v.(pack)
	if !ok || len(p) != len(ds) {
		return false
	}
	for i := range p {
		if !f.prove(p[i].Size, ds[i].Size).Proved || p[i].Set != "" && ds[i].Set != "" && p[i].Set != ds[i].Set {
			return false
		}
	}
	return true
}

// differ compares a wanted size with an axis: nil when they are the same.
func (f *frame) differ(want size, got op.Dim) *sym.Verdict {
	if want.set != nil && want.set.Name != got.Set {
		return &sym.Verdict{}
	}
	v := f.prove(want.e, got.Size)
	if v.Proved {
		return nil
	}
	return &v
}

// mismatch reports an axis of the wrong size (E0201), of another set (E0204), or
// one that is not always right (E0203).
func (f *frame) mismatch(in *frame, c *callable, p *syntax.Param, t *syntax.Type, it *syntax.Item, a argument, v *tensorValue, want size, got op.Dim, axis int, why sym.Verdict) {
	item := itemText(it)
	span := argumentSpan(in, a)
	if want.set != nil && got.Set != "" && builtinSets[got.Set] != nil && builtinSets[want.set.Name] != nil {
		f.report(span, diag.Diagnostic{
			Code: "E0204", Message: fmt.Sprintf("`%s` reads %s and this has %s", c.name, want.set.Name, got.Set),
			Label: show(v.t.Type), Hint: fmt.Sprintf("reorder the channels, for pictures with `|> swap(%s)` in `prep`", want.set.Name),
		})
		return
	}
	if why.RepairModulus > 1 {
		d := diag.Diagnostic{
			Code:    "E0203",
			Message: fmt.Sprintf("%s is not always %s, so the two maps may not meet", want.e, got.Size),
			Hint:    f.repairHint(why),
		}
		d.Label = f.counterLabel(in, it, p, want, got, axis, why)
		f.report(in.site, d)
		return
	}
	m := fmt.Sprintf("`%s` wants `%s` to be %s, and ", c.name, p.Name.Name, typeText(t))
	label := f.madeAt(v)
	if item == want.String() {
		m += "this is " + show(v.t.Type)
		if label == "" {
			label = fmt.Sprintf("axis %d has %s, not %s", axis, showDim(got), item)
		}
	} else {
		m += fmt.Sprintf("%s is %s here but this has %s", item, want, showDim(got))
	}
	f.report(span, diag.Diagnostic{Code: "E0201", Message: m, Label: label, Hint: f.orderHint(a)})
}

// counterLabel shows the two sizes for a counterexample.
func (f *frame) counterLabel(in *frame, it *syntax.Item, p *syntax.Param, want size, got op.Dim, axis int, why sym.Verdict) string {
	x, err1 := want.e.Eval(why.Counterexample)
	y, err2 := got.Size.Eval(why.Counterexample)
	if err1 != nil || err2 != nil {
		return ""
	}
	what := map[int]string{2: " rows", 3: " columns"}[axis]
	left := itemText(it) + " is"
	if b, ok := it.X.(*syntax.Binary); ok && b.Op == "*" && b.Left.Span().Text() == "2" {
		if id, ok := b.Right.(*syntax.Name); ok {
			if from := in.boundBy(id.Name); from != "" && from != p.Name.Name {
				left = fmt.Sprintf("`%s` doubles to", from)
			}
		}
	}
	return fmt.Sprintf("for %s, %s %d%s and `%s` has %d", example(why.Counterexample), left, x, what, p.Name.Name, y)
}

// boundBy returns the input whose type bound a size.
func (f *frame) boundBy(name string) string {
	if f.block == nil || f.block.Sig == nil {
		return ""
	}
	for _, p := range f.block.Sig.In {
		for _, it := range p.Type.Dims {
			if n, ok := it.X.(*syntax.Name); ok && n.Name == name {
				return p.Name.Name
			}
		}
	}
	return ""
}

// madeAt says where a tensor comes from.
func (f *frame) madeAt(v *tensorValue) string {
	if !v.made.IsValid() || v.any {
		return ""
	}
	p := v.made.Pos()
	if v.stage == "" {
		return fmt.Sprintf("made at %s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("made at %s:%d by `%s`", p.File, p.Line, v.stage)
}

// orderHint recognises a list that is read in the order it was filled in.
func (f *frame) orderHint(a argument) string {
	ix, ok := a.x.(*syntax.Index)
	if !ok || f.block == nil {
		return ""
	}
	name := nameOf(ix.X)
	hint := ""
	syntax.Inspect(f.block, func(n syntax.Node) bool {
		l, ok := n.(*syntax.Let)
		if !ok || len(l.Names) != 1 || l.Names[0].Name != name {
			return true
		}
		if b, ok := l.Value.(*syntax.Binary); ok && b.Op == "+" {
			if id, ok := b.Left.(*syntax.Name); ok && id.Name == name {
				added := b.Right.Span().Text()
				hint = fmt.Sprintf("the lists run in opposite orders: you appended `%s`; prepend with `%s + %s`", b.Where.Text(), added, name)
			}
		}
		return true
	})
	return hint
}

// countsSet checks an input that is a class name: integers counting that set.
func (f *frame) countsSet(in *frame, c *callable, p *syntax.Param, t *syntax.Type, a argument, v *tensorValue) bool {
	w, ok := in.lookup(t.Name.Name)
	if !ok {
		in.undefined(t.Name.Where, t.Name.Name, in.inScope())
		return false
	}
	s, ok := w.(size)
	if !ok || s.set == nil || v.counts == "" || v.counts == s.set.Name {
		return true
	}
	f.report(a.span, diag.Diagnostic{
		Code: "E0205", Message: fmt.Sprintf("`%s` of `%s` counts %s, and this counts %s", p.Name.Name, c.name, f.c.countPhrase(s.set.Name), f.c.countPhrase(v.counts)),
		Hint: "the same size would not have helped: index sets match by name",
	})
	return false
}

// matchOutput checks a result against its promised type.
func (f *frame) matchOutput(t *syntax.Type, v *tensorValue, who string) bool {
	if v.t == nil {
		return false
	}
	bad := func(label string) bool {
		f.report(f.promiseSpan(v), diag.Diagnostic{
			Code: "E0201", Message: fmt.Sprintf("%s is promised as %s, and this is %s", who, typeText(t), show(v.t.Type)), Label: label,
		})
		return false
	}
	if t.Or != nil {
		for alt := t; alt != nil; alt = alt.Or {
			if f.typeApplies(alt, v) {
				one := *alt
				one.Or = nil
				return f.matchOutput(&one, v, who)
			}
		}
		return bad("")
	}
	if !f.typeApplies(t, v) {
		if t.Name.Name == v.t.Type.DType.String() {
			return bad(fmt.Sprintf("%s, not %s", pluralOf(v.t.Type.Rank(), "axis", "axes"), pluralOf(len(t.Dims), "axis", "axes")))
		}
		return bad("")
	}
	got := v.t.Type.Dims
	axis := 0
	for _, it := range t.Dims {
		if it.Pack != nil {
			n := len(got) - (len(t.Dims) - 1)
			b := f.vars.find(it.Pack.Name)
			if it.Pack.Name != "" && b != nil && !f.samePack(b.v, pack(got[axis:axis+n])) {
				return bad("")
			}
			axis += n
			continue
		}
		d := got[axis]
		axis++
		if _, hole := it.X.(*syntax.Any); hole {
			continue
		}
		s, ok := f.wholeSize(f.eval(it.X), it.X.Span())
		if !ok {
			return false
		}
		why := f.differ(s, d)
		if why == nil {
			continue
		}
		if s.set != nil && d.Set == "" {
			if n, is := d.Size.IsConst(); is {
				return bad(fmt.Sprintf("axis %d counts to %d, and is no %s", axis-1, n, s.set.Name))
			}
		}
		if why.RepairModulus > 1 {
			f.report(f.promiseSpan(v), diag.Diagnostic{
				Code:    "E0203",
				Message: fmt.Sprintf("%s is promised as %s, and %s is not always %s", who, typeText(t), d.Size, s.e),
				Label:   "not for " + example(why.Counterexample), Hint: f.repairHint(*why),
			})
			return false
		}
		return bad(fmt.Sprintf("axis %d has %s, not %s", axis-1, showDim(d), s))
	}
	return true
}

func pluralOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// promiseSpan is where a promise is broken: the statement that returns, or the
// place of an annotated value.
func (f *frame) promiseSpan(v *tensorValue) diag.Span {
	if f.block != nil {
		return f.returnSpan()
	}
	return v.made
}
