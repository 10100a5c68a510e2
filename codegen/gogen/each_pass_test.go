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

// eachPassSeeds are networks that together have work for all the others.
var eachPassSeeds = []uint64{102, 11, 46, 10}

// TestEachPassSwitchedOff compiles networks with each optional pass off, one at a time, and
// compares what they compute with the naive evaluator: forward and gradient, in every
// instruction set. Each pass is switched off for the first network that it changes; if it
// changes none, that would prove nothing, and fails.
func TestEachPassSwitchedOff(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Parallel() // with other tests that build programs
	machine := target.Default(target.AVX2)
	machine.Layouts, machine.Group = target.OnlyBlocked, 2
	left := slices.DeleteFunc(optional(), func(name string) bool { return elsewhere[name] != "" })
	for _, seed := range eachPassSeeds {
		nets := pictureNets(seed, 1)
		planned := func(tight bool, disable ...string) string {
			m := together(nets)
			if tight {
				m.Trains[0] = tightest(t, nets[0].module, machine)
			}
			return text.Print(planOn(t, m, machine, disable...))
		}
		variants := []randomVariant{{"on", machine.Layouts, machine.Group, nil, true, ""}}
		left = slices.DeleteFunc(left, func(name string) bool {
			off := []string{name}
			if name == "simplify" { // what it leaves is found by the second one, but in what grad was spared
				off = append(off, "simplify-backward")
			}
			tight := name == "recompute" // which has work where there is a limit only
			if planned(tight) == planned(tight, off...) {
				return false
			}
			variants = append(variants, randomVariant{strings.ReplaceAll(name, "-", ""), machine.Layouts, machine.Group, off, tight, ""})
			return true
		})
		checkRandom(t, nets, variants, false)
	}
	for _, name := range left {
		t.Errorf("%s changes none of the networks", name)
	}
	for name := range elsewhere {
		if !slices.Contains(optional(), name) {
			t.Errorf("there is no optional pass %s", name)
		}
	}
}
