package gogen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// setType is the Go type of an index set: one constant per label.
type setType struct {
	set    *ir.IndexSet
	goName string
	consts []string // parallel to set.Labels
}

// lastName returns the part of a qualified name after its package.
func lastName(qualified string) string { return qualified[strings.LastIndexByte(qualified, '.')+1:] }

// declareSets names the types of the module's own sets, and of the built-in ones
// that a prediction returns.
func declareSets(m *ir.Module, top *scope) (map[string]*setType, error) {
	wanted := map[string]bool{}
	for _, p := range m.Predicts {
		for _, o := range p.Outputs {
			wanted[o.Set] = true
		}
	}
	types := map[string]*setType{}
	for _, s := range m.Sets {
		if s.BuiltIn && !wanted[s.Name] {
			continue
		}
		t := &setType{set: s, goName: exported(lastName(s.Name))}
		if t.goName == "" {
			return nil, fmt.Errorf("the class set %s has no letter that could begin a Go name; rename it", s.Name)
		}
		if err := top.claim(t.goName, "classes "+s.Name); err != nil {
			return nil, err
		}
		for i, label := range s.Labels {
			// The label follows the name of the set, so it may begin with a digit.
			suffix := strings.TrimPrefix(exported("x "+label), "X")
			if suffix == "" {
				return nil, fmt.Errorf("label %d of classes %s, %q, has no letter or digit to name a Go constant", i, s.Name, label)
			}
			name := t.goName + suffix
			if s.BuiltIn && top.origin[name] != "" {
				name += fmt.Sprintf("Class%d", i) // nobody can rename those: ImageNet has two cranes
			}
			if err := top.claim(name, fmt.Sprintf("label %q of classes %s", label, s.Name)); err != nil {
				return nil, err
			}
			t.consts = append(t.consts, name)
		}
		types[s.Name] = t
	}
	return types, nil
}

// write emits the type, its constants and its text form.
func (t *setType) write(f *source, top *scope) {
	f.use("fmt", "strconv")
	names := top.unique(unexported(t.goName) + "Names")
	doc := t.set.Doc
	if doc == "" {
		doc = fmt.Sprintf("%s is one of %d classes.", t.goName, len(t.set.Labels))
	}
	f.doc(doc)
	f.p("type %s int", t.goName)
	f.p("")
	f.p("// The classes of %s, in the order of its axis.", t.goName)
	f.p("const (")
	for i, c := range t.consts {
		switch {
		case i == 0:
			f.p("%s %s = iota // %s", c, t.goName, strconv.Quote(t.set.Labels[i]))
		default:
			f.p("%s // %s", c, strconv.Quote(t.set.Labels[i]))
		}
	}
	f.p(")")
	f.p("")
	f.p("var %s = [...]string{", names)
	for _, l := range t.set.Labels {
		f.p("%q,", l)
	}
	f.p("}")
	f.p("")
	f.p("// String returns the label as the source writes it.")
	f.p("func (c %s) String() string {", t.goName)
	f.p("if c < 0 || int(c) >= len(%s) {", names)
	f.p("return \"%s(\" + strconv.Itoa(int(c)) + \")\"", t.goName)
	f.p("}")
	f.p("return %s[c]", names)
	f.p("}")
	f.p("")
	f.p("// MarshalText returns the label, so that JSON shows names.")
	f.p("func (c %s) MarshalText() ([]byte, error) {", t.goName)
	f.p("if c < 0 || int(c) >= len(%s) {", names)
	f.p("return nil, fmt.Errorf(\"%%d is no class of %s, which has %d\", int(c))", t.goName, len(t.set.Labels))
	f.p("}")
	f.p("return []byte(%s[c]), nil", names)
	f.p("}")
	f.p("")
	f.p("// UnmarshalText accepts exactly the labels.")
	f.p("func (c *%s) UnmarshalText(text []byte) error {", t.goName)
	f.p("for i, name := range %s {", names)
	f.p("if name == string(text) {")
	f.p("*c = %s(i)", t.goName)
	f.p("return nil")
	f.p("}")
	f.p("}")
	f.p("return fmt.Errorf(\"%%q is no class of %s\", text)", t.goName)
	f.p("}")
	f.p("")
}
