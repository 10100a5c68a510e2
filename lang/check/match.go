package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

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
		f.fail(a.span, "E0202", fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", c.name, p.Name.Name, typeText(p.Type), f.kindOf(a.v)), "", "")
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
	if c.mod.main && f.c.again(fmt.Sprintf("rank of %p", p)) {
		return // nets that use a block use it alike
	}
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
		Code: "E0202", Message: fmt.Sprintf("`%s` wants %s, but %s%s", c.name, typeText(p.Type), what, f.show(t)), Label: label, Hint: hint,
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
					f.report(a.span, diag.Diagnostic{Code: "E0201", Message: fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", c.name, p.Name.Name, typeText(t), f.show(v.t.Type)), Label: f.madeAt(v)})
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
