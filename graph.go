package netc

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/lang/irgen"
)

// DrawOptions say what of a net is drawn; see [viz.Options].
type DrawOptions = viz.Options

// Draw checks s and returns the picture of each net, or only of the one named.
//
// Errors: as [Compile]; also a net that is not there.
func Draw(s *Source, net string, o DrawOptions) (graphs []*viz.Graph, list diag.List, err error) {
	program, list := s.Check()
	if program == nil {
		return nil, list, nil
	}
	m := irgen.Module(program)
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer && (net == "" || f.Net == net) {
			graphs = append(graphs, viz.Build(m, f, o))
		}
	}
	if len(graphs) == 0 && net != "" {
		return nil, list, fmt.Errorf("%s has no net called %s", s.Path, net)
	}
	return graphs, list, nil
}
