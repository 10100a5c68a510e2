package check

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// evaluate returns the meaning of an expression, poison after reporting why it
// has none; see eval.
func (f *frame) evaluate(x syntax.Expr) value {
	if f.c.depth >= maxDepth {
		return f.fail(x.Span(), "E0602", fmt.Sprintf("this expression is nested more than %d deep", maxDepth), "", "name a part of it with `=`")
	}
	f.c.depth++
	defer func() { f.c.depth-- }()
	switch x := x.(type) {
	case *syntax.Name:
		return f.evalName(x)
	case *syntax.Number:
		return f.evalNumber(x)
	case *syntax.String:
		return text(x.Value)
	case *syntax.Bool:
		return x.Value
	case *syntax.Any:
		return absent{}
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return f.eval(x.Elems[0])
		}
		vs, ok := f.held(f.evalAll(x.Elems), x.Where)
		if !ok {
			return poison{}
		}
		return tuple(vs)
	case *syntax.List:
		if len(x.Elems) > maxList {
			return f.tooLong(x.Where)
		}
		vs, ok := f.held(f.evalAll(x.Elems), x.Where)
		if !ok || slices.ContainsFunc(vs, isPoison) {
			return poison{} // nobody knows how many elements were meant
		}
		return list(vs)
	case *syntax.Call:
		return f.evalCall(x, nil, nil, x)
	case *syntax.Index:
		return f.evalIndex(x)
	case *syntax.Member:
		return f.evalMember(x)
	case *syntax.Unary:
		return f.evalUnary(x)
	case *syntax.Binary:
		return f.evalBinary(x)
	case *syntax.Cond:
		cond, ok := f.condition(x.If)
		if !ok {
			return poison{}
		}
		if cond {
			return f.eval(x.Then)
		}
		return f.eval(x.Else)
	case *syntax.Pipe:
		return f.evalPipe(x)
	}
	return poison{} // a hole left by the parser
}

func (f *frame) evalAll(xs []syntax.Expr) []value {
	out := make([]value, len(xs))
	for i, x := range xs {
		out[i] = f.eval(x)
	}
	return out
}

// held counts the values of a new list with those of the lists in it: lists share
// what they hold, so that a short text can make one that has no end to look through.
func (f *frame) held(vs []value, span diag.Span) ([]value, bool) {
	n := len(vs)
	for _, v := range vs {
		switch v := v.(type) {
		case list:
			n += f.c.holds(v)
		case tuple:
			n += f.c.holds(v)
		}
		if n > maxNested {
			f.fail(span, "E0602", fmt.Sprintf("a list holds at most %s values, those of the lists in it included", grouped(maxNested)), "", "")
			return nil, false
		}
	}
	if n > len(vs) {
		f.c.nested[&vs[0]] = max(n, f.c.nested[&vs[0]]) // a part of a list shares its place
	}
	return vs, true
}

// holds returns the number of values that a list holds at any depth.
func (c *checker) holds(vs []value) int {
	if len(vs) == 0 {
		return 0
	}
	return max(c.nested[&vs[0]], len(vs))
}

func (f *frame) tooLong(span diag.Span) value {
	return f.fail(span, "E0602", fmt.Sprintf("a list holds at most %s elements", grouped(maxList)), "", "")
}

func (f *frame) evalName(x *syntax.Name) value {
	if v, ok := f.lookup(x.Name); ok {
		return v
	}
	if f.unknown != nil {
		if v, ok := f.unknown(x); ok {
			return v
		}
	}
	x = f.firstUse(x)
	if f.section {
		return f.unknownInSection(x)
	}
	if f.c.again("unknown " + x.Name) {
		return poison{} // what was renamed lacks in many places
	}
	names := f.inScope()
	if f.lostDefinition(x, names) {
		return poison{}
	}
	if f.mod.main && !f.c.full() {
		x = f.firstInDeclaration(x)
	}
	return f.undefined(x.Where, x.Name, names)
}

func (f *frame) evalNumber(x *syntax.Number) value {
	if n, err := strconv.ParseInt(x.Text, 10, 64); err == nil {
		return whole(n)
	}
	clean := strings.ReplaceAll(x.Text, "_", "")
	if len(clean) <= maxBits {
		if _, exponent, ok := strings.Cut(strings.ToLower(clean), "e"); !ok || len(strings.TrimLeft(exponent, "+-0")) <= 3 {
			if r, ok := new(big.Rat).SetString(clean); ok {
				return f.bounded(r, x.Where)
			}
		}
	}
	return f.fail(x.Where, "E0104", fmt.Sprintf("`%.40s` is no number netc can hold", x.Text), "", "")
}

// bounded refuses numbers that would take more memory than the source deserves.
func (f *frame) bounded(r *big.Rat, span diag.Span) value {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return f.fail(span, "E0602", "this number is too large to be held exactly", fmt.Sprintf("more than %s bits", grouped(maxBits)), "")
	}
	return exact(r)
}

// condition evaluates what an `if` asks.
func (f *frame) condition(x syntax.Expr) (is, ok bool) {
	switch v := f.eval(x).(type) {
	case bool:
		return v, true
	case poison, nil:
		return false, false
	case undecided:
		label, hint := "", "fix the size in the signature, or make the choice a parameter of the block"
		if v.symbol != "" {
			label = fmt.Sprintf("%s comes from the caller of `%s`", v.symbol, f.netName())
			hint = fmt.Sprintf("fix %s in the signature, or make the choice a parameter of the block", v.symbol)
		}
		f.fail(x.Span(), "E0209", fmt.Sprintf("this `if` needs a value at compile time, and %s is known only at run time", v.symbol), label, hint)
		return false, false
	case *tensorValue:
		f.fail(x.Span(), "E0209", "this `if` needs a value at compile time, and a tensor is known only at run time",
			"", "there is no control flow at run time; use arithmetic on both results")
		return false, false
	default:
		f.fail(x.Span(), "E0211", "a condition is true or false, and this is "+f.kindOf(v), "", "compare it with something")
		return false, false
	}
}

// undecided is a comparison that depends on a size known only at run time.
type undecided struct{ symbol string }

func (f *frame) evalIndex(x *syntax.Index) value {
	v := f.eval(x.X)
	switch v := v.(type) {
	case poison:
		return poison{}
	case dtypeRef:
		return f.anyTensor(x, v)
	case *tensorValue:
		return f.sliceTensor(x, v)
	case list:
		return f.element(x, v)
	case tuple:
		return f.element(x, v)
	}
	return f.fail(x.X.Span(), "E0211", f.kindOf(v)+" has no elements", "", "only lists, tuples and tensors can be indexed")
}

// element indexes a list; a negative index is an error, as positions count from
// the front everywhere.
func (f *frame) element(x *syntax.Index, l []value) value {
	if len(x.Items) != 1 || x.Items[0].Pack != nil || x.Items[0].X == nil {
		return f.fail(x.Where, "E0211", "a list is indexed by one position", "", "")
	}
	at := x.Items[0].X
	switch v := f.eval(at).(type) {
	case poison:
		return poison{}
	case number:
		i, ok := v.int()
		if !ok || i < 0 || i >= int64(len(l)) {
			return f.fail(at.Span(), "E0212", fmt.Sprintf("there is no element %s", v), fmt.Sprintf("the list has %d, counted from 0", len(l)), "")
		}
		return l[i]
	case interval:
		lo, hi, ok := f.bounds(v, at.Span())
		if !ok {
			return poison{}
		}
		if lo < 0 || hi > int64(len(l)) || lo > hi {
			return f.fail(at.Span(), "E0212", fmt.Sprintf("there are no elements %d..%d", lo, hi), fmt.Sprintf("the list has %d, counted from 0", len(l)), "")
		}
		vs, ok := f.held(l[lo:hi:hi], x.Where)
		if !ok {
			return poison{}
		}
		return list(vs)
	default:
		return f.fail(at.Span(), "E0211", "a position is a whole number, and this is "+f.kindOf(v), "", "")
	}
}

// bounds returns a range over ints.
func (f *frame) bounds(v interval, span diag.Span) (lo, hi int64, ok bool) {
	a, aok := numberOf(v.lo)
	b, bok := numberOf(v.hi)
	if aok && bok {
		lo, aok = a.int()
		hi, bok = b.int()
		if aok && bok {
			return lo, hi, true
		}
	}
	if !isPoison(v.lo) && !isPoison(v.hi) {
		f.fail(span, "E0211", "the ends of this range must be whole numbers known at compile time", "", "")
	}
	return 0, 0, false
}

func (f *frame) evalMember(x *syntax.Member) value {
	switch v := f.eval(x.X).(type) {
	case poison:
		return poison{}
	case moduleRef:
		if d, ok := f.c.declared(v.m, x.Name.Name); ok {
			return d
		}
		d := diag.Diagnostic{
			Code: "E0101", Message: fmt.Sprintf("module `%s` has nothing called `%s`", v.m.name, x.Name.Name),
		}
		var names []string
		for n := range v.m.decls {
			names = append(names, n)
		}
		if near := diag.Closest(x.Name.Name, names); near != "" {
			d.Label = fmt.Sprintf("did you mean `%s`?", near)
			d.Edits = []diag.Edit{{Span: x.Name.Where, Text: near}}
		}
		return f.report(x.Name.Where, d)
	case opsRef:
		return opRef(x.Name.Name)
	case *targetValue:
		switch x.Name.Name {
		case "cls":
			return v.cls
		case "box":
			return v.box
		case "pos":
			return v.pos
		}
		return f.fail(x.Name.Where, "E0101", fmt.Sprintf("what `match` found has no `%s`", x.Name.Name), "", "it has .cls, .box and .pos")
	case *callable:
		if v.block != nil && v.block.Net && v.bare() {
			return f.netMember(v, x)
		}
		return f.fail(x.Name.Where, "E0211", fmt.Sprintf("%s has no `%s`", f.kindOf(v), x.Name.Name), "", "only nets have .params and .macs")
	default:
		return f.fail(x.Name.Where, "E0211", fmt.Sprintf("%s has no `%s`", f.kindOf(v), x.Name.Name), "", "")
	}
}

// netMember is .params, .macs and .arena of a net.
func (f *frame) netMember(v *callable, x *syntax.Member) value {
	n := f.c.netOf(v.mod, v.block)
	f.c.elaborate(n)
	if n.failed {
		return poison{}
	}
	switch x.Name.Name {
	case "params":
		total, ok := countParams(n.net.States)
		if !ok {
			return poison{}
		}
		return whole(total)
	case "macs", "arena":
		return f.cost(costRef{n.net, x.Name.Name}, map[string]int64{"N": 1}, x)
	}
	d := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("a net has no `%s`", x.Name.Name), Hint: "a net has .params, .macs and .arena"}
	if near := diag.Closest(x.Name.Name, []string{"params", "macs", "arena"}); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
	}
	return f.report(x.Name.Where, d)
}

// evalPipe moves the head through the stages. A head without tensors makes a
// chain: a layer out of layers.
func (f *frame) evalPipe(x *syntax.Pipe) value {
	v := f.evalHead(x)
	whole := v.v
	if x.HeadAs != nil && x.HeadAs.Name != "_" {
		f.label(x.HeadAs, whole)
	}
	args := spread(v, x.Head)
	if first, ok := whole.(*callable); ok && len(x.Stages) > 0 {
		return f.evalChain(x, first)
	}
	for _, s := range x.Stages {
		span := s.Layer.Span()
		whole = f.evalStage(s, args)
		if s.As != nil && s.As.Name != "_" {
			f.label(s.As, whole)
		}
		args = spread(argument{v: whole, span: span}, nil)
	}
	return whole
}

// evalHead evaluates what stands in front of the first `|>`; a label names the
// weights of a call there too.
func (f *frame) evalHead(p *syntax.Pipe) argument {
	x := p.Head
	if call, ok := x.(*syntax.Call); ok && p.HeadAs != nil {
		m := f.mark()
		v := f.evalCall(call, nil, p.HeadAs, call)
		if f.watched() {
			f.note(x.Span(), m, v, false)
		}
		return argument{v: v, span: x.Span(), x: x}
	}
	return argument{v: f.eval(x), span: x.Span(), name: nameOf(x), x: x}
}

// nameOf returns the name an expression is, "" when it is more than that.
func nameOf(x syntax.Expr) string {
	if n, ok := x.(*syntax.Name); ok {
		return n.Name
	}
	return ""
}

// spread turns what is piped into arguments: a tuple is several.
func spread(a argument, x syntax.Expr) []argument {
	t, ok := a.v.(tuple)
	if !ok {
		return []argument{a}
	}
	var elems []syntax.Expr
	if w, ok := x.(*syntax.Tuple); ok && len(w.Elems) == len(t) {
		elems = w.Elems
	}
	out := make([]argument, len(t))
	for i, v := range t {
		out[i] = argument{v: v, span: a.span}
		if elems != nil {
			out[i].span, out[i].name, out[i].x = elems[i].Span(), nameOf(elems[i]), elems[i]
		}
	}
	return out
}

// label binds the name of a stage's output.
func (f *frame) label(id *syntax.Ident, v value) { f.define(id.Name, v) }

func (f *frame) evaluateStage(s *syntax.Stage, args []argument) value {
	if c, ok := s.Layer.(*syntax.Call); ok {
		return f.evalCall(c, args, s.As, s)
	}
	v := f.eval(s.Layer)
	if isPoison(v) {
		return poison{}
	}
	c, ok := v.(*callable)
	if !ok {
		if slices.ContainsFunc(args, func(a argument) bool { return isPoison(a.v) }) {
			return poison{} // what was meant may be no pipe
		}
		return f.notALayer(s.Layer, v)
	}
	return f.apply(c, nil, args, s.As, s, s.Layer.Span())
}

func (f *frame) notALayer(x syntax.Expr, v value) value {
	if n, ok := x.(*syntax.Name); ok && f.vars.find(n.Name) != nil && f.c.again("no layer "+n.Name) {
		return poison{} // the name of a value hides that of a layer, wherever it is used
	}
	return f.fail(x.Span(), "E0302", "a pipe leads into a layer, and this is "+f.kindOf(v), "", "")
}

// evalChain composes layers: conv(64, 3) |> bn |> relu with no tensor in front.
func (f *frame) evalChain(x *syntax.Pipe, first *callable) value {
	out := &callable{name: first.name, span: x.Where}
	out.chain = append(out.chain, part{c: first, label: f.childName(x.HeadAs, x.Head), node: x.Head})
	ok := true
	for _, s := range x.Stages {
		v := f.eval(s.Layer)
		c, is := v.(*callable)
		if !is {
			if !isPoison(v) {
				f.notALayer(s.Layer, v)
			}
			ok = false
			continue
		}
		out.chain = append(out.chain, part{c: c, label: f.childName(s.As, s), node: s})
	}
	if !ok {
		return poison{}
	}
	return out
}
