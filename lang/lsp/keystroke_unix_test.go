//go:build unix

package lsp

import (
	"slices"
	"testing"
	"time"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestKeystroke holds a keystroke to what a person does not notice. It counts the time
// of processors, which other work of the machine stretches a little, and the quickest of
// ten: what BenchmarkKeystroke says on a machine of its own is the figure.
func TestKeystroke(t *testing.T) {
	names, texts := keystrokeFiles(t)
	for _, name := range names {
		limit := 300 * time.Millisecond
		if name[0] > '9' {
			limit = time.Second // four and five networks of the zoo at once
		}
		k := typing(t, name, texts[name])
		var times []time.Duration
		for range 10 {
			begin := testkit.ProcessTime(t)
			k.press()
			times = append(times, testkit.ProcessTime(t)-begin)
		}
		slices.Sort(times)
		t.Logf("%-16s quickest %6.2f ms, median %6.2f ms", name, times[0].Seconds()*1e3, times[5].Seconds()*1e3)
		if times[0] > limit {
			t.Errorf("%s: got %v at best; 30 ms is the goal, and beyond %v a person waits even on a busy machine", name, times[0], limit)
		}
	}
}
