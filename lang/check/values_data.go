package check

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Values that are no single tensors.
type (
	// array is a table of numbers known at compile time, such as prior boxes; where
	// a tensor is wanted it is a constant f32.
	array struct {
		shape []int64
		data  []float64
	}
	// boxesValue is a field of boxes: each record has any number of them.
	boxesValue struct{ x *field }
	// textValue is a field of text that no step has turned into ids.
	textValue struct{ x *field }
	// targetValue is what the loader computes of boxes and prior boxes.
	targetValue struct{ cls, box, pos *tensorValue }
	// detections are the boxes of a picture that overlap too little to be one.
	detections struct {
		boxes, scores *tensorValue
		nms           NMS
		set           string
	}
)

// asTensor returns an array as a constant of the graph; other values stay.
func (f *frame) asTensor(v value, span diag.Span) value {
	a, ok := v.(*array)
	if !ok || f.g == nil {
		return v
	}
	t, ok := f.constant(tensor.F32, a.shape, a.data, span)
	if !ok {
		return poison{}
	}
	return t
}
