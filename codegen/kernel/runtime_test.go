package kernel

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mmcloughlin/avo/build"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestRuntimeIsCurrent compares the generated files with those in the tree.
func TestRuntimeIsCurrent(t *testing.T) {
	files := generated(t)
	dir := filepath.Join(testkit.Root(t), "runtime", "kernel")
	for _, f := range files {
		got, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, f.Data) {
			t.Errorf("%s is not what the generator writes: run go generate ./codegen/kernel/gen", f.Name)
		}
	}
	again := generated(t)
	for i := range files {
		if !bytes.Equal(files[i].Data, again[i].Data) {
			t.Errorf("%s differs from one run to the next", files[i].Name)
		}
	}
}

var (
	beyondAVX2    = regexp.MustCompile(`\b(Z[0-9]+|[XY](1[6-9]|2[0-9]|3[01])|K[0-7]|R15)\b`)
	keptByRuntime = regexp.MustCompile(`\bR15\b`)
	textLine      = regexp.MustCompile(`(?m)^TEXT ·(\w+)\(SB\), (.*)\$(\d+)-\d+$`)
	// Instruction sets that avo finds in a function, as it prints them.
	requires = regexp.MustCompile(`(?m)^// Requires: (.*)$`)
)

// generated returns every file that the generator writes.
func generated(t *testing.T) []File {
	t.Helper()
	files, err := Runtime()
	if err != nil {
		t.Fatal(err)
	}
	blocked, err := Blocked()
	if err != nil {
		t.Fatal(err)
	}
	return append(files, blocked...)
}

// TestRuntimeStaysInsideItsISA reads the emitted text: no EVEX encodings outside
// the functions named for AVX-512, a frame that keeps the stack check, and a clean
// upper half at every return.
func TestRuntimeStaysInsideItsISA(t *testing.T) {
	functions := 0
	for _, f := range generated(t) {
		if !strings.HasSuffix(f.Name, ".s") {
			continue
		}
		for _, text := range bytes.Split(f.Data, []byte("\n// func ")) {
			head, _, _ := bytes.Cut(text, []byte("("))
			checkSets(t, f.Name, string(head), text)
			if bytes.Contains(text, []byte(routine)) {
				checkRoutine(t, f.Name, string(head), text)
				continue
			}
			lines := strings.Split(string(text), "\n")
			for i, line := range lines {
				if strings.TrimSpace(line) == "RET" && strings.TrimSpace(lines[i-1]) != "VZEROUPPER" {
					t.Errorf("%s: %s: RET without VZEROUPPER before it", f.Name, head)
				}
			}
		}
		for _, m := range textLine.FindAllSubmatch(f.Data, -1) {
			functions++
			if frame, err := strconv.Atoi(string(m[3])); err != nil || frame < 128 || len(m[2]) > 0 {
				t.Errorf("%s: got %s, want a frame of 128 bytes or more and no flags", f.Name, m[0])
			}
		}
	}
	if functions < 50 {
		t.Errorf("got %d functions, want the whole set", functions)
	}
}

// routine is how functions begin that kernels call, with sums in registers.
const routine = "(SB), NOSPLIT|NOFRAME, $0\n"

var vectors = regexp.MustCompile(`\b[XYZ](\d+)\b`)

// checkRoutine checks that a routine leaves the sums of the kernel that calls it alone: it uses the
// last four vectors of its set and clears nothing.
func checkRoutine(t *testing.T, file, name string, text []byte) {
	t.Helper()
	first := AVX2.Registers - 4
	if strings.Contains(name, "_avx512") {
		first = AVX512.Registers - 4
	}
	used := vectors.FindAllSubmatch(text, -1)
	for _, m := range used {
		if v, err := strconv.Atoi(string(m[1])); err != nil || v < first {
			t.Errorf("%s: %s: got vector %s, want none below %d", file, name, m[0], first)
		}
	}
	if len(used) == 0 || bytes.Contains(text, []byte("VZERO")) {
		t.Errorf("%s: %s: got %d vectors, VZERO %t; want some, and none cleared", file, name, len(used), bytes.Contains(text, []byte("VZERO")))
	}
}

// checkSets checks the registers and instruction sets of one function.
func checkSets(t *testing.T, file, name string, text []byte) {
	t.Helper()
	wide := strings.Contains(name, "_avx512")
	beyond := beyondAVX2
	if wide {
		beyond = keptByRuntime
	}
	if found := beyond.Find(text); found != nil {
		t.Errorf("%s: %s: got register %s, want none beyond its set and none the runtime keeps", file, name, found)
	}
	for _, m := range requires.FindAllSubmatch(text, -1) {
		for _, isa := range strings.Split(string(m[1]), ", ") {
			switch isa {
			case "AVX", "AVX2", "FMA3", "CMOV", "SSE2", "SSE", "CPUID", "MMX+": // MMX+ is how avo calls PREFETCHT0
			case "AVX512F", "AVX512DQ", "AVX512BW", "AVX512VL":
				if !wide {
					t.Errorf("%s: %s requires %s", file, name, isa)
				}
			default:
				t.Errorf("%s: %s requires %s", file, name, isa)
			}
		}
	}
}

func TestBuildersRefuse(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
	}{
		{"tile of 7 rows", Tile(build.NewContext(), 7, 2)},
		{"tile of 3 vectors", Tile(build.NewContext(), 2, 3)},
		{"tile of no rows", Tile(build.NewContext(), 0, 1)},
		{"dot of 7 rows", Dot(build.NewContext(), 7, 1)},
		{"dot of 3 columns", Dot(build.NewContext(), 1, 3)},
		{"window of stride 3", Window(build.NewContext(), WindowMax, 3)},
		{"direct tile of 7 pixels", Direct(build.NewContext(), AVX512, DirectSize{Pixels: 7, Vecs: 4, Steps: 8})},
		{"direct tile of 5 vectors", Direct(build.NewContext(), AVX2, DirectSize{Pixels: 1, Vecs: 5, Steps: 8})},
		{"pairs of one pixel", Direct(build.NewContext(), AVX512, DirectSize{1, 2, 8, true})},
		{"pairs of AVX2", Direct(build.NewContext(), AVX2, DirectSize{4, 2, 8, true})},
		{"transposition of 9 rows", Transpose(build.NewContext(), 9)},
	} {
		if row.err == nil {
			t.Errorf("%s was accepted", row.name)
		}
	}
}
