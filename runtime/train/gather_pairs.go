package train

import (
	"cmp"
	"math"
	"slices"

	"github.com/netc-lang/netc/runtime/data"
)

// pairs is the share of pairs of one class that are accepted at a threshold that
// accepts the share far of the pairs of two classes. Its parts are a point for each
// record, and its class; points are compared by the cosine of their angle.
//
// Source: the verification rate of Kemelmacher-Shlizerman et al. 2016, arXiv:1512.00596.
type pairs struct {
	thinning
	far    float64
	most   int // points
	width  int
	points []float32 // row by record, each of length 1
	ids    []int32
}

func (p *pairs) add(b *data.Batch, parts [][]float32) {
	p.width = len(parts[0]) / b.N
	for i, id := range parts[1] {
		if !p.takes() {
			continue
		}
		if len(p.ids) >= p.most {
			p.halve()
			p.points, p.ids = half(p.points, p.width), half(p.ids, 1)
			if (p.seen-1)%p.every != 0 {
				continue
			}
		}
		x := parts[0][i*p.width : (i+1)*p.width]
		square := 0.0
		for _, v := range x {
			square += float64(v) * float64(v)
		}
		scale := float32(0)
		if square > 0 {
			scale = float32(1 / math.Sqrt(square))
		}
		for _, v := range x {
			p.points = append(p.points, v*scale)
		}
		p.ids = append(p.ids, int32(id))
	}
}

func (p *pairs) value() float64 {
	var equal, other []float32
	for i := range p.ids {
		a := p.points[i*p.width : (i+1)*p.width]
		for j := range i {
			c := cosine(a, p.points[j*p.width:(j+1)*p.width])
			if p.ids[i] == p.ids[j] {
				equal = append(equal, c)
			} else {
				other = append(other, c)
			}
		}
	}
	if len(equal) == 0 {
		return 0
	}
	// The pairs of two classes that may be accepted are the first of their order; what
	// is as alike as the next one is refused.
	slices.SortFunc(other, func(a, b float32) int { return cmp.Compare(b, a) })
	threshold := float32(math.Inf(-1))
	if k := int(p.far * float64(len(other))); k < len(other) {
		threshold = other[k]
	}
	accepted := 0
	for _, c := range equal {
		if c > threshold {
			accepted++
		}
	}
	return float64(accepted) / float64(len(equal))
}

// cosine is the product of two points of length 1.
func cosine(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	n := len(a)
	b = b[:n]
	i := 0
	for ; i+4 <= n; i += 4 {
		s0 += float32(a[i] * b[i])
		s1 += float32(a[i+1] * b[i+1])
		s2 += float32(a[i+2] * b[i+2])
		s3 += float32(a[i+3] * b[i+3])
	}
	for ; i < n; i++ {
		s0 += float32(a[i] * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
