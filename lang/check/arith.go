package check

import (
	"fmt"
	"math/big"

	"github.com/netc-lang/netc/internal/diag"
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
		return f.fail(x.X.Span(), "E0211", "`not` wants true or false, and this is "+kindOf(v), "", "")
	}
	switch v := v.(type) {
	case number:
		return number{new(big.Rat).Neg(v.r)}
	case size:
		return size{e: v.e.Neg(), den: v.den}.plain()
	case *tensorValue:
		return f.emitValue("neg", nil, x.Where, v)
	}
	return f.fail(x.X.Span(), "E0211", "`-` wants a number, and this is "+kindOf(v), "", "")
}

func (f *frame) evalBinary(x *syntax.Binary) value {
	switch x.Op {
	case "and", "or":
		return f.evalLogic(x)
	}
	a, b := f.eval(x.Left), f.eval(x.Right)
	if isPoison(a) || isPoison(b) {
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
	return f.fail(wrong.Span(), "E0211", fmt.Sprintf("`%s` cannot take %s", x.Op, kindOf(v)), "", "")
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
		return f.fail(x.Right.Span(), "E0211", fmt.Sprintf("`%s` wants true or false, and this is %s", x.Op, kindOf(b)), "", "")
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
	return f.fail(x.Left.Span(), "E0211", fmt.Sprintf("`%s` wants true or false, and this is %s", x.Op, kindOf(a)), "", "")
}

func (f *frame) interval(x *syntax.Binary, a, b value) value {
	for i, v := range []value{a, b} {
		if _, ok := sizeOf(v); !ok {
			if _, ok := v.(number); !ok {
				return f.fail([]syntax.Expr{x.Left, x.Right}[i].Span(), "E0211", "a range has numbers at its ends, and this is "+kindOf(v), "", "")
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

// compare answers true, false, or undecided when it depends on the caller.
func (f *frame) compare(x *syntax.Binary, a, b value) value {
	if n, ok := f.equalLists(x, a, b); ok {
		return n
	}
	p, pok := numberOf(a)
	q, qok := numberOf(b)
	if pok && qok {
		c := p.r.Cmp(q.r)
		sa, aset := a.(size)
		sb, bset := b.(size)
		if aset && bset && sa.set != sb.set && c == 0 {
			c = 1 // same size, other names
			if x.Op != "==" && x.Op != "!=" {
				c = 0
			}
		}
		return ordered(x.Op, c)
	}
	s, sok := sizeOf(a)
	t, tok := sizeOf(b)
	if sok && tok {
		return f.compareSizes(x.Op, s, t)
	}
	if x.Op == "==" || x.Op == "!=" {
		if w, ok := a.(word); ok { // in the prelude, an option against its name
			a = text(w)
		}
		switch a.(type) {
		case text, bool:
			if fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) {
				return (a == b) == (x.Op == "==")
			}
		}
	}
	return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` cannot compare %s with %s", x.Op, kindOf(a), kindOf(b)), "", "")
}

func ordered(op string, c int) bool {
	switch op {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// equalLists compares lists and tuples element by element.
func (f *frame) equalLists(x *syntax.Binary, a, b value) (value, bool) {
	l, m := elements(a), elements(b)
	if l == nil || m == nil || x.Op != "==" && x.Op != "!=" {
		return nil, false
	}
	if len(l) != len(m) {
		return x.Op == "!=", true
	}
	eq := &syntax.Binary{At: x.At, Op: "==", OpAt: x.OpAt, Left: x.Left, Right: x.Right}
	for i := range l {
		if f.c.budget--; f.c.budget < 0 {
			return f.tooMuch(x.Where), true
		}
		switch r := f.compareIn(eq, l[i], m[i]).(type) {
		case bool:
			if !r {
				return x.Op == "!=", true
			}
		default:
			return r, true
		}
	}
	return x.Op == "==", true
}

// compareIn compares elements; a plain size and a set of that size are equal
// there, as in shape(x) == [8, 10].
func (f *frame) compareIn(x *syntax.Binary, a, b value) value {
	if isPoison(a) || isPoison(b) {
		return poison{}
	}
	return f.compare(x, a, b)
}

// elements returns the values of a list or tuple, nil for anything else.
func elements(v value) []value {
	switch v := v.(type) {
	case list:
		return append([]value{}, v...)
	case tuple:
		return append([]value{}, v...)
	}
	return nil
}

func (f *frame) compareSizes(op string, a, b size) value {
	d := a.e.Mul(sym.Const(b.den)).Sub(b.e.Mul(sym.Const(a.den)))
	if op == "==" || op == "!=" {
		if f.prove(d, sym.Const(0)).Proved {
			return op == "=="
		}
	}
	if lo, hi, ok := sym.Range(d, f.facts()); ok {
		switch {
		case lo > 0:
			return ordered(op, 1)
		case hi < 0:
			return ordered(op, -1)
		case lo >= 0 && op == ">=", hi <= 0 && op == "<=":
			return true
		case lo >= 0 && op == "<", hi <= 0 && op == ">":
			return false
		}
	}
	u := undecided{}
	if s := d.Symbols(); len(s) > 0 {
		u.symbol = s[0]
	}
	return u
}

// facts returns what is known about the symbols of the net.
func (f *frame) facts() sym.Facts {
	if f.g == nil {
		return sym.Facts{}
	}
	return f.g.graph.Facts
}

func (f *frame) prove(a, b sym.Expr) sym.Verdict {
	if a.Equal(b) {
		return sym.Verdict{Proved: true}
	}
	return sym.ProveEqual(a, b, f.facts())
}

// wholeSize returns v as a size without a denominator; an obligation that cannot
// be met is E0203.
func (f *frame) wholeSize(v value, span diag.Span) (size, bool) {
	if isPoison(v) {
		return size{}, false
	}
	s, ok := sizeOf(v)
	if !ok {
		f.fail(span, "E0211", "a size is a whole number, and this is "+kindOf(v), "", "")
		return s, false
	}
	if n, is := s.e.IsConst(); is {
		if n%s.den != 0 {
			f.fail(span, "E0203", fmt.Sprintf("a size is a whole number, and this is %s", number{big.NewRat(n, s.den)}), "",
				"round it with floor( ) or ceil( ), or choose sizes that divide")
			return s, false
		}
		if n < 0 {
			f.fail(span, "E0214", fmt.Sprintf("a size cannot be %d", n/s.den), "", "")
			return s, false
		}
		s.e, s.den = sym.Const(n/s.den), 1
		return s, true
	}
	if s.den == 1 {
		return s, true
	}
	verdict := f.prove(s.e.Mod(s.den), sym.Const(0))
	if verdict.Proved {
		return size{e: s.e.FloorDiv(s.den), den: 1, set: s.set}, true
	}
	label, hint := "", "round it with floor( ) or ceil( )"
	if len(verdict.Counterexample) > 0 {
		if n, err := s.e.Eval(verdict.Counterexample); err == nil {
			label = fmt.Sprintf("for %s it is %s", example(verdict.Counterexample), number{big.NewRat(n, s.den)})
		}
	}
	if verdict.RepairModulus > 1 {
		hint = f.repairHint(verdict)
	}
	f.fail(span, "E0203", fmt.Sprintf("%s is not always whole", s), label, hint)
	return s, false
}

func (f *frame) repairHint(v sym.Verdict) string {
	return fmt.Sprintf("add `where %s %% %d == 0` to `%s` (the smallest modulus that works)", v.RepairSymbol, v.RepairModulus, f.netName())
}

// example prints a counterexample: H = 8, W = 3.
func example(env map[string]int64) string {
	set := map[string]bool{}
	for n := range env {
		set[n] = true
	}
	out := ""
	for i, n := range sorted(set) {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprintf("%s = %d", n, env[n])
	}
	return out
}

// tensorOps maps operators to ops; a pair swaps its operands.
var tensorOps = map[string]struct {
	op   string
	swap bool
	not  bool
}{
	"+": {op: "add"}, "-": {op: "sub"}, "*": {op: "mul"}, "/": {op: "div"}, "**": {op: "pow"},
	"==": {op: "eq"}, "!=": {op: "eq", not: true},
	"<": {op: "lt"}, "<=": {op: "le"}, ">": {op: "lt", swap: true}, ">=": {op: "le", swap: true},
}

// tensorArith applies an operator where at least one side is a tensor; a number
// takes the element type of the tensor it meets.
func (f *frame) tensorArith(x *syntax.Binary, a, b value) value {
	row, ok := tensorOps[x.Op]
	if !ok {
		return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` does not work on tensors", x.Op), "", "")
	}
	s, sok := f.asOperand(a, b, x.Left)
	t, tok := f.asOperand(b, a, x.Right)
	if !sok || !tok {
		return poison{}
	}
	if row.swap {
		s, t = t, s
	}
	v := f.emitBinary(row.op, x, s, t)
	if r, ok := v.(*tensorValue); ok && row.not {
		return f.emitValue("not", nil, x.Where, r)
	}
	return v
}

// asOperand returns v as a tensor that can meet other.
func (f *frame) asOperand(v, other value, x syntax.Expr) (*tensorValue, bool) {
	if t, ok := v.(*tensorValue); ok {
		if t.t == nil {
			return nil, false
		}
		return t, true
	}
	n, ok := numberOf(v)
	if !ok {
		f.fail(x.Span(), "E0211", "arithmetic on a tensor wants a number or a tensor, and this is "+kindOf(v), "", "")
		return nil, false
	}
	d := other.(*tensorValue).t.Type.DType
	if !d.Float() && !n.r.IsInt() {
		f.fail(x.Span(), "E0215", fmt.Sprintf("%s is no %s", n, d), "", fmt.Sprintf("cast the tensor first: `cast(f32)`"))
		return nil, false
	}
	return f.constant(d, nil, []float64{n.float()}, x.Span())
}

// emitBinary emits an operator, and says which sizes do not meet when it cannot.
func (f *frame) emitBinary(name string, x *syntax.Binary, a, b *tensorValue) value {
	if d, e, ok := f.meet(a, b); !ok {
		return f.report(x.OpAt, diag.Diagnostic{
			Code: "E0201", Message: fmt.Sprintf("`%s` cannot join %s and %s: %s here but %s there", x.Op, show(a.t.Type), show(b.t.Type), d, e),
			Label: "shapes are joined from the right; only size 1 stretches",
		})
	}
	return f.emitValue(name, nil, x.Where, a, b)
}
