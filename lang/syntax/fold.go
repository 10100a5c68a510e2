package syntax

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// Levels of precedence that have a rule of their own; the others associate to
// the left.
const (
	levelNot     = 3 // `not` stands in front of a comparison
	levelCompare = 3
	levelRange   = 4
	levelPower   = 7
)

// folder builds the tree of one chain of operands, by precedence climbing:
//
//	or  and  not  == != < <= > >=  ..  + -  * / %  -x  **
//
// Comparisons and ranges do not chain; `**` associates to the right and binds
// stronger than the minus in front of it.
type folder struct {
	c    *converter
	list []*operatorOn
	next int // index in list of the next operator
	cur  *operand
}

func (c *converter) operation(o *operation) Expr {
	if len(o.Tail) == 0 && o.Head.Not == nil && o.Head.Neg == nil {
		return c.postfix(o.Head.X)
	}
	f := folder{c: c, list: o.Tail, cur: o.Head}
	return f.binary(1)
}

// binary folds all operators of at least the given level.
func (f *folder) binary(level int) Expr {
	if level > levelNot && f.cur.Not != nil {
		f.misplacedNot()
	}
	if level == levelNot && f.cur.Not != nil {
		not := f.c.token(*f.cur.Not)
		f.cur = &operand{node: f.cur.node, Neg: f.cur.Neg, X: f.cur.X}
		x := f.binary(levelCompare)
		return &Unary{At: At{not.To(x.Span())}, Op: "not", X: x}
	}
	if level == levelPower {
		return f.unary()
	}
	left := f.binary(level + 1)
	for n := 0; f.next < len(f.list) && operators[f.list[f.next].Op.Value] == level; n++ {
		op := f.list[f.next]
		if n > 0 && (level == levelCompare || level == levelRange) {
			f.chained(op)
		}
		f.next, f.cur = f.next+1, op.X
		left = f.join(op, left, f.binary(level+1))
	}
	return left
}

func (f *folder) join(op *operatorOn, left, right Expr) Expr {
	return &Binary{
		At: At{left.Span().To(right.Span())},
		Op: op.Op.Value, OpAt: f.c.token(op.Op),
		Left: left, Right: right,
	}
}

// unary is `-` before a power, whose exponent is unary again. The loop keeps a
// long chain of powers off the stack of Go.
func (f *folder) unary() Expr {
	var terms []*operand
	var ops []*operatorOn
	for {
		if f.cur.Not != nil {
			f.misplacedNot()
		}
		terms = append(terms, f.cur)
		if f.next == len(f.list) || f.list[f.next].Op.Value != "**" {
			break
		}
		op := f.list[f.next]
		ops = append(ops, op)
		f.next, f.cur = f.next+1, op.X
	}
	var x Expr
	for i := len(terms) - 1; i >= 0; i-- {
		base := f.c.postfix(terms[i].X)
		if x != nil {
			base = f.join(ops[i], base, x)
		}
		x = base
		if neg := terms[i].Neg; neg != nil {
			x = &Unary{At: At{f.c.token(*neg).To(x.Span())}, Op: "-", X: x}
		}
	}
	return x
}

func (f *folder) chained(op *operatorOn) {
	d := diag.Diagnostic{
		Code:    "E0157",
		Span:    f.c.token(op.Op),
		Message: fmt.Sprintf("`%s` cannot follow another comparison", op.Op.Value),
		Hint:    "join two comparisons with `and`: `a < b and b < c`",
	}
	if op.Op.Value == ".." {
		d.Message, d.Hint = "a range has two ends, and this is a third", "write `a..b`"
	}
	f.c.problems.Add(d)
}

func (f *folder) misplacedNot() {
	f.c.problems.Add(diag.Diagnostic{
		Code:    "E0158",
		Span:    f.c.token(*f.cur.Not),
		Message: "`not` binds weaker than the operator before it",
		Hint:    "put it in parentheses: `(not x)`",
	})
	f.cur = &operand{node: f.cur.node, Neg: f.cur.Neg, X: f.cur.X}
}
