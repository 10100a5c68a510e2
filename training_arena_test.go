package netc_test

import (
	"path/filepath"
	"testing"

	"github.com/netc-lang/netc"
)

// TestArenasOfTraining holds the arena of every training step that stands in a file here
// against its bound, for the batch of its section and for one sample.
func TestArenasOfTraining(t *testing.T) {
	var files []string
	for _, pattern := range []string{"docs/bench/*/*.net", "examples/*/*.net", "stdlib/zoo/*.net"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	steps := 0
	for _, file := range files {
		s, err := netc.Open(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, list := s.Check()
		if p == nil {
			t.Fatal(file, list)
		}
		if len(p.Trains) == 0 {
			continue
		}
		for _, sizes := range []map[string]int64{nil, {"N": 1}} {
			nets, list, err := netc.SummariseTraining(s, "", sizes)
			if err != nil || list.HasErrors() {
				t.Fatal(file, list, err)
			}
			for _, n := range nets {
				steps++
				if n.Arena < n.ArenaBound || float64(n.Arena) > 1.01*float64(n.ArenaBound) {
					t.Errorf("%s: %s, batch %d: got an arena of %d bytes, want at most 1.01 of its bound, %d", file, n.Name, n.Training.Batch, n.Arena, n.ArenaBound)
				}
			}
		}
	}
	if steps < 12 {
		t.Errorf("found %d training steps, expected at least the four of docs/bench and two examples at two batches", steps)
	}
}
