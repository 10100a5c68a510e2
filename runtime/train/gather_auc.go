package train

import (
	"cmp"
	"slices"

	"github.com/netc-lang/netc/runtime/data"
)

// curve is the area under the curve of true by false positives: of each class against
// all others, the mean over the classes that some records have and some have not. Its
// parts are a number for each class, and the label.
//
// It is the share of pairs of a record of the class and another in which the first has
// the larger number; equal ones count half (Fawcett 2006, doi:10.1016/j.patrec.2005.10.010).
type curve struct {
	thinning
	most    int
	classes int
	scores  []float32 // row by record
	labels  []int32
}

func (c *curve) add(b *data.Batch, parts [][]float32) {
	c.classes = len(parts[0]) / b.N
	for i, label := range parts[1] {
		if !c.takes() {
			continue
		}
		if len(c.scores)+c.classes > c.most && len(c.labels) > 1 {
			c.halve()
			c.scores, c.labels = half(c.scores, c.classes), half(c.labels, 1)
			if (c.seen-1)%c.every != 0 {
				continue
			}
		}
		c.scores = append(c.scores, parts[0][i*c.classes:(i+1)*c.classes]...)
		c.labels = append(c.labels, int32(label))
	}
}

func (c *curve) value() float64 {
	sum, n := 0.0, 0
	for k := range c.classes {
		if v, ok := c.area(k); ok {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// area is that of one class, by the sum of the ranks of its records.
func (c *curve) area(k int) (v float64, ok bool) {
	order := make([]int, len(c.labels))
	for i := range order {
		order[i] = i
	}
	score := func(i int) float32 { return c.scores[i*c.classes+k] }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score(a), score(b)) })
	ranks, own := 0.0, 0.0
	for at := 0; at < len(order); {
		end := at
		for end < len(order) && score(order[end]) == score(order[at]) {
			end++
		}
		end = max(end, at+1) // what is no number equals nothing
		rank := float64(at+end+1) / 2
		for _, i := range order[at:end] {
			if int(c.labels[i]) == k {
				ranks, own = ranks+rank, own+1
			}
		}
		at = end
	}
	others := float64(len(order)) - own
	if own == 0 || others == 0 {
		return 0, false
	}
	return (ranks - own*(own+1)/2) / (own * others), true
}
