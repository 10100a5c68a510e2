package blocked

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestSoloCut asserts that a thread alone gets fewer and larger chunks than threads that
// share a layer, that its table of pixels covers the bands of both, and that two threads
// share the rest evenly.
func TestSoloCut(t *testing.T) {
	for _, isa := range isas()[1:] {
		for _, s := range []kernel.ConvShape{square(32, 192, 28, 1, 1), square(24, 144, 56, 1, 1), square(64, 64, 56, 1, 1), square(96, 24, 56, 1, 1)} {
			f := layerConfig(s)
			f.ISA, f.Algo = isa, Direct
			d := NewConv(f).method.(*convDirect)
			solo := d.by(1)
			if solo == d {
				t.Fatalf("%v %s: one thread has the cut that threads share", isa, layerName(s))
			}
			if d.by(2) != d || solo.cut.rows < d.cut.rows || solo.chunks(1) >= d.chunks(1) {
				t.Errorf("%v %s: alone %+v, want larger and fewer chunks than %+v", isa, layerName(s), solo.cut, d.cut)
			}
			if pixels := solo.cut.rows * f.Out.W; len(solo.table()) < pixels || len(d.table()) < d.cut.rows*f.Out.W {
				t.Errorf("%v %s: tables of %d and %d pixels, want %d", isa, layerName(s), len(solo.table()), len(d.table()), pixels)
			}
			if u := d.unevenness(d.cut); u > evenEnough {
				t.Errorf("%v %s: the busier of two threads has %.3f of an even share, want at most %.2f", isa, layerName(s), u, evenEnough)
			}
		}
	}
}
