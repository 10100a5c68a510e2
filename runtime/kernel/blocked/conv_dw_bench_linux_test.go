package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// netConv is a square convolution of n images.
type netConv struct {
	n, c, o, size, k, stride int
	plain                    bool
}

func (v netConv) String() string {
	return fmt.Sprintf("%dx%d-%d_%d_k%d_s%d", v.n, v.c, v.o, v.size, v.k, v.stride)
}

func (v netConv) shape() kernel.ConvShape {
	pad := v.k / 2
	return kernel.ConvShape{C: v.c, H: v.size, W: v.size, O: v.o, R: v.k, S: v.k, StrideH: v.stride, StrideW: v.stride, DilH: 1, DilW: 1, Groups: 1,
		PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
}

// netConvs are shapes of image networks.
var netConvs = []netConv{
	{n: 1, c: 64, o: 64, size: 56, k: 3, stride: 1},
	{n: 1, c: 128, o: 128, size: 28, k: 3, stride: 1},
	{n: 1, c: 256, o: 256, size: 14, k: 3, stride: 1},
	{n: 8, c: 512, o: 512, size: 7, k: 3, stride: 1},
	{n: 1, c: 128, o: 128, size: 56, k: 3, stride: 2},
	{n: 8, c: 64, o: 256, size: 56, k: 1, stride: 1},
	{n: 8, c: 256, o: 64, size: 56, k: 1, stride: 1},
	{n: 8, c: 512, o: 128, size: 28, k: 1, stride: 1},
	{n: 8, c: 256, o: 1024, size: 14, k: 1, stride: 1},
	{n: 8, c: 2048, o: 512, size: 7, k: 1, stride: 1},
	{n: 8, c: 256, o: 512, size: 56, k: 1, stride: 2},
	{n: 32, c: 24, o: 144, size: 16, k: 1, stride: 1},
	{n: 1, c: 3, o: 64, size: 224, k: 7, stride: 2, plain: true},
	{n: 32, c: 3, o: 32, size: 64, k: 3, stride: 2, plain: true},
	{n: 64, c: 1, o: 6, size: 28, k: 5, stride: 1, plain: true},
	{n: 64, c: 6, o: 16, size: 14, k: 5, stride: 1},
}

func BenchmarkConvDW(b *testing.B) {
	for _, v := range netConvs {
		s := v.shape()
		f := ConvDWConfig{Shape: s, PlainX: v.plain, X: Map{C: s.C, H: s.H, W: s.W, Halo: s.PadTop}, DY: Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}}
		r := rand.New(rand.NewPCG(1, 1))
		x, dy, dw := random(r, f.X.Len(v.n)), random(r, f.DY.Len(v.n)), make([]float32, s.Weights())
		for _, isa := range assemblies(b) {
			f.ISA = isa
			p, c := NewConvDW(f), kernel.NewCtx(nil)
			c.Reserve(p.Need(v.n))
			b.Run(fmt.Sprintf("%s/%s", v, isa), func(b *testing.B) {
				reportRate(b, isa, v.n*s.MACs(), func() { p.Run(c, v.n, dw, x, dy) })
			})
		}
	}
}
