package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// Parse reads what Print wrote.
//
// Errors: the line and column of the first thing that cannot be read. The module
// is not verified: see ir.Verify.
func Parse(text string) (*ir.Module, error) {
	p := &parser{lines: strings.Split(text, "\n"), m: &ir.Module{}}
	for p.next() {
		if err := p.top(); err != nil && p.rest == nil {
			return nil, fmt.Errorf("line %d: %w", p.row, err)
		}
	}
	if p.rest != nil {
		return nil, fmt.Errorf("line %d: %w", p.row, p.rest)
	}
	if p.m.Name == "" {
		return nil, fmt.Errorf("the text has no module line")
	}
	return p.m, nil
}

type parser struct {
	lines []string
	row   int // 1-based line of s
	s     *scanner
	m     *ir.Module
	doc   string // of the next declaration
	rest  error  // text was left over at the end of line row; nothing more is read
}

// next moves to the next line that is not empty. The present one must be used up.
func (p *parser) next() bool {
	if p.rest == nil && p.s != nil && !p.s.done() {
		p.rest = p.s.errorf("expected the end of the line")
	}
	if p.rest != nil {
		return false
	}
	for p.row < len(p.lines) {
		p.row++
		if strings.TrimSpace(p.lines[p.row-1]) != "" {
			p.s = &scanner{line: p.lines[p.row-1]}
			return true
		}
	}
	return false
}

func (p *parser) takeDoc() string {
	d := p.doc
	p.doc = ""
	return d
}

func (p *parser) top() (err error) {
	s := p.s
	switch {
	case s.keyword("doc"):
		p.doc, err = s.quoted()
		return err
	case s.keyword("module"):
		return p.module()
	case s.keyword("set"):
		return p.set()
	case s.keyword("state"):
		return p.state()
	case s.keyword("data"):
		return p.data()
	case s.keyword("train"):
		return p.train()
	case s.keyword("predict"):
		return p.predict()
	case s.keyword("func"):
		return p.fn()
	}
	return s.errorf("expected module, set, state, data, train, predict or func")
}

func (p *parser) module() (err error) {
	p.m.Doc = p.takeDoc()
	if p.m.Name, err = p.s.word(); err != nil {
		return err
	}
	if p.m.Source, err = p.s.quoted(); err != nil {
		return err
	}
	stage, err := p.s.word()
	i := slices.Index(stageNames, stage)
	if i < 0 {
		return p.s.errorf("expected a stage")
	}
	p.m.Stage = ir.Stage(i)
	return err
}
