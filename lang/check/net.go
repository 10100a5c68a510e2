package check

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// netInfo is a net on its way to being elaborated.
type netInfo struct {
	mod    *module
	block  *syntax.Block
	net    *Net
	root   *instance
	parts  []*instance // its layers, in the order of making
	busy   bool
	done   bool
	failed bool
}

// callable is the net as a section calls it.
func (n *netInfo) callable() *callable {
	return &callable{name: n.net.Name, block: n.block, mod: n.mod}
}

func (c *checker) netOf(m *module, b *syntax.Block) *netInfo {
	n := c.nets[b]
	if n == nil {
		n = &netInfo{mod: m, block: b, net: &Net{Name: b.Name.Name, Doc: b.Doc, Span: b.Name.Where}}
		n.root = newInstance(n, "")
		c.nets[b] = n
	}
	return n
}

// elaborate runs a net without and with training. Afterwards its states are
// known, in the order in which the source first uses them.
func (c *checker) elaborate(n *netInfo) {
	if n.done {
		return
	}
	f := &frame{c: c, mod: n.mod, block: n.block, vars: newScope(nil)}
	if n.busy {
		f.fail(n.block.Name.Where, "E0114", fmt.Sprintf("net `%s` uses itself", n.block.Name.Name), "", "")
		n.failed = true
		return
	}
	n.busy = true
	defer func() { n.busy, n.done = false, true }()
	budget := c.budget
	defer func() { c.budget = budget }()
	before := c.problems()
	infer := c.graphOf(n, false)
	if infer == nil || c.problems() > before {
		n.failed = true
		return
	}
	training := c.graphOf(n, true)
	if training == nil || c.problems() > before {
		n.failed = true
		return
	}
	n.net.Infer, n.net.Training = infer.graph, training.graph
	n.net.States = mergeStates(infer.order, training.order)
}

func mergeStates(lists ...[]*State) []*State {
	var out []*State
	seen := map[*State]bool{}
	for _, l := range lists {
		for _, s := range l {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// graphOf elaborates a net on tensors of its signature.
func (c *checker) graphOf(n *netInfo, training bool) *builder {
	b := n.block
	g := newBuilder(training)
	g.counts = !training
	c.budget = maxStatements
	f := &frame{
		c: c, mod: n.mod, block: b, g: g, sites: c.sitesOf(b), vars: newScope(nil),
		names: newNameScope(n.root, ""),
	}
	before := c.problems()
	ok := f.netSignature(n)
	if ok {
		var outs []value
		f.block = b
		v := f.result(f.body())
		switch v := v.(type) {
		case poison:
			ok = false
		case tuple:
			outs = v
		default:
			outs = []value{v}
		}
		for i, o := range outs {
			t, is := o.(*tensorValue)
			if !is || i >= len(b.Sig.Out) && b.Sig.OutType == nil {
				ok = false
				continue
			}
			name := "out"
			if b.Sig.Out != nil {
				name = b.Sig.Out[i].Name.Name
			}
			g.graph.Outputs = append(g.graph.Outputs, Output{Name: name, Value: t.t})
		}
	}
	if !ok || c.problems() > before {
		c.taint(b)
		c.passOverIn(n.mod, b)
		return nil
	}
	return g
}

// netSignature makes the inputs of a net: names of sizes become symbols.
func (f *frame) netSignature(n *netInfo) bool {
	b := n.block
	if b.Sig == nil || b.Sig.Out == nil && b.Sig.OutType == nil {
		f.fail(b.Name.Where, "E0223", fmt.Sprintf("net `%s` needs the types of its inputs and results", b.Name.Name), "",
			fmt.Sprintf("write `net %s : (image: f32[N, RGB, 224, 224]) -> (logits: f32[N, 10])`", b.Name.Name))
		return false
	}
	ok := true
	for _, p := range b.Params {
		v := value(poison{})
		if p.Default != nil {
			v = f.evalFor(p.Default, p)
			if !isPoison(v) {
				v = f.convert(v, p.Type, argument{v: v, span: p.Default.Span()}, role{name: p.Name.Name})
			}
		} else {
			f.fail(p.Where, "E0223", fmt.Sprintf("a net is one thing, so its parameter `%s` needs a value", p.Name.Name), "", "give it a default, or make this a block")
		}
		ok = ok && !isPoison(v)
		f.define(p.Name.Name, v)
	}
	for _, p := range b.Sig.In {
		ok = f.netSymbols(p) && ok
	}
	for _, w := range b.Sig.Where {
		ok = f.fact(w) && ok
	}
	if !ok {
		return false
	}
	// Where H % 16 == 0 is promised, H is 16*floor(H/16): written so, all sizes that
	// come from it have one normal form, and need no proof to be equal.
	// N stays as it is: memory is planned in it, and no map meets along it.
	for name, d := range f.g.graph.Facts.Divides {
		if name == "N" {
			continue
		}
		f.define(name, size{e: sym.Symbol(name).FloorDiv(d).Mul(sym.Const(d)), den: 1})
	}
	for _, p := range b.Sig.In {
		ok = f.netInput(p) && ok
	}
	return ok
}

// netSymbols binds the sizes that the type of an input names.
func (f *frame) netSymbols(p *syntax.Param) bool {
	f.define(p.Name.Name, poison{})
	if p.Variadic || p.Default != nil || p.Type.Or != nil {
		f.fail(p.Where, "E0223", "an input of a net is a tensor of one type", "", "")
		return false
	}
	for _, it := range p.Type.Dims {
		if it.Pack != nil {
			f.fail(it.Where, "E0223", "a net has inputs of a known rank", "", "write each axis")
			return false
		}
		if n, ok := it.X.(*syntax.Name); ok && !f.knows(n.Name) {
			f.define(n.Name, size{e: sym.Symbol(n.Name), den: 1})
			f.bound(n.Name, 1, 0)
		}
	}
	return true
}

func (f *frame) netInput(p *syntax.Param) bool {
	t, ok := f.tensorType(p.Type)
	if !ok || !f.countable(t, p.Type.Where) {
		return false
	}
	in := &Tensor{Name: p.Name.Name, Type: t}
	f.g.graph.Inputs = append(f.g.graph.Inputs, in)
	f.define(p.Name.Name, &tensorValue{t: in, made: p.Name.Where, stage: p.Name.Name})
	return true
}

// bound notes a smallest or largest value of a symbol; 0 is none.
func (f *frame) bound(symbol string, lo, hi int64) {
	facts := &f.g.graph.Facts
	if facts.Min == nil {
		facts.Min, facts.Max, facts.Divides = map[string]int64{}, map[string]int64{}, map[string]int64{}
	}
	if lo > facts.Min[symbol] {
		facts.Min[symbol] = lo
	}
	if old, ok := facts.Max[symbol]; hi > 0 && (!ok || hi < old) {
		facts.Max[symbol] = hi
	}
}

// fact reads a where clause of a net: `H % 16 == 0`, `N <= 64`.
func (f *frame) fact(w syntax.Expr) bool {
	if b, ok := w.(*syntax.Binary); ok {
		if b.Op == "and" {
			return f.fact(b.Left) && f.fact(b.Right)
		}
		if f.divides(b) || f.limits(b) {
			return true
		}
	}
	switch v := f.eval(w).(type) {
	case bool:
		if v {
			return true
		}
		f.fail(w.Span(), "E0203", "this where clause never holds", "", "")
		return false
	case poison:
		return false
	}
	f.fail(w.Span(), "E0224", "a where clause of a net is `H % 16 == 0` or a bound such as `N <= 64`", "", "")
	return false
}

// symbolOf returns the symbol that an expression is.
func (f *frame) symbolOf(x syntax.Expr) (string, bool) {
	n, ok := x.(*syntax.Name)
	if !ok {
		return "", false
	}
	b := f.vars.find(n.Name)
	if b == nil {
		return "", false
	}
	s, ok := b.v.(size)
	return n.Name, ok && s.set == nil && s.e.Equal(sym.Symbol(n.Name))
}

func (f *frame) divides(b *syntax.Binary) bool {
	m, ok := b.Left.(*syntax.Binary)
	if t, is := b.Left.(*syntax.Tuple); is && len(t.Elems) == 1 {
		m, ok = t.Elems[0].(*syntax.Binary)
	}
	if b.Op != "==" || !ok || m.Op != "%" {
		return false
	}
	name, ok := f.symbolOf(m.Left)
	if !ok {
		return false
	}
	d, dok := numberOf(f.eval(m.Right))
	z, zok := numberOf(f.eval(b.Right))
	n, whole := int64(0), false
	if dok {
		n, whole = d.int()
	}
	if !dok || !zok || !whole || n < 1 || n > 1<<20 || z.sign() != 0 {
		return false
	}
	f.bound(name, 1, 0)
	facts := &f.g.graph.Facts
	facts.Divides[name] = lcm(max(facts.Divides[name], 1), n)
	return true
}

func lcm(a, b int64) int64 {
	g, r := a, b
	for r != 0 {
		g, r = r, g%r
	}
	return a / g * b
}

func (f *frame) limits(b *syntax.Binary) bool {
	op := b.Op
	name, ok := f.symbolOf(b.Left)
	other := b.Right
	if !ok {
		if name, ok = f.symbolOf(b.Right); !ok {
			return false
		}
		other = b.Left
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	v, isNumber := numberOf(f.eval(other))
	if !isNumber {
		return false
	}
	n, whole := v.int()
	if !whole || n < 0 || n > 1<<40 {
		return false
	}
	switch op {
	case "<":
		f.bound(name, 1, n-1)
	case "<=":
		f.bound(name, 1, n)
	case ">":
		f.bound(name, n+1, 0)
	case ">=":
		f.bound(name, max(n, 1), 0)
	default:
		return false
	}
	return true
}
