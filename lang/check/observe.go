package check

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// maxSeen bounds what [Observe] remembers of one program.
const maxSeen = 1 << 18

// Seen is what the checker learned when it evaluated an expression or a pipe stage
// of the asked module. An expression in a loop or in a block is seen once for each
// unrolled copy, in the order of evaluation.
type Seen struct {
	Span  diag.Span // the expression; of a stage, its layer without the label
	Stage bool      // a pipe stage: the value is what comes out of it
	// Inside is the net or block of the asked module at whose use this copy was
	// made, outermost first; nil in sections.
	Inside *syntax.Block
	// Again says that a section or a test ran the net anew, maybe with sizes of its
	// own: the net itself was seen before.
	Again bool

	v      value
	calls  []*Call  // what evaluating it added to the graph
	states []*State // the weights it read first
	facts  *sym.Facts
}

// Tensor returns the type of the value; ok is false when it is no tensor.
func (s *Seen) Tensor() (t op.Type, ok bool) {
	if v, is := s.v.(*tensorValue); is && v.t != nil {
		return v.t.Type, true
	}
	return op.Type{}, false
}

// Describe prints the value: f32[N, 6, 24, 24], the number 3, a layer. "" when the
// value could not be made.
func (s *Seen) Describe() string {
	if isPoison(s.v) {
		return ""
	}
	switch v := s.v.(type) {
	case *tensorValue:
		if v.t == nil {
			return ""
		}
		return showUnder(v.t.Type, s.facts)
	case tuple:
		return s.describeAll(v, "(", ")")
	case list:
		return s.describeAll(v, "[", "]")
	case bool, text, number, size:
		return printValue(v)
	case interval:
		lo, hi := printValue(v.lo), printValue(v.hi)
		return lo + ".." + hi
	}
	return kindOf(s.v)
}

func (s *Seen) describeAll(vs []value, open, shut string) string {
	out := open
	for i, v := range vs {
		if i > 0 {
			out += ", "
		}
		if i == 8 {
			return out + "..." + shut
		}
		part := Seen{v: v, facts: s.facts}
		out += part.Describe()
	}
	return out + shut
}

// Params counts the trained weights that evaluating the expression made; weights
// that are shared count where they are read first.
func (s *Seen) Params() int64 {
	n, _ := countParams(s.states)
	return n
}

// MACs returns the products of evaluating the expression.
func (s *Seen) MACs() sym.Expr { return macsOf(s.calls) }

func macsOf(calls []*Call) sym.Expr {
	sum := sym.Const(0)
	for _, c := range calls {
		if c.Op.Cost == nil {
			continue
		}
		in, out := make([]op.Type, len(c.Args)), make([]op.Type, len(c.Outs))
		for i, a := range c.Args {
			if a != nil {
				in[i] = a.Type
			}
		}
		for i, o := range c.Outs {
			out[i] = o.Type
		}
		sum = sum.Add(c.Op.Cost(in, out, c.Attrs).MACs)
	}
	return sum
}

// Show prints a size or a count with promised sizes by their own names: where
// H % 16 == 0, floor(H/16) is H/16.
func (s *Seen) Show(e sym.Expr) string {
	if s.facts == nil {
		return e.String()
	}
	return s.facts.Show(e)
}

// Observe is [Check] that also returns what was learned about each expression of
// the asked module, for an editor. What is known only while training is left out.
// Cost: that of Check, and one record for each expression that is evaluated, at
// most 262,144.
func Observe(files []*syntax.File, ld Loader) (*Program, diag.List, []Seen) {
	c := newChecker(ld)
	c.watch = &watcher{}
	p, list := c.check(files)
	return p, list, c.watch.seen
}

type watcher struct{ seen []Seen }

// mark is the state of a graph before an evaluation.
type mark struct{ calls, states int }

// eval returns the meaning of an expression, poison after reporting why it has
// none.
func (f *frame) eval(x syntax.Expr) value {
	if !f.watched() {
		return f.evaluate(x)
	}
	m := f.mark()
	v := f.evaluate(x)
	if x != nil {
		f.note(x.Span(), m, v, false)
	}
	return v
}

// evalStage applies the layer of a stage to what is piped into it.
func (f *frame) evalStage(s *syntax.Stage, args []argument) value {
	if !f.watched() {
		return f.evaluateStage(s, args)
	}
	m := f.mark()
	v := f.evaluateStage(s, args)
	f.note(s.Layer.Span(), m, v, true)
	return v
}

func (f *frame) watched() bool {
	return f.c.watch != nil && f.mod.main && f.c.capture == nil && (f.g == nil || !f.g.training)
}

func (f *frame) mark() mark {
	if f.g == nil {
		return mark{}
	}
	return mark{len(f.g.graph.Calls), len(f.g.order)}
}

func (f *frame) note(span diag.Span, m mark, v value, stage bool) {
	w := f.c.watch
	if len(w.seen) >= maxSeen {
		return
	}
	s := Seen{Span: span, Stage: stage, v: v}
	if f.g != nil {
		calls, order := f.g.graph.Calls, f.g.order
		s.calls, s.states = calls[m.calls:len(calls):len(calls)], order[m.states:len(order):len(order)]
		s.facts = &f.g.graph.Facts
	}
	for at := f; at != nil; at = at.caller {
		if at.block != nil && at.mod.main {
			s.Inside = at.block
		}
		s.Again = s.Inside != nil && at.block == nil
	}
	w.seen = append(w.seen, s)
}
