package blocked

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// TestSoloCut asserts that a thread alone gets fewer and larger chunks than threads that
// share a layer, that its table of pixels covers the bands of both, and that two threads
// share the rest evenly.
func TestSoloCut(t *testing.T) {
	for _, isa := range isas()[1:] {
		for _, s := range []kernel.ConvShape{square(32, 192, 28, 1, 1), square(24, 144, 56, 1, 1), square(64, 64, 56, 1, 1), square(96, 24, 56, 1, 1)} {
			f := layerConfig(s)
			f.ISA, f.Algo = isa, Direct
			d := NewConv(f).method.(*convDirect)
			solo := d.by(1)
			if solo == d {
				t.Fatalf("%v %s: one thread has the cut that threads share", isa, layerName(s))
			}
			if d.by(2) != d || solo.cut.rows < d.cut.rows || solo.chunks(1) >= d.chunks(1) {
				t.Errorf("%v %s: alone %+v, want larger and fewer chunks than %+v", isa, layerName(s), solo.cut, d.cut)
			}
			if pixels := solo.cut.rows * f.Out.W; len(solo.table()) < pixels || len(d.table()) < d.cut.rows*f.Out.W {
				t.Errorf("%v %s: tables of %d and %d pixels, want %d", isa, layerName(s), len(solo.table()), len(d.table()), pixels)
			}
			if u := d.unevenness(d.cut); u > evenEnough {
				t.Errorf("%v %s: the busier of two threads has %.3f of an even share, want at most %.2f", isa, layerName(s), u, evenEnough)
			}
		}
	}
}

// TestEvenUnits asserts that layers of many planes are shared by channels, whole planes for
// each thread and as many channels, and that one thread keeps the fewest units.
func TestEvenUnits(t *testing.T) {
	for _, isa := range isas()[1:] {
		for _, s := range []kernel.ConvShape{
			square(64, 384, 14, 1, 1), square(112, 672, 14, 1, 1), square(256, 1024, 14, 1, 1),
			square(192, 1152, 7, 1, 1), square(1152, 192, 7, 1, 1), square(1152, 320, 7, 1, 1),
		} {
			f := layerConfig(s)
			f.ISA, f.Algo = isa, Direct
			p := NewConv(f)
			d := p.method.(*convDirect)
			if p.Split != ByChannels {
				t.Errorf("%v %s: shared by rows, want by channels", isa, layerName(s))
				continue
			}
			loads := d.partLoads(d.cut)
			if u := balance(loads, 2); len(loads)%2 > 0 || u > splitEven {
				t.Errorf("%v %s: parts of %v channels, want an even number of them and at most %.2f of an even share, not %.3f", isa, layerName(s), loads, splitEven, u)
			}
			outs := 0
			for _, u := range d.units {
				if u.out != outs {
					t.Errorf("%v %s: a unit begins at output %d, want %d", isa, layerName(s), u.out, outs)
				}
				outs += u.vecs * u.isa.Lanes()
			}
			if alone := len(d.by(1).units); outs < s.O || alone > len(d.units) {
				t.Errorf("%v %s: units of %d outputs, %d for two threads and %d for one", isa, layerName(s), outs, len(d.units), alone)
			}
		}
		for _, s := range []kernel.ConvShape{square(480, 80, 14, 1, 1), square(64, 64, 56, 3, 1), square(512, 128, 28, 1, 1)} {
			f := layerConfig(s)
			f.ISA, f.Algo = isa, Direct
			if p := NewConv(f); p.Split != ByRows {
				t.Errorf("%v %s: shared by channels, want by rows", isa, layerName(s))
			}
		}
	}
}

// TestSharedByChannels holds layers whose units are others for threads than for one, and whose
// parts are bands where the channels do not come out even, to the definition.
func TestSharedByChannels(t *testing.T) {
	r := newRand(t)
	for _, s := range []kernel.ConvShape{
		square(24, 672, 9, 1, 1), square(16, 330, 14, 1, 1), square(40, 184, 12, 1, 2), square(9, 200, 7, 3, 1), square(72, 112, 7, 1, 1),
	} {
		c := newConvCase(r, s, false)
		c.n = 1
		c.f.Split = ByChannels
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas() {
			for _, count := range []int{1, 2, 3, 8} {
				c.check(t, isa, c.run(t, c.plan(Direct, isa), count, asIs), want)
			}
		}
	}
}

// TestDirectRest: the last 8 outputs or fewer, which AVX2 computes by itself or AVX-512 as half of
// a vector, whatever the processor that runs the test prefers.
func TestDirectRest(t *testing.T) {
	if !kernel.AVX512.Available() {
		t.Skip("AVX2 has no halves")
	}
	r := newRand(t)
	for range 40 {
		s := someShape(r)
		s.Groups = 1 + r.IntN(2)
		s.C, s.O = s.Groups*(1+r.IntN(20)), s.Groups*(16*(1+r.IntN(5))+1+r.IntN(Block))
		if s.Groups > 1 {
			s.O = s.Groups * roundUp(s.O/s.Groups, Block)
		}
		c := newConvCase(r, s, false)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, apart := range []bool{false, true} {
			p := c.plan(Direct, kernel.AVX512)
			d := p.method.(*convDirect)
			d.cutOuts(apart)
			d.shareAs(d.evenUnits(), directCutOf)
			if last := d.units[len(d.units)-1]; last.half == apart || (last.isa == tiles.AVX2) != apart {
				t.Fatalf("%v, apart %t: got %+v", c, apart, last)
			}
			for _, n := range []int{1, 2} {
				c.check(t, kernel.AVX512, c.run(t, p, n, asIs), want)
			}
		}
	}
}

// TestDirectPairs meets every kernel in which pixels in pairs share half a vector, whatever the
// processor that runs the test prefers: rows of one pixel to more than two tiles.
func TestDirectPairs(t *testing.T) {
	if !kernel.AVX512.Available() {
		t.Skip("AVX2 has no halves")
	}
	r := newRand(t)
	for _, outs := range []int{24, 40, 56} {
		for width := 1; width <= 17; width++ {
			for _, k := range []int{1, 3} {
				s := square(8+r.IntN(12), outs, width, k, 1)
				s.H, s.PadTop, s.PadBottom = 1, k/2, k/2
				c := newConvCase(r, s, false)
				want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
				p := c.plan(Direct, kernel.AVX512)
				d := p.method.(*convDirect)
				d.cutOuts(false)
				d.cutAs(directCut{rows: 1, units: 1, pass: 1 + r.IntN(d.cut.pass)})
				if last := d.units[len(d.units)-1]; !last.half || last.vecs < 2 {
					t.Fatalf("%v: got %+v", c, last)
				}
				c.check(t, kernel.AVX512, c.run(t, p, 1, asIs), want)
			}
		}
	}
}

// TestWeightsAhead: weights are fetched over the time of more tiles where that is short.
func TestWeightsAhead(t *testing.T) {
	for _, c := range []struct {
		isa  kernel.ISA
		path kernel.Path
		want int
	}{
		{kernel.AVX512, kernel.PathUntold, tiles.Later},
		{kernel.AVX512, kernel.PathWhole, tiles.Later},
		{kernel.AVX512, kernel.PathHalf, tiles.Soon},
		{kernel.AVX2, kernel.PathUntold, tiles.Latest},
		{kernel.AVX2, kernel.PathWhole, tiles.Soon},
		{kernel.AVX2, kernel.PathHalf, tiles.Soon},
	} {
		if got := aheadOf(c.isa, c.path); got != c.want {
			t.Errorf("%v, path %v: got %d tiles, want %d", c.isa, c.path, got, c.want)
		}
	}
}
