package nrt

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestKeep compares the suppression with its definition: of all pairs (box, class),
// best first, one is kept where no better kept one of its class overlaps it too much.
func TestKeep(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		n, k := 1+rng.IntN(30), 1+rng.IntN(4)
		boxes, scores := make([]float32, 4*n), make([]float32, n*k)
		for i := range boxes {
			boxes[i] = 0.1 + 0.6*rng.Float32()
		}
		for i := range scores {
			scores[i] = float32(rng.IntN(8)) / 8 // many are equal
		}
		o := NMS{Score: 0.25, IoU: 0.3, Max: 1 + rng.IntN(12), Classes: k, Background: k > 1 && round%2 == 0}
		got := o.Keep(boxes, scores)
		want := bruteForce(o, boxes, scores)
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: got %v, want %v", round, got, want)
		}
	}
}

// bruteForce takes the best that is left, until nothing is.
func bruteForce(o NMS, boxes, scores []float32) []Found {
	left := map[Found]bool{}
	for i := range scores {
		c := Found{i / o.Classes, i % o.Classes, scores[i]}
		if c.Score >= o.Score && !(o.Background && c.Class == o.Classes-1) {
			left[c] = true
		}
	}
	var kept []Found
	for len(left) > 0 && len(kept) < o.Max {
		best := Found{At: -1}
		for c := range left {
			if best.At < 0 || c.Score > best.Score || c.Score == best.Score && (c.At < best.At || c.At == best.At && c.Class < best.Class) {
				best = c
			}
		}
		kept = append(kept, best)
		for c := range left {
			if c == best || c.Class == best.Class && area(boxes[4*c.At:], boxes[4*best.At:], true) > o.IoU*area(boxes[4*c.At:], boxes[4*best.At:], false) {
				delete(left, c)
			}
		}
	}
	return kept
}

// area is that of what two boxes have in common, or of what they cover.
func area(a, b []float32, common bool) float32 {
	w := max(0, min(a[0]+a[2]/2, b[0]+b[2]/2)-max(a[0]-a[2]/2, b[0]-b[2]/2))
	h := max(0, min(a[1]+a[3]/2, b[1]+b[3]/2)-max(a[1]-a[3]/2, b[1]-b[3]/2))
	if common {
		return w * h
	}
	return a[2]*a[3] + b[2]*b[3] - w*h
}

// TestDetectInPixels sends a box through a letterbox and back: 40 by 20 pixels become
// 32 by 16 in the middle of 32 by 32, so that 0.25..0.75 of the height is the picture.
func TestDetectInPixels(t *testing.T) {
	for _, c := range []struct {
		step Step
		box  []float32
		want Rect
	}{
		{Step{Name: "letterbox", Args: map[string]any{"h": int64(32)}}, []float32{0.25, 0.5, 0.5, 0.5}, Rect{0, 0, 20, 20}},
		{Step{Name: "letterbox", Args: map[string]any{"h": int64(32)}}, []float32{0.5, 0.375, 0.5, 0.25}, Rect{10, 0, 30, 10}},
		{Step{Name: "resize", Args: map[string]any{"h": int64(32), "w": int64(32)}}, []float32{0.5, 0.5, 0.5, 0.5}, Rect{10, 5, 30, 15}},
		{Step{Name: "center_crop", Args: map[string]any{"h": int64(10)}}, []float32{0.5, 0.5, 1, 1}, Rect{15, 5, 25, 15}},
		{Step{Name: "center_crop", Args: map[string]any{"h": int64(10)}}, []float32{0.5, 0.5, 9, 9}, Rect{0, 0, 40, 20}}, // ends at the edge
	} {
		p, err := NewPreparation(Picture{Channels: 3, Set: "RGB", C: 3}, c.step)
		if err != nil {
			t.Fatal(err)
		}
		q := p.New()
		if _, _, err := q.Load(image.NewRGBA(image.Rect(0, 0, 40, 20))); err != nil {
			t.Fatal(err)
		}
		got := Detect[int](NMS{Score: 0.5, IoU: 0.5, Max: 9, Classes: 2, Background: true}, q.Plane(), c.box, []float32{0.75, 0.9})
		if want := []Detection[int]{{c.want, 0, 0.75}}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", c.step.Name, got, want)
		}
	}
}
