package passes

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes/passtest"
)

// TestGolden runs the passes that the first line of each testdata/*.ir names (after
// `blocked` with that layout wherever there is a kernel) and
// compares the module with the golden text; the functions must compute the same.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ir")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files and %v, want the cases", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ir")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, source, _ := strings.Cut(string(data), "\n")
			list := strings.Fields(strings.TrimPrefix(first, "# passes:"))
			m, err := text.Parse(source)
			if err != nil {
				t.Fatal(err)
			}
			machine := target.Default(target.AVX2)
			if list[0] == "blocked" { // small nets too
				list, machine.Layouts = list[1:], target.OnlyBlocked
			}
			before := m.Clone()
			notes := ""
			for _, p := range list {
				i := slices.IndexFunc(table, func(q Pass) bool { return q.Name == p })
				if i < 0 {
					t.Fatalf("got pass %q, want one of the table", p)
				}
				note, err := table[i].Run(m, machine)
				if err != nil {
					t.Fatalf("%s: %v", p, err)
				}
				if err := ir.Verify(m); err != nil {
					t.Errorf("after %s: %v", p, err)
				}
				notes += "# " + p + ": " + note + "\n"
			}
			for _, f := range m.Funcs {
				passtest.Renumber(f)
			}
			testkit.Golden(t, name, []byte(notes+text.Print(m)))
			sameFunctions(t, before, m)
		})
	}
}

// TestSameBytes compiles each network several times: iteration over maps, which
// Go shuffles, must not show.
func TestSameBytes(t *testing.T) {
	for seed := range uint64(15) {
		for _, kind := range kinds {
			want := text.Print(compiled(t, seed, kind, nil))
			for range 3 {
				if got := text.Print(compiled(t, seed, kind, nil)); got != want {
					t.Fatalf("net %d kind %d: got\n%s\nwant\n%s", seed, kind, got, want)
				}
			}
		}
	}
}

// sameFunctions asserts that the functions of m compute what those of before do.
func sameFunctions(t *testing.T, before, m *ir.Module) {
	t.Helper()
	for i, f := range m.Funcs {
		if before.Funcs[i].Kind == ir.Loss { // a training form has no counterpart in the source
			continue
		}
		want, err := passtest.Call(before, before.Funcs[i], 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := passtest.Call(m, f, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := passtest.Same(got, want, 1e-6); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
