package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// builtinSets are the index sets of the language.
var builtinSets = func() map[string]*Set {
	out := map[string]*Set{}
	for _, s := range []*Set{
		{Name: "Gray", Doc: "One channel of brightness.", Labels: []string{"gray"}},
		{Name: "RGB", Doc: "Red, green, blue.", Labels: []string{"red", "green", "blue"}},
		{Name: "BGR", Doc: "Blue, green, red, as OpenCV has them.", Labels: []string{"blue", "green", "red"}},
		{Name: "RGBA", Doc: "Red, green, blue, opacity.", Labels: []string{"red", "green", "blue", "alpha"}},
		{Name: "ImageNet", Doc: "The 1000 classes of ILSVRC 2012.", Labels: stdlib.Lines("imagenet.names")},
		{Name: "COCO", Doc: "The 80 classes of COCO detection.", Labels: stdlib.Lines("coco.names")},
	} {
		s.BuiltIn = true
		out[s.Name] = s
	}
	return out
}()

// setSize returns a set as a value: a size with names.
func (c *checker) setSize(s *Set) value {
	c.used[s] = true
	return size{e: sym.Const(int64(len(s.Labels))), den: 1, set: s}
}

// setNamed finds a set by the name that types carry.
func (c *checker) setNamed(name string) *Set {
	if name == "" {
		return nil
	}
	if s := builtinSets[name]; s != nil {
		return s
	}
	mod, short, qualified := strings.Cut(name, ".")
	if !qualified {
		if c.main != nil {
			return c.main.sets[name]
		}
		return nil
	}
	for _, m := range c.modules {
		if m.name == mod {
			return m.sets[short]
		}
	}
	return nil
}

// countPhrase prints "Pet (37 names)".
func (c *checker) countPhrase(name string) string {
	s := c.setNamed(name)
	if s == nil {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, plural(len(s.Labels), "name"))
}

// declareSet evaluates a class list: labels(a..b), lines("file") or a list of
// strings.
func (c *checker) declareSet(m *module, k *syntax.Classes) {
	if m.decls[k.Name.Name] != syntax.Decl(k) {
		return
	}
	f := &frame{c: c, mod: m, vars: newScope(nil)}
	labels, ok := f.labels(k.Value)
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, l := range labels {
		if seen[l] {
			f.fail(k.Value.Span(), "E0222", fmt.Sprintf("`%s` lists %q twice", k.Name.Name, l), "", "names of an index set differ")
			return
		}
		seen[l] = true
	}
	if len(labels) == 0 {
		f.fail(k.Value.Span(), "E0222", fmt.Sprintf("`%s` has no names", k.Name.Name), "", "")
		return
	}
	name := k.Name.Name
	if !m.main {
		name = m.name + "." + name
	}
	m.sets[k.Name.Name] = &Set{Name: name, Doc: k.Doc, Labels: labels, Span: k.Name.Where}
}

func (f *frame) labels(x syntax.Expr) ([]string, bool) {
	if call, ok := x.(*syntax.Call); ok {
		if n, ok := call.Fun.(*syntax.Name); ok && len(call.Args) == 1 && call.Args[0].Name == nil {
			switch n.Name {
			case "labels":
				return f.numberLabels(call.Args[0].Value)
			case "lines":
				return f.fileLabels(call.Args[0].Value)
			}
			if near := diag.Closest(n.Name, []string{"labels", "lines"}); near != "" {
				if _, known := f.lookup(n.Name); !known {
					f.undefinedHere(n.Where, n.Name, []string{near}, "a class list is a list of names, `labels(a..b)` or `lines(file)`")
					return nil, false
				}
			}
		}
	}
	v := f.eval(x)
	l, ok := v.(list)
	if !ok {
		if !isPoison(v) {
			f.fail(x.Span(), "E0222", "an index set is a list of names, and this is "+f.kindOf(v), "", "write [\"cat\", \"dog\"], labels(0..10) or lines(\"names.txt\")")
		}
		return nil, false
	}
	out := make([]string, 0, len(l))
	for _, e := range l {
		s, ok := e.(text)
		if !ok || strings.TrimSpace(string(s)) == "" {
			if !isPoison(e) {
				f.fail(x.Span(), "E0222", "the names of an index set are strings, and this list holds "+f.kindOf(e), "", "")
			}
			return nil, false
		}
		out = append(out, string(s))
	}
	return out, true
}

func (f *frame) numberLabels(x syntax.Expr) ([]string, bool) {
	v := f.eval(x)
	r, ok := v.(interval)
	if !ok {
		if !isPoison(v) {
			f.fail(x.Span(), "E0222", "`labels` wants a range, and this is "+f.kindOf(v), "", "write labels(0..10)")
		}
		return nil, false
	}
	lo, hi, ok := f.bounds(r, x.Span())
	if !ok {
		return nil, false
	}
	if lo >= hi || hi-lo > maxList {
		f.fail(x.Span(), "E0222", fmt.Sprintf("an index set has 1 to %s names, and this has %d", grouped(maxList), hi-lo), "", "")
		return nil, false
	}
	out := make([]string, 0, hi-lo)
	for i := lo; i < hi; i++ {
		out = append(out, strconv.FormatInt(i, 10))
	}
	return out, true
}

func (f *frame) fileLabels(x syntax.Expr) ([]string, bool) {
	v := f.eval(x)
	path, ok := v.(text)
	if !ok {
		if !isPoison(v) {
			f.fail(x.Span(), "E0222", "`lines` wants the path of a file, and this is "+f.kindOf(v), "", "")
		}
		return nil, false
	}
	data, err := f.c.ld.ReadFile(f.mod.dir, string(path))
	if err != nil {
		f.fail(x.Span(), "E0404", fmt.Sprintf("the names cannot be read: %v", err), "", "paths start at the folder of the .net file")
		return nil, false
	}
	var out []string
	for _, l := range strings.Split(string(data), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
		if len(out) > maxList {
			f.fail(x.Span(), "E0602", fmt.Sprintf("an index set has at most %s names", grouped(maxList)), "", "")
			return nil, false
		}
	}
	return out, true
}

// collectSets lists the sets of the module, then the built-in ones it uses and
// those of other modules, by name.
func (c *checker) collectSets() {
	own := map[*Set]bool{}
	for _, d := range c.main.order {
		if k, ok := d.(*syntax.Classes); ok {
			if s := c.main.sets[k.Name.Name]; s != nil && !own[s] {
				own[s] = true
				c.program.Sets = append(c.program.Sets, s)
			}
		}
	}
	others := map[string]*Set{}
	for s := range c.used {
		if !own[s] {
			others[s.Name] = s
		}
	}
	names := map[string]bool{}
	for n := range others {
		names[n] = true
	}
	for _, n := range sorted(names) {
		c.program.Sets = append(c.program.Sets, others[n])
	}
}

// unsupported is E0601: a construct of the language that this version cannot
// compile.
func (f *frame) unsupported(span diag.Span, what string) value {
	verb := "is"
	if strings.HasSuffix(what, "s`") && strings.Contains(what, " and ") {
		verb = "are"
	}
	return f.fail(span, "E0601", fmt.Sprintf("%s %s part of the language, but this version of netc can't compile it yet", what, verb), "", "")
}

// notCompiled is W0601: a construct that is checked to the end, and that this
// version leaves out of what it compiles. rest says what happens without it.
func (f *frame) notCompiled(span diag.Span, what, rest string) {
	f.report(span, diag.Diagnostic{
		Code: "W0601", Severity: diag.Warning,
		Message: fmt.Sprintf("%s is checked, but this version of netc does not compile it", what), Hint: rest,
	})
}
