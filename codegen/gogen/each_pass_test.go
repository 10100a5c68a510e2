package gogen

import (
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
)

// elsewhere are the optional passes that no small network has work for, with the test that
// switches them off.
var elsewhere = map[string]string{
	"limit-winograd": "TestLimitWinograd of passes: only large weights have no room",
}

// eachPassSeeds are networks that together have work for every other optional pass.
var eachPassSeeds = []uint64{7, 23}

// TestEachPassSwitchedOff compiles networks with each optional pass off, one at a time, and
// compares what they compute with the naive evaluator: forward and gradient, in every
// instruction set. A pass that changes none of the networks would prove nothing, and fails.
func TestEachPassSwitchedOff(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	var nets []randomNet
	for _, seed := range eachPassSeeds {
		nets = append(nets, pictureNets(seed, 1)...)
	}
	machine := target.Default(target.AVX2)
	machine.Layouts, machine.Group = target.OnlyBlocked, 2
	planned := func(tight bool, disable ...string) string {
		m := together(nets)
		if tight {
			for i, n := range nets {
				m.Trains[i] = tightest(t, n.module, machine)
			}
		}
		return text.Print(planOn(t, m, machine, disable...))
	}
	variants := []randomVariant{{"on", machine.Layouts, machine.Group, nil, true}}
	for _, name := range optional() {
		if elsewhere[name] != "" {
			continue
		}
		tight := name == "recompute" // which has work where there is a limit only
		if planned(tight) == planned(tight, name) {
			t.Errorf("%s changes none of the networks", name)
		}
		variants = append(variants, randomVariant{strings.ReplaceAll(name, "-", ""), machine.Layouts, machine.Group, []string{name}, tight})
	}
	for name := range elsewhere {
		if !slices.Contains(optional(), name) {
			t.Errorf("there is no optional pass %s", name)
		}
	}
	checkRandom(t, nets, variants, false)
}
