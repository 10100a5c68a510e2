package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// misnamedSet reports a size that a net binds under nearly the name of an index set:
// `Grey` for `Gray` is a size known at run time, and that is seldom meant.
func (f *frame) misnamedSet(at diag.Span, symbol string) bool {
	near := diag.Closest(symbol, f.setNames())
	if near == "" {
		return false
	}
	f.fail(at, "E0208", fmt.Sprintf("a weight needs its size at compile time, and %s is known only at run time", symbol),
		fmt.Sprintf("did you mean `%s`?", near), fmt.Sprintf("no index set is called %s, so it is a size that the caller of `%s` chooses", symbol, f.netName()))
	return true
}

// setNames lists the index sets in scope.
func (f *frame) setNames() []string {
	set := map[string]bool{}
	for n := range builtinSets {
		set[n] = true
	}
	for at := f; at != nil; at = at.caller {
		for n := range at.mod.sets {
			set[n] = true
		}
	}
	return sorted(set)
}

// openSize reports whether v is a size that is known only at run time. A weight that
// needs it is refused for its type, so its initial value is no second mistake.
func (f *frame) openSize(v value) bool {
	s, ok := v.(size)
	return ok && len(s.e.Symbols()) > 0 && f.mod.prelude
}

// colourHint says what to do where a net reads other colours than it is given.
func colourHint(want, got string, test bool) string {
	order := func(set string) bool { return set == "RGB" || set == "BGR" }
	switch {
	case test:
		return fmt.Sprintf("write %s in place of %s", want, got)
	case order(want) && order(got):
		return fmt.Sprintf("reorder the channels, for pictures with `|> swap(%s)` in `prep`", want)
	}
	return ""
}

// wrongDecl reports a declaration of another kind than a section is about.
func (f *frame) wrongDecl(r *syntax.Ref, is string, m *module) {
	d := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("`%s` is %s, and a data section is wanted here", r.Name.Name, is)}
	names := declNames(m, func(d syntax.Decl) bool { _, ok := d.(*syntax.Data); return ok })
	if near := diag.Closest(r.Name.Name, names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: r.Name.Where, Text: near}}
	} else if len(names) > 0 {
		d.Hint = "there is " + joinAnd(backquoted(names))
	}
	f.report(r.Name.Where, d)
}

// undeclared reports a net or data section that the module does not have.
func (f *frame) undeclared(r *syntax.Ref, kind string, names []string) {
	if f.c.again("undeclared " + kind + " " + r.Name.Name) {
		return
	}
	hint := fmt.Sprintf("the module has no %s", kind)
	switch len(names) {
	case 0:
	case 1:
		hint = fmt.Sprintf("its only %s is `%s`", kind, names[0])
	default:
		hint = fmt.Sprintf("there are %s", joinAnd(backquoted(names)))
	}
	f.undefinedHere(r.Name.Where, r.Name.Name, names, hint)
}

// unquoted tells that a string was given where the same text without quotes would do.
func unquoted(v value, t *syntax.Type) (label, hint string) {
	s, ok := v.(text)
	if !ok {
		return "", ""
	}
	_, err := strconv.ParseFloat(string(s), 64)
	number := err == nil && (wantsNumber(t) || t.Name.Name == "dim")
	if number || slices.Contains(wordsOf(t), string(s)) {
		return fmt.Sprintf("did you mean `%s`?", s), "write it without quotes"
	}
	return "", ""
}

// faulty is the argument of a step that a problem is about, or the whole step: such
// problems begin with the name of the argument.
func faulty(x syntax.Expr, problem string) diag.Span {
	if call, ok := x.(*syntax.Call); ok {
		for _, a := range call.Args {
			if a.Name != nil && strings.HasPrefix(problem, "`"+a.Name.Name+"`") {
				return a.Value.Span()
			}
		}
	}
	return x.Span()
}

// opProblem turns what an operation says of its operands into a message about the word
// that the user wrote. attr is the parameter that it is about, "" for none.
func (f *frame) opProblem(name, problem string) (attr, message, hint string) {
	if rest, ok := strings.CutPrefix(problem, name+": "); ok {
		attr, _, _ = strings.Cut(rest, " ")
		if attr == "scale" {
			attr = "s" // of upsample
		}
		if f.mod.prelude {
			name = f.layerName(name)
		}
		problem = "`" + name + "`: " + rest
	}
	if strings.Contains(problem, "does not fit into") {
		hint = "take a smaller window, or a larger `pad`"
	}
	return attr, problem, hint
}

// strangeHead reports a flow that begins with a name the sample does not have.
func (d *dataInfo) strangeHead(f *frame, x syntax.Expr) bool {
	n, ok := x.(*syntax.Name)
	if !ok {
		return false
	}
	var all []string
	for _, x := range d.fields {
		if x.Name == n.Name {
			return false
		}
		all = append(all, x.Name)
	}
	f.noField(n.Where, n.Name, all)
	return true
}

// noField reports a field that the sample does not have.
func (f *frame) noField(at diag.Span, name string, all []string) {
	e := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("the sample has no field `%s`", name), Hint: "it has " + joinAnd(backquoted(all))}
	if near := diag.Closest(name, all); near != "" {
		e.Label = fmt.Sprintf("did you mean `%s`?", near)
		e.Edits = []diag.Edit{{Span: at, Text: near}}
	}
	f.report(at, e)
}

// barePath reports a path without its quotes: names joined by slashes where a string
// is wanted.
func (f *frame) barePath(p *vocab.Arg, x syntax.Expr) bool {
	if !slashed(x) {
		return false
	}
	path := strings.Join(strings.Fields(x.Span().Text()), "")
	d := diag.Diagnostic{
		Code: "E0305", Message: fmt.Sprintf("`%s` is a string, and %s stands here without quotes", p.Name, path),
		Label: "a path is a string", Hint: fmt.Sprintf("write %q", path),
	}
	d.Edits = []diag.Edit{{Span: x.Span(), Text: fmt.Sprintf("%q", path)}}
	f.report(x.Span(), d)
	return true
}

// slashed reports whether x is names joined by slashes.
func slashed(x syntax.Expr) bool {
	b, ok := x.(*syntax.Binary)
	if !ok || b.Op != "/" {
		return false
	}
	part := func(x syntax.Expr) bool {
		_, name := x.(*syntax.Name)
		return name || slashed(x)
	}
	return part(b.Left) && part(b.Right)
}
