package passes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
)

// narrowNet is ten 1x1 convolutions of some channels and a mean.
func narrowNet(channels, side int) string {
	const layers = 10
	var s strings.Builder
	s.WriteString("module test \"test.net\" graph\n")
	for i := range layers {
		fmt.Fprintf(&s, "state Net \"w%d\" : f32[%d, %[2]d, 1, 1] = uniform(-0.5, 0.5)\n", i, channels)
	}
	maps := fmt.Sprintf("f32[N, %d, %d, %[2]d]", channels, side)
	fmt.Fprintf(&s, "\nfunc @infer infer Net (%%0: %s) -> (y: f32[N, %d]) where N >= 1 {\n", maps, channels)
	for i := range layers {
		fmt.Fprintf(&s, "  %%%d = param {name=\"w%d\", shape=[%d, %[3]d, 1, 1]} : f32[%[3]d, %[3]d, 1, 1]\n", layers+2+i, i, channels)
		fmt.Fprintf(&s, "  %%%d = conv %%%d, %%%d : %s\n", i+1, i, layers+2+i, maps)
	}
	fmt.Fprintf(&s, "  %%%d = reduce %%%d {kind=\"mean\", axes=[2, 3]} : f32[N, %d]\n  return %%%[1]d\n}\n", layers+1, layers, channels)
	return s.String()
}

// TestGroupImages: large groups are those that fit the second cache. What does not fit it
// runs by few images, however many weights each group reads again.
func TestGroupImages(t *testing.T) {
	for _, row := range []struct {
		name           string
		channels, side int
		want           int64
	}{
		{"fits", 64, 7, 16},
		{"does not fit", 384, 7, 4},
	} {
		m, err := text.Parse(narrowNet(row.channels, row.side))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if _, err := groupImages(m, target.Default(target.AVX2)); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		got := m.Func("infer").Segments
		if len(got) != 1 || got[0].Images != row.want {
			t.Errorf("%s: got segments %v, want one by %d images", row.name, got, row.want)
		}
	}
}
