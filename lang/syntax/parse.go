package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/netc-lang/netc/internal/diag"
)

// MaxErrors is the number of diagnostics that [Parse] returns for one file.
const MaxErrors = 10

// maxWork bounds the tokens that are parsed again after mistakes, so that a
// large file full of them is still answered at once.
const maxWork = 1 << 20

// parser parses one file, declaration by declaration.
type parser struct {
	src   *diag.File
	conv  converter
	muted []diag.Span
	lost  []diag.Span // declarations whose heads are lost: nobody knows what their brackets are
	work  int
}

// Parse returns the tree of a source file and what is wrong with it, sorted, at
// most [MaxErrors]. The file is never nil: what could not be parsed is left out
// of it, the rest up to the last mistake that is reported is there. None of the
// diagnostics is caused by an earlier one.
// Cost: linear in the text.
func Parse(src *diag.File) (*File, diag.List) {
	raw, problems, ok := scan(src)
	out := &File{At: At{diag.Span{File: src, End: len(src.Text)}}, Source: src}
	if !ok { // the last is the limit that was met
		last := problems[len(problems)-1]
		return out, append(problems[:min(len(problems), MaxErrors)-1], last)
	}
	l := lay(src, raw)
	p := &parser{src: src, conv: converter{src: src, raw: raw, toks: l.toks}}
	for _, d := range problems {
		p.muted = append(p.muted, p.wholeLine(d.Span))
		for _, e := range d.Edits { // the same slip once more
			p.muted = append(p.muted, p.wholeLine(e.Span))
		}
	}
	for _, d := range l.problems {
		if !p.isMuted(d.Span.Start) {
			problems.Add(d)
		}
	}
	p.muted = append(p.muted, l.muted...)
	if !l.fatal {
		p.file(out)
		told := append(slices.DeleteFunc(slices.Clone(problems), p.isLost), p.conv.problems...)
		if len(told) > 0 { // what is left out has silenced others
			problems = told
		}
	}
	problems.Sort()
	problems = independent(problems)
	return out, problems[:min(len(problems), MaxErrors)]
}

// ParseExpr parses a source that holds one expression, such as a value given on
// the command line. The expression is nil when there is a diagnostic.
func ParseExpr(src *diag.File) (Expr, diag.List) {
	raw, problems := Scan(src)
	if len(problems) > 0 {
		return nil, problems
	}
	l := lay(src, raw)
	if problems = l.problems; len(problems) > 0 {
		return nil, problems
	}
	p := &parser{src: src, conv: converter{src: src, raw: raw, toks: l.toks}}
	ids := sequence(0, len(l.toks))
	if n := len(ids); n > 0 && l.toks[n-1].auto {
		ids = ids[:n-1]
	}
	tree, at, ok := parseWith[expression](p, ids)
	if !ok {
		p.unexpected(ids, at)
		return nil, p.conv.problems
	}
	x := p.conv.expr(tree)
	if len(p.conv.problems) > 0 {
		return nil, p.conv.problems
	}
	return x, nil
}

// wholeLine returns the span of the lines that s touches.
func (p *parser) wholeLine(s diag.Span) diag.Span {
	text := p.src.Text
	s.Start = bytes.LastIndexByte(text[:s.Start], '\n') + 1
	if n := bytes.IndexByte(text[s.End:], '\n'); n >= 0 {
		s.End += n
	} else {
		s.End = len(text)
	}
	return s
}

// isLost reports whether a mistake is about brackets of a declaration whose head is lost.
func (p *parser) isLost(d diag.Diagnostic) bool {
	return tell(d).bracket && slices.ContainsFunc(p.lost, func(s diag.Span) bool {
		return s.Start <= d.Span.Start && d.Span.Start < s.End
	})
}

// isMuted reports whether a reported mistake explains one at offset.
func (p *parser) isMuted(offset int) bool {
	for _, s := range p.muted {
		if offset >= s.Start && offset <= s.End {
			return true
		}
	}
	return false
}

func (p *parser) report(d diag.Diagnostic) {
	if len(p.conv.problems) < MaxErrors && !p.isMuted(d.Span.Start) {
		p.conv.problems.Add(d)
	}
}

func sequence(from, to int) []int {
	ids := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		ids = append(ids, i)
	}
	return ids
}

// units cuts the file into its declarations: at each `;` at file level.
func (p *parser) units() [][]int {
	var out [][]int
	start := 0
	toks := p.conv.toks
	depth := 0
	for i, t := range toks {
		if t.Kind != PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ";":
			if depth == 0 {
				out = append(out, sequence(start, i+1))
				start = i + 1
			}
		}
	}
	if start < len(toks) {
		out = append(out, sequence(start, len(toks)))
	}
	return out
}

// innermost returns the index of the innermost bracket around token i, -1 at
// file level.
func (p *parser) innermost(i int) int {
	toks := p.conv.toks
	for i--; i >= 0; i-- {
		t := toks[i]
		switch {
		case t.Kind != PunctToken:
		case t.Text == ")" || t.Text == "]" || t.Text == "}":
			i = t.mate
		case t.Text == "(" || t.Text == "[" || t.Text == "{":
			return i
		}
	}
	return -1
}

// file parses the units into out.
func (p *parser) file(out *File) {
	units := p.units()
	if len(units) == 0 || p.conv.toks[units[0][0]].Text != "package" {
		units = p.missingPackage(units)
	} else {
		p.packageClause(out, units[0])
		units = units[1:]
	}
	stray := false  // of a run of texts that are no declarations one is reported
	broken := false // a declaration lost its head, and its body may follow
	for _, ids := range units {
		if len(p.conv.problems) >= MaxErrors {
			return // they come in the order of the file: more would be cut off
		}
		first := p.conv.toks[ids[0]]
		switch {
		case len(ids) == 1 && first.Text == ";" && stray:
		case first.Text == "import":
			p.importDecl(out, ids)
			stray = false
		case first.Text == "package":
			p.report(diag.Diagnostic{
				Code: "E0154", Span: first.span(p.src),
				Message: "a file has one `package` clause, and this is a second",
				Hint:    "remove it",
			})
		case !declarationWords[first.Text] || first.Kind == StringToken:
			if broken && (declarationWord(first) == "" || beginsInSection(first.Text)) {
				p.lost = append(p.lost, diag.Span{File: p.src, Start: first.Start, End: p.conv.toks[ids[len(ids)-1]].End()})
				continue
			}
			if !stray {
				p.notDeclaration(ids)
			}
			stray, broken = true, false
		default:
			d := p.declaration(ids)
			if d != nil {
				out.Decls = append(out.Decls, d)
			}
			stray, broken = false, d == nil && p.conv.toks[ids[len(ids)-1]].Text == ";"
		}
	}
}

// missingPackage reports a file without its clause and returns the units that are
// left to parse: all, but for a clause whose word is misspelt.
func (p *parser) missingPackage(units [][]int) [][]int {
	at := 0
	if len(units) > 0 {
		first := p.conv.toks[units[0][0]]
		if first.Kind == IdentToken && diag.Closest(first.Text, []string{"package"}) != "" {
			p.notDeclaration(units[0])
			return units[1:]
		}
		if p.twoNames(units[0]) && !declarationWords[first.Text] {
			p.report(diag.Diagnostic{
				Code: "E0154", Span: first.span(p.src),
				Message: "this file does not begin with a `package` clause",
				Label:   fmt.Sprintf("`%s` stands in its place", first.Text),
				Hint:    fmt.Sprintf("write `package %s`", p.conv.toks[units[0][1]].Text),
				Edits:   []diag.Edit{{Span: first.span(p.src), Text: "package"}},
			})
			return units[1:]
		}
		if first.Kind == IdentToken && len(units[0]) == 2 { // a name alone
			p.report(diag.Diagnostic{
				Code: "E0154", Span: first.span(p.src),
				Message: "this file does not begin with a `package` clause",
				Label:   fmt.Sprintf("did you mean `package %s`?", first.Text),
				Hint:    "write `package` in front of the name",
				Edits:   []diag.Edit{{Span: diag.Span{File: p.src, Start: first.Start, End: first.Start}, Text: "package "}},
			})
			return units[1:]
		}
	}
	if len(units) > 0 {
		at = p.conv.toks[units[0][0]].Start
	}
	p.report(diag.Diagnostic{
		Code: "E0154", Span: diag.Span{File: p.src, Start: at, End: at},
		Message: "this file does not begin with a `package` clause",
		Hint:    "write `package name` on the first line: files with the same name in a directory form one module",
	})
	return units
}

// twoNames reports whether a unit is two words and nothing else.
func (p *parser) twoNames(ids []int) bool {
	if len(ids) != 3 {
		return false
	}
	a, b := p.conv.toks[ids[0]], p.conv.toks[ids[1]]
	return (a.Kind == IdentToken || a.Kind == KeywordToken) && b.Kind == IdentToken
}

func (p *parser) packageClause(out *File, ids []int) {
	tree, at, ok := parseWith[packageClause](p, ids)
	if !ok {
		p.unexpected(ids, at)
		return
	}
	out.Package, out.Doc = p.conv.ident(tree.Name), p.conv.doc(tree.node)
}

func (p *parser) importDecl(out *File, ids []int) {
	tree, at, ok := parseWith[importDecl](p, ids)
	if !ok {
		p.unexpected(ids, at)
		return
	}
	d := &Import{
		At: p.conv.at(tree.node), Alias: p.conv.optional(tree.Alias),
		Path: unquote(tree.Path.Value), PathAt: p.conv.token(tree.Path),
	}
	if len(out.Decls) > 0 {
		p.report(diag.Diagnostic{
			Code: "E0156", Span: d.Where,
			Message: "an `import` stands behind a declaration",
			Hint:    "move it below the `package` clause",
		})
	}
	out.Imports = append(out.Imports, d)
}

// declaration parses one declaration. Each mistake is reported and its statement
// cut out until the rest parses; it returns nil when the head is broken.
func (p *parser) declaration(ids []int) Decl {
	headless := false
	for range MaxErrors {
		tree, at, ok := parseWith[decl](p, ids)
		if ok {
			d := p.conv.decl(tree)
			if headless {
				return nil
			}
			return d
		}
		at = p.locate(ids, at)
		p.unexpected(ids, at)
		if len(p.conv.problems) >= MaxErrors {
			return nil
		}
		var cut bool
		ids, cut = p.cut(ids, at)
		headless = headless || cut
		if p.work += len(ids); ids == nil || p.work > maxWork {
			return nil
		}
	}
	return nil
}

// parseWith runs one production over the tokens ids. When it does not match, at
// is the index in ids of the token that is wrong, len(ids) for the end.
func parseWith[P any](p *parser, ids []int) (tree *P, at int, ok bool) {
	toks := p.stream(ids)
	tree, wrong := run[P](toks, lookahead)
	if wrong < 0 {
		return tree, 0, true
	}
	// Every run reports a token up to which the text is right, so the last of
	// them is the one.
	for k := range lookahead {
		_, other := run[P](toks, k)
		wrong = max(wrong, other)
	}
	return nil, wrong, false
}

// run returns the tree of a production, or the index of a token of toks that it
// does not accept; else -1.
func run[P any](toks []lexer.Token, lookahead int) (*P, int) {
	lx, err := lexer.Upgrade(&replay{toks: toks})
	if err != nil {
		diag.Bugf("tokens: %v", err)
	}
	tree, err := production[P](lookahead).ParseFromLexer(lx)
	if err == nil {
		return tree, -1
	}
	var perr participle.Error
	if !errors.As(err, &perr) {
		diag.Bugf("grammar: %v", err)
	}
	for k, t := range toks {
		if t.Pos.Line == perr.Position().Line {
			return nil, k
		}
	}
	return nil, 0
}

// stream returns participle's view of the tokens ids.
func (p *parser) stream(ids []int) []lexer.Token {
	out := make([]lexer.Token, 0, len(ids)+1)
	end := len(p.src.Text)
	for _, id := range ids {
		out = append(out, p.conv.toks[id].grammar(id))
		end = p.conv.toks[id].End()
	}
	return append(out, lexer.EOFToken(lexer.Position{Offset: end, Line: len(p.conv.toks)}))
}

// declarationWord returns the word that t is a misspelling of, "" when it is none.
func declarationWord(t lexeme) string {
	if t.Kind != IdentToken {
		return ""
	}
	return diag.Closest(t.Text, sortedNames(declarationWords))
}

// notDeclaration reports text at file level that begins no declaration.
func (p *parser) notDeclaration(ids []int) {
	first := p.conv.toks[ids[0]]
	d := diag.Diagnostic{
		Code: "E0159", Span: first.span(p.src),
		Message: fmt.Sprintf("a declaration cannot begin with %s", describe(first)),
		Hint:    "a file holds " + strings.Join(sortedNames(declarationWords), ", "),
	}
	if guess := declarationWord(first); guess != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", guess)
		d.Hint = fmt.Sprintf("write `%s`", guess)
		d.Edits = []diag.Edit{{Span: d.Span, Text: guess}}
	} else if len(ids) > 1 && p.conv.toks[ids[1]].Text == "=" {
		d.Hint = "a value at file level is `const Name = ...`; others stand inside a declaration"
	}
	p.report(d)
}
