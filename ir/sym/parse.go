package sym

import (
	"fmt"
	"strconv"
)

// Parse reads what String prints: sums and products of integers, symbols,
// floor(e/d), min(a, b), max(a, b) and parentheses.
func Parse(text string) (Expr, error) {
	p := &parser{text: text}
	e, err := p.sum(0)
	if err != nil {
		return Expr{}, err
	}
	if p.space(); p.at < len(p.text) {
		return Expr{}, p.errorf("unexpected %q", p.text[p.at:])
	}
	return e, nil
}

// maxDepth and maxTerms bound what untrusted text can make the parser do.
const (
	maxDepth = 64
	maxTerms = 1024
)

type parser struct {
	text string
	at   int
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("size %q: %s", p.text, fmt.Sprintf(format, args...))
}

func (p *parser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) sum(depth int) (Expr, error) {
	if depth > maxDepth {
		return Expr{}, p.errorf("nested too deeply")
	}
	neg := p.take('-')
	e, err := p.product(depth)
	if err != nil {
		return e, err
	}
	if neg {
		e = e.Neg()
	}
	for {
		plus := p.take('+')
		if !plus && !p.take('-') {
			return e, nil
		}
		t, err := p.product(depth)
		if err != nil {
			return e, err
		}
		if !plus {
			t = t.Neg()
		}
		e = e.Add(t)
	}
}

func (p *parser) product(depth int) (Expr, error) {
	e, err := p.factor(depth)
	for err == nil && p.take('*') {
		var f Expr
		if f, err = p.factor(depth); err == nil {
			if len(e.terms)*len(f.terms) > maxTerms {
				return e, p.errorf("more than %d terms", maxTerms)
			}
			e = e.Mul(f)
		}
	}
	return e, err
}

func (p *parser) factor(depth int) (Expr, error) {
	if p.take('(') {
		e, err := p.sum(depth + 1)
		if err == nil && !p.take(')') {
			err = p.errorf("missing )")
		}
		return e, err
	}
	p.space()
	start := p.at
	for p.at < len(p.text) && word(p.text[p.at]) {
		p.at++
	}
	w := p.text[start:p.at]
	if w == "" {
		return Expr{}, p.errorf("expected a number or a name at %d", start)
	}
	if w[0] >= '0' && w[0] <= '9' {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return Expr{}, p.errorf("%q is no size", w)
		}
		return Const(n), nil
	}
	if (w == "floor" || w == "min" || w == "max") && p.take('(') {
		return p.call(w, depth+1)
	}
	return Symbol(w), nil
}

func (p *parser) call(name string, depth int) (Expr, error) {
	a, err := p.sum(depth)
	if err != nil {
		return a, err
	}
	if name == "floor" {
		if !p.take('/') {
			return a, p.errorf("floor wants (e/d)")
		}
		d, err := p.factor(depth)
		if err != nil {
			return a, err
		}
		n, ok := d.IsConst()
		if !ok || n <= 0 || !p.take(')') {
			return a, p.errorf("floor wants a positive number under the bar")
		}
		return a.FloorDiv(n), nil
	}
	if !p.take(',') {
		return a, p.errorf("%s wants two sizes", name)
	}
	b, err := p.sum(depth)
	if err != nil {
		return a, err
	}
	if !p.take(')') {
		return a, p.errorf("missing )")
	}
	if name == "min" {
		return Min(a, b), nil
	}
	return Max(a, b), nil
}

func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
