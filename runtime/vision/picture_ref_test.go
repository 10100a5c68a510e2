package vision

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// references opens the results of Pillow and torchvision, or skips by name.
func references(t *testing.T) *zip.ReadCloser {
	t.Helper()
	z, err := zip.OpenReader(testkit.Data(t, "reference-values/image-transforms-public.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	return z
}

func reference(t *testing.T, z *zip.ReadCloser, name string) []byte {
	t.Helper()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func referencePicture(t *testing.T, z *zip.ReadCloser, name string) *Picture {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(reference(t, z, name)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := FromImage(img, 3)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPillow compares every operation that Pillow defines with its results.
func TestPillow(t *testing.T) {
	z := references(t)
	input := referencePicture(t, z, "input.png")
	var index struct {
		Cases []struct {
			File, Op, Filter, Library string
			Width, Height, Pixels     int
			Degrees                   float64 `json:"degrees_counterclockwise"`
			Angle, Scale              float64
			Translate, Shear          []float64
			Mode                      string
			Factor, Shift             float64
			Bits, Threshold           int
			Kernel                    int
			Sigma                     float64
			Start, End                [4][2]float64
		}
	}
	if err := json.Unmarshal(reference(t, z, "index.json"), &index); err != nil {
		t.Fatal(err)
	}
	filters := map[string]Filter{"box": Box, "bilinear": Bilinear, "hamming": Hamming, "bicubic": Bicubic, "lanczos": Lanczos}
	checked := 0
	for _, c := range index.Cases {
		got := &Picture{}
		cx, cy := float64(input.W)/2, float64(input.H)/2
		switch filter, known := filters[c.Filter]; {
		case c.Op == "resize" && known && c.Library == "Pillow":
			got.Resize(c.Width, c.Height, 3)
			Resample(got, &Picture{}, input, filter)
		case c.Op == "rotate" && c.Filter == "bilinear":
			got.Resize(input.W, input.H, 3)
			Warp(got, input, Rotation(c.Degrees).About(cx, cy))
		case c.Op == "hflip":
			got.CopyFrom(input)
			FlipH(got)
		case c.Op == "vflip":
			got.CopyFrom(input)
			FlipV(got)
		case c.Op == "grayscale":
			if err := ToChannels(got, input, 1); err != nil {
				t.Fatal(err)
			}
			gray := &Picture{}
			got, gray = gray, got
			if err := ToChannels(got, gray, 3); err != nil {
				t.Fatal(err)
			}
		case c.Op == "center_crop":
			Crop(got, input, (input.W-c.Width+1)/2, (input.H-c.Height+1)/2, c.Width, c.Height)
		case c.Op == "pad" && c.Mode == "reflect":
			Pad(got, input, c.Pixels, Reflect)
		case c.Op == "pad" && c.Mode == "edge":
			Pad(got, input, c.Pixels, Edge)
		case c.Op == "brightness":
			got.CopyFrom(input)
			Brightness(got, c.Factor)
		case c.Op == "contrast":
			got.CopyFrom(input)
			Contrast(got, c.Factor)
		case c.Op == "saturation":
			got.CopyFrom(input)
			Saturation(got, c.Factor)
		case c.Op == "invert":
			got.CopyFrom(input)
			Invert(got)
		case c.Op == "posterize":
			got.CopyFrom(input)
			Posterize(got, c.Bits)
		case c.Op == "solarize":
			got.CopyFrom(input)
			Solarize(got, c.Threshold)
		case c.Op == "equalize":
			got.CopyFrom(input)
			Equalize(got)
		case c.Op == "autocontrast":
			got.CopyFrom(input)
			AutoContrast(got)
		case c.Op == "sharpness":
			got.CopyFrom(input)
			Sharpness(got, &Picture{}, c.Factor)
		case c.Op == "perspective":
			back, ok := Quad(c.End, c.Start)
			if !ok {
				t.Fatal(c.File)
			}
			got.Resize(input.W, input.H, 3)
			if c.Filter == "nearest" {
				ProjectNearest(got, input, back)
			} else {
				Project(got, input, back)
			}
		default:
			continue
		}
		checked++
		t.Run(c.File, func(t *testing.T) {
			// torchvision solves for the coefficients of a perspective in single precision,
			// and two pixels of this picture lie on an edge of what it decides.
			allowed := 0
			if c.Op == "perspective" {
				allowed = 6
			}
			if n, d := compare(got, referencePicture(t, z, c.File)); n > allowed {
				t.Error(d)
			}
		})
	}
	if checked < 30 {
		t.Errorf("only %d cases were compared", checked)
	}
}

// difference says how got differs from want, "" when not at all.
func difference(got, want *Picture) string {
	_, how := compare(got, want)
	return how
}

// compare counts the values of got that differ from want, and says how.
func compare(got, want *Picture) (n int, how string) {
	if got.W != want.W || got.H != want.H || got.C != want.C {
		return len(want.Pix), fmt.Sprintf("got %v, want %v", got, want)
	}
	worst, first := 0, -1
	for i := range got.Pix {
		d := int(got.Pix[i]) - int(want.Pix[i])
		if d == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		n++
		worst = max(worst, d, -d)
	}
	if n == 0 {
		return 0, ""
	}
	at := first / got.C
	return n, fmt.Sprintf("%d of %d values differ, by up to %d; first at (%d, %d): got %d, want %d",
		n, len(got.Pix), worst, at%got.W, at/got.W, got.Pix[first], want.Pix[first])
}
