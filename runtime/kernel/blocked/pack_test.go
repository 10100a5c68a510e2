package blocked

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestPackByVectors holds weights that vectors lay out against those laid out one by
// one: the same bits, the transforms of Winograd's algorithm included.
func TestPackByVectors(t *testing.T) {
	assemblies(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 21))
		walk := tileWalk{window: []int{1, 2, 9, 25, 30}[r.IntN(5)]}
		for tap := range walk.window {
			if tap == 0 || r.IntN(3) > 0 {
				walk.taps = append(walk.taps, tap)
			}
		}
		outs, ins := 1+r.IntN(tileOuts), 1+r.IntN(Block)
		if r.IntN(2) == 0 {
			walk.inStep, walk.outStep = walk.window, walk.window*(ins+r.IntN(20))
		} else {
			walk.outStep, walk.inStep = walk.window, walk.window*(outs+r.IntN(20))
		}
		w := random(r, (outs-1)*walk.outStep+(ins-1)*walk.inStep+walk.window)
		got, want := make([]float32, Block*tileOuts*len(walk.taps)), make([]float32, Block*tileOuts*len(walk.taps))
		walk.packEach(want, w, outs, ins, Block)
		walk.pack(got, w, outs, ins, Block, new(turnedWeights))
		for i := range got {
			if i%tileOuts < outs && got[i] != want[i] {
				t.Fatalf("seed %d, %+v: weight %d is %v, want %v", seed, walk, i, got[i], want[i])
			}
		}
	}
}

// TestPackRows holds weights packed row by row against the same packed strip by strip.
func TestPackRows(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	for _, s := range []kernel.ConvShape{square(16, 8, 4, 1, 1), square(24, 32, 4, 1, 1), square(100, 40, 4, 1, 1), square(5, 8, 4, 1, 1)} {
		order := newDirectOrder(&kernel.ConvShape{C: s.O, O: s.C, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1})
		w := random(r, s.Weights())
		got, want := poison(make([]float32, order.len())), make([]float32, order.len())
		order.packTiles(want, w, &tileWalk{window: 1, outStep: 1, inStep: s.C, taps: []int{0}})
		order.packRows(got, w, 0, s.O)
		if !slices.Equal(got, want) {
			t.Errorf("%d channels, %d outputs: got other floats than strip by strip", s.C, s.O)
		}
	}
}

func TestWinogradPackByVectors(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	for i := range 40 {
		s := square(1+r.IntN(20), 1+r.IntN(40), 8, 3, 1+i%2)
		weights := random(r, s.Weights())
		for _, algo := range winograds(&s) {
			for _, rotated := range []bool{false, s.StrideH == 1} {
				w := newConvWinograd(&ConvConfig{Shape: s, In: Map{C: s.C, H: 8, W: 8, Halo: 1}, Out: Map{C: s.O, H: s.P(), W: s.Q()}, Algo: algo})
				outs := s.O
				if w.rotated = rotated; rotated {
					outs, w.f.Shape.C, w.f.Shape.O = s.C, s.O, s.C
				}
				o := r.IntN(ceilDiv(outs, tileOuts)) * tileOuts
				i := r.IntN(ceilDiv(w.f.Shape.C, Block)) * Block
				n, k := min(tileOuts, outs-o), min(Block, w.f.Shape.C-i)
				var got, want [36 * winoBlock]float32
				poison(got[:])
				w.packInputs(got[:], winoBlock, weights, o/tileOuts, i, Block)
				w.packEach(want[:], winoBlock, weights, o, n, i, k)
				points := w.weights * w.weights * winoBlock
				wantSame(t, fmt.Sprintf("%v rotated %t %d of %d, %d of %d", algo, rotated, k, w.f.Shape.C, n, outs), got[:points], want[:points])
			}
		}
	}
}

// BenchmarkPack packs the weights of convolutions as a training step does.
func BenchmarkPack(b *testing.B) {
	for _, s := range []struct {
		algo Algorithm
		size int
	}{{Direct, 3}, {Direct, 1}, {Winograd4, 3}, {Winograd3, 3}, {Winograd2, 3}} {
		shape := square(512, 512, 7, s.size, 1)
		m := Map{C: 512, H: 7, W: 7, Halo: 1}
		forward := NewConv(ConvConfig{Shape: shape, In: m, Out: m, Algo: s.algo, ISA: kernel.Selected()})
		backward := NewConvDX(ConvDXConfig{Shape: shape, In: m, Out: m, Algo: s.algo, ISA: kernel.Selected()})
		w := make([]float32, shape.Weights())
		for _, p := range []struct {
			name string
			len  int
			pack func(dst, w []float32)
		}{{"forward", forward.PackedLen(), forward.Pack}, {"dx", backward.PackedLen(), backward.Pack}} {
			b.Run(fmt.Sprintf("%v %dx%d %s", s.algo, s.size, s.size, p.name), func(b *testing.B) {
				dst := kernel.Aligned(p.len)
				b.SetBytes(int64(4 * len(w)))
				for b.Loop() {
					p.pack(dst, w)
				}
			})
		}
	}
}
