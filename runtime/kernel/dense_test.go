package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// denseCase is one product and its operands.
type denseCase struct {
	batch, m, n, k int
	ta, tb         bool
	e              Epilogue
	a, b, bias, r  []float32
	isa            ISA // of the vector form
}

func newDenseCase(r *rand.Rand, batch, m, n, k int, exact bool) *denseCase {
	fill := normals
	if exact {
		fill = integers
	}
	return &denseCase{batch, m, n, k, r.IntN(2) == 0, r.IntN(2) == 0, someEpilogue(r, exact),
		fill(r, batch*m*k), fill(r, batch*k*n), fill(r, n), fill(r, batch*m*n),
		min(AVX2+ISA(r.IntN(2)), max(best(), AVX2))}
}

func (d *denseCase) String() string {
	return fmt.Sprintf("batch=%d m=%d n=%d k=%d ta=%v tb=%v %+v", d.batch, d.m, d.n, d.k, d.ta, d.tb, d.e)
}

func (d *denseCase) matmul(t testing.TB, threads int, vector bool) []float32 {
	p := NewMatmul(d.ta, d.tb, d.e)
	p.vector, p.isa = vector, d.isa
	per, shared := p.Need(d.batch, d.m, d.n, d.k)
	c := context(t, threads, per, shared)
	y := poison(d.batch * d.m * d.n)
	p.Run(c, d.batch, d.m, d.n, d.k, y, d.a, d.b, d.bias, d.r)
	return y
}

func (d *denseCase) dense(t testing.TB, threads int, vector bool) []float32 {
	p := NewDense(d.k, d.n, d.tb, d.e)
	p.vector, p.isa = vector, d.isa
	per, shared := p.Need(d.m)
	c := context(t, threads, per, shared)
	packed := poison(p.PackedLen())
	p.Pack(packed, d.b)
	y := poison(d.m * d.n)
	p.Run(c, d.m, y, d.a, packed, d.bias, d.r)
	return y
}

// someSizes are sizes around the edges of panels and blocks.
func someSize(r *rand.Rand) int {
	if r.IntN(4) == 0 {
		return 1 + r.IntN(400)
	}
	return 1 + r.IntN(40)
}

func TestMatmulTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 300 {
		exact := i%2 == 0
		d := newDenseCase(r, 1+r.IntN(3), someSize(r), someSize(r), someSize(r), exact)
		got, want := d.matmul(t, 1, true), d.matmul(t, 1, false)
		if exact {
			wantSame(t, d.String(), got, want)
		} else {
			wantClose(t, d.String(), got, want, 2e-6*float64(d.k+4))
		}
	}
}

// Sizes past every block: several passes, blocks of rows, packed groups and edges.
func TestMatmulBlocks(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for _, s := range [][4]int{{1, 2*gemmRows + 3, gemmPack + 21, 2*gemmPass + 5}, {2, 7, 3*gemmPack + 16, gemmPass + 1}, {1, gemmRows + 1, gemmCols + 40, 9}, {1, gemmFar/320 + 6, 321, gemmPass + 9}} {
		for range 4 {
			d := newDenseCase(r, s[0], s[1], s[2], s[3], true)
			for d.isa = AVX2; d.isa <= max(best(), AVX2); d.isa++ {
				wantSame(t, d.String(), d.matmul(t, 1, true), d.matmul(t, 1, false))
			}
		}
	}
}

func TestDenseTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 300 {
		exact, m := i%2 == 0, someSize(r)
		if i%5 == 0 {
			m = 1
		}
		d := newDenseCase(r, 1, m, someSize(r), someSize(r), exact)
		got, want := d.dense(t, 1, true), d.dense(t, 1, false)
		if exact {
			wantSame(t, d.String(), got, want)
		} else {
			wantClose(t, d.String(), got, want, 2e-6*float64(d.k+4))
		}
	}
}

func TestMatmulThreads(t *testing.T) {
	r := newRand(t)
	for _, s := range [][4]int{{1, 300, 300, 100}, {5, 64, 70, 90}, {1, 1000, 17, 700}, {1, 6, 900, 900}} {
		d := newDenseCase(r, s[0], s[1], s[2], s[3], false)
		want := d.matmul(t, 1, vector)
		for _, threads := range []int{2, 3, 8} {
			wantSame(t, fmt.Sprintf("%d threads, %v", threads, d), d.matmul(t, threads, vector), want)
		}
	}
}

// Weights are packed when a net is compiled, on another processor than they are read on.
func TestDensePacksAlike(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for range 100 {
		k, n, transposed := someSize(r), someSize(r), r.IntN(2) == 0
		w := normals(r, k*n)
		var packed [2][]float32
		for i, v := range []bool{true, false} {
			p := NewDense(k, n, transposed, Epilogue{})
			p.vector = v
			packed[i] = poison(p.PackedLen())
			p.Pack(packed[i], w)
		}
		wantSame(t, fmt.Sprintf("%d x %d, transposed %t", k, n, transposed), packed[0], packed[1])
	}
}
