package check

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// Check checks one module. The files are those of a directory with the same
// package clause, parsed without errors; the first is the file that was asked
// for and gives the program its name and its documentation. ld is asked for
// imported modules and class lists.
//
// The program is complete when the list holds no error; with errors it holds
// what could be checked, for an editor. At most 10 errors are returned, sorted by
// position, none of them the consequence of another.
//
// Cost: linear in the number of statements of the unrolled nets, at most 100,000
// of each net. Check never panics on any tree, and does not keep the files'
// texts alive longer than the program.
func Check(files []*syntax.File, ld Loader) (*Program, diag.List) {
	return newChecker(ld).check(files)
}

func (c *checker) check(files []*syntax.File) (*Program, diag.List) {
	p := &Program{}
	if len(files) == 0 || files[0] == nil {
		return p, nil
	}
	first := files[0]
	p.Package, p.Doc = first.Package.Name, first.Doc
	if first.Source != nil {
		p.Source = filepath.Base(first.Source.Name)
	}
	c.program = p
	c.prelude = c.loadPrelude()
	m := c.newModule(first.Package.Name, files)
	m.main = true
	for _, f := range files {
		if f.Source != nil {
			c.asked = append(c.asked, f.Source.Name)
		}
	}
	c.declare(m)
	c.main = m
	c.checkModule(m)
	c.reportUnused()
	c.collectSets()
	return p, c.sorted()
}

// checker holds what all frames share.
type checker struct {
	ld      Loader
	program *Program
	list    diag.List
	seen    map[string]bool // places of reported diagnostics, with their codes
	errors  int
	doubts  diag.List       // met in uses of a block that an earlier mistake may be behind
	doubt   int             // of those uses, how many are open
	unsure  bool            // one was open when a mistake was captured
	met     map[string]bool // mistakes that are said once, see again
	repeats int             // how often one of them was met again
	// capture, when set, receives diagnostics instead of list: the body of expect
	// and of assert.
	capture *diag.List
	// watch, when set, receives what is learned about the asked module.
	watch *watcher

	prelude *module
	main    *module
	modules map[string]*module
	asked   []string // names of the files of main

	callables map[*syntax.Block]*callable
	functions map[*builtin]*callable

	nets    map[*syntax.Block]*netInfo
	passed  map[*syntax.Block]bool // blocks of which a use was passed over
	unbound map[*syntax.Block]bool // blocks whose signatures use names that nothing has
	sites   map[syntax.Node]siteNames
	uses    map[*syntax.Let]*use
	order   []*syntax.Let // keys of uses, as they were first met
	used    map[*Set]bool
	budget  int            // statements left of the net that is being unrolled
	work    int            // operations and layers of all nets, sections and tests so far
	nested  map[*value]int // values of a list that holds lists, by its first one
	depth   int            // of the expression that is being evaluated
	calls   int            // blocks that are being inlined
}

func newChecker(ld Loader) *checker {
	return &checker{
		ld: ld, seen: map[string]bool{}, met: map[string]bool{}, modules: map[string]*module{},
		callables: map[*syntax.Block]*callable{}, functions: map[*builtin]*callable{},
		nets: map[*syntax.Block]*netInfo{}, passed: map[*syntax.Block]bool{}, unbound: map[*syntax.Block]bool{}, sites: map[syntax.Node]siteNames{},
		uses: map[*syntax.Let]*use{}, used: map[*Set]bool{}, budget: maxStatements, nested: map[*value]int{},
	}
}

// report files d unless the same mistake at the same place is known, which
// happens when a block is used twice, or a net is run for training after
// inference.
func (c *checker) report(d diag.Diagnostic) {
	if c.capture != nil {
		c.unsure = c.unsure || c.doubt > 0
		if len(*c.capture) < maxErrors {
			c.capture.Add(d)
		}
		return
	}
	key := fmt.Sprintf("%s %p %d", d.Code, d.Span.File, d.Span.Start)
	if strings.HasPrefix(d.Code, "E05") {
		key += d.Message // a section is checked once, and may lack several things
	}
	unknown := strings.HasPrefix(d.Message, "nothing here is called")
	if unknown || strings.HasPrefix(d.Message, "a size cannot be") {
		key = d.Message // what was renamed, or came in wrong, shows in many places
	}
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	if _, n, ok := strings.Cut(d.Message, "is at least 1, and this is "); ok {
		c.seen["a size cannot be "+n] = true // of the weights of that layer
	}
	if d.Severity == diag.Error {
		if c.errors++; c.errors > maxErrors {
			return
		}
	}
	if c.doubt > 0 && !unknown { // a name that nothing has is wrong in every use
		c.doubts.Add(d)
		return
	}
	c.list.Add(d)
}

// full reports whether no further error will be told, so that finding out what to say
// about one is wasted.
func (c *checker) full() bool { return c.capture == nil && c.errors >= maxErrors }

// problems counts the errors met so far, for telling whether a piece of work was
// clean.
func (c *checker) problems() int {
	if c.capture != nil {
		return len(*c.capture) + c.repeats
	}
	return c.errors + c.repeats
}

func (c *checker) sorted() diag.List {
	if !c.list.HasErrors() {
		c.list = append(c.list, c.doubts...)
	}
	for i := range c.list {
		c.list[i] = atFirstUse(c.list[i])
	}
	c.list.Sort()
	return independent(c.list)
}

// checkModule checks every declaration of the asked module, sections after what
// they refer to.
func (c *checker) checkModule(m *module) {
	c.checkConsts(m)
	c.checkSignatures(m)
	for _, d := range m.order {
		if b, ok := d.(*syntax.Block); ok && b.Net {
			n := c.netOf(m, b)
			c.elaborate(n)
			c.program.Nets = append(c.program.Nets, n.net)
		}
	}
	c.checkSections(m)
	c.checkUnvisited(m)
}
