package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// newPointwiseCase is a window of one pixel: every number of blocks that a run of tiles
// leaves over on both sides, strides, halos, and pixels of one unit and of several.
func newPointwiseCase(r *rand.Rand) *dwCase {
	in, out := 1+r.IntN(18), 1+r.IntN(18)
	if r.IntN(3) == 0 {
		out = 1024/in + r.IntN(3) // panels for every worker
	}
	stride := 1 + r.IntN(2)
	s := square(in*Block, out*Block, []int{1 + r.IntN(7), 8 + r.IntN(20)}[r.IntN(2)], 1, stride)
	d := &dwCase{ConvDWConfig: ConvDWConfig{Shape: s, X: Map{C: s.C, H: s.H, W: s.W}, DY: Map{C: s.O, H: s.P(), W: s.Q()}, Algo: Direct}, n: 1 + r.IntN(6)}
	if r.IntN(2) == 0 {
		d.X, d.DY = randomMap(r, s.C, s.H, s.W), randomMap(r, s.O, s.P(), s.Q())
	}
	c := kernel.NewCtx(nil)
	d.x, _ = images(c, r, d.X, d.n)
	d.dy, _ = images(c, r, d.DY, d.n)
	return d
}

func TestConvDWPointwise(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 31))
		d := newPointwiseCase(r)
		d.integers()
		want := d.run(1, kernel.Generic)
		for _, isa := range assemblies(t) {
			f := d.ConvDWConfig
			f.ISA = isa
			p, ok := NewConvDW(f).method.(*dwPointwise)
			if !ok {
				t.Fatalf("seed %d: %s is not computed as a product of matrices", seed, d)
			}
			cut := p.cut(d.n)
			for what, is := range map[string]bool{
				"turned": p.turned, "straight": !p.turned, "one part": cut.parts == 1, "several parts": cut.parts > 1,
				"one unit": p.units(d.n).count == 1, "several units of a part": p.units(d.n).count > cut.parts,
				"turned parts": p.turned && cut.parts > 1,
			} {
				if is {
					seen[what]++
				} else {
					seen[what] += 0
				}
			}
			what := fmt.Sprintf("%s, seed %d, %s", isa, seed, d)
			for _, threads := range []int{1, 2, 3, 8} {
				wantSame(t, what, d.run(threads, isa), want)
			}
		}
	}
	for what, cases := range seen {
		if cases == 0 {
			t.Errorf("got no case of: %s", what)
		}
	}
}

// TestConvDWPointwiseThreads compares bits that depend on the order of sums.
func TestConvDWPointwiseThreads(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(16) {
			d := newPointwiseCase(rand.New(rand.NewPCG(seed, 32)))
			want := d.run(1, isa)
			for _, threads := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%s, %d threads, %s", isa, threads, d), d.run(threads, isa), want)
			}
		}
	}
}
