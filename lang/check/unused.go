package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// use says whether a statement's names were ever read, over all unrolled copies
// and all uses of its block.
type use struct {
	read    bool
	tainted bool // something around it failed: silence says nothing
	weights int64
	section bool // it stands in a train or predict section
}

func (c *checker) useOf(l *syntax.Let) *use {
	u := c.uses[l]
	if u == nil {
		u = &use{}
		c.uses[l] = u
		c.order = append(c.order, l)
	}
	return u
}

func (c *checker) markUsed(l *syntax.Let) { c.useOf(l).read = true }

// taint marks every statement below n as not worth a word about its use.
func (c *checker) taint(n syntax.Node) {
	syntax.Inspect(n, func(n syntax.Node) bool {
		if l, ok := n.(*syntax.Let); ok {
			if u := c.uses[l]; u != nil {
				u.tainted = true
			}
		}
		return true
	})
}

// reportUnused files E0304 for statements none of whose copies was used.
func (c *checker) reportUnused() {
	for _, l := range c.order {
		u := c.uses[l]
		if u.read || u.tainted || len(l.Names) == 0 {
			continue
		}
		label := ""
		if u.weights > 0 {
			label = fmt.Sprintf("its %s weights would be dropped", grouped(u.weights))
		}
		who := "`" + l.Names[0].Name + "` is"
		if len(l.Names) > 1 {
			who = "`" + l.Names[0].Name + "` and its neighbours are"
		}
		c.report(diag.Diagnostic{
			Code: "E0304", Span: l.Names[0].Where, Message: who + " never used", Label: label,
			Hint: unusedHint(u),
		})
	}
}

func unusedHint(u *use) string {
	if u.section {
		return "use it in `loss` or a metric, or remove the line"
	}
	return "return it, or remove the line"
}

// grouped prints 73856 as 73,856.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
