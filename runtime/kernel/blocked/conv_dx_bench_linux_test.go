package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

func BenchmarkConvDX(b *testing.B) {
	for _, v := range netConvs {
		if v.plain {
			continue
		}
		s := v.shape()
		f := ConvDXConfig{Shape: s, In: Map{C: s.O, H: s.P(), W: s.Q(), Halo: DXHalo(&s)}, Out: Map{C: s.C, H: s.H, W: s.W, Halo: s.PadTop}}
		r := rand.New(rand.NewPCG(1, 1))
		dx, dy, w := make([]float32, f.Out.Len(v.n)), random(r, f.In.Len(v.n)), random(r, s.Weights())
		for _, isa := range assemblies(b) {
			f.ISA = isa
			p, c := NewConvDX(f), kernel.NewCtx(nil)
			c.Reserve(p.Need(v.n))
			packed := make([]float32, p.PackedLen())
			p.Pack(packed, w)
			b.Run(fmt.Sprintf("%s/%s", v, isa), func(b *testing.B) {
				reportRate(b, isa, v.n*s.MACs(), func() { p.Run(c, v.n, dx, dy, packed, nil, nil) })
			})
		}
	}
}

func BenchmarkConvDXPack(b *testing.B) {
	s := netConv{n: 1, c: 512, o: 512, size: 7, k: 3, stride: 1}.shape()
	p := NewConvDX(ConvDXConfig{Shape: s, In: Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}, Out: Map{C: s.C, H: s.H, W: s.W}, ISA: kernel.Selected()})
	packed, w := make([]float32, p.PackedLen()), make([]float32, s.Weights())
	reportBandwidth(b, 8*len(w), func() { p.Pack(packed, w) })
}

func BenchmarkBatchNorm(b *testing.B) {
	for _, v := range []struct{ n, c, size int }{{8, 64, 112}, {8, 256, 56}, {64, 64, 32}, {8, 512, 7}} {
		m := Map{C: v.c, H: v.size, W: v.size, Halo: 1}
		r := rand.New(rand.NewPCG(1, 1))
		x, y, dx, dy := random(r, m.Len(v.n)), random(r, m.Len(v.n)), random(r, m.Len(v.n)), random(r, m.Len(v.n))
		ch := func() []float32 { return random(r, v.c) }
		for _, isa := range assemblies(b) {
			e := kernel.Epilogue{Act: kernel.ActRelu}
			p := NewBatchNorm(BatchNormConfig{X: m, Y: m, Epilogue: e, Eps: 1e-5, Momentum: 0.1, ISA: isa})
			q := NewBatchNormDX(BatchNormDXConfig{X: m, Y: m, DY: m, DX: m, Epilogue: e, ISA: isa})
			c := kernel.NewCtx(nil)
			c.Reserve(p.Need(v.n))
			a := BatchNormArgs{Y: y, Mean: ch(), InvStd: ch(), NewMean: ch(), NewVar: ch(), X: x, Weight: ch(), Bias: ch(), RunMean: ch(), RunVar: ch()}
			g := BatchNormDXArgs{DX: dx, DWeight: ch(), DBias: ch(), X: x, Y: y, DY: dy, Weight: a.Weight, Mean: a.Mean, InvStd: a.InvStd}
			name := fmt.Sprintf("%dx%d_%d/%s", v.n, v.c, v.size, isa)
			// Two passes: x twice and y; then x, y, dy twice and dx.
			b.Run(name+"/forward", func(b *testing.B) { reportBandwidth(b, 3*4*len(x), func() { p.Run(c, v.n, a) }) })
			b.Run(name+"/backward", func(b *testing.B) { reportBandwidth(b, 7*4*len(x), func() { q.Run(c, v.n, g) }) })
		}
	}
}
