package augment

import "github.com/netc-lang/netc/runtime/vision"

// Kind says what steps do with a field.
type Kind uint8

// Pictures are moved and coloured. Masks, a class for each pixel, are moved without
// mixing pixels; boxes are moved by the size of the picture that the step names.
const (
	Picture Kind = iota
	Mask
	Boxes
)

// Box is a rectangle in pixels with what it holds.
type Box struct {
	X1, Y1, X2, Y2 float32
	Class          int32
}

// Sample is one record. It has a value for each field of the data section, by the
// field's index: a picture (a mask is one of a channel), a label, boxes, a text with its
// numbers, or numbers; the others of the index are unused.
type Sample struct {
	Pictures []vision.Picture
	Labels   []int32
	Boxes    [][]Box
	Texts    []string
	IDs      [][]int32 // of texts
	Numbers  [][]float32
}

// NewSample returns a sample of n fields.
func NewSample(n int) *Sample {
	return &Sample{Pictures: make([]vision.Picture, n), Labels: make([]int32, n), Boxes: make([][]Box, n), Texts: make([]string, n), IDs: make([][]int32, n), Numbers: make([][]float32, n)}
}

// Call is a step by name, with every argument filled in: int64, float64, bool,
// string, []float64, or [2]float64 for an interval.
type Call struct {
	Name string
	Args map[string]any
}

// Step is a call applied to fields of the sample, by index. Several fields share
// one random draw.
type Step struct {
	Fields []int
	Kinds  []Kind // parallel to Fields; nil for pictures only
	Call   Call
}
