package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// assemblies lists the instruction sets with assembly that this processor runs.
func assemblies(t testing.TB) []kernel.ISA {
	var sets []kernel.ISA
	for _, i := range []kernel.ISA{kernel.AVX2, kernel.AVX512} {
		if i.Available() {
			sets = append(sets, i)
		}
	}
	if len(sets) == 0 {
		t.Skip("no assembly for this processor")
	}
	return sets
}

// dwCase is one weight gradient with operands.
type dwCase struct {
	ConvDWConfig
	n     int
	x, dy []float32
}

func (d *dwCase) run(threads int, isa kernel.ISA) []float32 {
	f := d.ConvDWConfig
	if f.ISA = isa; isa == kernel.Generic {
		f.Algo = Loops
	}
	p := NewConvDW(f)
	pool := parallel.New(threads)
	defer pool.Close()
	c := kernel.NewCtx(pool)
	per, shared := p.Need(d.n)
	c.Reserve(per, shared)
	poison(c.Shared(shared))
	for i := range pool.Threads() {
		poison(c.Scratch(i, per))
	}
	dw := poison(make([]float32, f.Shape.Weights()))
	p.Run(c, d.n, dw, d.x, d.dy)
	return dw
}

// convOfGroups is a random convolution of some groups of up to channels channels.
func convOfGroups(r *rand.Rand, channels int) kernel.ConvShape {
	g := 1
	if r.IntN(3) == 0 {
		g = 1 + r.IntN(3)
	}
	s := kernel.ConvShape{C: g * (1 + r.IntN(channels)), O: g * (1 + r.IntN(channels)), H: 9 + r.IntN(7), W: 9 + r.IntN(7), R: 1 + r.IntN(5), S: 1 + r.IntN(5),
		StrideH: 1 + r.IntN(2), StrideW: 1 + r.IntN(2), DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2), Groups: g,
		PadTop: r.IntN(3), PadLeft: r.IntN(3), PadBottom: r.IntN(3), PadRight: r.IntN(3)}
	if r.IntN(2) == 0 {
		s.R, s.S = 3, 3
	}
	if r.IntN(8) == 0 {
		s.S = 6 + r.IntN(3)
		s.DilW = 1
	}
	return s
}

func newDWCase(r *rand.Rand, plain bool) *dwCase {
	s := convOfGroups(r, []int{5, 9, 20, 40}[r.IntN(4)])
	if plain {
		s.C, s.DilW = 1+r.IntN(4), 1
		s.O, s.Groups = 1+r.IntN(70), 1
	}
	if !plain && r.IntN(4) == 0 {
		s.O = s.C
		s.Groups = s.C
	}
	d := &dwCase{ConvDWConfig: ConvDWConfig{Shape: s, PlainX: plain}, n: 1 + r.IntN(5)}
	d.X = randomMap(r, s.C, s.H, s.W)
	d.X.Halo += max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
	if d.X.Image = 0; r.IntN(2) == 0 {
		d.X.Image = d.X.Size() + Block*r.IntN(30)
	}
	d.DY = randomMap(r, s.O, s.P(), s.Q())
	c := kernel.NewCtx(nil)
	var x []float32
	d.x, x = images(c, r, d.X, d.n)
	if plain {
		d.x = x
	}
	d.dy, _ = images(c, r, d.DY, d.n)
	return d
}

// integers makes every operand a small whole number, so that sums are exact.
func (d *dwCase) integers() {
	for _, s := range [][]float32{d.x, d.dy} {
		for i, v := range s {
			s[i] = float32(math.Round(3 * float64(v)))
		}
	}
}

func (d *dwCase) String() string { return fmt.Sprintf("n=%d %+v", d.n, d.ConvDWConfig) }

func TestConvDW(t *testing.T) {
	sets := assemblies(t)
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := newDWCase(r, seed%4 == 0)
		d.integers()
		want := d.run(1, kernel.Generic)
		for _, isa := range sets {
			for i, got := range d.run(1, isa) {
				if got != want[i] {
					t.Fatalf("%s, seed %d, %s: weight %d is %v, want %v", isa, seed, d, i, got, want[i])
				}
			}
		}
	}
}

// TestConvDWThreads compares the bits of sums that rounding makes depend on their
// order.
func TestConvDWThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, isa := range assemblies(t) {
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, 8))
			d := newDWCase(r, seed%4 == 0)
			want := d.run(1, isa)
			for _, threads := range []int{2, 3, 8} {
				for i, got := range d.run(threads, isa) {
					if got != want[i] {
						t.Fatalf("%s, %d threads, %s: weight %d is %v, want %v", isa, threads, d, i, got, want[i])
					}
				}
			}
		}
	}
}

// TestConvDWRounding holds random sums against the bound of chains of
// multiply-adds.
func TestConvDWRounding(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, 9))
			d := newDWCase(r, seed%4 == 0)
			want, got := d.run(1, kernel.Generic), d.run(1, isa)
			for _, s := range [][]float32{d.x, d.dy} {
				for i, v := range s {
					s[i] = max(v, -v)
				}
			}
			bound := NewConvDW(d.ConvDWConfig).Bound(d.n)
			for i, size := range d.run(1, kernel.Generic) {
				if e := math.Abs(float64(got[i]) - float64(want[i])); !(e <= bound.Of(float64(size))+0x1p-23*float64(size)) { // both sums are rounded
					t.Fatalf("%s, %s: weight %d is off by %v, %v of what its terms sum to", isa, d, i, e, size)
				}
			}
		}
	}
}

// TestConvDWOfPixels does windows of one pixel on maps without halo, whose rows are
// walked as one.
func TestConvDWOfPixels(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 24))
		s := square(1+r.IntN(40), 1+r.IntN(70), 1+r.IntN(18), 1, 1)
		d := &dwCase{ConvDWConfig: ConvDWConfig{Shape: s, X: Map{C: s.C, H: s.H, W: s.W}, DY: Map{C: s.O, H: s.H, W: s.W}}, n: 1 + r.IntN(40)}
		if r.IntN(2) == 0 {
			d.X.Image = d.X.Size() + Block*r.IntN(30)
		}
		c := kernel.NewCtx(nil)
		d.x, _ = images(c, r, d.X, d.n)
		d.dy, _ = images(c, r, d.DY, d.n)
		d.integers()
		want := d.run(1, kernel.Generic)
		for _, isa := range assemblies(t) {
			wantSame(t, fmt.Sprintf("%s, seed %d, %s", isa, seed, d), d.run(1+r.IntN(3), isa), want)
		}
	}
}
