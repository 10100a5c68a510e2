package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// somePool returns a random pooling; one in two is the 2 x 2 of the vector kernels.
func somePool(r *rand.Rand) *PoolShape {
	for {
		s := &PoolShape{C: 1 + r.IntN(4), H: 1 + r.IntN(24), W: 1 + r.IntN(40), R: 2, S: 2, StrideH: 2, StrideW: 2, Ceil: r.IntN(4) == 0}
		if r.IntN(2) == 0 {
			s.R, s.S = 1+r.IntN(4), 1+r.IntN(4)
			s.StrideH, s.StrideW = 1+r.IntN(3), 1+r.IntN(3)
			s.PadTop, s.PadLeft = r.IntN(s.R/2+1), r.IntN(s.S/2+1)
			s.PadBottom, s.PadRight = r.IntN(s.R/2+1), r.IntN(s.S/2+1)
			s.CountPad = r.IntN(2) == 0
		}
		if s.H+s.PadTop+s.PadBottom >= s.R && s.W+s.PadLeft+s.PadRight >= s.S {
			return s
		}
	}
}

// withTwin runs f twice, with the vector kernels and with the plain loops.
func withTwin(f func()) {
	saved := vector
	defer func() { vector = saved }()
	vector = true
	f()
	vector = false
	f()
}

func TestPoolTwins(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 400 {
		s, n := somePool(r), 1+r.IntN(12)
		c := context(t, 1+i%2, 0, 0)
		x, dy := integers(r, n*s.C*s.H*s.W), integers(r, n*s.C*s.P()*s.Q())
		what := fmt.Sprintf("n=%d %+v", n, *s)
		var y, only, mean, dx, dmean [2][]float32
		var at [2][]uint8
		k := 0
		withTwin(func() {
			y[k], only[k], mean[k] = poison(len(dy)), poison(len(dy)), poison(len(dy))
			dx[k], dmean[k], at[k] = poison(len(x)), poison(len(x)), make([]uint8, len(dy))
			for j := range at[k] {
				at[k][j] = 255
			}
			MaxPool(c, s, n, y[k], at[k], x)
			MaxPool(c, s, n, only[k], nil, x)
			MaxPoolDX(c, s, n, dx[k], at[k], dy)
			AvgPool(c, s, n, mean[k], x)
			AvgPoolDX(c, s, n, dmean[k], dy)
			k++
		})
		wantSame(t, "maximum, "+what, y[0], y[1])
		wantSame(t, "maximum without positions, "+what, only[0], y[1])
		for j := range at[0] {
			if at[0][j] != at[1][j] {
				t.Fatalf("%s: got position %d at %d, want %d", what, at[0][j], j, at[1][j])
			}
		}
		wantSame(t, "maximum backward, "+what, dx[0], dx[1])
		wantSame(t, "mean, "+what, mean[0], mean[1])
		wantSame(t, "mean backward, "+what, dmean[0], dmean[1])
	}
}
