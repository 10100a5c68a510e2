package blocked

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradOnce: weights that are transformed while they are used give the bits of those
// that were transformed before, forward and in the input, on any number of threads.
func TestWinogradOnce(t *testing.T) {
	r := newRand(t)
	several := 0
	for i := range 24 {
		c := winogradCase(r, 1+i%3%2)
		if i%10 == 0 {
			c = newConvCase(r, square(20, 24, 40, 3, 1), false).fractions(r)
		}
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas() {
				p := c.plan(algo, isa)
				want := c.run(t, p, 1, asIs)
				once := *p
				once.method = &winoOnce{p.method.(*convWinograd)}
				if once.method.(*winoOnce).cutOf(c.n).blocks > 1 {
					several++
				}
				for _, workers := range []int{1, 3} {
					got := c.run(t, &once, workers, asIs)
					checkFrame(t, c.f.Out, got, c.n)
					wantSame(t, fmt.Sprint(algo, " ", isa, " ", c), imagesOf(c.f.Out, c.n, got), imagesOf(c.f.Out, c.n, want))
				}
			}
		}
		d := dxCaseOf(r, c.f.Shape)
		if d.Shape.StrideH == 2 && !spreads(&d.Shape) {
			continue
		}
		for _, algo := range winograds(&d.Shape) {
			for _, isa := range isas() {
				f := d.ConvDXConfig
				f.Algo, f.ISA = algo, isa
				p := NewConvDX(f)
				once := *p
				once.method = &winoOnce{p.method.(*convWinograd)}
				want := d.runPlan(t, 1, p)
				for _, workers := range []int{1, 3} {
					wantSame(t, fmt.Sprint("case ", i, " ", algo, " ", isa, " ", d), d.runPlan(t, workers, &once), want)
				}
			}
		}
	}
	if several == 0 {
		t.Error("no case had tiles for several blocks")
	}
}

// TestWinogradOnceIsChosen where weights are large and those of a training step, for all
// sizes of images alike.
func TestWinogradOnceIsChosen(t *testing.T) {
	for _, row := range []struct {
		channels, images, stride int
		want                     bool
	}{{256, 8, 1, true}, {256, 0, 1, false}, {128, 8, 1, false}, {256, 8, 2, false}, {512, 8, 2, true}} {
		s := square(row.channels, row.channels, 14, 3, row.stride)
		in, out := Map{C: s.C, H: s.H, W: s.W, Halo: 1}, Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}
		p := NewConv(ConvConfig{Shape: s, In: in, Out: out, Images: row.images, ISA: kernel.Selected()})
		q := NewConvDX(ConvDXConfig{Shape: s, In: out, Out: in, Images: row.images, ISA: kernel.Selected()})
		if p.AsStored() != row.want || q.AsStored() != row.want {
			t.Errorf("%+v: got %t forward and %t in the input", row, p.AsStored(), q.AsStored())
		}
		larger := func(m Map) Map { m.H, m.W = 4*m.H, 4*m.W; return m }
		if p.At(larger(in), larger(out), Map{}).AsStored() != row.want || q.At(larger(out), larger(in), Map{}).AsStored() != row.want {
			t.Errorf("%+v: plans of another size read other weights", row)
		}
	}
}
