package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check"
)

// use gathers the copies of a stage that one net, or one section, unrolled.
type use struct {
	name   string
	shapes []string
	copies int
	params int64
	macs   sym.Expr
	bytes  sym.Expr // of the results
	last   *check.Seen
}

// cost tells what comes out of a stage and what it takes, for each net that uses
// it.
func cost(seen []check.Seen) string {
	seen = relevant(seen)
	var uses []*use
	byName := map[string]*use{}
	for i := range seen {
		e := &seen[i]
		text := e.Describe()
		if text == "" {
			continue
		}
		name := ""
		if e.Inside != nil {
			name = e.Inside.Name.Name
		}
		u := byName[name]
		if u == nil {
			u = &use{name: name}
			byName[name], uses = u, append(uses, u)
		}
		u.add(e, text)
	}
	if len(uses) == 0 {
		return ""
	}
	var b strings.Builder
	for i, u := range uses {
		if i == 4 {
			fmt.Fprintf(&b, "\n\nand in %d more", len(uses)-i)
			break
		}
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(u.text(len(uses) > 1))
	}
	return b.String()
}

func (u *use) add(e *check.Seen, text string) {
	u.copies++
	u.last = e
	if !slices.Contains(u.shapes, text) {
		u.shapes = append(u.shapes, text)
	}
	u.params += e.Params()
	u.macs = u.macs.Add(e.MACs())
	if t, ok := e.Tensor(); ok {
		u.bytes = u.bytes.Add(t.Elems().Mul(sym.Const(int64(t.DType.Size()))))
	}
}

// one is the batch that costs are told for.
var one = map[string]int64{"N": 1}

func (u *use) text(named bool) string {
	var b strings.Builder
	shapes := u.shapes
	if len(shapes) > 6 {
		shapes = append(append([]string{}, shapes[:5]...), "...")
	}
	if named && u.name != "" {
		b.WriteString("in " + u.name + "\n")
	}
	b.WriteString(fenced("-> " + strings.Join(shapes, "\n-> ")))
	if facts := u.facts(); facts != "" {
		b.WriteString("\n" + facts)
	}
	return b.String()
}

// facts are the numbers: copies, weights, multiply-adds and bytes of the results.
func (u *use) facts() string {
	var parts []string
	if u.copies > 1 {
		parts = append(parts, fmt.Sprintf("%d copies", u.copies))
	}
	if u.params > 0 {
		parts = append(parts, grouped(u.params)+" weights")
	}
	fixed := 0
	for _, n := range []struct {
		of   sym.Expr
		unit string
	}{{u.macs, " multiply-adds"}, {u.bytes, " bytes"}} {
		switch k, err := n.of.Eval(one); {
		case err != nil:
			parts = append(parts, u.last.Show(n.of)+n.unit)
		case k > 0:
			fixed++
			parts = append(parts, grouped(k)+n.unit)
		}
	}
	text := strings.Join(parts, ", ")
	if fixed > 0 && len(u.bytes.Symbols()) > 0 {
		text += " for N = 1"
	}
	return text
}

// grouped prints 73856 as 73,856.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
