package netc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// anySize is a U-Net in small: skip connections meet because 8 divides both sizes.
const anySize = `package cells

classes Tissue = ["background", "nucleus", "border"]

block Double(out: int) : (x: f32[N, C, H, W]) -> f32[N, out, H, W]
  = x |> conv(out, 3) |> bn |> relu |> conv(out, 3) |> bn |> relu

block Up(out: int) : (x: f32[N, C, H, W], skip: f32[N, D, 2*H, 2*W]) -> f32[N, out, 2*H, 2*W]
  = (x |> upconv(out, 2, stride=2), skip) |> concat(axis=1) |> Double(out)

net Cells : (image: f32[N, Gray, H, W]) -> (mask: f32[N, Tissue, H, W])
  where H % 8 == 0, W % 8 == 0, N <= 16 {
  x = image; skips = []
  for w in [4, 6, 8] {
    x = x |> Double(w) as down; skips = [x] + skips; x = x |> maxpool(2)
  }
  x = x |> Double(12) as bottom
  for i, w in [8, 6, 4] { x = (x, skips[i]) |> Up(w) as up }
  return x |> conv(Tissue, 1)
}

predict Cells { tissue = argmax(mask, axis=1) }
`

// TestAnySize takes a net for pictures of any size from its source to a package
// whose arena meets the lower bound at every size, and to the costs of some.
func TestAnySize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cells.net")
	if err := os.WriteFile(path, []byte(anySize), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	pkg, list, err := Compile(s, Options{Weights: "seeded", Verify: true})
	if err != nil || pkg == nil {
		t.Fatalf("got %v and %v, want a package", err, list)
	}
	api := string(pkg.Files["cells_net.go"])
	for _, want := range []string{
		"func (m *Cells) NewSession(batch, h, w int) (*CellsSession, error)",
		`nrt.Size{Name: "N", Value: batch, Min: 1, Max: 16, Multiple: 1}, nrt.Size{Name: "H", Value: h, Min: 8, Max: 65536, Multiple: 8}`,
		"Tissue nrt.Array[Tissue]",
	} {
		if !strings.Contains(api, want) {
			t.Errorf("got a package without %q", want)
		}
	}
	last := int64(0)
	for _, size := range []map[string]int64{{"H": 8, "W": 8}, {"H": 8, "W": 104}, {"H": 72, "W": 40}, {"N": 3, "H": 72, "W": 40}, {"H": 256, "W": 256}, {"N": 16, "H": 248, "W": 1000}} {
		nets, _, err := Summarise(s, "", size)
		if err != nil {
			t.Fatal(err)
		}
		n := nets[0]
		if n.Arena != n.ArenaBound || n.Arena <= last {
			t.Errorf("%v: got an arena of %d bytes and a bound of %d, want equal ones above %d", size, n.Arena, n.ArenaBound, last)
		}
		last = n.Arena
	}
	for _, row := range []struct {
		size map[string]int64
		want string
	}{
		{map[string]int64{"H": 500, "W": 384}, "Cells: found H = 500, expected H % 8 == 0"},
		{map[string]int64{"H": 8, "W": 8, "N": 17}, "found N = 17, expected N <= 16"},
	} {
		if _, _, err := Summarise(s, "", row.size); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v: got %v, want %q", row.size, err, row.want)
		}
	}
	// A size that nobody gave is the first from 256 on that the where-clauses allow.
	nets, _, err := Summarise(s, "", map[string]int64{"H": 8})
	if err != nil || !slices.Equal(nets[0].Sampled, []string{"W=256"}) {
		t.Errorf("without W: got %v, %v, want W=256", nets, err)
	}
}

// TestAnySizeOfData: a predict section on data whose pictures have any size compiles,
// and what the net asks of sizes is checked when a picture is given.
func TestAnySizeOfData(t *testing.T) {
	const data = `
data Slides {
  source = folders("slides", val=0.5)
  sample (image: u8[Y, X, Gray], label: Tissue)
  prep image = image |> chw |> scale_to(-1..1)
}

predict Cells on Slides { tissue = argmax(mask, axis=1) }
`
	path := filepath.Join(t.TempDir(), "cells.net")
	source := strings.Replace(anySize, "W % 8 == 0, N", "W % 8 == 0, H >= 20, N", 1)
	source = source[:strings.Index(source, "predict ")] + data
	if err := os.WriteFile(path, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	pkg, list, err := Compile(s, Options{Weights: "seeded", Verify: true})
	if err != nil || pkg == nil {
		t.Fatalf("got %v and %v, want a package", err, list)
	}
	api := string(pkg.Files["cells_net.go"])
	for _, want := range []string{
		`nrt.Size{Name: "H", Value: h, Min: 24, Max: 65536, Multiple: 8}`, // of a session
		`nrt.Size{Name: "Y", Value: y, Min: 24, Max: 65536, Multiple: 8}, nrt.Size{Name: "X", Value: x, Min: 8, Max: 65536, Multiple: 8}`,
	} {
		if !strings.Contains(api, want) && !strings.Contains(api, strings.NewReplacer("Value: y", "Value: ySize", "Value: x", "Value: xSize").Replace(want)) {
			t.Errorf("got a package without %q", want)
		}
	}
}
