package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// strassenDXCase returns a random gradient that Strassen's algorithm computes, with or without a
// gate, of a training step or not.
func strassenDXCase(r *rand.Rand) *dxCase {
	s := square(32*(1+r.IntN(3)), 2*Block*(1+r.IntN(6)), 1, 1, 1)
	side := func() int { return 1 + r.IntN([]int{6, 12, 20}[r.IntN(3)]) }
	s.H, s.W = side(), side()
	d := dxCaseOf(r, s)
	d.n = min(d.n, 5)
	d.someGate(r)
	d.Images = r.IntN(2) * d.n
	return d
}

// TestStrassenDX holds gradients of whole numbers, with their residuals and gates, against the
// definition: the same bits, on any number of threads.
func TestStrassenDX(t *testing.T) {
	r := newRand(t)
	seen := [mateImages + 1]int{}
	for i := range 100 {
		d := strassenDXCase(r)
		want := d.run(t, 1, kernel.Generic, Loops)
		for _, isa := range isas()[1:] {
			f := d.ConvDXConfig
			f.ISA, f.Algo = isa, Strassen
			p := NewConvDX(f)
			kind := mateless
			if m, ok := p.method.(*convDXStrassen).method.(*convStrassen); ok {
				kind = m.kind
			}
			seen[kind]++
			threads := []int{1, 2, 3, 8}[i%4]
			wantSame(t, fmt.Sprintf("%v, %d threads, %s", isa, threads, d), d.runPlan(t, threads, p), want)
		}
	}
	for kind, n := range seen {
		if n < 5 && len(isas()) > 1 {
			t.Errorf("only %d cases of mates of kind %d", n, kind)
		}
	}
}

// TestStrassenDXIsThatOfTheTurned: the gradient of the input has the bits of the convolution
// with inputs and outputs swapped.
func TestStrassenDXIsThatOfTheTurned(t *testing.T) {
	r := newRand(t)
	for range 20 {
		d := strassenDXCase(r)
		s := d.Shape
		d.Epilogue, d.Gate, d.gate = kernel.Epilogue{}, Gate{}, nil
		d.dy, d.w = enter(d.In, d.n, random(r, d.n*s.O*s.H*s.W)), random(r, s.Weights())
		c := &convCase{n: d.n, x: d.dy, w: make([]float32, s.Weights())}
		for i, v := range d.w {
			c.w[i%s.C*s.O+i/s.C] = v
		}
		c.f = ConvConfig{Shape: dxStrassenShape(&s), In: d.In, Out: d.Out, Images: d.Images}
		for _, isa := range isas()[1:] {
			want := c.run(t, c.plan(Strassen, isa), 1, asIs)
			for _, threads := range []int{1, 3} {
				wantSame(t, fmt.Sprint(isa, " ", d), d.run(t, threads, isa, Strassen), imagesOf(d.Out, d.n, want))
			}
		}
	}
}
