package driver

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Pictures whose shorter side is below leastSide are enlarged by whole pixels, so that
// frames and words are legible.
const leastSide = 240

const (
	lineHeight = 16 // of a line of the legend
	swatch     = 10 // side of the square of a colour in it
)

// canvas is a picture that results are drawn on.
type canvas struct {
	*image.RGBA
	size   image.Point // of the picture that was given
	scale  int
	legend []entry
}

// entry is a line below the picture, with the colour that it explains.
type entry struct {
	text  string
	shade *color.RGBA
}

// drawn returns img with its outputs: masks of classes as colours over it, maps of
// numbers as heat, boxes as frames, and what has no place in words below.
func drawn(img image.Image, fields outputs) image.Image {
	c := newCanvas(img)
	var frames []func()
	for _, f := range fields {
		if boxes, ok := boxesOf(f.value); ok {
			frames = append(frames, func() { c.boxes(boxes) })
			continue
		}
		if words, shape := arrayOf[string](f.value); c.covers(shape) {
			c.classes(f.name, words)
			continue
		}
		if numbers, shape := arrayOf[float64](f.value); c.covers(shape) {
			c.heat(f.name, numbers)
			continue
		}
		text, ok := scalarText(f.value)
		if !ok {
			text, ok = arrayText(f.value)
		}
		if ok {
			c.legend = append(c.legend, entry{text: f.name + " " + text})
		}
	}
	for _, draw := range frames {
		draw()
	}
	return c.finish()
}

func newCanvas(img image.Image) *canvas {
	b := img.Bounds()
	scale := max(1, (leastSide+min(b.Dx(), b.Dy())-1)/min(b.Dx(), b.Dy()))
	c := &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, scale*b.Dx(), scale*b.Dy())), size: b.Size(), scale: scale}
	draw.Draw(c.RGBA, c.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.NearestNeighbor.Scale(c.RGBA, c.Bounds(), img, b, draw.Over, nil)
	return c
}

// covers reports whether an array has one element for each pixel of the picture.
func (c *canvas) covers(shape []int) bool {
	return slices.Equal(shape, []int{c.size.Y, c.size.X})
}

// tint mixes each pixel with the colour that shade gives for it, half and half.
func (c *canvas) tint(shade func(k int) color.RGBA) {
	mix := func(a, b uint8) uint8 { return uint8((int(a) + int(b) + 1) / 2) }
	for y := range c.Bounds().Dy() {
		for x := range c.Bounds().Dx() {
			s, p := shade(y/c.scale*c.size.X+x/c.scale), c.RGBAAt(x, y)
			c.SetRGBA(x, y, color.RGBA{mix(p.R, s.R), mix(p.G, s.G), mix(p.B, s.B), 255})
		}
	}
}

// classes draws a mask.
func (c *canvas) classes(name string, words []string) {
	shades := map[string]color.RGBA{}
	for _, w := range words {
		if _, known := shades[w]; !known {
			shade := colourOf(w)
			shades[w] = shade
			c.legend = append(c.legend, entry{name + " " + w, &shade})
		}
	}
	c.tint(func(k int) color.RGBA { return shades[words[k]] })
}

// heat draws a map of numbers from its least, blue, to its largest, red.
func (c *canvas) heat(name string, numbers []float64) {
	lo, hi := slices.Min(numbers), slices.Max(numbers)
	c.tint(func(k int) color.RGBA {
		t := 0.5
		if hi > lo {
			t = (numbers[k] - lo) / (hi - lo)
		}
		return hue(240 * (1 - t))
	})
	for _, end := range []struct {
		value, hue float64
	}{{lo, 240}, {hi, 0}} {
		shade := hue(end.hue)
		c.legend = append(c.legend, entry{fmt.Sprintf("%s %.4g", name, end.value), &shade})
	}
}

// found is a box in a prediction.
type found struct {
	Box   *[4]float64     `json:"box"` // x1, y1, x2, y2 in pixels of the picture
	Class json.RawMessage `json:"class"`
	Score float64         `json:"score"`
}

// boxesOf reads a list of detections.
func boxesOf(value json.RawMessage) (boxes []found, ok bool) {
	if json.Unmarshal(value, &boxes) != nil {
		return nil, false
	}
	return boxes, !slices.ContainsFunc(boxes, func(f found) bool { return f.Box == nil })
}

// boxes draws frames with the class and the score above; the best lie on top.
func (c *canvas) boxes(list []found) {
	width := max(2, min(c.Bounds().Dx(), c.Bounds().Dy())/200)
	for _, f := range slices.Backward(list) {
		class, _ := scalarText(f.Class)
		shade := colourOf(class)
		at := func(i int) int { return int(math.Round(f.Box[i] * float64(c.scale))) }
		outer := image.Rect(at(0), at(1), at(2), at(3))
		fill := func(r image.Rectangle) {
			draw.Draw(c.RGBA, r.Intersect(c.Bounds()), image.NewUniform(shade), image.Point{}, draw.Src)
		}
		inner := outer.Inset(width)
		fill(image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, inner.Min.Y))
		fill(image.Rect(outer.Min.X, inner.Max.Y, outer.Max.X, outer.Max.Y))
		fill(image.Rect(outer.Min.X, outer.Min.Y, inner.Min.X, outer.Max.Y))
		fill(image.Rect(inner.Max.X, outer.Min.Y, outer.Max.X, outer.Max.Y))
		text := fmt.Sprintf("%s %.2f", class, f.Score)
		label := image.Rect(outer.Min.X, outer.Min.Y-lineHeight, outer.Min.X+wide(text)+4, outer.Min.Y)
		if label.Min.Y < 0 { // there is no room above
			label = label.Add(image.Pt(0, lineHeight))
		}
		fill(label)
		write(c.RGBA, label.Min.X+2, label.Max.Y-4, text, contrast(shade))
	}
}

// finish adds the legend below the picture.
func (c *canvas) finish() image.Image {
	if len(c.legend) == 0 {
		return c.RGBA
	}
	b := c.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()+len(c.legend)*lineHeight+6))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, b, c.RGBA, image.Point{}, draw.Src)
	for i, e := range c.legend {
		x, y := 4, b.Dy()+(i+1)*lineHeight
		if e.shade != nil {
			draw.Draw(out, image.Rect(x, y-swatch, x+swatch, y), image.NewUniform(*e.shade), image.Point{}, draw.Src)
			x += swatch + 6
		}
		write(out, x, y, e.text, color.Black)
	}
	return out
}

func wide(text string) int { return font.MeasureString(basicfont.Face7x13, text).Ceil() }

func write(dst draw.Image, x, y int, text string, c color.Color) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// colourOf gives a class the same colour in every picture.
func colourOf(class string) color.RGBA {
	h := fnv.New32a()
	h.Write([]byte(class))
	return hue(float64(h.Sum32() % 360))
}

// hue is a bright colour of the circle, in degrees: red, green at 120, blue at 240.
func hue(degrees float64) color.RGBA {
	part := func(shift float64) uint8 {
		k := math.Mod(shift+degrees/60, 6)
		return uint8(math.Round(255 * (0.95 - 0.8*max(0, min(k, 4-k, 1)))))
	}
	return color.RGBA{part(5), part(3), part(1), 255}
}

// contrast is black or white, whichever is easier to read on c.
func contrast(c color.RGBA) color.Color {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) > 128*1000 {
		return color.Black
	}
	return color.White
}
