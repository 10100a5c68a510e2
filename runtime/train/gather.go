package train

import (
	"math"

	"github.com/netc-lang/netc/runtime/data"
)

// Gatherer is a [Model] with metrics that are computed of values of every record.
type Gatherer interface {
	// Gathered returns the values of the records of the last Eval for a metric, one
	// slice for each of its Parts. They are views, valid until the next call.
	Gathered(metric int) [][]float32
}

// collector computes one metric of all records of a split.
type collector interface {
	// add takes the parts of a batch.
	add(b *data.Batch, parts [][]float32)
	value() float64
}

// collectors returns one for each metric that needs one, nil for others.
func collectors(ms []Metric) []collector {
	out := make([]collector, len(ms))
	for i := range ms {
		m := &ms[i]
		if m.Parts == 0 {
			continue
		}
		switch m.Reduce {
		case "auc":
			out[i] = &curve{most: mostNumbers}
		case "true_accept":
			out[i] = &pairs{far: m.Args["far"], most: mostPoints}
		case "mean_ap":
			out[i] = &detections{iou: float32(m.Args["iou"]), field: m.Boxes, background: m.Args["background"] != 0, most: mostNumbers / 4}
		}
	}
	return out
}

// What collectors keep at most. A split that holds more is thinned: every second record
// counts, then every fourth, so that memory is bounded and the records that count are
// the same each time.
const (
	mostNumbers = 1 << 24
	mostPoints  = 1 << 12 // all pairs of them are compared
)

// thinning says which records count.
type thinning struct{ every, seen int }

// takes counts a record and reports whether it counts.
func (t *thinning) takes() bool {
	t.seen++
	return (t.seen-1)%max(t.every, 1) == 0
}

// halve makes every second of the records that counted count from now on.
func (t *thinning) halve() { t.every = 2 * max(t.every, 1) }

// half removes every second row of width numbers from a list that holds the records
// that counted, in place.
func half[T any](rows []T, width int) []T {
	n := 0
	for i := 0; i < len(rows); i += 2 * width {
		n += copy(rows[n:n+width], rows[i:i+width])
	}
	return rows[:n]
}

// gather adds the parts of a batch that m has just evaluated.
func gather(cs []collector, m Model, b *data.Batch) {
	for i, c := range cs {
		if c != nil {
			c.add(b, m.(Gatherer).Gathered(i))
		}
	}
}

// fill puts the values of collectors into a score.
func fill(cs []collector, s score) {
	for i, c := range cs {
		if c != nil {
			s.metrics[i] = c.value()
		}
	}
}

// unknown is the value of a metric that is measured on validation records only, in the
// epoch that trains.
var unknown = math.NaN()
