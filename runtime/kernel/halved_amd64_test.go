//go:build amd64 && !purego

package kernel

import "testing"

// TestHalved: only a processor that tells of 256 bits runs AVX-512 in halves. Virtual machines of
// Intel's processors answer 0, which once took them for such ones and made ResNet-50 a tenth slower.
func TestHalved(t *testing.T) {
	for _, c := range []struct {
		of    string
		width uint32
		want  bool
	}{
		{"Zen 4", 1<<2 | 1<<1, true},
		{"Zen 5", 1<<3 | 1<<1, false},
		{"Zen 5 that lists both", 1<<3 | 1<<2 | 1<<1, false},
		{"Intel", 0, false},
	} {
		if got := halved(c.width); got != c.want {
			t.Errorf("%s: got %v, want %v", c.of, got, c.want)
		}
	}
}
