package train

import (
	"cmp"
	"maps"
	"slices"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
)

// detections is the mean over the classes of the average precision of boxes. Its parts
// are boxes [cx, cy, w, h] in 0..1, and probabilities of classes for each; truth are the
// boxes of a field.
//
// Boxes that overlap are suppressed as detectors are measured (score 0.01, overlap 0.45,
// 200 of a picture; Liu et al. 2015, arXiv:1512.02325). Best first, one finds the true
// box of its class that it overlaps most, if by iou or more and if no better one found
// it. The precision at a recall is the best at that or a greater one, as in Pascal VOC
// from 2010 on.
type detections struct {
	thinning
	iou        float32
	field      string
	background bool // the last class is none
	most       int  // boxes that are kept
	counted    int  // records

	found []detected
	truth []labelled
}

type detected struct {
	record, class int32
	score         float32
	right         bool
}

type labelled struct{ record, class int32 }

func (d *detections) add(b *data.Batch, parts [][]float32) {
	boxes, scores := parts[0], parts[1]
	rows := len(boxes) / 4 / b.N
	classes := len(scores) / (rows * b.N)
	nms := nrt.NMS{Score: 0.01, IoU: 0.45, Max: 200, Classes: classes, Background: d.background}
	for i, truth := range b.Boxes(d.field) {
		if !d.takes() {
			continue
		}
		own := boxes[4*rows*i : 4*rows*(i+1)]
		d.record(own, nms.Keep(own, scores[classes*rows*i:classes*rows*(i+1)]), truth)
		for len(d.found)+len(d.truth) > d.most && d.counted > 1 {
			d.thin()
		}
	}
}

// record matches what was found in a picture with what is there.
func (d *detections) record(boxes []float32, found []nrt.Found, truth []data.Box) {
	at := int32(d.counted)
	d.counted++
	taken := make([]bool, len(truth))
	for _, f := range found { // best first
		most, best := float32(0), -1
		for k, t := range truth {
			if int(t.Class) != f.Class {
				continue
			}
			box := [4]float32{(t.X1 + t.X2) / 2, (t.Y1 + t.Y2) / 2, t.X2 - t.X1, t.Y2 - t.Y1}
			if o := nrt.Overlap(box[:], boxes[4*f.At:]); o > most {
				most, best = o, k
			}
		}
		right := best >= 0 && most >= d.iou && !taken[best]
		if right {
			taken[best] = true
		}
		d.found = append(d.found, detected{at, int32(f.Class), f.Score, right})
	}
	for _, t := range truth {
		d.truth = append(d.truth, labelled{at, t.Class})
	}
}

// thin forgets every second record.
func (d *detections) thin() {
	d.halve()
	d.found = slices.DeleteFunc(d.found, func(x detected) bool { return x.record%2 != 0 })
	d.truth = slices.DeleteFunc(d.truth, func(x labelled) bool { return x.record%2 != 0 })
	for i := range d.found {
		d.found[i].record /= 2
	}
	for i := range d.truth {
		d.truth[i].record /= 2
	}
	d.counted = (d.counted + 1) / 2
}

func (d *detections) value() float64 {
	real := map[int32]int{}
	for _, t := range d.truth {
		real[t.class]++
	}
	by := map[int32][]detected{}
	for _, f := range d.found {
		by[f.class] = append(by[f.class], f)
	}
	sum := 0.0
	for _, class := range slices.Sorted(maps.Keys(real)) { // one order of addition
		sum += averagePrecision(by[class], real[class])
	}
	return sum / float64(max(len(real), 1))
}

// averagePrecision is the area under the curve of precision by recall of what was found
// of a class, of which there are n.
func averagePrecision(found []detected, n int) float64 {
	slices.SortStableFunc(found, func(a, b detected) int { return cmp.Compare(b.score, a.score) })
	precision := make([]float64, len(found))
	right := 0
	for i, f := range found {
		if f.right {
			right++
		}
		precision[i] = float64(right) / float64(i+1)
	}
	area, best := 0.0, 0.0
	for i := len(found) - 1; i >= 0; i-- {
		best = max(best, precision[i])
		if found[i].right {
			area += best / float64(n)
		}
	}
	return area
}
