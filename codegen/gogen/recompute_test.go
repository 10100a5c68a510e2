package gogen

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/passes/recompute"
)

// tightest is the training of m, a module of one network, with the lowest limit that it
// can keep.
func tightest(t *testing.T, m *ir.Module, machine target.Desc) *ir.Train {
	t.Helper()
	c, s := m.Clone(), *m.Trains[0]
	c.Trains = []*ir.Train{&s}
	s.Memory = 1
	var little *recompute.TooLittle
	if err := passes.Run(c, machine, passes.Options{}); !errors.As(err, &little) {
		t.Fatalf("got %v for a limit of one byte", err)
	}
	s.Memory = little.Least
	return &s
}

// TestLimitsKeepTheBits runs steps with all the memory they like and with as little as
// goes, on blocks of channels and plain: losses, gradients and states are the same bits.
func TestLimitsKeepTheBits(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	nets := append(pictureNets(0, 12), pictureNets(2004006, 1)...) // the last has truth values among results of regions
	for _, n := range nets {
		n.module.Trains[0].Batch = 8 // kernels are planned for it
	}
	for _, layouts := range []target.Layouts{target.OnlyBlocked, target.OnlyPlain} {
		w := newWorkspace(t)
		writeRandom(t, w, nets, []randomVariant{{"free", layouts, 2, nil, false, ""}, {"tight", layouts, 2, nil, true, ""}})
		program := w.build("./cmd/random")
		for _, isa := range []string{"avx512", "generic"} {
			got, compared := records(t, w.runRandom([]string{"NETC_ISA=" + isa}, program, "2", "1")), 0
			for name, free := range got {
				name, ok := strings.CutPrefix(name, "free ")
				if !ok {
					continue
				}
				compared++
				tight := got["tight "+name]
				if len(tight) != len(free) {
					t.Errorf("%s: %s has %d values with a limit and %d without", isa, name, len(tight), len(free))
					continue
				}
				for i, v := range free {
					if math.Float32bits(v) != math.Float32bits(tight[i]) {
						t.Errorf("%s: %s[%d] is %g with a limit and %g without", isa, name, i, tight[i], v)
						break
					}
				}
			}
			if compared < 10*len(nets) {
				t.Errorf("%s: got %d records", isa, compared)
			}
		}
	}
}
