package blocked

import (
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// TestPackInParts packs weights on two threads: the floats of Pack, and no allocation.
func TestPackInParts(t *testing.T) {
	r := newRand(t)
	pool := parallel.New(2)
	defer pool.Close()
	c := kernel.NewCtx(pool)
	check := func(what string, p kernel.PartPacker, packed, weights int) {
		w, want, got := random(r, weights), poison(make([]float32, packed)), poison(make([]float32, packed))
		p.Pack(want, w)
		kernel.Pack(c, p, got, w)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got other floats than Pack gives", what)
		}
		if n := testing.AllocsPerRun(10, func() { kernel.Pack(c, p, got, w) }); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", what, n)
		}
	}
	for _, s := range []struct{ c, o, k, stride, groups int }{
		{256, 320, 1, 1, 1}, {132, 100, 3, 1, 1}, {256, 256, 3, 1, 1}, {128, 128, 3, 1, 2}, {512, 512, 3, 1, 512}, {130, 256, 1, 2, 1}, {256, 256, 3, 2, 1},
	} {
		shape := kernel.ConvShape{C: s.c, H: 14, W: 14, O: s.o, R: s.k, S: s.k, StrideH: s.stride, StrideW: s.stride,
			PadTop: s.k / 2, PadLeft: s.k / 2, PadBottom: s.k / 2, PadRight: s.k / 2, DilH: 1, DilW: 1, Groups: s.groups}
		in, out := Map{C: s.c, H: 14, W: 14, Halo: s.k / 2}, Map{C: s.o, H: shape.P(), W: shape.Q(), Halo: s.k / 2}
		for _, isa := range isas() {
			p := NewConv(ConvConfig{Shape: shape, In: in, Out: out, ISA: isa})
			check(isa.String()+" conv "+p.Algo.String(), p, p.PackedLen(), shape.Weights())
			dx := NewConvDX(ConvDXConfig{Shape: shape, In: out, Out: in, ISA: isa})
			check(isa.String()+" conv_dx "+dx.Algo.String(), dx, dx.PackedLen(), shape.Weights())
		}
	}
	for _, transposed := range []bool{false, true} {
		p := kernel.NewDense(700, 250, transposed, kernel.Epilogue{})
		check("dense", p, p.PackedLen(), 700*250)
	}
}
