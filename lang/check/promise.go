package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// matchOutput checks a result against its promised type.
func (f *frame) matchOutput(t *syntax.Type, v *tensorValue, who string) bool {
	if v.t == nil {
		return false
	}
	hint := ""
	bad := func(label string) bool {
		f.report(f.promiseSpan(v), diag.Diagnostic{
			Code: "E0201", Message: fmt.Sprintf("%s is promised as %s, and this is %s", who, typeText(t), f.show(v.t.Type)), Label: label, Hint: hint,
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
				if int64(len(s.set.Labels)) == n {
					hint = fmt.Sprintf("write %s in place of %d", s.set.Name, n)
				}
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
		return bad(fmt.Sprintf("axis %d has %s, not %s", axis-1, f.showDim(d), f.showDim(dimOf(s))))
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
