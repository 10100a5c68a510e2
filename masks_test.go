package netc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMasksOfGivenPictures: what has a value for each pixel is told in pixels of the
// picture that was given, if eval or prep moves those; a net's own arrays stay theirs.
func TestMasksOfGivenPictures(t *testing.T) {
	const source = `package parts

classes Part = ["wall", "cell"]

net Parts : (image: f32[N, Gray, 16, 24]) -> (mask: f32[N, Part, 16, 24])
  = image |> conv(Part, 3)

data Slides {
  source = pairs(images="image/*.png", masks="mask/*.png")
  sample (image: u8[SIZE, Gray], truth: Part[SIZE])
  STEPS
}

predict Parts on Slides {
  part = argmax(mask, axis=1)
  wall = softmax(mask)[_, 0, _, _]
  all = softmax(mask)
  share = mask |> global_avgpool
}
`
	const given, own = "Part nrt.Array[Part] `json:\"part\"`", "Part [16][24]Part `json:\"part\"`"
	for _, c := range []struct{ size, steps, want string }{
		{"H, W", "prep image, truth = (image, truth) |> resize(16, 24) |> chw", given},
		{"H, W", "eval image, truth = (image, truth) |> center_crop(16, 24)\n  prep image = image |> chw", given},
		{"16, 24", "augment image, truth = (image, truth) |> hflip\n  prep image = image |> chw", own},
		{"16, 24", "prep image = image |> chw |> scale_to(-1..1)", own},
	} {
		path := filepath.Join(t.TempDir(), "parts.net")
		text := strings.NewReplacer("SIZE", c.size, "STEPS", c.steps).Replace(source)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		pkg, list, err := Compile(s, Options{Weights: "seeded", Verify: true})
		if err != nil || pkg == nil {
			t.Fatalf("%s: got %v and %v, want a package", c.steps, err, list)
		}
		api := strings.Join(strings.Fields(string(pkg.Files["parts_net.go"])), " ")
		wall := map[string]string{given: "Wall nrt.Array[float32]", own: "Wall [16][24]float32"}[c.want]
		for _, want := range []string{c.want, wall, "All [2][16][24]float32", "Share [2]float32"} {
			if !strings.Contains(api, want) {
				t.Errorf("%s: got a package without %s", c.steps, want)
			}
		}
		if strings.Contains(api, "nrt.InGiven(") != (c.want == given) {
			t.Errorf("%s: masks are moved back: got %v", c.steps, c.want != given)
		}
	}
}
