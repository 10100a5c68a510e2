package augment

import "github.com/netc-lang/netc/runtime/vision"

// Sample is one record. It has a value for each field of the data section, by the
// field's index: a picture or a label; the other of the two is unused.
type Sample struct {
	Pictures []vision.Picture
	Labels   []int32
}

// NewSample returns a sample of n fields.
func NewSample(n int) *Sample {
	return &Sample{Pictures: make([]vision.Picture, n), Labels: make([]int32, n)}
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
	Call   Call
}
