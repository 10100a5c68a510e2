package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
)

// counting is how a loss or a metric counts the labels of a field.
type counting struct {
	what    string // cross_entropy
	at      diag.Span
	ignore  int64 // the label that counts as nothing, -1 for none
	classes int64 // 0 where their number is not known
}

// outside reports whether what c ignores is no class.
func (c counting) outside() bool { return c.ignore >= c.classes && c.classes > 0 }

// ignores tells the section that f belongs to how label is counted along the axis classes.
func (f *frame) ignores(call *builtinCall, label *tensorValue, classes op.Dim, ignore int64) {
	c := counting{what: call.name, at: call.span, ignore: ignore}
	c.classes, _ = classes.Size.IsConst()
	at := f
	for ; at.ignoring == nil && at.caller != nil; at = at.caller {
		if at.mod.prelude && at.block != nil { // the last one is what the user has called
			c.what, c.at = at.block.Name.Name, at.site
		}
	}
	if at.ignoring != nil {
		at.ignoring(label.t, c)
	}
}

// counts notes how the labels of a field are counted.
func (s *section) counts(label *Tensor, c counting) {
	for _, x := range s.info.fields {
		if x.Name == strings.TrimSuffix(label.Name, ".mixed") && (x.Kind == LabelField || x.Kind == MaskField) && label.Def == nil {
			if s.countings == nil {
				s.countings = map[string][]counting{}
			}
			s.countings[x.Name] = append(s.countings[x.Name], c)
		}
	}
}

// ignored returns the labels of fields that are no class and count as nothing: the data
// may have them then. Every loss and every metric of such a field has to leave them out.
func (s *section) ignored(f *frame) (out []Ignored, ok bool) {
	ok = true
	for _, x := range s.info.fields {
		all := s.countings[x.Name]
		var first *counting
		for i := range all {
			if all[i].outside() {
				first = &all[i]
				break
			}
		}
		if first == nil {
			continue
		}
		out = append(out, Ignored{Field: x.Name, Label: int(first.ignore)})
		for _, c := range all {
			if c.ignore == first.ignore {
				continue
			}
			f.report(c.at, diag.Diagnostic{
				Code: "E0521", Message: fmt.Sprintf("`%s` counts the label %d of `%s`, which is no class", c.what, first.ignore, x.Name),
				Notes: []diag.Note{{Span: first.at, Message: fmt.Sprintf("`%s` ignores it", first.what)}},
				Hint:  fmt.Sprintf("add `ignore=%d` to `%s` too", first.ignore, c.what),
			})
			ok = false
			break
		}
	}
	return out, ok
}
