package blocked

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// poison fills data with what no kernel may leave behind or read.
func poison(data []float32) []float32 {
	for i := range data {
		data[i] = float32(math.NaN())
	}
	return data
}

func random(r *rand.Rand, n int) []float32 {
	data := make([]float32, n)
	for i := range data {
		data[i] = r.Float32()*2 - 1
	}
	return data
}

// checkFrame fails unless the halo and the padding channels of n images are zero.
func checkFrame(t *testing.T, m Map, data []float32, n int) {
	t.Helper()
	for image := range n {
		for b := range m.Blocks() {
			for y := -m.Halo; y < m.H+m.Halo; y++ {
				for x := -m.Halo; x < m.W+m.Halo; x++ {
					inside := y >= 0 && y < m.H && x >= 0 && x < m.W
					for lane := range Block {
						if v := data[m.At(image, b, y, x)+lane]; (!inside || b*Block+lane >= m.C) && v != 0 {
							t.Fatalf("image %d block %d pixel %d,%d lane %d: got %v, want 0", image, b, y, x, lane, v)
						}
					}
				}
			}
		}
	}
}

func TestRelayoutRoundTrip(t *testing.T) {
	c := kernel.NewCtx(nil)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := Map{C: 1 + r.IntN(20), H: 1 + r.IntN(9), W: 1 + r.IntN(30), Halo: r.IntN(4)}
		if r.IntN(2) == 0 {
			m.Image = m.Size() + Block*r.IntN(30)
		}
		n := 1 + r.IntN(3)
		x := random(r, n*m.C*m.H*m.W)
		y := poison(make([]float32, m.Len(n)))
		NewEnter(m).Run(c, n, y, x)
		checkFrame(t, m, y, n)
		back := poison(make([]float32, len(x)))
		NewLeave(m).Run(c, n, back, y)
		for i := range x {
			if back[i] != x[i] {
				t.Fatalf("seed %d, %+v: element %d is %v, want %v", seed, m, i, back[i], x[i])
			}
		}
	}
}
