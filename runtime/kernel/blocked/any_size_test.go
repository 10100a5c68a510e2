package blocked

import (
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestAnyConv compares plans made of the plan of another size with the definition: whole
// numbers bit by bit where sums are direct, and within the bound by Winograd's algorithm;
// more images than a group has, any number of threads.
func TestAnyConv(t *testing.T) {
	r := newRand(t)
	seen := map[string]int{}
	for i := range 120 {
		s := someShape(r)
		switch i % 4 {
		case 1:
			s = square(1+r.IntN(40), 1+r.IntN(40), 3+r.IntN(30), 3, 1)
		case 2:
			s = someStem(r)
		case 3:
			s.C = 1 + r.IntN(30)
			s.O, s.Groups = s.C, s.C
		}
		n := 1 + r.IntN(4)
		e := kernel.Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(3) == 0, Act: []kernel.Act{kernel.ActNone, kernel.ActRelu}[r.IntN(2)]}
		first := s
		first.H, first.W = (s.R-1)*s.DilH+1, (s.S-1)*s.DilW+1
		small := NewAnyConv(first, e, Auto)
		p := small.At(s.H, s.W)
		seen[p.Algorithm()]++
		what := fmt.Sprintf("%s, %d images of %+v, %+v", p.Algorithm(), n, s, e)

		x, w, bias, residual := integers(r, n*s.C*s.H*s.W), integers(r, s.Weights()), integers(r, s.O), integers(r, n*s.O*s.P()*s.Q())
		packed, again := poison(make([]float32, small.PackedLen())), poison(make([]float32, p.PackedLen()))
		small.Pack(packed, w)
		p.Pack(again, w)
		wantSame(t, what+": weights packed for another size", packed, again)

		want := make([]float64, len(residual))
		products(&s, n, func(y, xi, wi int) { want[y] += float64(x[xi]) * float64(w[wi]) })
		for _, threadsOf := range []int{1, 2, 3, 8} {
			y := poison(make([]float32, len(want)))
			var b, res []float32
			if e.Bias {
				b = bias
			}
			if e.Residual {
				res = residual
			}
			own, shared := p.Need(n)
			p.Run(threads(t, threadsOf, own, shared), n, y, x, packed, b, res)
			for k, v := range y {
				sum := want[k]
				if e.Bias {
					sum += float64(bias[k/(s.P()*s.Q())%s.O])
				}
				if e.Residual {
					sum += float64(residual[k])
				}
				exact, off := e.Apply(float32(sum)), 0.0
				if p.conv != nil && (p.conv.Algo == Winograd2 || p.conv.Algo == Winograd4) {
					off = WinogradTypical(p.conv.Algo) * 3 * 3 * float64(9*s.C)
				}
				if d := math.Abs(float64(v) - float64(exact)); !(d <= off) {
					t.Fatalf("%s, %d threads: element %d: got %v, want %v within %g", what, threadsOf, k, v, exact, off)
				}
			}
		}
	}
	for _, algo := range []string{"plain", "direct", "stem", "winograd4"} {
		if seen[algo] == 0 {
			t.Errorf("no case was %s: %v", algo, seen)
		}
	}
}

func TestAnyConvAllocatesNothing(t *testing.T) {
	for _, s := range []kernel.ConvShape{square(32, 32, 20, 3, 1), square(3, 16, 20, 3, 2), square(8, 4, 20, 1, 1)} {
		p := NewAnyConv(s, kernel.Epilogue{Bias: true}, Auto).At(s.H, s.W)
		c := kernel.NewCtx(nil)
		c.Reserve(p.Need(3))
		packed, x, y := make([]float32, p.PackedLen()), make([]float32, 3*s.C*s.H*s.W), make([]float32, 3*s.O*s.P()*s.Q())
		bias := make([]float32, s.O)
		run := func() { p.Run(c, 3, y, x, packed, bias, nil) }
		run()
		if got := testing.AllocsPerRun(5, run); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", layerName(s), got)
		}
	}
}
