package train

import "math"

// size is how many numbers of a step a metric takes.
func (m *Metric) size() int {
	if m.Parts > 0 {
		return 0
	}
	return max(m.Size, 1)
}

// better is v as a number of which more is better.
func (m *Metric) better(v float64) float64 {
	if m.Less {
		return -v
	}
	return v
}

// sums returns how many numbers the metrics of a program take together.
func sums(ms []Metric) int {
	n := 0
	for i := range ms {
		n += ms[i].size()
	}
	return n
}

// values computes the metrics of sums over a number of records.
func values(ms []Metric, sums []float64, records int) []float64 {
	out := make([]float64, len(ms))
	at := 0
	for i := range ms {
		m := &ms[i]
		own := sums[at : at+m.size()]
		at += m.size()
		if m.Parts > 0 {
			out[i] = unknown
			continue
		}
		switch m.Reduce {
		case "share":
			out[i] = own[0] / max(own[1], 1)
		case "ece":
			out[i] = calibration(own)
		case "mean_iou":
			out[i] = overClasses(own, func(right, labels, found float64) float64 { return right / (labels + found - right) })
		case "precision":
			out[i] = overClasses(own, func(right, _, found float64) float64 { return right / found })
		case "recall":
			out[i] = overClasses(own, func(right, labels, _ float64) float64 { return right / labels })
		case "f1":
			out[i] = overClasses(own, func(right, labels, found float64) float64 { return 2 * right / (labels + found) })
		default:
			out[i] = own[0] / float64(max(records, 1))
		}
	}
	return out
}

// calibration is the mean over the records of how far their confidence is from the share
// of those that are right, by bins of confidence: rows of counts, of sums of confidence
// and of right ones (Guo et al. 2017, arXiv:1706.04599).
func calibration(table []float64) float64 {
	n := len(table) / 3
	off, records := 0.0, 0.0
	for i := range n {
		off += math.Abs(table[n+i] - table[2*n+i])
		records += table[i]
	}
	return off / max(records, 1)
}

// overClasses is the mean over the classes of a confusion matrix, rows by label, of
// what of makes of the counts: right, of that label, and found as it. A class that is
// neither a label nor found has no say; where a quotient has no denominator it is 0.
func overClasses(confusion []float64, of func(right, labels, found float64) float64) float64 {
	k := int(math.Round(math.Sqrt(float64(len(confusion)))))
	sum, n := 0.0, 0
	for c := range k {
		labels, found := 0.0, 0.0
		for o := range k {
			labels += confusion[c*k+o]
			found += confusion[o*k+c]
		}
		if labels+found == 0 {
			continue
		}
		n++
		if v := of(confusion[c*k+c], labels, found); finite(v) {
			sum += v
		}
	}
	return sum / float64(max(n, 1))
}
