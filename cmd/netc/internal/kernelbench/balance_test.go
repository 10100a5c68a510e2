package kernelbench

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// TestTwoThreadsShareEvenly counts the work of the busier of two threads in every layer of
// the zoo that takes more than 50 us of a core at 100 GFLOP/s, by the algorithm that the
// compiler takes: 1.05 of an even share leaves 1.9 times the speed of one. What both
// threads transform of a layer by Winograd's algorithm counts as more than a share of it,
// at most a hundredth above that.
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
			most := 1.05
			if p.Algo == blocked.Winograd2 || p.Algo == blocked.Winograd3 || p.Algo == blocked.Winograd4 {
				most = 1.06
			}
			if b := p.Balance(1, 2); !(b >= 1 && b <= most) {
				t.Errorf("%s, %s, %v: the busier of two threads has %.3f of an even share, want at most %.2f", shapeName(s, 1), p.Algo, isa, b, most)
			}
		}
	}
	t.Logf("%d plans", count)
}

// TestTwoThreadsShareInputGradients is that of the gradients of inputs. Of 16 tiles and half as
// many results as gradients (64 to 128 of 16x16) the transforms that both make are a ninth.
func TestTwoThreadsShareInputGradients(t *testing.T) {
	shapes, err := zooShapes()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		if float64(2*s.MACs()) < 2*50e-6*100e9 || s.C <= 4 {
			continue
		}
		algos := []blocked.Algorithm{blocked.Direct}
		switch {
		case classOf(s) == "depthwise":
			algos[0] = blocked.Depthwise
		case winograd(s):
			algos = append(algos, blocked.Winograd2, blocked.Winograd3, blocked.Winograd4)
		}
		for _, isa := range []kernel.ISA{kernel.AVX2, kernel.AVX512} {
			for _, algo := range algos {
				if !isa.Available() {
					continue
				}
				p := blocked.NewConvDX(blocked.ConvDXConfig{
					Shape: s, Algo: algo, ISA: isa,
					In:  blocked.Map{C: s.O, H: s.P(), W: s.Q(), Halo: blocked.DXHalo(&s)},
					Out: blocked.Map{C: s.C, H: s.H, W: s.W},
				})
				most := 1.12
				if algo == algos[0] {
					most = 1.05
				}
				if b := p.Balance(1, 2); !(b >= 1 && b <= most) {
					t.Errorf("%s, %s, %v: the busier of two threads has %.3f of an even share, want at most %.2f", shapeName(s, 1), algo, isa, b, most)
				}
			}
		}
	}
}

// TestTwoThreadsShareGradients is that of the gradients of weights, of one image and of
// eight. Few blocks of channels in fifteen pieces leave one thread eight of them. By Winograd's
// algorithm both transform the smaller side, which takes as long as its products with 8 channels
// of the larger, unless each has half of the tiles.
func TestTwoThreadsShareGradients(t *testing.T) {
	shapes, err := zooShapes()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		plain, halo := s.C <= 4, max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
		algos := []blocked.Algorithm{blocked.Direct}
		switch {
		case plain:
			halo = 0
		case classOf(s) == "depthwise":
			algos[0] = blocked.Depthwise
		case winograd(s):
			algos = append(algos, blocked.Winograd4)
		}
		for _, isa := range []kernel.ISA{kernel.AVX2, kernel.AVX512} {
			for _, n := range []int{1, 8} {
				if !isa.Available() || float64(2*n*s.MACs()) < 2*50e-6*100e9 {
					continue
				}
				for _, algo := range algos {
					p := blocked.NewConvDW(blocked.ConvDWConfig{
						Shape: s, PlainX: plain, Algo: algo, ISA: isa,
						X:  blocked.Map{C: s.C, H: s.H, W: s.W, Halo: halo},
						DY: blocked.Map{C: s.O, H: s.P(), W: s.Q()},
					})
					most := 1.07
					if algo == blocked.Winograd4 {
						most = 1 + 8/float64(max(s.C, s.O))
					}
					if b := p.Balance(n, 2); !(b >= 0.999 && b <= most) {
						t.Errorf("%s, %s, %v: the busier of two threads has %.3f of an even share, want at most %.2f", shapeName(s, n), algo, isa, b, most)
					}
				}
			}
		}
	}
}
