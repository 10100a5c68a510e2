package check

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// TestRepair makes one to three slips in correct programs: those of writers, each on a
// line of its own, others anywhere, and letters that a finger hit or missed. Of the errors that follow, none is caused by an
// earlier one: when the slip behind the first error is repaired, all others are there as
// they were.
//
// NETC_REPAIRS=500 NETC_REPAIRS_SEED=777 go test -run TestRepair ./lang/check tries 500
// programs of another seed with each kind of slips (a minute).
func TestRepair(t *testing.T) {
	seed := uint64(20)
	if n, err := strconv.ParseUint(os.Getenv("NETC_REPAIRS_SEED"), 10, 64); err == nil {
		seed = n
	}
	tries := 60
	if n, err := strconv.Atoi(os.Getenv("NETC_REPAIRS")); err == nil {
		tries = n
	}
	programs := correct(t)
	order := slices.Sorted(maps.Keys(programs))
	for kind, slips := range map[string]func(*slipMaker, int) []slip{
		"writer": (*slipMaker).slips, "anywhere": (*slipMaker).scramble, "letters": (*slipMaker).letters,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 0))
			broken := 0
			for i := range tries {
				name := order[i%len(order)]
				m := newSlipMaker(rng, programs[name])
				made := slips(m, 1+rng.IntN(3)) // the words may be others now
				list := mistakes(apply(m.words, made, -1))
				if len(list) == 0 {
					continue // the program means something else, and is correct
				}
				broken++
				if why := caused(m.words, made, list); why != "" {
					t.Errorf("seed %d, try %d, %s: %s", seed, i, name, why)
				}
			}
			if broken < tries/2 {
				t.Errorf("only %d of %d programs were refused", broken, tries)
			}
		})
	}
}

// correct returns the programs without any diagnostic.
func correct(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	paths, _ := filepath.Glob("../syntax/testdata/programs/*.net")
	more, _ := filepath.Glob("../../testdata/spec/*.net")
	for _, p := range append(paths, more...) {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(p)] = string(text)
	}
	for _, m := range stdlib.Modules() {
		files, _ := stdlib.Module(m)
		for name, text := range files {
			all["zoo/"+name] = string(text)
		}
	}
	for name, text := range all {
		if len(mistakes(text)) > 0 {
			delete(all, name)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d programs are correct", len(all))
	}
	return all
}

// mistakes returns the errors of a program, as netc check finds them.
func mistakes(text string) diag.List {
	f, list := syntax.Parse(diag.NewFile("p.net", []byte(text)))
	if !list.HasErrors() {
		_, list = Check([]*syntax.File{f}, closed{})
	}
	var out diag.List
	for _, d := range list {
		if d.Severity == diag.Error {
			out = append(out, d)
		}
	}
	return out
}

// caused returns what is wrong: an error that goes away with the slip that made the
// first one, or two errors of a single slip. Where the repair of several slips takes the
// first error away, since one changes how another is told, it is of the nearest.
func caused(words []string, slips []slip, list diag.List) string {
	first := list[0]
	text := apply(words, slips, -1)
	line := strings.Count(text[:first.Span.Start], "\n")
	order := make([]int, len(slips))
	for i := range order {
		order[i] = i
	}
	far := func(i int) int { return abs(lineOf(words, slips, i) - line) }
	slices.SortStableFunc(order, func(a, b int) int { return far(a) - far(b) })
	for _, i := range order {
		repaired := apply(words, slips, i)
		fixed := mistakes(repaired)
		if has(fixed, first) || parses(text) && !parses(repaired) {
			continue // the first error is of another slip, or of several
		}
		for _, d := range list[1:] {
			if !has(fixed, d) {
				return fmt.Sprintf("with the first error goes %s %s.\nthe slip: %s; of %d slips\nbefore:\n%s\nafter:\n%s\n",
					d.Code, d.Message, slips[i].describe(words), len(slips), list.String(), fixed.String())
			}
		}
		return ""
	}
	return "" // the slips make one error together
}

func parses(text string) bool {
	_, list := syntax.Parse(diag.NewFile("p.net", []byte(text)))
	return !list.HasErrors()
}

// lineOf is the line on which a slip begins in the program with all of them.
func lineOf(words []string, slips []slip, i int) int {
	at := slips[i][0].at
	return strings.Count(apply(words[:at], until(slips, at), -1), "\n")
}

// until returns what slips change in front of a word.
func until(slips []slip, at int) []slip {
	var out []slip
	for _, s := range slips {
		var front slip
		for _, c := range s {
			if c.at < at {
				front = append(front, c)
			}
		}
		out = append(out, front)
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// has reports whether a list holds an error with the same words on the same line, which
// the slip that is repaired may have moved, or changed.
func has(list diag.List, want diag.Diagnostic) bool {
	return slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		return d.Code == want.Code && d.Message == want.Message &&
			(d.Span.Line() == want.Span.Line() || d.Span.Pos().Line == want.Span.Pos().Line)
	})
}
