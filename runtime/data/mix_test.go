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

// TestMixMasks wants each pixel of a mask to come from the record that its pixel of the
// picture comes from; mixup leaves masks as they are and gives the others beside them.
func TestMixMasks(t *testing.T) {
	for _, kind := range []string{"mixup", "cutmix"} {
		spec := &Spec{Fields: []Field{{Name: "image", Kind: Picture, C: 1}, {Name: "truth", Kind: Mask}}, Mix: Mix{kind, 1}}
		b := newBatch(spec, []shape{{1, 4, 4}, {1, 4, 4}}, 4)
		r := rand.New(rand.NewPCG(3, 4))
		for round := range 30 {
			b.N = 3 + round%2
			h, w := 6+round%2, 9
			s := newSample(2)
			for k := range s.Pictures {
				s.Pictures[k].Resize(w, h, 1)
			}
			b.fit(spec, s) // pictures of another size than those before
			for i := range b.Float32("image") {
				b.Float32("image")[i], b.Int32("truth")[i] = float32(i/(h*w)), int32(i/(h*w))
			}
			b.mix(spec, r)
			if kind == "mixup" {
				if _, height, width := b.Shape("truth.mixed"); height != h || width != w || len(b.Int32("truth.mixed")) != b.N*h*w {
					t.Fatalf("got other masks of %d by %d, want %d by %d", height, width, h, w)
				}
			}
			for i, v := range b.Int32("truth") {
				record := i / (h * w)
				switch {
				case kind == "cutmix" && float32(v) != b.Float32("image")[i]:
					t.Fatalf("cutmix: pixel %d of the mask is of record %d, and that of the picture of %v", i, v, b.Float32("image")[i])
				case kind == "mixup" && (int(v) != record || int(b.Int32("truth.mixed")[i]) != b.N-1-record):
					t.Fatalf("mixup: pixel %d has the classes %d and %d, want %d and %d", i, v, b.Int32("truth.mixed")[i], record, b.N-1-record)
				}
			}
		}
	}
}
