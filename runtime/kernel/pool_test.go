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

func BenchmarkPool(b *testing.B) {
	r := newRand(b)
	c := context(b, 1, 0, 0)
	for _, s := range []*PoolShape{
		{C: 64, H: 112, W: 112, R: 2, S: 2, StrideH: 2, StrideW: 2},
		{C: 64, H: 112, W: 112, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{C: 64, H: 56, W: 56, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{C: 512, H: 7, W: 7, R: 7, S: 7, StrideH: 1, StrideW: 1},
	} {
		x, y, at := normals(r, s.C*s.H*s.W), normals(r, s.C*s.P()*s.Q()), make([]uint8, s.C*s.P()*s.Q())
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"max", func() { MaxPool(c, s, 1, y, nil, x) }},
			{"max with positions", func() { MaxPool(c, s, 1, y, at, x) }},
			{"max backward", func() { MaxPoolDX(c, s, 1, x, at, y) }},
			{"mean", func() { AvgPool(c, s, 1, y, x) }},
			{"mean backward", func() { AvgPoolDX(c, s, 1, x, y) }},
		} {
			b.Run(fmt.Sprintf("%dx%dx%d,%dx%d,s=%d/%s", s.C, s.H, s.W, s.R, s.S, s.StrideH, k.name), func(b *testing.B) {
				for range b.N {
					k.run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(y)), "ns/result")
			})
		}
	}
}
