package netc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const arenas = `package arenas

import "resnet"

net Tiny : (image: f32[N, Gray, H, W]) -> (y: f32[N, 4, H, W])
  where H % 2 == 0
  = image |> conv(8, 3) |> relu |> conv(4, 3)

test "numbers" { ASSERT }
`

// TestArenaOfTest: .params, .macs and .arena of a net are numbers in tests, with a batch of
// one where no other size is given; the arena is that of a summary.
func TestArenaOfTest(t *testing.T) {
	for _, c := range []struct{ assert, want string }{
		{"assert Tiny.macs(H=8, W=8) == 8*8*(72 + 288)", ""},
		{"assert resnet.ResNet18.macs == 1_814_073_344; assert resnet.ResNet18.macs(N=2) == 2 * resnet.ResNet18.macs", ""},
		{"assert resnet.ResNet18.arena == 1_723_392", ""},
		{"assert resnet.ResNet18.arena == 0", "the left side is 1,723,392"},
		{"assert Tiny.arena(H=8, W=8) > 0; assert Tiny.arena(N=4, H=8, W=8) == 4 * Tiny.arena(H=8, W=8)", ""},
		{"assert Tiny.arena(H=8, W=8) == 0", "the right side 0"},
		{"assert Tiny.arena > 0", "the working memory of `Tiny` is not known: H has no value"},
		{"assert Tiny.arena(H=7, W=8) > 0", "found H = 7, expected H % 2 == 0"},
	} {
		path := filepath.Join(t.TempDir(), "arenas.net")
		if err := os.WriteFile(path, []byte(strings.Replace(arenas, "ASSERT", c.assert, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, list := s.Check()
		if p != nil {
			for _, r := range p.Tests {
				list = append(list, r.Failures...)
			}
		}
		var text strings.Builder
		for _, d := range list {
			text.WriteString(d.Message + " " + d.Label + "\n")
		}
		if c.want == "" && text.Len() > 0 || !strings.Contains(text.String(), c.want) {
			t.Errorf("%s: got %q, want %q", c.assert, text.String(), c.want)
		}
	}
}
