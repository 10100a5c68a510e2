package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// newStrassenDWCase is a window of one pixel whose sides have halves: every number of blocks
// that a run of tiles leaves over, strides, halos, rows and images that have no mate, pixels of
// one unit and of several whose last is shorter.
func newStrassenDWCase(r *rand.Rand) *dwCase {
	in, out := 1+r.IntN(10), 1+r.IntN(10)
	if r.IntN(3) == 0 {
		out = 16 + r.IntN(50)
	}
	if r.IntN(3) == 0 {
		in, out = out, in
	}
	side := []int{1 + r.IntN(7), 8 + r.IntN(8), 16 + r.IntN(10)}[r.IntN(3)]
	s := square(2*in*Block, 2*out*Block, side, 1, 1+r.IntN(2))
	d := &dwCase{ConvDWConfig: ConvDWConfig{Shape: s, X: Map{C: s.C, H: s.H, W: s.W}, DY: Map{C: s.O, H: s.P(), W: s.Q()}, Algo: Strassen}, n: 1 + r.IntN(7)}
	if r.IntN(2) == 0 {
		d.X, d.DY = randomMap(r, s.C, s.H, s.W), randomMap(r, s.O, s.P(), s.Q())
	}
	c := kernel.NewCtx(nil)
	d.x, _ = images(c, r, d.X, d.n)
	d.dy, _ = images(c, r, d.DY, d.n)
	return d
}

func TestConvDWStrassen(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 41))
		d := newStrassenDWCase(r)
		d.integers()
		want := d.run(1, kernel.Generic)
		for _, isa := range assemblies(t) {
			f := d.ConvDWConfig
			f.ISA = isa
			p := NewConvDW(f).method.(*dwStrassen)
			cut, units := p.cut(8), pixelUnits{}
			if p.takes(d.n) {
				units = p.units(d.n)
			}
			last := units.unit(max(units.count-1, 0))
			for what, is := range map[string]bool{
				"turned": p.turned, "straight": !p.turned, "rows": !p.byImages && p.takes(d.n), "images": p.byImages && p.takes(d.n),
				"an image alone": p.byImages && d.n%2 > 0 && d.n > 1, "one image alone": !p.takes(d.n),
				"one unit": units.count == 1, "several units": units.count > 1, "a short unit": units.count > 1 && last.rows*last.images < units.rows*units.images,
				"several panels": cut.above > 1 && cut.beside > 1,
			} {
				seen[what] += b2i(is)
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

// TestConvDWStrassenThreads compares bits that depend on the order of sums.
func TestConvDWStrassenThreads(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(16) {
			d := newStrassenDWCase(rand.New(rand.NewPCG(seed, 42)))
			want := d.run(1, isa)
			for _, threads := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%s, %d threads, %s", isa, threads, d), d.run(threads, isa), want)
			}
		}
	}
}

// weightSizes returns Σ |R| [Σ (|L||narrow|) ⊙ (|T||wide|)] of each weight and, of an image
// without a mate, Σ |x||dy|.
func (d *dwStrassen) weightSizes(n int, x, dy []float32) []float64 {
	s := &d.f.Shape
	height, width := s.P(), s.Q()
	of := func(dySide bool) func(image, row, column, channel int) float64 {
		if dySide {
			return func(image, row, column, o int) float64 {
				return math.Abs(float64(dy[((image*s.O+o)*height+row)*width+column]))
			}
		}
		return func(image, row, column, i int) float64 {
			return math.Abs(float64(x[((image*s.C+i)*s.H+row*s.StrideH)*s.W+column*s.StrideW]))
		}
	}
	narrow, wide := of(!d.turned), of(d.turned)
	size := make([]float64, s.Weights())
	at := func(narrow, wide int) *float64 {
		if d.turned {
			return &size[wide*s.C+narrow]
		}
		return &size[narrow*s.C+wide]
	}
	high, half := d.narrow.C/2, d.wide.C/2
	units := d.units(n)
	for i := range units.count {
		u := units.unit(i)
		image, row := d.from(u)
		for k := range u.images * u.rows * width {
			m, r, q := image+k/(u.rows*width), row+k/width%u.rows, k%width
			mate, below := m, r+u.rows
			if d.byImages {
				mate, below = m+u.images, r
			}
			for o := range high {
				sizes := strassenSizes([4]float64{narrow(m, r, q, o), narrow(mate, below, q, o), narrow(m, r, q, high+o), narrow(mate, below, q, high+o)})
				for c := range half {
					quarters := [4]float64{wide(m, r, q, c), wide(mate, below, q, c), wide(m, r, q, half+c), wide(mate, below, q, half+c)}
					for part, to := range []*float64{at(o, c), at(o, half+c), at(high+o, c), at(high+o, half+c)} {
						for k, v := range quarters {
							*to += sizes[part][k] * v
						}
					}
				}
			}
		}
	}
	if d.byImages && n%2 > 0 {
		for k := range height * width {
			for o := range d.narrow.C {
				for c := range d.wide.C {
					*at(o, c) += narrow(n-1, k/width, k%width, o) * wide(n-1, k/width, k%width, c)
				}
			}
		}
	}
	return size
}

// TestConvDWStrassenGrowth asserts the constants of the bound that asks for no elements.
func TestConvDWStrassenGrowth(t *testing.T) {
	r := newRand(t)
	for _, isa := range assemblies(t) {
		for _, s := range []kernel.ConvShape{square(32, 192, 3, 1, 1), square(192, 32, 4, 1, 1)} {
			const n = 3
			p := NewConvDW(ConvDWConfig{Shape: s, X: Map{C: s.C, H: s.H, W: s.W}, DY: Map{C: s.O, H: s.P(), W: s.Q()}, Algo: Strassen, ISA: isa})
			d, b := p.method.(*dwStrassen), p.Bound(n)
			if b.Mates != s.O/2 || b.Growth < 6 || b.Growth > 8 {
				t.Errorf("%s: found the bound %+v, expected a growth of 6 to 8 over outputs %d apart", isa, b, s.O/2)
			}
			x, dy := random(r, n*s.C*s.H*s.W), random(r, n*s.O*s.P()*s.Q())
			largest, sums := 0.0, make([]float64, s.O)
			for _, v := range x {
				largest = max(largest, math.Abs(float64(v)))
			}
			for i, v := range dy {
				sums[i/(s.P()*s.Q())%s.O] += math.Abs(float64(v))
			}
			for i, size := range d.weightSizes(n, x, dy) {
				o := i / s.C
				if limit := b.Growth * largest * (sums[o] + sums[(o+b.Mates)%s.O]); size > limit {
					t.Fatalf("%s: the size of weight %d is %v, beyond %v", isa, i, size, limit)
				}
			}
		}
	}
}
