package netc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// keepNet drops from m whatever does not serve the named net, so that a file of
// many nets costs no more than the one that is wanted.
//
// Errors: m has no such net; the message names those it has.
func keepNet(m *ir.Module, net string) error {
	var nets []string
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer {
			nets = append(nets, f.Net)
		}
	}
	if !slices.Contains(nets, net) {
		return fmt.Errorf("%s has no net called %s; it has %s", m.Source, net, strings.Join(nets, ", "))
	}
	m.Funcs = slices.DeleteFunc(m.Funcs, func(f *ir.Func) bool { return f.Net != net })
	used := map[*ir.State]bool{}
	for _, f := range m.Funcs {
		for _, in := range f.Instrs {
			if s := stateOf(m, f, in); s != nil {
				used[s] = true
			}
		}
	}
	m.States = slices.DeleteFunc(m.States, func(s *ir.State) bool { return s.Net != net && !used[s] })
	m.Trains = slices.DeleteFunc(m.Trains, func(t *ir.Train) bool { return t.Net != net })
	m.Predicts = slices.DeleteFunc(m.Predicts, func(p *ir.Predict) bool { return p.Net != net })
	return nil
}
