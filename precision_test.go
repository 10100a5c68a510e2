package netc

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// precisionNet has a 7x7 convolution of a picture, and of many channels two of 3x3 and one of
// 1x1. LAYER is an option of the first of these, TRAIN a setting of the training.
const precisionNet = `package shapes

classes Shape = ["round", "square"]

data Pictures {
  source = folders("pictures")
  sample (image: u8[H, W, RGB], kind: Shape)
  eval image = image |> resize(112, 112)
  prep image = image |> resize(112, 112) |> chw
}

net Shapes : (image: f32[N, RGB, 112, 112]) -> (logits: f32[N, Shape]) {
  y = image |> conv(32, 7, stride=2) |> relu |> conv(64, 3 LAYER) |> relu |> conv(64, 1) |> relu |> conv(64, 3) |> relu
  return y |> global_avgpool |> dense(Shape)
}

train Shapes on Pictures {
  loss = cross_entropy(logits, kind)
  optimizer = sgd(lr=0.1)
  batch = 8
  TRAIN
}

predict Shapes on Pictures { shape = argmax(logits) }
`

// convPlan finds the plans of convolutions that choose: those of more than four channels,
// and that of the picture.
var convPlan = regexp.MustCompile(`blocked\.(NewConv\(.*Shape: kernel\.ConvShape\{C: 3,|(NewConv|NewConvDX|NewConvDW)\(.*Shape: kernel\.ConvShape\{C: (32|64),).*`)

// TestPrecision: precision=strict keeps Winograd's and Strassen's algorithms out of every pass of a
// training and of what is served, for a net or for one layer.
func TestPrecision(t *testing.T) {
	for _, row := range []struct {
		name, layer, train string
		direct             int // of plans; -1: all
	}{
		{"free", "", "", 0},
		{"said to be free", ", precision=f32", "precision = f32", 0},
		{"a layer", ", precision=strict", "", 5},
		{"a net", "", "precision = strict", -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shapes.net")
			source := strings.NewReplacer("LAYER", row.layer, "TRAIN", row.train).Replace(precisionNet)
			if err := os.WriteFile(path, []byte(source), 0o666); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			pkg, list, err := Compile(s, Options{Weights: "seeded", Train: true, Verify: true})
			if err != nil || pkg == nil {
				t.Fatalf("got %v and %v, want a package", err, list)
			}
			all, direct, kinds := 0, 0, map[string]bool{}
			for name, file := range pkg.Files {
				for _, plan := range convPlan.FindAllString(unfolded(file), -1) {
					all++
					kinds[plan[:strings.Index(plan, "(")]] = true
					if strings.Contains(plan, "Algo: blocked.Direct") {
						direct++
					} else if row.direct < 0 {
						t.Errorf("%s: got %s, want the direct algorithm", name, plan)
					}
				}
			}
			if len(kinds) != 3 {
				t.Errorf("got plans of %v, want those of all three passes", kinds)
			}
			if row.direct >= 0 && direct != row.direct {
				t.Errorf("got %d direct plans of %d, want %d", direct, all, row.direct)
			}
		})
	}
}
