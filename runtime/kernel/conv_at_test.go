package kernel

import (
	"slices"
	"testing"
)

// TestAtKeepsPacking: weights packed by a plan of any size serve all sizes.
func TestAtKeepsPacking(t *testing.T) {
	for _, s := range []ConvShape{
		{C: 3, O: 20, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 1},
		{C: 12, O: 7, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1},
		{C: 8, O: 8, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 8},
		{C: 8, O: 16, R: 2, S: 2, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, Groups: 1},
	} {
		s.H, s.W = 2, 2
		small, smallDX := NewConv(s, Epilogue{}), NewConvDX(s)
		w := make([]float32, s.Weights())
		for i := range w {
			w[i] = float32(i)
		}
		pack := func(length int, pack func(dst, w []float32)) []float32 {
			dst := make([]float32, length)
			pack(dst, w)
			return dst
		}
		want, wantDX := pack(small.PackedLen(), small.Pack), pack(smallDX.PackedLen(), smallDX.Pack)
		for _, size := range [][2]int{{2, 3}, {7, 5}, {64, 48}, {200, 1030}} {
			p, dx := small.At(size[0], size[1]), smallDX.At(size[0], size[1])
			if p.s.H != size[0] || dx.s.W != size[1] {
				t.Fatalf("got plans for %+v and %+v, want size %v", p.s, dx.s, size)
			}
			if got := pack(p.PackedLen(), p.Pack); !slices.Equal(got, want) {
				t.Errorf("%+v at %v: got weights in another order, want those of the plan it comes from", s, size)
			}
			if got := pack(dx.PackedLen(), dx.Pack); !slices.Equal(got, wantDX) {
				t.Errorf("gradient of %+v at %v: got weights in another order, want those of the plan it comes from", s, size)
			}
		}
	}
}
