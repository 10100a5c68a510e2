package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Mix joins each record of a training batch with another one: the first with the last,
// the second with the one before it, and so on. Share of what a record shows is its own.
// A batch then has the labels of the others, NAME.mixed i32 (N), and mix.share f32 (N),
// the same number for all of its records. A mask is mixed with its picture: the windows of
// cutmix are exchanged in it too, and for mixup the batch has the others' as well,
// NAME.mixed i32 (N, H, W).
//
// Source: mixup, Zhang et al. 2017, arXiv:1710.09412; cutmix, Yun et al. 2019,
// arXiv:1905.04899; of masks French et al. 2020, arXiv:1906.01916.
type Mix struct {
	Kind string  // "mixup": the weighted mean of two pictures; "cutmix": a window of the other one
	A    float64 // the share is drawn from the beta distribution of A and A
}

// Names of what a batch has besides its fields.
const (
	mixedLabel = ".mixed"
	mixShare   = "mix.share"
)

// shadows reports whether f has a field NAME.mixed beside it.
func (m Mix) shadows(f *Field) bool {
	return f.Kind == Label || f.Kind == Mask && m.Kind == "mixup"
}

// addMix adds the fields of a mixed batch of up to n records.
func (b *Batch) addMix(spec *Spec, n int) {
	for k := range spec.Fields {
		if f := &spec.Fields[k]; spec.Mix.shadows(f) {
			one := batchField{name: f.Name + mixedLabel, size: 1, ints: make([]int32, n), most: n}
			if from := b.named(f.Name); f.Kind == Mask {
				one.frame(Mask, shape{h: from.shape[1], w: from.shape[2]})
			}
			b.fields = append(b.fields, one)
		}
	}
	b.fields = append(b.fields, batchField{name: mixShare, size: 1, floats: make([]float32, n)})
}

// named returns the field called name.
func (b *Batch) named(name string) *batchField {
	for i := range b.fields {
		if b.fields[i].name == name {
			return &b.fields[i]
		}
	}
	panic(fmt.Sprintf("data: the batch has no field %s", name))
}

// mix joins the records of b.
func (b *Batch) mix(spec *Spec, r *rand.Rand) {
	share := beta(r, spec.Mix.A)
	x, y, side := r.Float64(), r.Float64(), math.Sqrt(1-share)
	cut := spec.Mix.Kind == "cutmix"
	for k := range spec.Fields {
		f, p := &spec.Fields[k], &b.fields[k]
		if spec.Mix.shadows(f) {
			to := b.named(f.Name + mixedLabel)
			if f.Kind == Mask {
				to.frame(Mask, shape{h: p.shape[1], w: p.shape[2]})
			}
			for i := range b.N {
				copy(to.ints[i*p.size:(i+1)*p.size], p.ints[(b.N-1-i)*p.size:(b.N-i)*p.size])
			}
			continue
		}
		if f.Kind != Picture && f.Kind != Mask {
			continue
		}
		// The window of cutmix has its middle anywhere, and is cut at the border.
		h, w := p.shape[1], p.shape[2]
		x1, x2 := window(x, side, w)
		y1, y2 := window(y, side, h)
		if cut {
			share = 1 - float64((x2-x1)*(y2-y1))/float64(w*h)
		}
		for i := range b.N / 2 {
			lo, hi := i*p.size, (b.N-1-i)*p.size
			switch {
			case f.Kind == Mask:
				exchange(p.ints[lo:lo+p.size], p.ints[hi:hi+p.size], h, w, x1, x2, y1, y2)
			case cut:
				exchange(p.floats[lo:lo+p.size], p.floats[hi:hi+p.size], h, w, x1, x2, y1, y2)
			default:
				blend(p.floats[lo:lo+p.size], p.floats[hi:hi+p.size], float32(share))
			}
		}
	}
	shares := b.Float32(mixShare)
	for i := range shares {
		shares[i] = float32(share)
	}
}

// window is the part of an axis of n pixels that a share of it around a point takes.
func window(middle, share float64, n int) (lo, hi int) {
	at, half := int(middle*float64(n)), int(share*float64(n)/2)
	return max(at-half, 0), min(at+half, n)
}

func exchange[T any](a, b []T, h, w, x1, x2, y1, y2 int) {
	for plane := 0; plane < len(a); plane += h * w {
		for y := y1; y < y2; y++ {
			for i := plane + y*w + x1; i < plane+y*w+x2; i++ {
				a[i], b[i] = b[i], a[i]
			}
		}
	}
}

func blend(a, b []float32, share float32) {
	for i, v := range a {
		u := b[i]
		a[i] = float32(share*v) + float32((1-share)*u)
		b[i] = float32(share*u) + float32((1-share)*v)
	}
}

// beta draws from the beta distribution of a and a.
func beta(r *rand.Rand, a float64) float64 {
	x, y := gamma(r, a), gamma(r, a)
	if x+y == 0 { // both are too small for numbers: one of the ends
		return float64(r.IntN(2))
	}
	return x / (x + y)
}

// gamma draws from the gamma distribution of shape a.
//
// Source: Marsaglia and Tsang 2000, doi:10.1145/358407.358414.
func gamma(r *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(r, a+1) * math.Pow(r.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// mixes reports whether records of spec are mixed.
func (s *Spec) mixes() bool { return slices.Contains([]string{"mixup", "cutmix"}, s.Mix.Kind) }
