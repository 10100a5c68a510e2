package check

import (
	"fmt"
	"math/big"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

func (f *frame) evalUnary(x *syntax.Unary) value {
	v := f.eval(x.X)
	if isPoison(v) {
		return poison{}
	}
	if x.Op == "not" {
		switch v := v.(type) {
		case bool:
			return !v
		case undecided:
			return v
		case *tensorValue:
			return f.emitValue("not", nil, x.Where, v)
		}
		return f.fail(x.X.Span(), "E0211", "`not` wants true or false, and this is "+f.kindOf(v), "", "")
	}
	switch v := v.(type) {
	case number:
		return number{new(big.Rat).Neg(v.r)}
	case size:
		return size{e: v.e.Neg(), den: v.den}.plain()
	case *tensorValue:
		return f.emitValue("neg", nil, x.Where, v)
	}
	return f.fail(x.X.Span(), "E0211", "`-` wants a number, and this is "+f.kindOf(v), "", "")
}

func (f *frame) evalBinary(x *syntax.Binary) value {
	switch x.Op {
	case "and", "or":
		return f.evalLogic(x)
	}
	a := f.eval(x.Left)
	if isPoison(a) {
		return poison{} // what is wrong on the right may follow from it
	}
	b := f.eval(x.Right)
	if isPoison(b) {
		return poison{}
	}
	if x.Op == ".." {
		return f.interval(x, a, b)
	}
	_, at := a.(*tensorValue)
	_, bt := b.(*tensorValue)
	if at || bt {
		return f.tensorArith(x, a, b)
	}
	switch x.Op {
	case "==", "!=", "<", "<=", ">", ">=":
		return f.compare(x, a, b)
	}
	if x.Op == "+" {
		if l, ok := a.(list); ok {
			if m, ok := b.(list); ok {
				if len(l)+len(m) > maxList {
					return f.tooLong(x.Where)
				}
				return append(append(make(list, 0, len(l)+len(m)), l...), m...)
			}
		}
	}
	p, pok := a.(number)
	q, qok := b.(number)
	if pok && qok {
		return f.rational(x, p, q)
	}
	s, sok := sizeOf(a)
	t, tok := sizeOf(b)
	if sok && tok {
		return f.sizeArith(x, s, t)
	}
	wrong, v := x.Left, a
	if pok || sok {
		wrong, v = x.Right, b
	}
	return f.fail(wrong.Span(), "E0211", fmt.Sprintf("`%s` cannot take %s", x.Op, f.kindOf(v)), "", "")
}

func (f *frame) evalLogic(x *syntax.Binary) value {
	a := f.eval(x.Left)
	switch v := a.(type) {
	case poison, nil:
		return poison{}
	case bool:
		if v == (x.Op == "or") {
			return v // the other side is not looked at
		}
		b := f.eval(x.Right)
		switch b.(type) {
		case bool, undecided, poison:
			return b
		}
		if b == nil {
			return poison{}
		}
		return f.fail(x.Right.Span(), "E0211", fmt.Sprintf("`%s` wants true or false, and this is %s", x.Op, f.kindOf(b)), "", "")
	case undecided:
		if b, ok := f.eval(x.Right).(bool); ok && b == (x.Op == "or") {
			return b
		}
		return v
	case *tensorValue:
		b, ok := f.eval(x.Right).(*tensorValue)
		if ok {
			return f.emitValue(x.Op, nil, x.Where, v, b)
		}
	}
	return f.fail(x.Left.Span(), "E0211", fmt.Sprintf("`%s` wants true or false, and this is %s", x.Op, f.kindOf(a)), "", "")
}

func (f *frame) interval(x *syntax.Binary, a, b value) value {
	for i, v := range []value{a, b} {
		if _, ok := sizeOf(v); !ok {
			if _, ok := v.(number); !ok {
				return f.fail([]syntax.Expr{x.Left, x.Right}[i].Span(), "E0211", "a range has numbers at its ends, and this is "+f.kindOf(v), "", "")
			}
		}
	}
	return interval{a, b}
}

// rational is arithmetic on exact numbers.
func (f *frame) rational(x *syntax.Binary, p, q number) value {
	r := new(big.Rat)
	switch x.Op {
	case "+":
		r.Add(p.r, q.r)
	case "-":
		r.Sub(p.r, q.r)
	case "*":
		r.Mul(p.r, q.r)
	case "/":
		if q.r.Sign() == 0 {
			return f.fail(x.Where, "E0213", "division by 0", "", "")
		}
		r.Quo(p.r, q.r)
	case "%":
		if q.r.Sign() == 0 {
			return f.fail(x.Where, "E0213", "division by 0", "", "")
		}
		k := number{new(big.Rat).Quo(p.r, q.r)}.floor()
		r.Sub(p.r, new(big.Rat).Mul(new(big.Rat).SetInt(k), q.r))
	case "**":
		return f.power(x, p, q)
	default:
		return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` does not work on numbers", x.Op), "", "")
	}
	return f.bounded(r, x.Where)
}

// floor rounds down.
func (n number) floor() *big.Int {
	return new(big.Int).Div(n.r.Num(), n.r.Denom()) // Euclidean, and the denominator is positive
}

// ceil rounds up.
func (n number) ceil() *big.Int {
	up := number{new(big.Rat).Neg(n.r)}.floor()
	return up.Neg(up)
}

func (f *frame) power(x *syntax.Binary, p, q number) value {
	n, ok := q.int()
	if !ok {
		return f.fail(x.Right.Span(), "E0213", "an exponent is a whole number, and this is "+q.String(), "", "")
	}
	neg := n < 0
	if neg {
		n = -n
	}
	bits := int64(max(p.r.Num().BitLen(), p.r.Denom().BitLen()))
	if n > maxBits || bits*n > 2*maxBits {
		if one := p.r.IsInt() && p.r.Num().IsInt64(); !one || p.r.Num().Int64() < -1 || p.r.Num().Int64() > 1 {
			return f.fail(x.Where, "E0602", "this number is too large to be held exactly", fmt.Sprintf("more than %s bits", grouped(maxBits)), "")
		}
		n = n%2 + 2 // powers of -1, 0 and 1 repeat
	}
	e := big.NewInt(n)
	num, den := new(big.Int).Exp(p.r.Num(), e, nil), new(big.Int).Exp(p.r.Denom(), e, nil)
	if neg {
		num, den = den, num
	}
	if den.Sign() == 0 {
		return f.fail(x.Where, "E0213", "division by 0", "", "")
	}
	return f.bounded(new(big.Rat).SetFrac(num, den), x.Where)
}

// maxSizePower bounds the degree of a size: N**2 is a size, N**100 a mistake.
const maxSizePower = 8

// sizeArith is exact arithmetic over dimensions. Index sets fall back to plain
// sizes.
func (f *frame) sizeArith(x *syntax.Binary, a, b size) value {
	da, db := sym.Const(a.den), sym.Const(b.den)
	if len(a.e.String()) > maxFormula || len(b.e.String()) > maxFormula {
		return f.fail(x.Where, "E0602", "the formula of this size is too long to reason about", "", "")
	}
	switch x.Op {
	case "+":
		return ratio(a.e.Mul(db).Add(b.e.Mul(da)), a.den*b.den)
	case "-":
		return ratio(a.e.Mul(db).Sub(b.e.Mul(da)), a.den*b.den)
	case "*":
		return ratio(a.e.Mul(b.e), a.den*b.den)
	}
	n, constant := b.e.IsConst()
	if !constant {
		return f.fail(x.Right.Span(), "E0209", fmt.Sprintf("`%s` needs a number at compile time, and %s is known only at run time", x.Op, b), "", "")
	}
	switch {
	case x.Op == "**" && b.den == 1 && n >= 0 && n <= maxSizePower:
		p := sym.Const(1)
		den := int64(1)
		for range n {
			p, den = p.Mul(a.e), den*a.den
		}
		return ratio(p, den)
	case x.Op == "**":
		return f.fail(x.Right.Span(), "E0213", fmt.Sprintf("a size can be raised to 0..%d", maxSizePower), "", "")
	case n == 0:
		return f.fail(x.Where, "E0213", "division by 0", "", "")
	case x.Op == "/":
		if n < 0 {
			return ratio(a.e.Mul(db).Neg(), a.den*-n)
		}
		return ratio(a.e.Mul(db), a.den*n)
	case x.Op == "%" && a.den == 1 && b.den == 1 && n > 0:
		return ratio(a.e.Mod(n), 1)
	}
	return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` does not work on these sizes", x.Op), "", "")
}

// ratio returns e/den in lowest terms as far as the normal form shows them.
func ratio(e sym.Expr, den int64) value {
	if den <= 0 || den > 1<<31 {
		return poison{}
	}
	for d := int64(2); d <= den && d <= 64; d++ {
		for den%d == 0 {
			if c, ok := e.Mod(d).IsConst(); !ok || c != 0 {
				break
			}
			e, den = e.FloorDiv(d), den/d
		}
	}
	if c, ok := e.Mod(den).IsConst(); ok && c == 0 {
		e, den = e.FloorDiv(den), 1
	}
	return size{e: e, den: den}.plain()
}
