package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// tissue is a U-Net in small for slices of tissue of any size. CROP is a step.
const tissue = `package tissue

classes Kind = ["membrane", "cell"]

block Double(out: int) : (x: f32[N, C, H, W]) -> f32[N, out, H, W]
  = x |> conv(out, 3) |> bn |> relu |> conv(out, 3) |> bn |> relu

block Up(out: int) : (x: f32[N, C, H, W], skip: f32[N, D, 2*H, 2*W]) -> f32[N, out, 2*H, 2*W]
  = (x |> upconv(out, 2, stride=2), skip) |> concat(axis=1) |> Double(out)

net Cells : (image: f32[N, Gray, H, W]) -> (mask: f32[N, Kind, H, W])
  where H % 4 == 0, W % 4 == 0 {
  x = image; skips = []
  for w in [4, 6] { x = x |> Double(w) as down; skips = [x] + skips; x = x |> maxpool(2) }
  x = x |> Double(8) as bottom
  for i, w in [6, 4] { x = (x, skips[i]) |> Up(w) as up }
  return x |> conv(Kind, 1)
}

data Slices {
  source = pairs(images="image/*.png", masks="label/*.png")
  sample (image: u8[H, W, Gray], truth: Kind[H, W])
  augment image, truth = (image, truth) |> CROPhflip |> vflip
  prep image = image |> chw |> scale_to(-1..1)
}

train Cells on Slices {
  loss = cross_entropy(mask, truth, weight=[1, 0.5]) + dice(mask, truth)
  optimizer = adamw(lr=3e-3); epochs = 2; BATCH
  metric iou = mean_iou(mask, truth)
}
`

// sliceSizes are widths and heights of the pictures that are cut out of the slices.
var sliceSizes = [][2]int{{32, 40}, {64, 32}, {36, 36}, {32, 40}, {48, 44}}

// cutSlices writes image/ and label/: windows of electron-microscope slices with masks.
func cutSlices(t *testing.T, dir string) {
	t.Helper()
	z, err := zip.OpenReader(testkit.Data(t, "segmentation/em-membranes.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	done := map[string]int{}
	for _, f := range z.File {
		kind := path.Dir(f.Name)
		k := done[kind]
		if path.Ext(f.Name) != ".png" || k == len(sliceSizes) {
			continue
		}
		done[kind]++
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		whole, err := png.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		part := image.NewGray(image.Rect(0, 0, sliceSizes[k][0], sliceSizes[k][1]))
		draw.Draw(part, part.Bounds(), whole, image.Pt(60, 80), draw.Src)
		writePNG(t, filepath.Join(dir, f.Name), part)
	}
	if done["image"] != len(sliceSizes) || done["label"] != len(sliceSizes) {
		t.Fatalf("got %v, want %d slices of each kind", done, len(sliceSizes))
	}
}

func writePNG(t *testing.T, name string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTrainOnAnySize trains a U-Net on crops of one size, and on whole pictures, and
// measures it on pictures of four sizes: loss and metric are what the naive evaluator
// finds with the weights that were written. A picture that the net cannot take is named.
func TestTrainOnAnySize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	dir := t.TempDir()
	cutSlices(t, dir)
	bin := filepath.Join(dir, "netc")
	goRun(t, testkit.Root(t), "build", "-o", bin, "./cmd/netc")
	run := func(folder string, args ...string) (string, error) {
		cmd := exec.Command(bin, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "NETC_CACHE="+filepath.Join(dir, "cache"))
		out, err := cmd.Output()
		return string(out), err
	}
	for name, fill := range map[string][]string{
		"crops": {"CROP", "random_crop(24, 28) |> ", "BATCH", "batch = 3"},
		"whole": {"CROP", "", "BATCH", "batch = 1"},
	} {
		folder := filepath.Join(dir, name)
		source := filepath.Join(folder, "tissue.net")
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(source, []byte(strings.NewReplacer(fill...).Replace(tissue)), 0o666); err != nil {
			t.Fatal(err)
		}
		if out, err := run(folder, "train", source, "--data", dir, "--json"); err != nil || !strings.Contains(out, `"event":"done"`) {
			t.Fatalf("%s: %v\n%s%s", name, err, out, stderr(err))
		}
		out, err := run(folder, "eval", source, "--data", dir, "--json")
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, stderr(err))
		}
		var got struct {
			Metrics map[string]float64
			Loss    float64
			Records int
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		loss, iou := naively(t, source, dir)
		if math.Abs(got.Loss-loss) > 1e-4*math.Abs(loss) || math.Abs(got.Metrics["iou"]-iou) > 1e-3 || got.Records != len(sliceSizes) {
			t.Errorf("%s: got loss %v and iou %v of %d records, want %v and %v of %d", name, got.Loss, got.Metrics["iou"], got.Records, loss, iou, len(sliceSizes))
		}
	}
	writePNG(t, filepath.Join(dir, "image", "99.png"), image.NewGray(image.Rect(0, 0, 34, 40)))
	writePNG(t, filepath.Join(dir, "label", "99.png"), image.NewGray(image.Rect(0, 0, 34, 40)))
	_, err := run(filepath.Join(dir, "crops"), "eval", "tissue.net", "--data", dir)
	for _, want := range []string{"99.png: found N = 1, H = 40, W = 34; expected W % 4 == 0, such as 32 or 36", "in `eval`"} {
		if !strings.Contains(stderr(err), want) {
			t.Errorf("a picture of 34 pixels: got %q, want %q", stderr(err), want)
		}
	}
	if _, err := run(filepath.Join(dir, "whole"), "train", "tissue.net", "--data", dir, "--batch", "2"); !strings.Contains(stderr(err), "or set batch = 1") {
		t.Errorf("pictures of two sizes in one batch: got %q", stderr(err))
	}
}

// naively measures the weights beside source on the pictures of dir with the evaluator.
func naively(t *testing.T, source, dir string) (loss, iou float64) {
	t.Helper()
	s, err := netc.Open(source, nil)
	if err != nil {
		t.Fatal(err)
	}
	pkg, list, err := netc.Compile(s, netc.Options{Train: true})
	if err != nil || pkg == nil {
		t.Fatalf("got %v and %v, want a package", err, list)
	}
	file, err := weights.Load(s.DefaultWeights())
	if err != nil {
		t.Fatal(err)
	}
	env := &eval.Env{States: map[string]*eval.Tensor{}}
	for _, x := range file.Tensors() {
		values, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		state := eval.New(tensor.F32, x.Shape...)
		for i, v := range values {
			state.F[i] = float64(v)
		}
		env.States[x.Name] = state
	}
	f := pkg.Module.Func(pkg.Module.Trains[0].Eval)
	confusion := make([]float64, 4)
	for k := range sliceSizes {
		image, truth := slice(t, dir, k)
		out, err := eval.Run(f, map[string]*eval.Tensor{"image": image, "truth": truth}, env)
		if err != nil {
			t.Fatal(err)
		}
		loss += out["loss"].F[0] / float64(len(sliceSizes))
		for i, n := range out["metric.iou"].F {
			confusion[i] += n
		}
	}
	for c := range 2 {
		right, others := confusion[3*c], confusion[1]+confusion[2]
		iou += right / (right + others) / 2
	}
	return loss, iou
}

// slice reads picture k and its mask as the loader prepares them for measuring.
func slice(t *testing.T, dir string, k int) (picture, truth *eval.Tensor) {
	t.Helper()
	read := func(kind string) *image.Gray {
		f, err := os.Open(filepath.Join(dir, kind, fmt.Sprintf("%02d.png", k)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		return img.(*image.Gray)
	}
	p, m := read("image"), read("label")
	w, h := p.Rect.Dx(), p.Rect.Dy()
	picture, truth = eval.New(tensor.F32, 1, 1, h, w), eval.New(tensor.I32, 1, h, w)
	for i, v := range p.Pix {
		picture.F[i] = float64(float32(v) / 255)
		truth.I[i] = int64(m.Pix[i]) / 255
	}
	return picture, truth
}
