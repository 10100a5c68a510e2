package stdlib_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// layers are the blocks behind the nets of testdata/logits.txt, some of them with
// fewer units.
var layers = map[string]string{
	"ResNet18":         "resnet.ResNet(resnet.Basic, [2, 2, 2, 2], 10)",
	"ResNeXt50":        "resnet.ResNet(resnet.Grouped, [1, 2, 1, 1], 10)",
	"DenseNet121":      "densenet.DenseNet([3, 2, 2, 2], 10)",
	"GoogLeNet":        "googlenet.Layers(10)",
	"MobileNetV2":      "mobilenet.V2(10)",
	"EfficientNetB0":   "efficientnet.B0(10)",
	"ShuffleNetV2":     "shufflenet.ShuffleNet([116, 232, 464], 10)",
	"RegNetY400MF":     "regnet.RegNetY([(48, 1), (104, 3), (208, 6), (440, 6)], 8, 10)",
	"ConvNeXtTiny":     "convnext.ConvNeXt([(96, 3), (192, 0), (192, 3), (384, 0), (384, 9), (768, 0), (768, 3)], 0.1, 10)",
	"ViTB16":           "vit.ViT(32, 2, 4, 8, 10)", // a small one, 8x8 patches
	"MobileNetV3Small": "mobilenet.V3(mobilenet.SmallPlan, 1024, 10)",
}

// TestLogits compares whole nets, lowered by all passes and run by the reference
// evaluator, with torchvision 0.14 in double precision on the same weights and the
// same small picture: a name, the size of the picture, and ten logits a line. Sizes
// agree when a net is wired wrongly; logits do not.
func TestLogits(t *testing.T) {
	text, err := os.ReadFile("zoo/testdata/logits.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(layers) {
		t.Fatalf("got %d lines, want %d", len(lines), len(layers))
	}
	sections := torchvision(t)
	for _, line := range lines {
		words := strings.Fields(line)
		name := words[0]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			want := numbers(t, words[2:])
			m := lowered(t, sections[name].Net.Module.Name, layers[name], size)
			got := logits(t, m, sections[name], size)
			// the file has nine digits; constants of the IR have the seven of f32
			if off := apart(got, want); !(off < 1e-6) {
				t.Errorf("got %v, want %v: %g off", got, want, off)
			}
		})
	}
}

func numbers(t *testing.T, words []string) []float64 {
	t.Helper()
	out := make([]float64, len(words))
	for i, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = v
	}
	return out
}

// lowered compiles a net of one block for pictures of the given size.
func lowered(t *testing.T, module, layer string, size int) *ir.Module {
	t.Helper()
	return compiled(t, fmt.Sprintf(`package held

import %q

net Held : (image: f32[N, RGB, %d, %d]) -> (logits: f32[N, 10])
  = image |> %s as _
`, module, size, size, layer))
}

// compiled takes a source through all passes.
func compiled(t *testing.T, source string) *ir.Module {
	t.Helper()
	s, err := netc.Open("-", strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	p, list := s.Check()
	if p == nil {
		t.Fatal(list)
	}
	m := irgen.Module(p)
	if err := netc.Lower(m, netc.Options{}); err != nil {
		t.Fatal(err)
	}
	return m
}

// infer runs the only net of m.
func infer(t *testing.T, m *ir.Module, inputs, states map[string]*eval.Tensor) map[string]*eval.Tensor {
	t.Helper()
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer {
			out, err := eval.Run(f, inputs, &eval.Env{States: states})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatal("no net")
	return nil
}

// apart is the distance of two vectors, as a share of the length of the second.
func apart(got, want []float64) float64 {
	var wrong, all float64
	for i := range want {
		wrong += (got[i] - want[i]) * (got[i] - want[i])
		all += want[i] * want[i]
	}
	return math.Sqrt(wrong / all)
}

// logits runs a net on weights that are made from their names in torchvision.
func logits(t *testing.T, m *ir.Module, w *syntax.Weights, size int) []float64 {
	t.Helper()
	states := map[string]*ir.State{}
	for _, s := range m.States {
		states[s.Name] = s
	}
	listing, err := os.ReadFile("zoo/testdata/torchvision/" + w.Net.Name.Name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]*eval.Tensor{}
	for _, line := range strings.Split(strings.TrimSpace(string(listing)), "\n") {
		name, _, _ := strings.Cut(line, " ")
		for _, r := range w.From[0].Rules {
			path, ok := rename(t, r, name)
			if s := states[path]; ok && s != nil {
				var shape []int
				for _, d := range sizes(t, s.Type) {
					shape = append(shape, int(d))
				}
				values[path] = weight(name, shape)
			}
		}
	}
	image := uniform("image", []int{1, 3, size, size})
	return infer(t, m, map[string]*eval.Tensor{"image": image}, values)["logits"].F
}

// weight makes a tensor of a checkpoint such that signals neither die nor explode.
func weight(name string, shape []int) *eval.Tensor {
	x := uniform(name, shape)
	fan := 1
	for _, d := range shape[1:] {
		fan *= d
	}
	offset, scale := 0.0, math.Sqrt(6/float64(fan))
	leaf := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case leaf == "running_var":
		offset, scale = 1, 0.5
	case leaf == "running_mean" || strings.HasSuffix(leaf, "bias"):
		scale = 0.1
	case leaf == "layer_scale":
		offset, scale = 0.5, 0.5
	case leaf == "class_token" || leaf == "pos_embedding":
		scale = 0.5
	case len(shape) == 1:
		offset, scale = 1, 0.2
	}
	for i, v := range x.F {
		x.F[i] = offset + scale*v
	}
	return x
}

// uniform is splitmix64 from the FNV-1a hash of the name, in -1..1.
func uniform(name string, shape []int) *eval.Tensor {
	h := fnv.New64a()
	h.Write([]byte(name))
	state := h.Sum64()
	x := eval.New(tensor.F32, shape...)
	for i := range x.F {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		x.F[i] = float64(z>>11)/(1<<53)*2 - 1
	}
	return x
}
