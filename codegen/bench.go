package codegen

import (
	"github.com/netc-lang/netc/codegen/gogen"
	"github.com/netc-lang/netc/ir"
)

// BenchMain returns the source of a main package that measures a net of m: its
// session, or with train its training step on random records. model is the import
// path of the package that [Package] made of m.
//
// Errors: net does not exist (or has no train section), or is "" where there are
// several to choose from.
func BenchMain(m *ir.Module, net, model string, train bool) (string, error) {
	if train {
		return gogen.BenchTrainMain(m, net, model)
	}
	return gogen.BenchMain(m, net, model)
}

// ProfileMain returns the source of a main package that attributes the time of a
// session, or with train of a training step, to the stages of the source. The package
// at model was made with Options.Profile.
//
// Errors: as [BenchMain].
func ProfileMain(m *ir.Module, net, model string, train bool) (string, error) {
	return gogen.ProfileMain(m, net, model, train)
}
