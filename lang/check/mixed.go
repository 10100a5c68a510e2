package check

import (
	"slices"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// mixedLoss is the loss where each record shows a share of another one: that of its own
// truth and that of the other's, each by its share. A window of another record brings its
// pixels of masks along, so that only labels have two truths then.
func (s *section) mixedLoss(f *frame, l *syntax.Let, before []syntax.Node, mix string, own *tensorValue) value {
	g := f.nested()
	g.names = newNameScope(newInstance(nil, ""), "") // of stages that hold no weights
	var other []string                               // names that have another value for the other record
	for _, x := range s.info.fields {
		if x.Kind != LabelField && (x.Kind != MaskField || mix == "cutmix") {
			continue
		}
		t, ok := x.batchType(f)
		if !ok {
			return poison{}
		}
		v := s.mixInput(f, l, x.Name+".mixed", t)
		v.counts = x.LabelSet
		g.define(x.Name, v)
		other = append(other, x.Name)
	}
	if len(other) == 0 {
		return own
	}
	for _, n := range before {
		let, ok := n.(*syntax.Let)
		if !ok || !slices.ContainsFunc(other, func(name string) bool { return mentions([]syntax.Node{let.Value}, name) }) {
			continue
		}
		for _, id := range let.Names {
			g.define(id.Name, poison{}) // so that it is not the name of the own record that gets the value
			other = append(other, id.Name)
		}
		g.execLet(let)
	}
	that, ok := g.eval(l.Value).(*tensorValue)
	if !ok {
		return poison{}
	}
	at := l.Value.Span()
	n := op.Type{DType: tensor.F32, Dims: []op.Dim{{Size: sym.Symbol("N")}}}
	share, ok := f.emitValue("reduce", op.Attrs{"kind": "mean", "axes": []int64{0}, "keep": false}, at, s.mixInput(f, l, "mix.share", n)).(*tensorValue)
	if !ok || own.t.Type.Rank() != 0 || that.t.Type.Rank() != 0 {
		return own // which is refused for what it is
	}
	difference, ok := f.emitValue("sub", nil, at, own, that).(*tensorValue)
	if !ok {
		return poison{}
	}
	part, ok := f.emitValue("mul", nil, at, difference, share).(*tensorValue)
	if !ok {
		return poison{}
	}
	return f.emitValue("add", nil, at, that, part)
}

// mixInput adds an input of a mixed batch.
func (s *section) mixInput(f *frame, l *syntax.Let, name string, t op.Type) *tensorValue {
	in := &Tensor{Name: name, Type: t}
	f.g.graph.Inputs = append(f.g.graph.Inputs, in)
	return &tensorValue{t: in, made: l.Value.Span(), stage: name}
}
