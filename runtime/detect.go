package nrt

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Rect is a rectangle in pixels: its left, upper, right and lower edge.
type Rect struct{ X1, Y1, X2, Y2 float32 }

// MarshalJSON writes [x1, y1, x2, y2].
func (r Rect) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]float32{r.X1, r.Y1, r.X2, r.Y2})
}

// Detection is something found in a picture: where, what, and how sure.
type Detection[C any] struct {
	Box   Rect    `json:"box"`
	Class C       `json:"class"`
	Score float32 `json:"score"`
}

// NMS picks boxes that overlap too little to be one thing (greedy non-maximum
// suppression of each class by itself).
type NMS struct {
	Score, IoU float32 // least score, largest overlap with a better box of the class
	Max        int     // most boxes, of all classes together
	Classes    int     // scores of a box
	Background bool    // the last class is none, and is never found
}

// Found is a box of a class, by its place among the boxes.
type Found struct {
	At, Class int
	Score     float32
}

// Detect returns what the scores of a picture find, best first. boxes holds rows of
// [cx, cy, w, h] in 0..1 of the prepared picture, scores Classes numbers for each. Of
// equal scores the earlier box, then the earlier class, comes first; scores that are
// not numbers find nothing. Boxes end at the edge of the picture.
func Detect[C ~int](n NMS, p Plane, boxes, scores []float32) []Detection[C] {
	out := []Detection[C]{}
	for _, c := range n.Keep(boxes, scores) {
		out = append(out, Detection[C]{Box: p.rect(boxes[4*c.At:]), Class: C(c.Class), Score: c.Score})
	}
	return out
}

// Keep runs the suppression in the input's own coordinates, best first.
func (n NMS) Keep(boxes, scores []float32) []Found {
	found := n.Classes
	if n.Background {
		found--
	}
	var all []Found
	for i := 0; i < len(boxes)/4; i++ {
		for k, s := range scores[i*n.Classes:][:found] {
			if s >= n.Score {
				all = append(all, Found{i, k, s})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(b.Score, a.Score) })
	var kept []Found
	for _, c := range all {
		if len(kept) == n.Max {
			break
		}
		if !slices.ContainsFunc(kept, func(k Found) bool {
			return k.Class == c.Class && Overlap(boxes[4*k.At:], boxes[4*c.At:]) > n.IoU
		}) {
			kept = append(kept, c)
		}
	}
	return kept
}

// Overlap is what two boxes [cx, cy, w, h] have in common, by what they cover together.
func Overlap(a, b []float32) float32 {
	w := min(a[0]+a[2]/2, b[0]+b[2]/2) - max(a[0]-a[2]/2, b[0]-b[2]/2)
	h := min(a[1]+a[3]/2, b[1]+b[3]/2) - max(a[1]-a[3]/2, b[1]-b[3]/2)
	if w <= 0 || h <= 0 {
		return 0
	}
	common := w * h
	return common / (a[2]*a[3] + b[2]*b[3] - common)
}

// rect is a box in pixels of the picture that was given.
func (p Plane) rect(b []float32) Rect {
	w, h := float64(p.size.X), float64(p.size.Y)
	cx, cy, bw, bh := float64(b[0])*w, float64(b[1])*h, float64(b[2])*w, float64(b[3])*h
	var r Rect
	for i, c := range [4][2]float64{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}} {
		x, y := cx+c[0]*bw/2, cy+c[1]*bh/2
		m := p.toGiven
		u, v := float32(float64(m.A*x)+float64(m.B*y)+m.C), float32(float64(m.D*x)+float64(m.E*y)+m.F)
		if i == 0 {
			r = Rect{u, v, u, v}
			continue
		}
		r = Rect{min(r.X1, u), min(r.Y1, v), max(r.X2, u), max(r.Y2, v)}
	}
	right, bottom := float32(p.given.X), float32(p.given.Y)
	within := func(x, most float32) float32 { return min(max(x, 0), most) }
	return Rect{within(r.X1, right), within(r.Y1, bottom), within(r.X2, right), within(r.Y2, bottom)}
}
