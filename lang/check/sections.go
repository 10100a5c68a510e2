package check

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// checkSections checks data, then what refers to it, then tests.
func (c *checker) checkSections(m *module) {
	data := map[*syntax.Data]*dataInfo{}
	for _, d := range m.order {
		if d, ok := d.(*syntax.Data); ok && m.data[d.Name.Name] == d {
			info := c.checkData(m, d)
			data[d] = info
			if info.ok {
				c.program.Data = append(c.program.Data, info.data)
			}
		}
	}
	trained, served, fed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, d := range m.order {
		s := &section{c: c, mod: m, data: data}
		switch d := d.(type) {
		case *syntax.Train:
			if trained[d.Net.Name.Name] {
				s.frame(d, nil).fail(d.Net.Where, "E0504", fmt.Sprintf("`%s` is trained twice in this module", d.Net.Name.Name), "", "join the two sections")
				continue
			}
			trained[d.Net.Name.Name] = true
			if t := s.train(d); t != nil {
				c.program.Trains = append(c.program.Trains, t)
			}
		case *syntax.Predict:
			if served[d.Net.Name.Name] {
				s.frame(d, nil).fail(d.Net.Where, "E0504", fmt.Sprintf("`%s` has two predict sections in this module", d.Net.Name.Name), "", "join the two sections")
				continue
			}
			served[d.Net.Name.Name] = true
			if p := s.predict(d); p != nil {
				c.program.Predicts = append(c.program.Predicts, p)
			}
		case *syntax.Weights:
			if fed[d.Net.Where.Text()] {
				s.frame(d, nil).fail(d.Net.Where, "E0504", fmt.Sprintf("`%s` has two weights sections in this module", d.Net.Where.Text()), "", "join the two sections")
				continue
			}
			fed[d.Net.Where.Text()] = true
			if w := s.weights(d); w != nil {
				c.program.Weights = append(c.program.Weights, w)
			}
		case *syntax.Section:
			s.deploy(d)
		case *syntax.Test:
			c.checkTest(m, d)
		}
	}
}

// section checks one train or predict section.
type section struct {
	c    *checker
	mod  *module
	data map[*syntax.Data]*dataInfo
	net  *netInfo
	info *dataInfo

	dataAt diag.Span // the name of the data in the section's first line
	own    *netInfo  // layers that live only in training

	counted map[string]classCount // labels whose classes were asked for

	countings map[string][]counting // of labels and masks, by field

	lack *Lack // what keeps this version from compiling the section
}

// frame returns the activation of a section's statements.
func (s *section) frame(n syntax.Node, g *builder) *frame {
	return &frame{
		c: s.c, mod: s.mod, g: g, vars: newScope(nil), sites: s.c.sitesOf(n),
		names: newNameScope(newInstance(nil, ""), ""), section: true,
	}
}

// resolveNet finds the net that a section is about.
func (s *section) resolveNet(f *frame, r *syntax.Ref) bool {
	m := s.mod
	if r.Module != nil {
		if m.broken[r.Module.Name] {
			return false
		}
		if m = s.mod.imports[r.Module.Name]; m == nil {
			f.undefined(r.Module.Where, r.Module.Name, importNames(s.mod))
			return false
		}
	}
	b, ok := m.decls[r.Name.Name].(*syntax.Block)
	if !ok || !b.Net {
		if ok {
			f.fail(r.Name.Where, "E0101", fmt.Sprintf("`%s` is a block, and a net is wanted here", r.Name.Name), "", "declare `net ... = ... |> "+r.Name.Name+"(...)`")
			return false
		}
		f.undeclared(r, "net", declNames(m, func(d syntax.Decl) bool {
			b, ok := d.(*syntax.Block)
			return ok && b.Net
		}))
		return false
	}
	s.net = s.c.netOf(m, b)
	s.c.elaborate(s.net)
	return !s.net.failed && s.adopt(f, r)
}

// adopt makes a net of another module one of this program: a section asks for it.
func (s *section) adopt(f *frame, r *syntax.Ref) bool {
	for _, n := range s.c.program.Nets {
		if n == s.net.net {
			return true
		}
		if n.Name == s.net.net.Name {
			f.unsupported(r.Where, fmt.Sprintf("a section for `%s` beside a net of the same name", r.Where.Text()))
			return false
		}
	}
	s.c.program.Nets = append(s.c.program.Nets, s.net.net)
	return true
}

func importNames(m *module) []string {
	var out []string
	for n := range m.imports {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func declNames(m *module, keep func(syntax.Decl) bool) []string {
	var out []string
	for n, d := range m.decls {
		if keep(d) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// resolveData finds the data section that a section is about.
func (s *section) resolveData(f *frame, r *syntax.Ref) bool {
	m := s.mod
	if r.Module != nil {
		if m.broken[r.Module.Name] {
			return false
		}
		if m = s.mod.imports[r.Module.Name]; m == nil {
			f.undefined(r.Module.Where, r.Module.Name, importNames(s.mod))
			return false
		}
	}
	d := m.data[r.Name.Name]
	if d == nil {
		if v, ok := s.c.declared(m, r.Name.Name); ok && !isPoison(v) {
			what := kindOf(v)
			if _, set := v.(size); set && m.sets[r.Name.Name] != nil {
				what = "a class list"
			}
			f.wrongDecl(r, what, m)
			return false
		}
		f.undeclared(r, "data section", declNames(m, func(d syntax.Decl) bool {
			_, ok := d.(*syntax.Data)
			return ok
		}))
		return false
	}
	if s.data[d] == nil {
		s.data[d] = s.c.importData(s.mod, m, d)
	}
	s.info, s.dataAt = s.data[d], r.Where
	return s.info.ok
}

// importData checks a data section of another module and makes it one of this program. Its
// relative paths start at its own file, and those of a program at that of the program.
func (c *checker) importData(into, m *module, d *syntax.Data) *dataInfo {
	info := c.checkData(m, d)
	info.data.Name = m.name + "." + info.data.Name
	if rel, err := filepath.Rel(into.dir, m.dir); err == nil && !m.standard {
		move := func(x *Resolved, row *vocab.Row) {
			x.Args = maps.Clone(x.Args)
			for _, a := range row.Args {
				if path, is := x.Args[a.Name].(string); is && a.Kind == vocab.String && !filepath.IsAbs(path) {
					x.Args[a.Name] = filepath.ToSlash(filepath.Join(rel, path))
				}
			}
		}
		if row := vocab.Lookup(vocab.Source, info.data.Source.Name); row != nil {
			move(&info.data.Source, row)
		}
		for i := range info.data.Prep {
			if x := &info.data.Prep[i].Call; x.Name == "bpe" {
				move(x, vocab.Lookup(vocab.Step, x.Name))
			}
		}
	}
	if info.ok {
		c.program.Data = append(c.program.Data, info.data)
	}
	return info
}

// note keeps the first thing that keeps this version from compiling the section.
func (s *section) note(rest string) func(Lack) string {
	return func(l Lack) string {
		if s.lack == nil {
			s.lack = &l
		}
		return rest
	}
}

// word calls: rows of the vocabulary.

// resolveRow evaluates a word or a call of a kind of the vocabulary.
func (f *frame) resolveRow(kind vocab.Kind, x syntax.Expr) (*vocab.Resolved, bool) {
	name, at, args, ok := callOf(x)
	if !ok {
		f.fail(x.Span(), "E0505", fmt.Sprintf("a %s is wanted here", kind), "", "one of "+joinAnd(backquoted(vocab.Names(kind))))
		return nil, false
	}
	row := vocab.Lookup(kind, name)
	if row == nil {
		d := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("no %s is called `%s`", kind, name)}
		if near := diag.Closest(name, vocab.Names(kind)); near != "" {
			d.Label = fmt.Sprintf("did you mean `%s`?", near)
			d.Edits = []diag.Edit{{Span: at, Text: near}}
		}
		d.Hint = fmt.Sprintf("`netc doc %ss` lists them", kind)
		f.report(at, d)
		return nil, false
	}
	return f.resolveArgs(row, at, x.Span(), args)
}

func backquoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "`" + n + "`"
	}
	return out
}

// callOf splits `name` and `name(args)`.
func callOf(x syntax.Expr) (name string, at diag.Span, args []*syntax.Arg, ok bool) {
	switch x := x.(type) {
	case *syntax.Name:
		return x.Name, x.Where, nil, true
	case *syntax.Call:
		if n, is := x.Fun.(*syntax.Name); is {
			return n.Name, n.Where, x.Args, true
		}
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return callOf(x.Elems[0])
		}
	}
	return "", x.Span(), nil, false
}

// resolveArgs matches arguments with a row; positions point back at the source.
func (f *frame) resolveArgs(row *vocab.Row, at, all diag.Span, args []*syntax.Arg) (*vocab.Resolved, bool) {
	var pos []vocab.Value
	var spans []diag.Span
	named, places := map[string]vocab.Value{}, map[string]*syntax.Arg{}
	ok := true
	for _, a := range args {
		var p *vocab.Arg
		if a.Name != nil {
			p = row.Arg(a.Name.Name)
		} else {
			p = row.Positional(len(pos))
		}
		v, good := f.rowValue(p, a.Value)
		ok = ok && good
		if a.Name == nil {
			pos, spans = append(pos, v), append(spans, a.Value.Span())
			continue
		}
		if places[a.Name.Name] != nil {
			f.fail(a.Name.Where, "E0302", fmt.Sprintf("`%s` is given twice", a.Name.Name), "", "remove one of the two")
			ok = false
		}
		named[a.Name.Name], places[a.Name.Name] = v, a
	}
	if !ok {
		return nil, false
	}
	out, problem := row.Resolve(pos, named)
	if problem != nil {
		f.rowProblem(problem, at, spans, places)
		return nil, false
	}
	_ = all
	return &vocab.Resolved{Row: row, Args: out}, true
}

func (f *frame) rowProblem(p *vocab.Problem, at diag.Span, spans []diag.Span, places map[string]*syntax.Arg) {
	d := diag.Diagnostic{Message: p.Message, Label: p.Label, Hint: p.Hint}
	switch p.Kind {
	case vocab.TooMany:
		d.Code = "E0301"
	case vocab.UnknownArg, vocab.Twice:
		d.Code = "E0302"
	case vocab.Missing:
		d.Code = "E0303"
	default:
		d.Code = "E0305"
	}
	if p.Index >= 0 && p.Index < len(spans) {
		at = spans[p.Index]
	} else if a := places[p.Arg]; a != nil {
		at = a.Value.Span()
		if p.Kind == vocab.UnknownArg || p.Kind == vocab.Twice {
			at = a.Name.Where
		}
		if p.Suggest != "" {
			d.Edits = []diag.Edit{{Span: at, Text: p.Suggest}}
		}
	}
	f.report(at, d)
}

// rowValue evaluates an argument of a row; where the row wants a word, a bare name
// is one.
func (f *frame) rowValue(p *vocab.Arg, x syntax.Expr) (vocab.Value, bool) {
	if p != nil {
		name, _, _, isCall := callOf(x)
		n, bare := x.(*syntax.Name)
		switch {
		case bare && (slices.Contains(p.Words, n.Name) || p.Kind == vocab.Word):
			return vocab.Name(n.Name), true
		case p.Kind == vocab.CallOf && isCall:
			if vocab.Lookup(p.Of, name) == nil && bare {
				return vocab.Name(n.Name), true // Resolve says what was meant
			}
			r, ok := f.resolveRow(p.Of, x)
			return r, ok
		case p.Kind == vocab.Expr:
			return vocab.Opaque{Value: x}, true
		}
	}
	if p != nil && p.Kind == vocab.String && f.barePath(p, x) {
		return nil, false
	}
	v := f.eval(x)
	if isPoison(v) {
		return nil, false
	}
	out, ok := rowConstant(v)
	if !ok {
		f.fail(x.Span(), "E0305", "a number, a word or a list of numbers is wanted here, and this is "+f.kindOf(v), "", "")
	}
	return out, ok
}

// rowConstant converts a value for the vocabulary.
func rowConstant(v value) (vocab.Value, bool) {
	switch v := v.(type) {
	case number, size:
		n, ok := numberOf(v)
		if !ok {
			return nil, false
		}
		if i, whole := n.int(); whole {
			return i, true
		}
		return n.float(), true
	case bool:
		return v, true
	case text:
		return string(v), true
	case interval:
		lo, ok := numberOf(v.lo)
		hi, also := numberOf(v.hi)
		if !ok || !also {
			return nil, false
		}
		return [2]float64{lo.float(), hi.float()}, true
	case list, tuple:
		out := []float64{}
		for _, e := range elements(v) {
			n, ok := numberOf(e)
			if !ok {
				return nil, false
			}
			out = append(out, n.float())
		}
		return out, true
	}
	return nil, false
}

// resolved turns a row into the form of [Program].
func resolved(r *vocab.Resolved, span diag.Span) Resolved {
	return Resolved{Name: r.Row.Name, Args: r.Args, Span: span}
}

// defaults resolves a row without arguments.
func defaults(kind vocab.Kind, name string, span diag.Span) Resolved {
	row := vocab.Lookup(kind, name)
	args, problem := row.Resolve(nil, nil)
	if problem != nil {
		diag.Bugf("vocabulary: %s cannot stand alone: %v", name, problem)
	}
	return Resolved{Name: name, Args: args, Span: span}
}
