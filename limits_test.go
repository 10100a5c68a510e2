package netc_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
)

// TestHostileFiles holds that a file made to hurt gives one clear error at once, and
// costs no more memory than the limits of the language allow.
func TestHostileFiles(t *testing.T) {
	const net = "net Big : (x: f32[N, 3]) -> (y: f32[N, 3])"
	for _, c := range []struct {
		name, text, other, code string
	}{
		{"10,000 brackets", "package p\nconst Deep = " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n", "", "E0692"},
		{"10,000 parentheses, none closed", "package p\nconst Deep = " + strings.Repeat("(", 10_000) + "\n", "", "E0692"},
		{"a loop of 10**9", "package p\n" + net + " {\n  for i in 0..10**9 { x = x |> relu }\n  return x\n}\n", "", "E0602"},
		{"an empty loop of 10**9", "package p\n" + net + " {\n  for i in 0..10**9 { }\n  return x\n}\n", "", "E0602"},
		{"a circle of imports", "package p\nimport \"other\"\n" + net + " = x |> other.Same\n",
			"package other\nimport \"../p\"\nblock Same : (x: f32[N, C]) = x |> relu\n", "E0113"},
		{"bytes that are no UTF-8", "package p\n// \xff\xfe\n" + net + " = x |> relu\n", "", "E0155"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			if err := os.MkdirAll(filepath.Join(dir, "other"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "p.net"), c.text)
			if c.other != "" {
				write(t, filepath.Join(dir, "other", "other.net"), c.other)
			}
			list := bounded(t, func() diag.List {
				s, err := netc.Open(filepath.Join(dir, "p.net"), nil)
				if err != nil {
					t.Fatal(err)
				}
				_, list := s.Check()
				return list
			})
			if len(list) != 1 || list[0].Code != c.code {
				t.Errorf("got\n%.600s\nwant one %s", list, c.code)
			}
		})
	}
}

// TestHugeFile opens 100 MB: refused by its size, before it is read.
func TestHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.net")
	write(t, path, "package p\n")
	if err := os.Truncate(path, 100<<20); err != nil {
		t.Fatal(err)
	}
	bounded(t, func() diag.List {
		if _, err := netc.Open(path, nil); err == nil || !strings.Contains(err.Error(), "larger than 4 MB") {
			t.Errorf("got %v, want the limit", err)
		}
		return nil
	})
}

// bounded runs work and holds its time and the memory that it asks for. The promise
// is a second on a machine of its own; here others run beside it.
func bounded(t *testing.T, work func() diag.List) diag.List {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	list := work()
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	if took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	if used := after.HeapInuse; used > 512<<20 {
		t.Errorf("%d MB are in use", used>>20)
	}
	t.Logf("%v, %d MB asked for", took, (after.TotalAlloc-before.TotalAlloc)>>20)
	return list
}
