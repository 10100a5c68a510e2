package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// pattern is one side of a rearrangement: axes, each a group of names.
type pattern [][]string

// apartBrackets puts blanks around brackets, so that they are words of their own.
var apartBrackets = strings.NewReplacer("(", " ( ", ")", " ) ")

func parsePattern(s string) (pattern, error) {
	s = apartBrackets.Replace(s)
	var out pattern
	open := false
	for _, w := range strings.Fields(s) {
		switch {
		case w == "(" && open:
			return nil, fmt.Errorf("groups do not nest")
		case w == "(":
			open = true
			out = append(out, nil)
		case w == ")" && !open:
			return nil, fmt.Errorf("a `)` without its `(`")
		case w == ")":
			open = false
		case open:
			out[len(out)-1] = append(out[len(out)-1], w)
		default:
			out = append(out, []string{w})
		}
	}
	if open {
		return nil, fmt.Errorf("a `(` without its `)`")
	}
	return out, nil
}

func (p pattern) names() []string {
	var out []string
	for _, g := range p {
		out = append(out, g...)
	}
	return out
}

// callRearrange splits axes into named parts, permutes them and merges them
// again: reshape, transpose, reshape.
//
// Source: Rogozhnikov 2022, Einops.
func callRearrange(f *frame, c *builtinCall) value {
	x, ok := c.tensor(0)
	if !ok || len(c.args) < 2 {
		return poison{}
	}
	s, ok := c.args[1].v.(text)
	if !ok {
		return c.fail(1, "a pattern such as \"n c h w -> n (h w) c\"")
	}
	bad := func(why string) value {
		return f.fail(c.args[1].span, "E0226", "this pattern cannot be used: "+why, "", "")
	}
	left, right, ok := strings.Cut(string(s), "->")
	if !ok {
		return bad("it has no `->`")
	}
	in, err := parsePattern(left)
	if err != nil {
		return bad(err.Error())
	}
	out, err := parsePattern(right)
	if err != nil {
		return bad(err.Error())
	}
	if len(in) != x.t.Type.Rank() {
		return bad(fmt.Sprintf("it has %d axes on the left, and this is %s", len(in), f.show(x.t.Type)))
	}
	position := map[string]int{}
	for i, n := range in.names() {
		if _, dup := position[n]; dup {
			return bad(fmt.Sprintf("`%s` stands twice on the left", n))
		}
		position[n] = i
	}
	perm := []int64{}
	seen := map[string]bool{}
	for _, n := range out.names() {
		p, known := position[n]
		if !known || seen[n] {
			return bad(fmt.Sprintf("`%s` stands on the right, and not once on the left", n))
		}
		seen[n] = true
		perm = append(perm, int64(p))
	}
	if len(perm) != len(position) {
		return bad("the right side has fewer axes than the left")
	}
	dims, ok := f.splitAxes(c, in, x.t.Type.Dims)
	if !ok {
		return poison{}
	}
	return f.moveAxes(c, x, in, out, dims, perm)
}

// splitAxes gives every name of the left side its size.
func (f *frame) splitAxes(c *builtinCall, in pattern, axes []op.Dim) (map[string]op.Dim, bool) {
	dims := map[string]op.Dim{}
	for n, a := range c.named {
		s, ok := f.wholeSize(a.v, a.span)
		if !ok {
			return nil, false
		}
		dims[n] = dimOf(s)
	}
	for i, g := range in {
		known, missing := sym.Const(1), ""
		for _, n := range g {
			if d, ok := dims[n]; ok {
				known = known.Mul(d.Size)
			} else if missing != "" {
				f.fail(c.args[1].span, "E0226", fmt.Sprintf("this pattern cannot be used: the sizes of `%s` and `%s` are both open", missing, n), "", fmt.Sprintf("give one: `%s=8`", n))
				return nil, false
			} else {
				missing = n
			}
		}
		if missing == "" {
			if !f.prove(known, axes[i].Size).Proved {
				f.fail(c.args[1].span, "E0201", fmt.Sprintf("axis %d holds %s values, and the pattern makes it %s", i, axes[i].Size, known), "", "")
				return nil, false
			}
			continue
		}
		if len(g) == 1 {
			dims[missing] = axes[i]
			continue
		}
		q, ok := f.quotient(axes[i].Size, known)
		if !ok {
			f.fail(c.args[1].span, "E0203", fmt.Sprintf("%s does not always divide %s", known, axes[i].Size), "", "")
			return nil, false
		}
		dims[missing] = op.Dim{Size: q}
	}
	return dims, true
}

// quotient divides sizes that divide exactly: by a number, or by a product of
// symbols that the size holds as a factor.
func (f *frame) quotient(a, b sym.Expr) (sym.Expr, bool) {
	if n, ok := b.IsConst(); ok {
		if n <= 0 || !f.prove(a.Mod(n), sym.Const(0)).Proved {
			return a, false
		}
		return a.FloorDiv(n), true
	}
	// a = b*q for some q: substituting 1 for the symbols of b in turn finds q when
	// both are products.
	ones := map[string]sym.Expr{}
	for _, s := range b.Symbols() {
		ones[s] = sym.Const(1)
	}
	k, ok := b.Subst(ones).IsConst()
	if !ok || k <= 0 {
		return a, false
	}
	q := a.Subst(ones).FloorDiv(k)
	return q, f.prove(q.Mul(b), a).Proved
}

func (f *frame) moveAxes(c *builtinCall, x *tensorValue, in, out pattern, dims map[string]op.Dim, perm []int64) value {
	flat := []op.Dim{}
	for _, n := range in.names() {
		flat = append(flat, dims[n])
	}
	merged := []op.Dim{}
	for _, g := range out {
		d := op.Dim{Size: sym.Const(1)}
		for _, n := range g {
			d.Size = d.Size.Mul(dims[n].Size)
		}
		if len(g) == 1 {
			d.Set = dims[g[0]].Set
		}
		merged = append(merged, d)
	}
	v := value(x)
	step := func(name string, attrs op.Attrs) bool {
		t, ok := v.(*tensorValue)
		if ok {
			v = f.emitValue(name, attrs, c.span, t)
			_, ok = v.(*tensorValue)
		}
		return ok
	}
	if len(flat) != len(in) && !step("reshape", op.Attrs{"shape": flat}) {
		return poison{}
	}
	for i, p := range perm {
		if int64(i) != p {
			if !step("transpose", op.Attrs{"perm": perm}) {
				return poison{}
			}
			break
		}
	}
	if len(merged) != len(flat) && !step("reshape", op.Attrs{"shape": merged}) {
		return poison{}
	}
	return v
}
