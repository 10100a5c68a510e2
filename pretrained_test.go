package netc_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/weights"
)

// rising returns n numbers from first on.
func rising(first float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = first + float32(i)/16
	}
	return out
}

// npz packs arrays of one axis as NumPy does.
func npz(t *testing.T, arrays map[string][]float32) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, values := range arrays {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }\n", len(values))
		w.Write([]byte("\x93NUMPY\x01\x00"))
		binary.Write(w, binary.LittleEndian, uint16(len(head)))
		w.Write([]byte(head))
		binary.Write(w, binary.LittleEndian, values)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const twoFiles = `package small

net Small : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 4, 8, 8])
  = x |> conv(4, 1) as body |> bn as norm

weights Small {
  from "body.safetensors" SUM into body {
    "layer{i+1}.{p}" -> "{p}"
  }
  from "norm.npz" into norm {
    "bn.{p}" -> "{p}"
  }
}
`

// small writes the sources and the files of twoFiles.
func small(t *testing.T, text string) (dir string, body []byte) {
	t.Helper()
	dir = t.TempDir()
	body, err := weights.Encode([]weights.Array{
		{Name: "layer1.weight", Shape: []int{4, 3, 1, 1}, Floats: rising(1, 12)}, {Name: "layer1.bias", Shape: []int{4}, Floats: rising(2, 4)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "body.safetensors"), string(body))
	write(t, filepath.Join(dir, "norm.npz"), string(npz(t, map[string][]float32{
		"bn.weight": rising(3, 4), "bn.bias": rising(4, 4), "bn.running_mean": rising(5, 4), "bn.running_var": rising(6, 4),
	})))
	write(t, filepath.Join(dir, "small.net"), text)
	return dir, body
}

// embedded compiles and returns the weights inside the package.
func embedded(t *testing.T, path string, o netc.Options) (*weights.File, netc.WeightsOrigin, error) {
	t.Helper()
	s, err := netc.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(s, o)
	if err != nil {
		return nil, netc.WeightsOrigin{}, err
	}
	if p == nil {
		t.Fatalf("does not compile:\n%s", list)
	}
	data := p.Files[s.Stem+".weights"]
	f, err := weights.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f, p.Weights, nil
}

func holds(t *testing.T, f *weights.File, name string, want []float32) {
	t.Helper()
	x, ok := f.Lookup(name)
	if !ok {
		t.Fatalf("the package has no weight %s", name)
	}
	if got, err := x.Float32s(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: got %v (%v), want %v", name, got[:min(4, len(got))], err, want[:min(4, len(want))])
	}
}

// TestWeightsSection compiles what a weights section names into the package.
func TestWeightsSection(t *testing.T) {
	dir, body := small(t, strings.Replace(twoFiles, "SUM ", "", 1))
	path := filepath.Join(dir, "small.net")
	f, from, err := embedded(t, path, netc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !from.Asked || filepath.Base(from.Path) != "body.safetensors" {
		t.Errorf("the weights come from %+v", from)
	}
	holds(t, f, "body.weight", rising(1, 12))
	holds(t, f, "body.bias", rising(2, 4))
	holds(t, f, "norm.running_var", rising(6, 4))

	sum := sha256.Sum256(body)
	write(t, path, strings.Replace(twoFiles, "SUM", fmt.Sprintf("sha256 %q", hex.EncodeToString(sum[:])), 1))
	if _, _, err := embedded(t, path, netc.Options{}); err != nil {
		t.Errorf("with its checksum: %v", err)
	}
	write(t, path, strings.Replace(twoFiles, "SUM", fmt.Sprintf("sha256 %q", strings.Repeat("0", 64)), 1))
	if _, _, err := embedded(t, path, netc.Options{}); err == nil || !strings.Contains(err.Error(), "another file") {
		t.Errorf("with another checksum: %v", err)
	}

	write(t, path, strings.Replace(twoFiles, "SUM ", "", 1))
	if err := os.Remove(filepath.Join(dir, "norm.npz")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := embedded(t, path, netc.Options{}); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("with a file gone: %v", err)
	}
	f, _, err = embedded(t, path, netc.Options{Weights: "seeded"})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, f, "body.bias", rising(2, 4))
	holds(t, f, "norm.running_var", []float32{1, 1, 1, 1})
}

// TestPretrained loads a published ResNet-20 by rules, f32 for f32.
func TestPretrained(t *testing.T) {
	path := testkit.Data(t, "models/resnet20-cifar10/resnet20.safetensors")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "resnet.net"), strings.Replace(resnet20, "FILE", filepath.ToSlash(path), 1))
	source, err := netc.Open(filepath.Join(dir, "resnet.net"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(source, netc.Options{})
	if err != nil || p == nil || !p.Weights.Asked {
		t.Fatalf("%v\n%s", err, list)
	}
	start, err := p.Start("Res") // the package itself holds them as its kernels read them
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.Read(bytes.NewReader(start), int64(len(start)))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.Tensors()); got != 97 {
		t.Errorf("got %d weights, want all 97", got)
	}
	stored, err := weights.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]string{
		"conv1.weight": "conv1.weight", "stage[2][1].bn2.running_var": "layer3.1.bn2.running_var", "linear.weight": "linear.weight",
	} {
		x, ok := stored.Lookup(there)
		if !ok {
			t.Fatalf("the file has no %s", there)
		}
		values, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		holds(t, f, name, values)
	}
}

const resnet20 = `package resnet20

block Skip(width: int, stride: int) : (x: f32[N, C, H, W]) {
  s = if stride == 1 then x else x |> avgpool(1, stride=stride)
  if C < width {
    z = s[_, 0..width/4, ...] * 0
    s = (z, s, z) |> concat(axis=1)
  }
  return s
}

block Unit(width: int, stride: int = 1) : (x: f32[N, C, H, W]) {
  y = x |> conv(width, 3, stride=stride, bias=false) as conv1 |> bn as bn1 |> relu
        |> conv(width, 3, bias=false) as conv2 |> bn as bn2
  return y + Skip(x, width, stride) |> relu
}

net Res : (image: f32[N, RGB, 32, 32]) -> (logits: f32[N, 10]) {
  x = image |> conv(16, 3, bias=false) as conv1 |> bn as bn1 |> relu
  for i, w in [16, 32, 64] {
    for j in 0..3 {
      x = x |> Unit(w, stride=if i > 0 and j == 0 then 2 else 1) as stage
    }
  }
  return x |> global_avgpool |> dense(10) as linear
}

weights Res {
  from "FILE" {
    "layer{i+1}.{j}.{k}.{p}" -> "stage[{i}][{j}].{k}.{p}"
    "{k}.{p}" -> "{k}.{p}"
  }
}
`
