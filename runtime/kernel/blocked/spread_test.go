package blocked

import (
	"math/rand/v2"
	"testing"
)

func TestSpread(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 21))
		m, n := randomMap(r, 1+r.IntN(40), 1+r.IntN(9), 1+r.IntN(9)), 1+r.IntN(4)
		x := random(r, n*m.C)
		y := poison(make([]float32, m.Len(n)))
		NewSpread(m).Run(threads(t, 1+int(seed%3), 0, 1), n, y, x)
		want := make([]float32, n*m.C*m.H*m.W)
		for i := range want {
			want[i] = x[i/(m.H*m.W)]
		}
		checkFrame(t, m, y, n)
		wantSame(t, "spread", imagesOf(m, n, y), imagesOf(m, n, enter(m, n, want)))
	}
}
