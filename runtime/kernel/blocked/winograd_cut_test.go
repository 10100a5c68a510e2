package blocked

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradAlone: a thread alone takes all outputs of a small map in one part where V and M
// have room, and no fewer outputs at a time than several threads; parts cover the outputs once.
func TestWinogradAlone(t *testing.T) {
	for _, c := range []struct {
		shape kernel.ConvShape
		algo  Algorithm
		parts int
	}{
		{square(256, 256, 14, 3, 1), Winograd3, 1},
		{square(512, 512, 7, 3, 1), Winograd2, 1},
		{square(512, 512, 14, 3, 2), Winograd2, 2},
		{square(512, 512, 14, 3, 1), Winograd4, 6}, // V fills the room: as several threads do
		{square(40, 40, 7, 3, 1), Winograd2, 1},    // an odd number of groups
	} {
		f := newConvCase(newRand(t), c.shape, false).f
		f.Algo, f.ISA = c.algo, kernel.AVX512
		w := newConvWinograd(&f)
		alone, shared := w.cutOf(1, 1), w.cutOf(1, 2)
		if alone.parts != c.parts || alone.outs < shared.outs {
			t.Errorf("%v: got %d parts of %d groups, want %d of at least %d", c.shape, alone.parts, alone.outs, c.parts, shared.outs)
		}
		if (alone.parts-1)*alone.outs >= w.outs || alone.parts*alone.outs < w.outs {
			t.Errorf("%v: %d parts of %d groups do not cover %d once", c.shape, alone.parts, alone.outs, w.outs)
		}
		if v, m := 4*w.sizeV(alone), 4*w.sizeM(alone); v+m > max(winoRoom+winoRoom/64, v+winoCache) {
			t.Errorf("%v: V takes %d bytes and M %d", c.shape, v, m)
		}
	}
}
