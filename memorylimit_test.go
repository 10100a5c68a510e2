package netc_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
)

// TestMemoryLimit reads what the example of docs/spec.md takes, and what it says with a
// limit that no step meets: the repair that is offered compiles.
func TestMemoryLimit(t *testing.T) {
	s, err := netc.Open(filepath.Join(testkit.Root(t), "testdata", "spec", "language.net"), nil)
	if err != nil {
		t.Fatal(err)
	}
	nets, list, err := netc.SummariseTraining(s, "Sorter", nil)
	if err != nil || len(nets) != 1 {
		t.Fatal(list, err)
	}
	if n := nets[0]; n.Training.MemoryLimit != 22e6 || n.Arena+n.Training.KernelBytes > 22e6 || n.Arena < 7e6 {
		t.Errorf("got an arena of %d bytes, %d for kernels and the limit %d, want at most 22 MB", n.Arena, n.Training.KernelBytes, n.Training.MemoryLimit)
	}
	text := string(s.Files[0].Text)
	s.Files[0].Text = []byte(strings.Replace(text, "memory <= 22 MB", "memory <= 14 kB", 1))
	_, list = s.Check()
	if len(list) != 1 || list[0].Code != "E0522" || len(list[0].Edits) != 1 {
		t.Fatalf("got %v for 14 kB, want E0522 with a repair", list)
	}
	e := list[0].Edits[0]
	s.Files[0].Text = []byte(string(s.Files[0].Text[:e.Span.Start]) + e.Text + string(s.Files[0].Text[e.Span.End:]))
	if p, list := s.Check(); p == nil {
		t.Errorf("the repair %q is refused: %v", e.Text, list)
	}
}

// TestMemoryLimitCountsKernels limits ResNet-50, whose kernels need as much as half of its
// arena, and whose norms would run in groups that keep more alive: both fit together.
func TestMemoryLimitCountsKernels(t *testing.T) {
	s, err := netc.Open(filepath.Join(testkit.Root(t), "docs", "bench", "resnet50_224", "resnet50_224.net"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Files[0].Text = []byte(strings.Replace(string(s.Files[0].Text), "batch = 8", "batch = 8; memory <= 240 MB", 1))
	nets, list, err := netc.SummariseTraining(s, "ResNet50", nil)
	if err != nil || len(nets) != 1 {
		t.Fatal(list, err)
	}
	n := nets[0]
	if n.Training.MemoryLimit != 240e6 || n.Training.KernelBytes < 20e6 || n.Arena+n.Training.KernelBytes > 240e6 {
		t.Errorf("got an arena of %d bytes and %d for kernels, within the limit %d", n.Arena, n.Training.KernelBytes, n.Training.MemoryLimit)
	}
}
