//go:build amd64 && !purego

package kernel

import "testing"

// TestPath: only a processor that tells of 256 bits runs AVX-512 in halves. Virtual machines of
// Intel's processors answer 0, which once took them for such ones and made ResNet-50 a tenth slower.
func TestPath(t *testing.T) {
	for _, c := range []struct {
		of    string
		width uint32
		want  Path
	}{
		{"Zen 4", 1<<2 | 1<<1, PathHalf},
		{"Zen 5", 1<<3 | 1<<1, PathWhole},
		{"Zen 5 that lists both", 1<<3 | 1<<2 | 1<<1, PathWhole},
		{"Intel", 0, PathUntold},
	} {
		if got := pathOf(c.width); got != c.want {
			t.Errorf("%s: got %v, want %v", c.of, got, c.want)
		}
	}
}
