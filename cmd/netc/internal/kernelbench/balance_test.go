package kernelbench

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// TestTwoThreadsShareEvenly counts the work of the busier of two threads in every layer of
// the zoo that takes more than 50 us of a core at 100 GFLOP/s, by the algorithm that the
// compiler takes: 1.05 of an even share leaves 1.9 times the speed of one.
func TestTwoThreadsShareEvenly(t *testing.T) {
	shapes, err := zooShapes()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, s := range shapes {
		if float64(2*s.MACs()) < 2*50e-6*100e9 {
			continue
		}
		plain := s.C <= 4
		halo := max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
		if plain {
			halo = 0
		}
		for _, isa := range []kernel.ISA{kernel.AVX2, kernel.AVX512} {
			if !isa.Available() {
				continue
			}
			p := blocked.NewConv(blocked.ConvConfig{
				Shape: s, PlainIn: plain, ISA: isa,
				In:  blocked.Map{C: s.C, H: s.H, W: s.W, Halo: halo},
				Out: blocked.Map{C: s.O, H: s.P(), W: s.Q()},
			})
			count++
			if b := p.Balance(1, 2); !(b >= 1 && b <= 1.05) {
				t.Errorf("%s, %s, %v: the busier of two threads has %.2f of an even share, want at most 1.05", shapeName(s, 1), p.Algo, isa, b)
			}
		}
	}
	t.Logf("%d plans", count)
}
