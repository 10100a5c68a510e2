package irgen

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
)

// Module returns the graph-stage module of p: for each net the function
// NET.infer, for each predict section NET.predict, for each train section
// NET.loss (training true), for each phase NET.loss.PHASE, and NET.eval. Sections that this version only checks are
// left out.
//
// Aliasing: the module shares no mutable data with p. Cost: linear in the calls.
func Module(p *check.Program) *ir.Module {
	m := &ir.Module{Name: p.Package, Doc: p.Doc, Source: p.Source, Stage: ir.Graph}
	for _, s := range p.Sets {
		m.Sets = append(m.Sets, &ir.IndexSet{
			Name: s.Name, Doc: s.Doc, Labels: append([]string(nil), s.Labels...), BuiltIn: s.BuiltIn,
		})
	}
	owner := map[*check.State]string{}
	for _, n := range p.Nets {
		addStates(m, n, owner)
		m.Funcs = append(m.Funcs, function(n.Name+".infer", n.Name, n.Doc, ir.Infer, n.Infer))
	}
	for _, s := range p.Predicts {
		if s.Lacks != nil {
			continue
		}
		m.Funcs = append(m.Funcs, function(s.Net+".predict", s.Net, "", ir.PredictFunc, s.Graph))
		m.Predicts = append(m.Predicts, predict(s))
	}
	for _, t := range p.Trains {
		if t.Lacks != nil {
			continue
		}
		addOwn(m, t)
		for _, phase := range t.Phases {
			for n := range phase.Parts {
				x := step(t, phase, n)
				m.Funcs = append(m.Funcs, function(x.Loss, t.Net, "", ir.Loss, t.Loss))
				m.Trains = append(m.Trains, x)
			}
		}
		m.Funcs = append(m.Funcs, function(t.Net+".eval", t.Net, "", ir.Eval, t.Eval))
	}
	for _, d := range p.Data {
		m.Data = append(m.Data, data(d))
	}
	return m
}

// addStates appends the states that n is the first net to use: nets that share
// weights share the states, and paths repeat between nets that do not.
func addStates(m *ir.Module, n *check.Net, owner map[*check.State]string) {
	for _, s := range n.States {
		if owner[s] != "" {
			continue
		}
		owner[s] = n.Name
		m.States = append(m.States, state(s, n.Name))
	}
}

// addOwn appends the states of layers that live only in a train section.
func addOwn(m *ir.Module, t *check.Train) {
	for _, s := range t.States {
		x := state(s, t.Net)
		x.Training = true
		m.States = append(m.States, x)
	}
}

func state(s *check.State, net string) *ir.State {
	return &ir.State{
		Name: s.Path, Net: net, Buffer: s.Buffer, Frozen: s.Frozen, NoDecay: s.NoDecay,
		Type: s.Type, Init: ir.Init{Kind: s.Init.Kind, Args: s.Init.Args}, Pos: s.Span.Pos(),
	}
}
