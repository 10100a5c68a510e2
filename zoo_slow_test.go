package netc_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// zooNets are the networks whose speed docs/bench tells.
var zooNets = []struct{ source, net, input, output string }{
	{"lenet", "LeNet5", "Image", "Logits"},
	{"squeezenet", "SqueezeNet11", "Image", "Logits"},
	{"mobilenet", "MobileNetV2", "Image", "Logits"},
	{"mobilenet", "MobileNetV3Small", "Image", "Logits"},
	{"efficientnet", "EfficientNetB0", "Image", "Logits"},
	{"unet", "UNetSmall", "Image", "Mask"},
	{"resnet", "ResNet18", "Image", "Logits"},
	{"resnet", "ResNet50", "Image", "Logits"},
	{"densenet", "DenseNet121", "Image", "Logits"},
	{"shufflenet", "ShuffleNetV2", "Image", "Logits"},
	{"googlenet", "GoogLeNet", "Image", "Logits"},
	{"vgg", "VGG16", "Image", "Logits"},
}

const zooMain = `package main

import (
	"encoding/json"
	"os"
	"reflect"
	"runtime"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/tensor"
	"example.com/zoo/model"
)

func main() {
	var first any
	for _, threads := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(threads)
		net, err := model.NewNET(nrt.Threads(threads))
		if err != nil {
			panic(err)
		}
		s, err := net.NewSession(2)
		if err != nil {
			panic(err)
		}
		for i := range s.INPUT() {
			s.INPUT()[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
		}
		for range 2 {
			if err := s.Run(); err != nil {
				panic(err)
			}
		}
		if first == nil {
			first = s.OUTPUT()
		}
		if !reflect.DeepEqual(first, any(s.OUTPUT())) {
			panic("other bits with another number of threads")
		}
	}
	json.NewEncoder(os.Stdout).Encode(first)
}
`

// TestZooInBothLayouts compares whole networks of the zoo on blocks of channels with
// the same networks on plain images, for two different pictures, and asserts that
// their plans meet the bound and that 1, 2, 3 and 8 threads give the same bits. It takes
// minutes:
//
//	NETC_ZOO=1 go test -run TestZooInBothLayouts -timeout 60m .
//
// NETC_ZOO=ResNet50 runs that net only.
func TestZooInBothLayouts(t *testing.T) {
	ask := os.Getenv("NETC_ZOO")
	if ask == "" {
		t.Skip("set NETC_ZOO=1 to compare the networks of the zoo")
	}
	for _, row := range zooNets {
		if ask != "1" && ask != row.net {
			continue
		}
		t.Run(row.net, func(t *testing.T) {
			var outs [2][]float64
			for i, layouts := range []target.Layouts{target.OnlyPlain, target.BestLayouts} {
				outs[i] = runZoo(t, row.source, row.net, row.input, row.output, layouts)
			}
			largest, worst := 0.0, 0.0
			for i, w := range outs[0] {
				largest = max(largest, math.Abs(w))
				if d := math.Abs(w - outs[1][i]); !(d <= worst) {
					worst = d
				}
			}
			t.Logf("differs by %.2g of the largest output, %.3g", worst/largest, largest)
			if largest == 0 || len(outs[0]) != len(outs[1]) || !(worst <= 1e-4*largest) {
				t.Errorf("got outputs that differ by %g of %g, want 1e-4 of it", worst, largest)
			}
		})
	}
}

// runZoo builds one net and returns its output.
func runZoo(t *testing.T, source, net, input, output string, layouts target.Layouts) []float64 {
	t.Helper()
	s, err := netc.Open(source, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(s, netc.Options{Package: "model", Net: net, Weights: "seeded", Layouts: layouts})
	if err != nil || p == nil {
		t.Fatal(list, err)
	}
	file := filepath.Join(t.TempDir(), "zoo.safetensors")
	if err := os.WriteFile(file, lively(t, p.Module), 0o666); err != nil {
		t.Fatal(err)
	}
	p, list, err = netc.Compile(s, netc.Options{Package: "model", Net: net, Weights: file, Layouts: layouts})
	if err != nil || p == nil {
		t.Fatal(list, err)
	}
	for _, f := range p.Module.Funcs {
		if f.Kind == ir.Infer {
			l, err := f.At(map[string]int64{"N": 1})
			t.Logf("arena %d, bound %d, logical %d, %v", l.Arena, l.Bound, l.Logical, err)
			if l.Arena != l.Bound {
				t.Errorf("got an arena of %d bytes, want its bound, %d", l.Arena, l.Bound)
			}
		}
	}
	main := strings.NewReplacer("NET", net, "INPUT", input, "OUTPUT", output).Replace(zooMain)
	out := runWithModel(t, main, p)
	var tree any
	if err := json.Unmarshal(out, &tree); err != nil {
		t.Fatal(err)
	}
	return flatten(tree, nil)
}

// runWithModel runs main in a module that has the package p, example.com/zoo/model, and
// returns what it printed.
func runWithModel(t *testing.T, main string, p *netc.Package) []byte {
	t.Helper()
	dir, root := t.TempDir(), testkit.Root(t)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/netc-lang/netc", "module example.com/zoo", 1)
	text += fmt.Sprintf("\nrequire github.com/netc-lang/netc v0.0.0\n\nreplace github.com/netc-lang/netc => %s\n", filepath.ToSlash(root))
	files := map[string][]byte{"go.mod": []byte(text), "go.sum": sum, "main.go": []byte(main)}
	for name, content := range p.Files {
		files["model/"+name] = content
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", "-mod=mod", ".")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lively returns weights under which signals neither die nor grow: those of He et al.
// 2015, arXiv:1502.01852, with statistics and biases near the usual ones.
func lively(t *testing.T, m *ir.Module) []byte {
	t.Helper()
	var arrays []weights.Array
	for k, s := range m.States {
		a := weights.Array{Name: s.Name}
		n, fan := 1, 1
		for i, d := range s.Type.Dims {
			size, _ := d.Size.IsConst()
			a.Shape = append(a.Shape, int(size))
			n *= int(size)
			if i > 0 {
				fan *= int(size)
			}
		}
		mean, width := float32(0), float32(math.Sqrt(6/float64(fan)))
		if len(a.Shape) == 1 {
			if width = 0.2; s.Buffer && strings.Contains(s.Name, "var") || !s.Buffer && strings.HasSuffix(s.Name, "weight") {
				mean = 1
			}
		}
		a.Floats = make([]float32, n)
		for i := range a.Floats {
			a.Floats[i] = mean + width*(2*tensor.Uniform(9, uint64(k), uint64(i))-1)
		}
		arrays = append(arrays, a)
	}
	file, err := weights.Encode(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// flatten returns the numbers of a nested result.
func flatten(v any, to []float64) []float64 {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			to = flatten(x, to)
		}
	case float64:
		to = append(to, v)
	}
	return to
}
