package netc_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/stdlib"
)

// TestExamples checks and formats the programs that documentation takes examples
// from.
func TestExamples(t *testing.T) {
	for _, f := range stdlib.Examples() {
		s := &netc.Source{Path: f.Name, Dir: t.TempDir(), Stem: "words", Files: []*diag.File{{Name: f.Name, Text: f.Text}}}
		if _, list := s.Check(); len(list) > 0 {
			t.Errorf("%s:\n%s", f.Name, list)
		}
		if pretty, _ := format.Source(diag.NewFile(f.Name, f.Text)); string(pretty) != string(f.Text) {
			t.Errorf("%s is formatted as\n%s", f.Name, pretty)
		}
	}
}

// TestManualHasExamples holds that every layer, activation, loss and reduction is shown
// in use, and that a summary is a sentence.
func TestManualHasExamples(t *testing.T) {
	blocks := 0
	for _, topic := range netc.Manual() {
		for _, e := range topic.Entries {
			if strings.HasPrefix(e.Signature, "block ") {
				if blocks++; e.Example == "" {
					t.Errorf("%s: `%s` has no example", topic.Name, e.Name)
				}
			}
			if strings.HasSuffix(e.Summary(), "et al.") {
				t.Errorf("%s: the summary of `%s` is cut off: %s", topic.Name, e.Name, e.Summary())
			}
		}
	}
	if blocks < 60 {
		t.Errorf("got %d blocks", blocks)
	}
}
