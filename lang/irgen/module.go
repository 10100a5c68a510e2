package irgen

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/lang/check"
)

// Module returns the graph-stage module of p: for each net the function
// NET.infer, for each predict section NET.predict, for each train section
// NET.loss (training true), for each phase NET.loss.PHASE, and NET.eval. Sections that
// this version only checks are left out.
//
// Aliasing: the module shares no mutable data with p. Cost: linear in the calls.
func Module(p *check.Program) *ir.Module {
	m := &ir.Module{Name: p.Package, Doc: p.Doc, Source: p.Source, Stage: ir.Graph}
	for _, s := range p.Sets {
		m.Sets = append(m.Sets, &ir.IndexSet{
			Name: s.Name, Doc: s.Doc, Labels: append([]string(nil), s.Labels...), BuiltIn: s.BuiltIn,
		})
	}
	g := &generator{m: m, states: map[*check.State]*ir.State{}}
	for _, n := range p.Nets {
		g.addStates(n)
	}
	for _, t := range p.Trains {
		if t.Lacks == nil {
			g.addOwn(t)
		}
	}
	for _, n := range p.Nets {
		m.Funcs = append(m.Funcs, g.function(n.Name+".infer", n.Name, n.Doc, ir.Infer, n.Infer))
	}
	for _, s := range p.Predicts {
		if s.Lacks != nil {
			continue
		}
		m.Funcs = append(m.Funcs, g.function(s.Net+".predict", s.Net, "", ir.PredictFunc, s.Graph))
		m.Predicts = append(m.Predicts, predict(s))
	}
	for _, t := range p.Trains {
		if t.Lacks != nil {
			continue
		}
		for _, phase := range t.Phases {
			for n := range phase.Parts {
				x := g.step(t, phase, n)
				m.Funcs = append(m.Funcs, g.function(x.Loss, t.Net, "", ir.Loss, t.Loss))
				m.Trains = append(m.Trains, x)
			}
		}
		m.Funcs = append(m.Funcs, g.function(t.Net+".eval", t.Net, "", ir.Eval, t.Eval))
	}
	for _, t := range p.Trains {
		if t.Strict {
			strict(m, t.Net)
		}
	}
	for _, d := range p.Data {
		m.Data = append(m.Data, data(d))
	}
	return m
}

// strict asks for sums that are one chain of multiply-adds in all functions of a net: it
// is served as it was trained.
func strict(m *ir.Module, net string) {
	for _, f := range m.Funcs {
		if f.Net != net {
			continue
		}
		for _, in := range f.Instrs {
			if in.Op.Name == "conv" || in.Op.Name == "conv_dx" {
				in.Attrs["precision"] = "strict"
			}
		}
	}
}

// generator is a module in the making.
type generator struct {
	m      *ir.Module
	states map[*check.State]*ir.State
}

// addStates appends the states that n is the first net to use: nets that share
// weights share the states, and paths repeat between nets that do not. A state of a
// net that n runs belongs to that net where n has one of the same path.
func (g *generator) addStates(n *check.Net) {
	for _, s := range n.States {
		if g.states[s] == nil && s.Net() == n.Name {
			g.add(s, n.Name)
		}
	}
	for _, s := range n.States {
		if g.states[s] != nil {
			continue
		}
		net := n.Name
		if g.taken(net, s.Path) {
			net = s.Net()
		}
		for base, k := net, 2; g.taken(net, s.Path); k++ {
			net = fmt.Sprintf("%s_%d", base, k) // nets of one name in two modules
		}
		g.add(s, net)
	}
}

func (g *generator) taken(net, path string) bool {
	return slices.ContainsFunc(g.m.States, func(s *ir.State) bool { return s.Net == net && s.Name == path })
}

// addOwn appends the states of layers that live only in a train section.
func (g *generator) addOwn(t *check.Train) {
	for _, s := range t.States {
		g.add(s, t.Net).Training = true
	}
}

func (g *generator) add(s *check.State, net string) *ir.State {
	out := &ir.State{
		Name: s.Path, Net: net, Buffer: s.Buffer, Frozen: s.Frozen, NoDecay: s.NoDecay,
		Type: s.Type, Init: ir.Init{Kind: s.Init.Kind, Args: s.Init.Args}, Pos: s.Span.Pos(),
	}
	g.states[s] = out
	g.m.States = append(g.m.States, out)
	return out
}
