package gogen

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// workspace is a module outside the repository that replaces netc by it, as the
// module of a user does during development.
type workspace struct {
	t   testing.TB
	dir string
}

func newWorkspace(t testing.TB) *workspace {
	t.Helper()
	root := testkit.Root(t)
	w := &workspace{t: t, dir: t.TempDir()}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/netc-lang/netc", "module example.com/user", 1)
	text += "\nrequire github.com/netc-lang/netc v0.0.0\n\nreplace github.com/netc-lang/netc => " + filepath.ToSlash(root) + "\n"
	w.write("go.mod", []byte(text))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("go.sum", sum)
	return w
}

func (w *workspace) write(name string, content []byte) {
	w.t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// add writes a generated package into the folder called after it.
func (w *workspace) add(pkg string, files map[string][]byte) {
	for name, content := range files {
		w.write(pkg+"/"+name, content)
	}
}

// run runs the go command, which must succeed, and returns its output. Programs have no
// tables for debuggers, which take a quarter of the linker's time.
func (w *workspace) run(env []string, args ...string) string {
	w.t.Helper()
	return w.exec(append(env, "GOFLAGS=-mod=mod -buildvcs=false -ldflags=-s"), "go", args...)
}

// build compiles a program and returns its path.
func (w *workspace) build(args ...string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "program.exe")
	w.run(nil, append([]string{"build", "-o", path}, args...)...)
	return path
}

// exec runs a program, which must succeed, and returns its output.
func (w *workspace) exec(env []string, path string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("%s %s: %v\n%s%s", path, strings.Join(args, " "), err, out.String(), problems.String())
	}
	return out.String()
}

// misspeltISA asserts that no network of a program is made where NETC_ISA names no
// instruction set.
func (w *workspace) misspeltISA(path string, args ...string) {
	w.t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "NETC_ISA=avx3")
	out, err := cmd.CombinedOutput()
	if want := `NETC_ISA is "avx3"`; err == nil || !strings.Contains(string(out), want) {
		w.t.Errorf("%s with NETC_ISA=avx3: got %v\n%s\nwant an error with %s", path, err, out, want)
	}
}

// randomStates returns values for every state of m, away from the special ones.
func randomStates(m *ir.Module) map[string]*eval.Tensor {
	states := map[string]*eval.Tensor{}
	for k, s := range m.States {
		shape := make([]int, len(s.Type.Dims))
		for i, d := range s.Type.Dims {
			n, _ := d.Size.IsConst()
			shape[i] = int(n)
		}
		t := eval.New(tensor.F32, shape...)
		for i := range t.F {
			t.F[i] = float64((tensor.Uniform(7, uint64(k), uint64(i)) - 0.5) / 2)
			if s.Buffer { // running variances are positive
				t.F[i] = float64(float32(t.F[i]) + 1)
			}
		}
		states[weightKey(m, s)] = t
		if states[s.Name] == nil {
			states[s.Name] = t // functions of the first net find it so
		}
	}
	return states
}

// weightKey is the name of s in a weights file for all of m.
func weightKey(m *ir.Module, s *ir.State) string {
	if ambiguous(m, s) {
		return s.Net + "." + s.Name
	}
	return s.Name
}

// encode writes states as a safetensors file.
func encode(t testing.TB, m *ir.Module, states map[string]*eval.Tensor) []byte {
	t.Helper()
	var arrays []weights.Array
	for _, s := range m.States {
		key := weightKey(m, s)
		v := states[key]
		a := weights.Array{Name: key, Shape: v.Shape, Floats: make([]float32, len(v.F))}
		for i, x := range v.F {
			a.Floats[i] = float32(x)
		}
		arrays = append(arrays, a)
	}
	file, err := weights.Encode(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// randomInput fills a tensor like input k of f for a batch of n, as the test
// programs do; integers are less than below.
func randomInput(v *ir.Value, k, n, below int) *eval.Tensor {
	shape := make([]int, len(v.Type.Dims))
	for i, d := range v.Type.Dims {
		size, _ := d.Size.Eval(map[string]int64{"N": int64(n)})
		shape[i] = int(size)
	}
	t := eval.New(v.Type.DType, shape...)
	for i := range t.F {
		t.F[i] = float64(tensor.Uniform(1, uint64(k), uint64(i))*2 - 1)
	}
	for i := range t.I {
		t.I[i] = int64(tensor.Uniform(1, uint64(k), uint64(i)) * float32(below))
	}
	return t
}

func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

// compare fails unless got is near want: both are NaN, or they differ by less
// than tol times the largest magnitude of want.
func compare(t *testing.T, what string, got []float64, want *eval.Tensor, tol float64) {
	t.Helper()
	values := want.F
	if values == nil {
		for _, x := range want.I {
			values = append(values, float64(x))
		}
	}
	if len(got) != len(values) {
		t.Errorf("%s: got %d values, want %d", what, len(got), len(values))
		return
	}
	largest := 0.0
	for _, x := range values {
		largest = max(largest, x, -x)
	}
	for i := range got {
		if d := got[i] - values[i]; !(d <= tol*max(largest, 1e-3) && d >= -tol*max(largest, 1e-3)) {
			t.Errorf("%s[%d]: got %v, want %v (tolerance %g of %g)", what, i, got[i], values[i], tol, largest)
			return
		}
	}
}
