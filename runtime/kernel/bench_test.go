package kernel

import (
	"fmt"
	"testing"
)

// reportFlops adds GFLOP/s, counting two operations per multiply-add.
func reportFlops(b *testing.B, macs int) {
	b.ReportMetric(2*float64(macs)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

func BenchmarkMatmul(b *testing.B) {
	r := newRand(b)
	for _, s := range [][3]int{{64, 120, 400}, {64, 400, 120}, {120, 400, 64}, {64, 10, 84}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048}} {
		m, n, k := s[0], s[1], s[2]
		x, w, y := normals(r, m*k), normals(r, k*n), normals(r, m*n)
		for _, ta := range []bool{false, true} {
			for _, tb := range []bool{false, true} {
				p := NewMatmul(ta, tb, Epilogue{})
				per, shared := p.Need(1, m, n, k)
				c := context(b, 1, per, shared)
				b.Run(fmt.Sprintf("%dx%dx%d/%v,%v", m, n, k, ta, tb), func(b *testing.B) {
					b.ReportAllocs()
					for range b.N {
						p.Run(c, 1, m, n, k, y, x, w, nil, nil)
					}
					reportFlops(b, m*n*k)
				})
			}
		}
	}
}

func BenchmarkPeak(b *testing.B) {
	t := tileArgs{nc: 1, nr: 1, ns: 4096, tiles: 64}
	buf := make([]float32, 4096)
	t.a, t.b, t.c, t.bvec, t.cvec, t.ldc = &buf[0], &buf[0], &buf[1024], 32, 32, 64
	for range b.N {
		t.run(6, 2)
	}
	reportFlops(b, 4096*64*96)
}
