package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// checkTest runs a test block. What does not hold is a failure of the test, not a
// diagnostic of the program; what means nothing is.
func (c *checker) checkTest(m *module, d *syntax.Test) {
	out := &TestResult{Name: d.Name, Span: d.NameAt}
	scratch := &netInfo{mod: m, net: &Net{Name: d.Name}}
	scratch.root = newInstance(scratch, "")
	f := &frame{
		c: c, mod: m, g: newBuilder(false), vars: newScope(nil), sites: c.sitesOf(d),
		names: newNameScope(scratch.root, ""), test: true,
	}
	c.budget = maxStatements
	for _, s := range d.Body {
		switch s := s.(type) {
		case *syntax.Expect:
			f.expect(s, out)
		case *syntax.Assert:
			f.testAssert(s, out)
		default:
			f.exec([]syntax.Stmt{s})
		}
	}
	out.Passed = len(out.Failures) == 0
	c.program.Tests = append(c.program.Tests, out)
}

// testAssert evaluates an assert; an error in it is an error of the program.
func (f *frame) testAssert(s *syntax.Assert, out *TestResult) {
	old := f.c.capture
	var list diag.List
	f.c.capture, f.c.unsure = &list, false
	f.execAssert(s)
	f.c.capture = old
	if f.c.unsure {
		f.c.doubt++
		defer func() { f.c.doubt-- }()
	}
	for _, d := range list {
		if d.Code == "E0206" {
			d.Code = "E0701"
			out.Failures.Add(d)
			continue
		}
		if tell(d).unknown() && f.c.again("unknown "+d.Span.Text()) {
			continue
		}
		f.c.report(d)
	}
}

var codeForm = regexp.MustCompile(`^[EW][0-9]{4}$`)

// expect runs statements that must be refused with a code.
func (f *frame) expect(s *syntax.Expect, out *TestResult) {
	if !codeForm.MatchString(s.Code.Name) {
		f.fail(s.Code.Where, "E0221", fmt.Sprintf("`%s` is no code of a diagnostic", s.Code.Name), "", "codes look like E0203")
		return
	}
	old := f.c.capture
	var list diag.List
	f.c.capture = &list
	g := f.nested()
	scratch := &netInfo{mod: f.mod, net: &Net{}}
	g.names = newNameScope(newInstance(scratch, ""), "")
	b := newBuilder(false)
	g.g = b
	g.exec(s.Body)
	f.c.capture = old
	var got []string
	for _, d := range list {
		if d.Code == s.Code.Name {
			return
		}
		got = append(got, d.Code)
	}
	d := diag.Diagnostic{
		Code: "E0702", Span: s.Code.Where, Message: fmt.Sprintf("%s was expected, and nothing was refused", s.Code.Name),
	}
	if len(got) > 0 {
		d.Message = fmt.Sprintf("%s was expected, and %s was reported", s.Code.Name, strings.Join(got, ", "))
		d.Label = list[0].Message
	}
	out.Failures.Add(d)
}

// printValue prints a value for a failed assert, "" when it has no short form.
func printValue(v value) string {
	switch v := v.(type) {
	case number:
		if i, ok := v.int(); ok {
			return grouped(i)
		}
		return v.String()
	case size:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	case text:
		return fmt.Sprintf("%q", string(v))
	case list:
		return printAll(v)
	case tuple:
		return printAll(v)
	}
	return ""
}

// printAll prints a list of plain values; lists in lists may share, and printed
// out be larger than memory.
func printAll(vs []value) string {
	var parts []string
	for i, e := range vs {
		if i == 8 {
			parts = append(parts, "...")
			break
		}
		if elements(e) != nil {
			parts = append(parts, "[...]")
			continue
		}
		parts = append(parts, printValue(e))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
