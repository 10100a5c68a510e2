package irgen

import (
	"maps"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
)

func call(r check.Resolved) ir.Call { return ir.Call{Name: r.Name, Args: maps.Clone(r.Args)} }

func steps(in []check.Step) []ir.Step {
	out := make([]ir.Step, 0, len(in))
	for _, s := range in {
		out = append(out, ir.Step{Fields: s.Fields, Call: call(s.Call)})
	}
	return out
}

func data(d *check.Data) *ir.Data {
	out := &ir.Data{
		Name: d.Name, Doc: d.Doc, Source: call(d.Source),
		Augment: steps(d.Augment), Eval: steps(d.Eval), Prep: steps(d.Prep),
	}
	for _, f := range d.Fields {
		out.Fields = append(out.Fields, ir.Field{Name: f.Name, Kind: ir.FieldKind(f.Kind), Type: f.Type, LabelSet: f.LabelSet})
	}
	return out
}

func train(t *check.Train) *ir.Train {
	out := &ir.Train{
		Net: t.Net, Data: t.Data, Epochs: t.Epochs, Batch: t.Batch, Seed: t.Seed,
		Optimizer: call(t.Optimizer), Schedule: call(t.Schedule), Clip: t.Clip, EMA: t.EMA,
		Loss: t.Net + ".loss", Eval: t.Net + ".eval",
	}
	for _, m := range t.Metrics {
		out.Metrics = append(out.Metrics, ir.Metric{Name: m.Name, Reduce: m.Reduce, Size: m.Size})
	}
	for _, x := range t.Targets {
		out.Targets = append(out.Targets, ir.Target{Name: x.Name, Field: x.Field, Priors: x.Priors, IoU: x.IoU, Classes: x.Classes})
	}
	return out
}

func predict(p *check.Predict) *ir.Predict {
	out := &ir.Predict{Net: p.Net, Data: p.Data, Line: p.Span.Pos().Line, Func: p.Net + ".predict"}
	types := map[string]*check.Tensor{}
	for _, o := range p.Graph.Outputs {
		types[o.Name] = o.Value
	}
	for _, o := range p.Outputs {
		x := ir.PredictOutput{Name: o.Name, Set: o.Set}
		if n := o.NMS; n != nil {
			x.Type, x.NMS = types[o.Name+".scores"].Type, &ir.NMS{Score: n.Score, IoU: n.IoU, Max: n.Max, Background: n.Background}
		} else {
			x.Type = types[o.Name].Type
		}
		out.Outputs = append(out.Outputs, x)
	}
	return out
}
