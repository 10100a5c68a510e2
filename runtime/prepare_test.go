package nrt

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

func TestPreparation(t *testing.T) {
	img := image.NewRGBA(image.Rect(3, 5, 7, 8)) // 4 by 3, not at the origin
	for i := range 12 {
		img.Set(3+i%4, 5+i/4, color.RGBA{uint8(10 * i), 255, 0, 255})
	}
	rgb := Picture{Channels: 3, Set: "RGB", C: 3, H: 3, W: 4}
	red := make([]float32, 12)
	for i := range red {
		red[i] = float32(10*i) / 255
	}
	crop := Step{Name: "center_crop", Args: map[string]any{"h": int64(1), "w": int64(2)}}
	for _, row := range []struct {
		name    string
		picture Picture
		steps   []Step
		channel int // compared
		want    []float32
	}{
		{"as it is", rgb, nil, 0, red},
		{"blue first", Picture{Channels: 3, Set: "BGR", C: 3, H: 3, W: 4}, nil, 2, red},
		{"swapped back", Picture{Channels: 3, Set: "BGR", C: 3, H: 3, W: 4}, []Step{{Name: "swap", Args: map[string]any{"set": "RGB"}}}, 0, red},
		{"cropped", Picture{Channels: 3, Set: "RGB", C: 3, H: 1, W: 2}, []Step{crop}, 0, []float32{red[5], red[6]}},
	} {
		p, err := NewPreparation(row.picture, row.steps...)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		q := p.New()
		plane := row.picture.H * row.picture.W
		dst := make([]float32, row.picture.C*plane)
		for range 2 { // the second picture meets the memory of the first
			if err := q.Prepare(dst, img); err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
		}
		if got := dst[row.channel*plane:][:plane]; !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestPreparationErrors(t *testing.T) {
	if _, err := NewPreparation(Picture{}, Step{Name: "no_such_step"}); err == nil || !strings.Contains(err.Error(), "no_such_step") {
		t.Errorf("got %v, want an error that names the step", err)
	}
	p, err := NewPreparation(Picture{Channels: 1, Set: "Gray", C: 1, H: 28, W: 28})
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range []image.Image{image.NewGray(image.Rect(0, 0, 30, 28)), image.NewGray(image.Rectangle{})} {
		if err := p.New().Prepare(make([]float32, 784), img); err == nil {
			t.Errorf("%v: got no error, want one", img.Bounds())
		}
	}
}
