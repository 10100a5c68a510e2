package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// newFilterCase is a depthwise convolution of 3x3: strides of 1 and 2, rows from one
// pixel on, channels that fill no block, pixels of one unit and of several.
func newFilterCase(r *rand.Rand) *dwCase {
	s := square(1+r.IntN(60), 0, 1, 3, 1)
	s.O, s.Groups = s.C, s.C
	s.H, s.W = 1+r.IntN(9), 1+r.IntN(9)
	if r.IntN(3) == 0 {
		s.H, s.W = 20+r.IntN(60), 20+r.IntN(40)
	}
	s.StrideH, s.StrideW = 1+r.IntN(2), 1+r.IntN(2)
	d := &dwCase{ConvDWConfig: ConvDWConfig{Shape: s}, n: 1 + r.IntN(4)}
	d.X, d.DY = randomMap(r, s.C, s.H, s.W), randomMap(r, s.O, s.P(), s.Q())
	if d.X.Halo++; d.X.Image != 0 {
		d.X.Image = d.X.Size()
	}
	c := kernel.NewCtx(nil)
	d.x, _ = images(c, r, d.X, d.n)
	d.dy, _ = images(c, r, d.DY, d.n)
	return d
}

func TestConvDWFilters(t *testing.T) {
	for seed := range uint64(80) {
		d := newFilterCase(rand.New(rand.NewPCG(seed, 33)))
		d.integers()
		want := d.run(1, kernel.Generic)
		for _, isa := range assemblies(t) {
			for _, threads := range []int{1, 3} {
				wantSame(t, fmt.Sprintf("%s, seed %d, %d threads, %s", isa, seed, threads, d), d.run(threads, isa), want)
			}
		}
	}
}

// TestConvDWFiltersThreads compares bits that depend on the order of sums.
func TestConvDWFiltersThreads(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(16) {
			d := newFilterCase(rand.New(rand.NewPCG(seed, 34)))
			want := d.run(1, isa)
			for _, threads := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%s, %d threads, %s", isa, threads, d), d.run(threads, isa), want)
			}
		}
	}
}
