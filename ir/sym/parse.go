package sym

import (
	"fmt"
	"strconv"
)

// Parse reads what String prints: sums and products of integers, symbols,
// floor(e/d), ceil(e/d), min(a, b, ...), max(a, b, ...) and parentheses.
//
// Errors: text that is none of these, is nested more than 64 deep, or leaves int64.
func Parse(text string) (Expr, error) {
	p := &parser{text: text}
	e, err := p.sum(0)
	if err != nil {
		return Expr{}, err
	}
	if p.space(); p.at < len(p.text) {
		return Expr{}, p.errorf("unexpected %q", p.text[p.at:])
	}
	if e.over {
		return Expr{}, p.errorf("too large")
	}
	return e, nil
}

const (
	maxDepth   = 64
	maxExtreme = 64
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
	switch w {
	case "floor", "ceil":
		if p.take('(') {
			return p.quotient(w == "ceil", depth+1)
		}
	case "min", "max":
		if p.take('(') {
			return p.extreme(w == "min", depth+1)
		}
	}
	return Symbol(w), nil
}

// quotient reads e/d) after the parenthesis.
func (p *parser) quotient(up bool, depth int) (Expr, error) {
	a, err := p.sum(depth)
	if err != nil {
		return a, err
	}
	if !p.take('/') {
		return a, p.errorf("expected / at %d", p.at)
	}
	e, err := p.factor(depth)
	if err != nil {
		return a, err
	}
	d, ok := e.IsConst()
	if !ok || d <= 0 {
		return a, p.errorf("the divisor is %v, expected a positive number", e)
	}
	if !p.take(')') {
		return a, p.errorf("missing )")
	}
	if up {
		return a.CeilDiv(d), nil
	}
	return a.FloorDiv(d), nil
}

// extreme reads a, b, ...) after the parenthesis.
func (p *parser) extreme(least bool, depth int) (Expr, error) {
	a, err := p.sum(depth)
	n := 1
	for ; err == nil && p.take(','); n++ {
		var b Expr
		if b, err = p.sum(depth); err != nil {
			break
		}
		if n == maxExtreme {
			return a, p.errorf("more than %d sizes to compare", maxExtreme)
		}
		if least {
			a = Min(a, b)
		} else {
			a = Max(a, b)
		}
	}
	if err == nil && n < 2 {
		return a, p.errorf("expected two sizes or more")
	}
	if err == nil && !p.take(')') {
		return a, p.errorf("missing )")
	}
	return a, err
}

func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
