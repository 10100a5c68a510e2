package check

import (
	"fmt"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// frame is the activation of one body: a net, a block, a section or a test.
type frame struct {
	c      *checker
	mod    *module
	block  *syntax.Block // nil in sections
	g      *builder      // nil where there are no tensors
	names  *nameScope    // nil where there are no weights
	sites  siteNames
	vars   *scope
	caller *frame
	site   diag.Span  // where the caller used the block
	inputs []boundArg // what the caller gave, by the name of the input
	given  []boundArg // and by the name of the parameter
	loop   []int      // positions in the loops of this body, outermost first
	test   bool
	// section is set in train and predict, where a mistake is likely to recur.
	section bool
	trains  bool   // the section is one of training
	boxes   string // the set that the boxes of the section's data count, "" for none
	// classes counts the classes of a label that the data name, or says why it cannot.
	classes func(field string) (n int64, why string)
	// lacking, when set, receives what keeps the section from being compiled, and tells
	// what happens without it.
	lacking func(Lack) (rest string)
	// ignoring, when set, is told how labels are counted.
	ignoring func(label *Tensor, c counting)
	// unknown explains a name that is not found, for sections that know better.
	unknown func(n *syntax.Name) (value, bool)
}

// scope is one level of names of a body. A few names are looked through, as most
// bodies have no more; many are found by a map.
type scope struct {
	few  []named
	many map[string]*binding
	up   *scope
}

type named struct {
	name string
	*binding
}

// maxFew is where looking names through takes longer than a map.
const maxFew = 12

type binding struct {
	v   value
	let *syntax.Let // the statement that bound it, nil for parameters

	make func() value // makes the value on first reading
}

func newScope(up *scope) *scope { return &scope{up: up} }

func (s *scope) find(name string) *binding {
	for ; s != nil; s = s.up {
		if b := s.own(name); b != nil {
			return b
		}
	}
	return nil
}

// own finds a name that is bound in s itself.
func (s *scope) own(name string) *binding {
	if s.many != nil {
		return s.many[name]
	}
	for _, n := range s.few {
		if n.name == name {
			return n.binding
		}
	}
	return nil
}

// bind binds a name in s itself, maybe anew.
func (s *scope) bind(name string, b *binding) {
	if s.many != nil {
		s.many[name] = b
		return
	}
	for i, n := range s.few {
		if n.name == name {
			s.few[i].binding = b
			return
		}
	}
	s.few = append(s.few, named{name, b})
	if len(s.few) > maxFew {
		s.many = make(map[string]*binding, 2*maxFew)
		for _, n := range s.few {
			s.many[n.name] = n.binding
		}
	}
}

// names calls each for every name that is bound in s itself.
func (s *scope) names(each func(name string)) {
	for n := range s.many {
		each(n)
	}
	if s.many == nil {
		for _, n := range s.few {
			each(n.name)
		}
	}
}

// define binds a name in the innermost scope.
func (f *frame) define(name string, v value) { f.vars.bind(name, &binding{v: v}) }

// assign binds a name by a statement: an outer name is bound anew where it lives,
// any other is new in the innermost scope.
func (f *frame) assign(name string, v value, let *syntax.Let) {
	for s := f.vars; s != nil; s = s.up {
		if s.own(name) != nil {
			s.bind(name, &binding{v: v, let: let})
			return
		}
	}
	f.vars.bind(name, &binding{v: v, let: let})
}

// child returns a frame for a nested body with the same names.
func (f *frame) nested() *frame {
	g := *f
	g.vars = newScope(f.vars)
	return &g
}

// lookup finds a name: values of the body, then declarations of the module, its
// imports, the built-in sets, the prelude and the builtins.
func (f *frame) lookup(name string) (value, bool) {
	if b := f.vars.find(name); b != nil {
		if b.let != nil {
			f.c.markUsed(b.let)
		}
		if b.v == nil && b.make != nil {
			b.v = poison{} // while it is made
			b.v = b.make()
		}
		return b.v, true
	}
	if v, ok := f.c.declared(f.mod, name); ok {
		return v, true
	}
	if m := f.mod.imports[name]; m != nil {
		return moduleRef{m}, true
	}
	if f.mod.broken[name] {
		return poison{}, true
	}
	if s := builtinSets[name]; s != nil {
		return f.c.setSize(s), true
	}
	if name == "training" && f.g != nil {
		return f.g.training, true
	}
	if f.mod.prelude && name == "op" {
		return opsRef{}, true
	}
	if !f.mod.prelude && !f.c.prelude.library.parts[name] {
		if v, ok := f.c.declared(f.c.prelude, name); ok {
			return v, true
		}
	}
	if b := builtins[name]; b != nil && (f.mod.prelude || !b.internal) {
		return f.c.builtin(name, b), true
	}
	if v, ok := builtinConsts[name]; ok {
		return v, true
	}
	if dtypes[name] {
		return dtypeRef(name), true
	}
	return nil, false
}

// declared returns the value of a file-level name of m.
func (c *checker) declared(m *module, name string) (value, bool) {
	switch d := m.named(name).(type) {
	case *syntax.Const:
		return c.constant(m, name), true
	case *syntax.Classes:
		if s := m.sets[name]; s != nil {
			return c.setSize(s), true
		}
		return poison{}, true
	case *syntax.Block:
		return c.block(m, d), true
	case *syntax.Data:
		return dataRef{d}, true
	}
	return nil, false
}

// block returns a block or net as a value, which is made once: a callable does not
// change.
func (c *checker) block(m *module, d *syntax.Block) *callable {
	v := c.callables[d]
	if v == nil {
		v = &callable{name: d.Name.Name, block: d, mod: m, span: d.Name.Where}
		if !m.main && !m.prelude {
			v.name = m.name + "." + v.name
		}
		c.callables[d] = v
	}
	return v
}

// builtin is block for a function of the language.
func (c *checker) builtin(name string, b *builtin) *callable {
	v := c.functions[b]
	if v == nil {
		v = &callable{name: name, builtin: b}
		c.functions[b] = v
	}
	return v
}

// dataRef is a data section used as a value.
type dataRef struct{ d *syntax.Data }

// constant evaluates a const on first use; a cycle is an error.
func (c *checker) constant(m *module, name string) value {
	k := m.consts[name]
	if k == nil {
		return poison{}
	}
	if k.v != nil {
		return k.v
	}
	f := &frame{c: c, mod: m, vars: newScope(nil)}
	if k.busy {
		k.v = f.fail(k.decl.Name.Where, "E0114", fmt.Sprintf("`%s` is defined by itself", name), "", "a const may use only consts that do not lead back to it")
		return k.v
	}
	k.busy = true
	v := f.eval(k.decl.Value)
	if k.decl.Type != nil && !isPoison(v) {
		v = f.convert(v, k.decl.Type, argument{v: v, span: k.decl.Value.Span()}, role{name: name})
	}
	k.busy = false
	if k.v == nil {
		k.v = v
	}
	return k.v
}

func (c *checker) checkConsts(m *module) {
	for _, d := range m.order {
		if k, ok := d.(*syntax.Const); ok && m.consts[k.Name.Name] != nil {
			c.constant(m, k.Name.Name)
		}
	}
}

// inScope lists the names a user may mean where name is not found.
func (f *frame) inScope() []string {
	if f.c.full() {
		return nil
	}
	set := f.boundNames()
	for _, n := range []string{"training", "true", "false"} {
		set[n] = true
	}
	for n := range f.mod.decls {
		set[n] = true
	}
	for n := range f.mod.imports {
		set[n] = true
	}
	for n := range f.c.prelude.library.files {
		if !f.c.prelude.library.parts[n] || f.mod.prelude {
			set[n] = true
		}
	}
	for n, b := range builtins {
		if !b.internal {
			set[n] = true
		}
	}
	for n := range builtinSets {
		set[n] = true
	}
	for n := range builtinConsts {
		set[n] = true
	}
	return sorted(set)
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for n := range set {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// undefined reports a name that nothing in scope has.
func (f *frame) undefined(span diag.Span, name string, candidates []string) value {
	return f.undefinedHere(span, name, candidates, "`netc doc layers` lists what is in scope")
}

// undefinedHere is undefined with a hint that says what is in scope.
func (f *frame) undefinedHere(span diag.Span, name string, candidates []string, hint string) value {
	if f.mod.unnamed && name[0] >= 'A' && name[0] <= 'Z' && len(name) > 1 {
		f.c.repeats++
		return poison{}
	}
	d := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("nothing here is called `%s`", name), Hint: hint}
	if f.c.full() {
		return f.report(span, d)
	}
	if near := diag.Closest(name, candidates); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: span, Text: near}}
	} else if len(name) == 1 && strings.ToUpper(name) == name {
		d.Hint = fmt.Sprintf("a size is bound by the type of an input: `(x: f32[N, %s])`", name)
	}
	return f.report(span, d)
}

// report files a mistake made in f. One that shows up inside the prelude is the
// mistake of whoever used it, and is shown there; one in a block tells where the
// block was used.
func (f *frame) report(span diag.Span, d diag.Diagnostic) value {
	at := f
	inside := at.mod.prelude
	for at.mod.prelude && at.caller != nil {
		span, at = at.site, at.caller
	}
	d.Span = span
	if inside {
		d.Edits = nil
	}
	for n := 0; at.caller != nil && n < 4; at = at.caller {
		if !at.caller.mod.prelude && at.site.IsValid() && at.block != nil && !at.block.Net {
			d.Notes = append(d.Notes, diag.Note{Span: at.site, Message: usedAt})
			n++
		}
	}
	f.c.report(d)
	return poison{}
}

// fail is report for the common case.
func (f *frame) fail(span diag.Span, code, message, label, hint string) value {
	return f.report(span, diag.Diagnostic{Code: code, Message: message, Label: label, Hint: hint})
}

// netName returns the net or block that an obligation could be added to: the
// outermost body with a signature.
func (f *frame) netName() string {
	name := ""
	for at := f; at != nil; at = at.caller {
		if at.block != nil && !at.mod.prelude {
			kind := "block "
			if at.block.Net {
				kind = "net "
			}
			name = kind + at.block.Name.Name
		}
	}
	return name
}
