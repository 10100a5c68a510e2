package netc_test

import (
	"fmt"
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
		{"a loop of 10**9 layers with weights", "package p\nnet Big : (x: f32[N, 3, H, W]) -> (y: f32[N, 3, H, W]) {\n" +
			"  for i in 0..10**9 { x = x |> conv(3, 3) }\n  return x\n}\n", "", "E0602"},
		{"blocks that use themselves twice", "package p\nblock Twice(n: int) : (x: f32[N, C]) = if n > 0 then (x |> Twice(n - 1)) + (x |> Twice(n - 1)) else x\n" +
			net + " = x |> Twice(200)\n", "", "E0602"},
		{"lists that hold each other", "package p\n" + net + " {\n  a = [1]\n  for i in 0..90 { a = [a, a] }\n  return x |> dense(a)\n}\n", "", "E0602"},
		{"a tower of powers", "package p\n" + net + " {\n  a = 10**10**10\n  return x * a\n}\n", "", "E0602"},
		{"more values than 64 bits count", "package p\nnet Big : (x: f32[N, 4294967296, 4294967296]) -> (y: f32[N, 4294967296, 4294967296]) = x |> relu\n", "", "E0602"},
		{"a name of 3 MB", "package p\nconst " + strings.Repeat("A", 3<<20) + " = 1\n", "", "E0693"},
		{"four million semicolons", "package p\n" + strings.Repeat(";", 4_000_000), "", "E0691"},
		{"70,000 nets", "package p\n" + strings.Repeat("net Nn : (x: f32[N]) -> f32[N] = x\n", 70_000), "", "E0691"},
		{"20,000 constants", "package p\n" + strings.Repeat("const Aa = 1\n", 20_000), "", "E0693"},
		{"nine thousand unknown names", "package p\n" + net + " {\n  a = [" + strings.Repeat("what, ", 9_000) + "1]\n  return x + a[0]\n}\n", "", "E0101"},
		{"a thousand large nets", "package p\nimport \"resnet\"\n" + numbered(1000, "net Nn%d : (x: f32[N, RGB, 224, 224]) -> f32[N, ImageNet] = x |> resnet.ResNet101\n"), "", "E0602"},
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

// numbered repeats a line with numbers.
func numbered(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// TestHugeModule opens a file whose neighbours are many: the module is refused by the
// size of what it holds together.
func TestHugeModule(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		write(t, filepath.Join(dir, fmt.Sprintf("part%d.net", i)), "package p\n// "+strings.Repeat("x", 1<<20)+"\n")
	}
	if _, err := netc.Open(filepath.Join(dir, "part0.net"), nil); err == nil || !strings.Contains(err.Error(), "more than 4 MB together") {
		t.Errorf("got %v, want the limit of a module", err)
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
