package irgen

import (
	"fmt"
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

// step is the n-th part of a phase. Its function is called after the phase.
func (g *generator) step(t *check.Train, p *check.Phase, n int) *ir.Train {
	part := p.Parts[n]
	out := &ir.Train{
		Net: t.Net, Data: t.Data, Phase: p.Name, Epoch: part.Epoch, Step: part.Step,
		Epochs: p.Epochs, Batch: p.Batch, Seed: t.Seed,
		Optimizer: call(p.Optimizer), Schedule: call(p.Schedule), Clip: p.Clip, EMA: t.EMA, Pick: t.Pick, Save: t.Save, Accumulate: t.Accumulate, Memory: t.Memory,
		Loss: t.Net + ".loss", Eval: t.Net + ".eval",
	}
	if t.Mix.Name != "" {
		out.Mix = call(t.Mix)
	}
	if p.Name != "" {
		out.Loss += "." + p.Name
	}
	if n > 0 {
		out.Loss += fmt.Sprintf(".part%d", n+1)
	}
	if p.Stop != nil {
		out.Patience, out.StopOn = p.Stop.Patience, p.Stop.Metric
	}
	for _, s := range part.Frozen {
		out.Frozen = append(out.Frozen, g.m.Ref(t.Net, g.states[s]))
	}
	for _, m := range t.Metrics {
		out.Metrics = append(out.Metrics, ir.Metric{Name: m.Name, Reduce: m.Reduce, Size: m.Size, Parts: m.Parts, Less: m.Less, Args: maps.Clone(m.Args)})
	}
	for _, x := range t.Ignored {
		out.Ignored = append(out.Ignored, ir.Ignored{Field: x.Field, Label: x.Label})
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
		x := ir.PredictOutput{Name: o.Name, Set: o.Set, Mask: o.Mask}
		if n := o.NMS; n != nil {
			x.Type, x.NMS = types[o.Name+".scores"].Type, &ir.NMS{Score: n.Score, IoU: n.IoU, Max: n.Max, Background: n.Background}
		} else {
			x.Type = types[o.Name].Type
		}
		out.Outputs = append(out.Outputs, x)
	}
	return out
}
