package irgen

import (
	"maps"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
)

// function translates one elaborated graph, call by call and in order.
func (g *generator) function(name, net, doc string, kind ir.FuncKind, graph *check.Graph) *ir.Func {
	f := &ir.Func{Name: name, Net: net, Kind: kind, Doc: doc, Facts: graph.Facts, Blocks: graph.Blocks}
	values := map[*check.Tensor]*ir.Value{}
	for _, t := range graph.Inputs {
		values[t] = f.AddInput(t.Name, t.Type)
	}
	b := ir.NewBuilder(f)
	for _, c := range graph.Calls {
		args := make([]*ir.Value, len(c.Args))
		for i, a := range c.Args {
			if a == nil {
				continue
			}
			if args[i] = values[a]; args[i] == nil {
				diag.Bugf("%s: operand %d of %s is used before it is made", name, i, c.Op.Name)
			}
		}
		b.Pos, b.Stage, b.Layer = c.Span.Pos(), c.Stage, c.Layer
		attrs := maps.Clone(c.Attrs)
		if c.State != nil {
			attrs["name"] = g.m.Ref(net, g.states[c.State])
		}
		outs := b.Emit(c.Op.Name, attrs, args...)
		for i, t := range c.Outs {
			values[t] = outs[i]
		}
	}
	for _, o := range graph.Outputs {
		f.Results = append(f.Results, ir.Result{Name: o.Name, Value: values[o.Value]})
	}
	return f
}
