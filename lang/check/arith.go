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
		return v.neg()
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
				vs, ok := f.held(append(append(make(list, 0, len(l)+len(m)), l...), m...), x.Where)
				if !ok {
					return poison{}
				}
				return list(vs)
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
	if n, ok := smallArith(x.Op, p, q); ok {
		return n
	}
	r, a, b := new(big.Rat), p.rat(), q.rat()
	switch x.Op {
	case "+":
		r.Add(a, b)
	case "-":
		r.Sub(a, b)
	case "*":
		r.Mul(a, b)
	case "/":
		if q.sign() == 0 {
			return f.fail(x.Where, "E0213", "division by 0", "", "")
		}
		r.Quo(a, b)
	case "%":
		if q.sign() == 0 {
			return f.fail(x.Where, "E0213", "division by 0", "", "")
		}
		k := exact(new(big.Rat).Quo(a, b)).floor()
		r.Sub(a, new(big.Rat).Mul(new(big.Rat).SetInt(k), b))
	case "**":
		return f.power(x, p, q)
	default:
		return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` does not work on numbers", x.Op), "", "")
	}
	return f.bounded(r, x.Where)
}

// maxSmall bounds the whole numbers whose sums and products surely fit int64.
const maxSmall = 1 << 31

// smallArith is rational on whole numbers near 0, which nearly all are.
func smallArith(op string, p, q number) (number, bool) {
	a, b := p.i, q.i
	if p.r != nil || q.r != nil || a >= maxSmall || a <= -maxSmall || b >= maxSmall || b <= -maxSmall {
		return number{}, false
	}
	switch {
	case op == "+":
		return whole(a + b), true
	case op == "-":
		return whole(a - b), true
	case op == "*":
		return whole(a * b), true
	case op == "/" && b != 0 && a%b == 0:
		return whole(a / b), true
	case op == "%" && a >= 0 && b > 0:
		return whole(a % b), true
	}
	return number{}, false
}

func (n number) neg() number {
	if n.r == nil && n.i > -maxSmall {
		return whole(-n.i)
	}
	return exact(new(big.Rat).Neg(n.rat()))
}

// floor rounds down.
func (n number) floor() *big.Int {
	if n.r == nil {
		return big.NewInt(n.i)
	}
	return new(big.Int).Div(n.r.Num(), n.r.Denom()) // Euclidean, and the denominator is positive
}

// ceil rounds up.
func (n number) ceil() *big.Int {
	up := n.neg().floor()
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
	base := p.rat()
	bits := int64(max(base.Num().BitLen(), base.Denom().BitLen()))
	if n > maxBits || bits*n > 2*maxBits {
		if one, ok := p.int(); !ok || one < -1 || one > 1 {
			return f.fail(x.Where, "E0602", "this number is too large to be held exactly", fmt.Sprintf("more than %s bits", grouped(maxBits)), "")
		}
		n = n%2 + 2 // powers of -1, 0 and 1 repeat
	}
	e := big.NewInt(n)
	num, den := new(big.Int).Exp(base.Num(), e, nil), new(big.Int).Exp(base.Denom(), e, nil)
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
	if tooLongFormula(a.e) || tooLongFormula(b.e) {
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

// tooLongFormula reports whether a size is beyond what is reasoned about.
func tooLongFormula(e sym.Expr) bool {
	if _, constant := e.IsConst(); constant {
		return false
	}
	return len(e.String()) > maxFormula
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
