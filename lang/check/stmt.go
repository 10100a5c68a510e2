package check

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/lang/syntax"
)

// exec runs statements until one returns.
func (f *frame) exec(body []syntax.Stmt) (results []value, returned bool) {
	for _, s := range body {
		if !f.spend(s.Span()) {
			return []value{poison{}}, true
		}
		switch s := s.(type) {
		case *syntax.Return:
			vs := f.evalAll(s.Values)
			if len(vs) == 1 {
				if t, ok := vs[0].(tuple); ok {
					vs = t
				}
			}
			return vs, true
		case *syntax.For:
			if r, done := f.execFor(s); done {
				return r, true
			}
		case *syntax.If:
			cond, ok := f.condition(s.Cond)
			if !ok {
				f.poisonAssigned(s)
				if returns(s) {
					return []value{poison{}}, true
				}
				continue
			}
			branch := s.Then
			if !cond {
				branch = s.Else
			}
			if r, done := f.nested().exec(branch); done {
				return r, true
			}
		case *syntax.Assert:
			if !f.execAssert(s) && f.block != nil {
				return []value{poison{}}, true // what follows relies on it
			}
		case *syntax.State:
			f.execState(s)
		case *syntax.Let:
			f.execLet(s)
		case *syntax.Expect:
			f.fail(s.Where, "E0221", "`expect` belongs directly in a test", "", "")
		}
	}
	return nil, false
}

// poisonAssigned silences what depends on a branch that could not be chosen.
func (f *frame) poisonAssigned(n syntax.Node) {
	syntax.Inspect(n, func(n syntax.Node) bool {
		if l, ok := n.(*syntax.Let); ok {
			for _, id := range l.Names {
				if f.vars.find(id.Name) != nil {
					f.assign(id.Name, poison{}, nil)
				}
			}
		}
		return true
	})
}

// returns reports whether a return stands somewhere below n.
func returns(n syntax.Node) bool {
	found := false
	syntax.Inspect(n, func(n syntax.Node) bool {
		if _, ok := n.(*syntax.Return); ok {
			found = true
		}
		return !found
	})
	return found
}

// execFor unrolls a loop over a list or a range.
func (f *frame) execFor(s *syntax.For) (results []value, returned bool) {
	v := f.eval(s.In)
	n, at, ok := f.sequence(v, s)
	if !ok {
		return f.abandon(s)
	}
	before := f.c.problems()
	for i := int64(0); i < n; i++ {
		if !f.spend(s.Where) {
			return []value{poison{}}, true
		}
		g := f.nested()
		g.loop = append(f.loop[:len(f.loop):len(f.loop)], int(i))
		if s.Index != nil {
			g.define(s.Index.Name, whole(i))
		}
		if !g.bindLoop(s, at(i)) {
			return f.abandon(s)
		}
		if r, done := g.exec(s.Body); done {
			return r, true
		}
		if f.c.problems() > before {
			// The next round would only meet the same mistake on other sizes.
			return f.abandon(s)
		}
	}
	return nil, false
}

// abandon ends a loop that cannot go on: nobody knows what it assigns and returns.
func (f *frame) abandon(s *syntax.For) (results []value, returned bool) {
	f.poisonAssigned(s)
	if returns(s) {
		return []value{poison{}}, true
	}
	return nil, false
}

// sequence returns the number of rounds of a loop and the value of each.
func (f *frame) sequence(v value, s *syntax.For) (n int64, at func(int64) value, ok bool) {
	switch v := v.(type) {
	case interval:
		lo, hi, ok := f.bounds(v, s.In.Span())
		if !ok {
			return 0, nil, false
		}
		return max(hi-lo, 0), func(i int64) value { return whole(lo + i) }, true
	case list:
		if slices.ContainsFunc(v, isPoison) {
			return 0, nil, false
		}
		return int64(len(v)), func(i int64) value { return v[i] }, true
	case tuple:
		return int64(len(v)), func(i int64) value { return v[i] }, true
	case poison, nil:
		return 0, nil, false
	case number:
		f.fail(s.In.Span(), "E0211", "a loop runs over a list or a range, and this is "+f.kindOf(v), "", fmt.Sprintf("write `0..%s`", s.In.Span().Text()))
		return 0, nil, false
	}
	f.fail(s.In.Span(), "E0211", "a loop runs over a list or a range, and this is "+f.kindOf(v), "", "")
	return 0, nil, false
}

func (f *frame) bindLoop(s *syntax.For, v value) bool {
	if len(s.Vars) == 1 {
		f.define(s.Vars[0].Name, v)
		return true
	}
	es := elements(v)
	if len(es) != len(s.Vars) {
		if !isPoison(v) {
			f.fail(s.Vars[0].Where.To(s.Vars[len(s.Vars)-1].Where), "E0212",
				fmt.Sprintf("%d names for %s", len(s.Vars), f.kindOf(v)), "", "")
		}
		return false
	}
	for i, id := range s.Vars {
		f.define(id.Name, es[i])
	}
	return true
}

// execLet binds names; several names take a tuple or list apart.
func (f *frame) execLet(s *syntax.Let) {
	before := f.weights()
	v := f.eval(s.Value)
	u := f.c.useOf(s)
	u.section = u.section || f.section
	if f.g != nil && f.g.counts {
		u.weights += f.weights() - before
	}
	if f.test || f.mod.prelude {
		u.read = true
	}
	if isPoison(v) {
		u.tainted = true
	}
	if s.Type != nil && !isPoison(v) {
		v = f.convert(v, s.Type, argument{v: v, span: s.Value.Span()}, role{name: s.Names[0].Name})
	}
	if len(s.Names) == 1 {
		f.assign(s.Names[0].Name, v, s)
		return
	}
	es := elements(v)
	if len(es) != len(s.Names) {
		if !isPoison(v) {
			f.fail(s.Names[0].Where.To(s.Names[len(s.Names)-1].Where), "E0212",
				fmt.Sprintf("%d names for %s", len(s.Names), f.kindOf(v)), "", "")
			u.tainted = true
		}
		for _, id := range s.Names {
			f.assign(id.Name, poison{}, s)
		}
		return
	}
	for i, id := range s.Names {
		if id.Name != "_" {
			f.assign(id.Name, es[i], s)
		}
	}
}

// weights counts the parameters that the graph has met so far.
func (f *frame) weights() int64 {
	if f.g == nil {
		return 0
	}
	return f.g.params
}

// execAssert checks a compile-time condition of a body.
func (f *frame) execAssert(s *syntax.Assert) bool {
	v := f.eval(s.Cond)
	message := s.Msg
	if message == "" {
		message = "this assert does not hold"
	}
	switch v := v.(type) {
	case bool:
		if !v {
			if user, at, ok := f.blame(s.Cond); ok {
				user.fail(at, "E0206", message, "", "")
			} else {
				f.fail(s.Cond.Span(), "E0206", message, f.sides(s.Cond), "")
			}
		}
		return v
	case undecided:
		f.fail(s.Cond.Span(), "E0209", fmt.Sprintf("this assert needs a value at compile time, and %s is known only at run time", v.symbol), "", "")
	case poison:
	default:
		f.fail(s.Cond.Span(), "E0211", "a condition is true or false, and this is "+f.kindOf(v), "", "")
	}
	return false
}

// sides prints the two values of a comparison that failed.
func (f *frame) sides(x syntax.Expr) string {
	b, ok := x.(*syntax.Binary)
	if !ok || f.mod.prelude {
		return ""
	}
	switch b.Op {
	case "==", "!=", "<", "<=", ">", ">=":
	default:
		return ""
	}
	quiet := diagSink(f.c)
	defer quiet()
	l, r := printValue(f.eval(b.Left)), printValue(f.eval(b.Right))
	if l == "" || r == "" {
		return ""
	}
	return fmt.Sprintf("the left side is %s, the right side %s", l, r)
}
