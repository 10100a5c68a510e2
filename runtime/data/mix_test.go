package data

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBeta compares moments of the draws with those of the distribution.
func TestBeta(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, a := range []float64{0.05, 0.2, 1, 4} {
		const n = 40_000
		mean, square := 0.0, 0.0
		for range n {
			x := beta(r, a)
			if !(x >= 0 && x <= 1) {
				t.Fatalf("beta(%v) gave %v", a, x)
			}
			mean, square = mean+x/n, square+x*x/n
		}
		want := 1 / (4 * (2*a + 1)) // the variance
		if got := square - mean*mean; math.Abs(mean-0.5) > 0.01 || math.Abs(got-want) > 0.01 {
			t.Errorf("beta(%v): got the mean %.4f and the variance %.4f, want 0.5 and %.4f", a, mean, got, want)
		}
	}
}

// TestMix wants each picture to hold its share of its own and the rest of the other.
func TestMix(t *testing.T) {
	for _, kind := range []string{"mixup", "cutmix"} {
		spec := &Spec{Fields: []Field{{Name: "image", Kind: Picture, C: 2}, {Name: "label", Kind: Label}}, Mix: Mix{kind, 1}}
		b := newBatch(spec, []shape{{2, 8, 10}, {}}, 4)
		r := rand.New(rand.NewPCG(3, 4))
		for round := range 50 {
			b.N = 3 + round%2 // with and without a record in the middle
			for i := range b.N {
				for k := range 160 {
					b.Float32("image")[i*160+k] = float32(i)
				}
				b.Int32("label")[i] = int32(10 + i)
			}
			b.mix(spec, r)
			for i := range b.N {
				share, other := float64(b.Float32("mix.share")[i]), b.N-1-i
				if got := b.Int32("label.mixed")[i]; got != int32(10+other) {
					t.Fatalf("%s: record %d is mixed with the label %d", kind, i, got)
				}
				sum := 0.0
				for _, v := range b.Float32("image")[i*160 : (i+1)*160] {
					sum += float64(v) / 160
					if kind == "cutmix" && v != float32(i) && v != float32(other) {
						t.Fatalf("cutmix: a pixel of record %d is %v", i, v)
					}
				}
				if want := share*float64(i) + (1-share)*float64(other); math.Abs(sum-want) > 1e-5 {
					t.Fatalf("%s: the mean of record %d is %v, want %v", kind, i, sum, want)
				}
			}
		}
	}
}
