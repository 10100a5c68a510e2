package check

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// again reports whether a mistake, named by a key of its own, was met before: what
// `train` says about data and net, `predict` need not repeat. A mistake met again
// counts as a problem of the work at hand. Inside `expect` every mistake is new.
func (c *checker) again(mistake string) bool {
	if c.capture != nil {
		return false
	}
	if c.met[mistake] {
		c.repeats++
		return true
	}
	c.met[mistake] = true
	return false
}

// unknownInSection reports a name that a section uses and nothing has: once, as a
// renamed result is used in many lines.
func (f *frame) unknownInSection(x *syntax.Name) value {
	if f.c.again("unknown " + x.Name) {
		return poison{}
	}
	x = f.firstInDeclaration(x)
	hint := ""
	if names := sorted(f.boundNames()); len(names) > 0 {
		hint = "in scope are " + joinAnd(backquoted(names))
	}
	return f.undefinedHere(x.Where, x.Name, f.inScope(), hint)
}

// firstUse returns the first use in the module of an unknown name that would be of a
// declaration: where it is told does not depend on what else is wrong.
func (f *frame) firstUse(x *syntax.Name) *syntax.Name {
	if !f.mod.main || f.c.full() || f.c.met["unknown "+x.Name] || len(x.Name) < 2 || x.Name[0] < 'A' || x.Name[0] > 'Z' {
		return x
	}
	for _, file := range f.mod.files {
		for _, d := range file.Decls {
			var first *syntax.Name
			syntax.Inspect(d, func(n syntax.Node) bool {
				if name, ok := n.(*syntax.Name); ok && name.Name == x.Name && first == nil {
					first = name
				}
				return first == nil
			})
			if first != nil {
				return first
			}
		}
	}
	return x
}

// firstInDeclaration returns the first use of a name in the declaration in which x uses it,
// but for the words that options take: another mistake may have left it out. Where a name
// is bound in front of x, as in another branch, that is x itself.
func (f *frame) firstInDeclaration(x *syntax.Name) *syntax.Name {
	first, bound := x, x.Where.Start
	binds := func(id *syntax.Ident, from int) {
		if id != nil && id.Name == x.Name {
			bound = min(bound, from)
		}
	}
	for _, file := range f.mod.files {
		for _, d := range file.Decls {
			if !within(x.Where, d.Span()) {
				continue
			}
			syntax.Inspect(d, func(n syntax.Node) bool {
				switch n := n.(type) {
				case *syntax.Let:
					for i := range n.Names {
						binds(&n.Names[i], n.Where.End)
					}
				case *syntax.For:
					binds(n.Index, n.Where.Start)
					for i := range n.Vars {
						binds(&n.Vars[i], n.Where.Start)
					}
				case *syntax.Pipe:
					binds(n.HeadAs, n.Where.Start)
				case *syntax.Stage:
					binds(n.As, n.Where.Start)
				case *syntax.State:
					binds(&n.Name, n.Where.Start)
				case *syntax.Arg:
					_, word := n.Value.(*syntax.Name)
					return n.Name == nil || !word
				case *syntax.Name:
					if n.Name == x.Name && n.Where.Start < first.Where.Start {
						first = n
					}
				}
				return true
			})
		}
	}
	if first.Where.Start > bound {
		return x
	}
	return first
}

// lostDefinition reports whether an unknown name is one of several whose definitions
// are likely to be lost together, as the line was that held them, and another of them is
// told: they are like no value of the block, in which one of them is used several times.
func (f *frame) lostDefinition(x *syntax.Name, names []string) bool {
	if f.block == nil || f.c.full() || f.c.capture != nil || x.Name[0] < 'a' || x.Name[0] > 'z' {
		return false
	}
	short := len(x.Name) <= 2 // any two of which are alike
	if near := diag.Closest(x.Name, names); !short && near != "" && !strings.EqualFold(near, x.Name) {
		return false
	}
	key := "lost in " + f.block.Name.Name
	if f.c.met[key] {
		return f.c.again(key)
	}
	uses := 0
	for word := range strings.FieldsFuncSeq(f.block.Where.Text(), notOfName) {
		if word == x.Name {
			uses++
		}
	}
	f.c.met[key] = short || uses > 1
	return false
}

func notOfName(r rune) bool {
	return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// boundNames are the names that the body itself has bound.
func (f *frame) boundNames() map[string]bool {
	set := map[string]bool{}
	for s := f.vars; s != nil; s = s.up {
		s.names(func(n string) { set[n] = true })
	}
	return set
}

// swapped reports whether two inputs of c were given in the wrong order, and says so
// as one mistake.
func (f *frame) swapped(in *frame, c *callable, params []*syntax.Param, args []argument) bool {
	if len(params) != 2 || len(args) != 2 {
		return false
	}
	fits := func(p *syntax.Param, a argument) bool {
		v, ok := a.v.(*tensorValue)
		for t := p.Type; t != nil && ok; t = t.Or {
			if in.typeApplies(t, v) {
				return true
			}
		}
		return false
	}
	if fits(params[0], args[0]) || fits(params[1], args[1]) || !fits(params[0], args[1]) || !fits(params[1], args[0]) {
		return false
	}
	first, second := args[0].name, args[1].name
	if first == "" || second == "" {
		first, second = params[1].Name.Name, params[0].Name.Name
	}
	v := args[0].v.(*tensorValue)
	f.fail(args[0].span, "E0202",
		fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", c.name, params[0].Name.Name, typeText(params[0].Type), f.show(v.t.Type)),
		"the two are swapped", fmt.Sprintf("write `%s(%s, %s)`", c.name, second, first))
	return true
}

// atFirstUse moves the mistake that nothing is called as the module of a name to where the
// file first uses it: what is elaborated first depends on other mistakes.
func atFirstUse(d diag.Diagnostic) diag.Diagnostic {
	t := tell(d)
	if !t.unknown() || t.behind() != "." {
		return d
	}
	name := d.Span.Text()
	use := regexp.MustCompile(`(?m)^[^"\n]*?\b(` + regexp.QuoteMeta(name) + `)\.\w`)
	for _, m := range use.FindAllSubmatchIndex(d.Span.File.Text, -1) {
		span := diag.Span{File: d.Span.File, Start: m[2], End: m[3]}
		if span.Start >= d.Span.Start {
			break
		}
		if before := d.Span.File.Text[m[0]:m[2]]; !bytes.Contains(before, []byte("//")) {
			for i := range d.Edits {
				d.Edits[i].Span = span
			}
			d.Span, d.Notes = span, nil
			break
		}
	}
	return d
}
