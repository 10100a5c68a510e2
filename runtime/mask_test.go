package nrt

import (
	"image"
	"slices"
	"testing"
)

// TestMasksInPixels takes the number of each pixel of the input back to a picture of 40
// by 20 pixels.
func TestMasksInPixels(t *testing.T) {
	within := func(x, n int) int { return min(max(x, 0), n-1) }
	for _, c := range []struct {
		step Step
		want func(x, y int) int // pixel of the input
	}{
		{Step{Name: "resize", Args: map[string]any{"h": int64(4), "w": int64(10)}}, func(x, y int) int { return y/5*10 + x/4 }},
		{Step{Name: "resize", Args: map[string]any{"h": int64(40), "w": int64(80)}}, func(x, y int) int { return (2*y+1)*80 + 2*x + 1 }},
		{Step{Name: "letterbox", Args: map[string]any{"h": int64(40)}}, func(x, y int) int { return (y+10)*40 + x }},
		{Step{Name: "center_crop", Args: map[string]any{"h": int64(10)}}, func(x, y int) int { return within(y-5, 10)*10 + within(x-15, 10) }},
	} {
		p, err := NewPreparation(Picture{Channels: 3, Set: "RGB", C: 3}, c.step)
		if err != nil {
			t.Fatal(err)
		}
		q := p.New()
		h, w, err := q.Load(image.NewRGBA(image.Rect(0, 0, 40, 20)))
		if err != nil {
			t.Fatal(err)
		}
		numbers := make([]int32, h*w)
		for i := range numbers {
			numbers[i] = int32(i)
		}
		got := InGiven(q.Plane(), numbers, func(v int32) int { return int(v) })
		if !slices.Equal(got.Shape, []int{20, 40}) {
			t.Fatalf("%s: shape %v, want that of the picture, [20 40]", c.step.Name, got.Shape)
		}
		for y := range 20 {
			for x := range 40 {
				if v, want := got.At(y, x), c.want(x, y); v != want {
					t.Fatalf("%s: pixel %d, %d is that of %d, want %d", c.step.Name, x, y, v, want)
				}
			}
		}
	}
}
