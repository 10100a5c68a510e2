package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// mismatch reports an axis of the wrong size (E0201), of another set (E0204), or
// one that is not always right (E0203).
func (f *frame) mismatch(in *frame, c *callable, p *syntax.Param, t *syntax.Type, it *syntax.Item, a argument, v *tensorValue, want size, got op.Dim, axis int, why sym.Verdict) {
	item := itemText(it)
	span := argumentSpan(in, a)
	if want.set != nil && got.Set != "" && builtinSets[got.Set] != nil && builtinSets[want.set.Name] != nil {
		f.report(span, diag.Diagnostic{
			Code: "E0204", Message: fmt.Sprintf("`%s` reads %s and this has %s", c.name, want.set.Name, got.Set),
			Label: f.show(v.t.Type), Hint: colourHint(want.set.Name, got.Set, f.test),
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
		m += "this is " + f.show(v.t.Type)
		if label == "" {
			label = fmt.Sprintf("axis %d has %s, not %s", axis, f.showDim(got), item)
		}
	} else {
		m += fmt.Sprintf("%s is %s here but this has %s", item, f.showDim(dimOf(want)), f.showDim(got))
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
