package ir

import "testing"

// pointwise makes c a convolution of one tap.
func pointwise(c *Contraction) { c.R, c.S, c.Pad = 1, 1, []int64{0, 0, 0, 0} }

// TestWhyOneAlgorithm asserts that a convolution with one algorithm is told the property
// that leaves it no other.
func TestWhyOneAlgorithm(t *testing.T) {
	for _, row := range []struct {
		change func(*Contraction)
		want   string
	}{
		{func(*Contraction) {}, ""},
		{func(c *Contraction) { c.S = 5 }, "Winograd's algorithm is for 3x3 kernels"},
		{func(c *Contraction) { c.Groups = 2 }, "Winograd's algorithm is for one group of channels"},
		{func(c *Contraction) { c.Dilation = []int64{2, 2} }, "Winograd's algorithm is for kernels without dilation"},
		{func(c *Contraction) { c.Stride = []int64{3, 3} }, "Winograd's algorithm is for strides of 1 and 2, the gradient of 2 in the input for paddings of 1"},
		{func(c *Contraction) { c.Op, c.Pad = "conv_dx", []int64{3, 3, 3, 3} }, "Winograd's algorithm is for paddings up to 2"},
		{func(c *Contraction) { c.Groups = 16 }, "depthwise has one algorithm"},
		{func(c *Contraction) { c.C = 3 }, "the algorithm of a plain picture follows from its window"},
		{pointwise, ""},
		{func(c *Contraction) { pointwise(c); c.Stride = []int64{2, 2} }, ""},
		{func(c *Contraction) { pointwise(c); c.H, c.W, c.Images = 7, 7, 8 }, ""},
		{func(c *Contraction) { pointwise(c); c.Op, c.C, c.O = "conv_dx", 32, 16 }, ""},
		{func(c *Contraction) { pointwise(c); c.H = 7 }, ""},
		{func(c *Contraction) { pointwise(c); c.W = 7 }, ""},
		{func(c *Contraction) { pointwise(c); c.H, c.W = 7, 7 }, "Strassen's algorithm is for an even number of columns or rows, or for several images of a training step"},
		{func(c *Contraction) { pointwise(c); c.Op = "conv_dx" }, "Strassen's algorithm is for multiples of 16 channels and 32 outputs"},
		{func(c *Contraction) { pointwise(c); c.O = 48 }, "Strassen's algorithm is for multiples of 16 channels and 32 outputs"},
		{func(c *Contraction) {
			pointwise(c)
			c.Op, c.C, c.O, c.Stride = "conv_dx", 32, 16, []int64{2, 2}
		}, "Strassen's algorithm is for gradients of stride 1"},
		{func(c *Contraction) { pointwise(c); c.Pad = []int64{0, 1, 0, 0} }, "Strassen's algorithm is for kernels without padding"},
		{func(c *Contraction) { pointwise(c); c.Groups = 2 }, "Strassen's algorithm is for one group of channels"},
		{func(c *Contraction) { pointwise(c); c.Op, c.O = "conv_dw", 48 }, ""},
		{func(c *Contraction) { pointwise(c); c.Op, c.H, c.Images = "conv_dw", 7, 2 }, ""},
		{func(c *Contraction) { pointwise(c); c.Op, c.Stride = "conv_dw", []int64{2, 2} }, ""},
		{func(c *Contraction) { pointwise(c); c.Op, c.O = "conv_dw", 40 }, "Strassen's algorithm is for multiples of 16 channels and outputs"},
		{func(c *Contraction) { pointwise(c); c.Op, c.H = "conv_dw", 7 }, "Strassen's algorithm is for an even number of rows, or for several images"},
	} {
		c := Contraction{Op: "conv", C: 16, H: 8, W: 8, O: 32, R: 3, S: 3, Stride: []int64{1, 1}, Dilation: []int64{1, 1}, Pad: []int64{1, 1, 1, 1}, Groups: 1, Images: 1}
		row.change(&c)
		names, why := c.Algorithms()
		if why != row.want || (len(names) == 0) != (why != "") {
			t.Errorf("%v: got %v and %q, want %q", c, names, why, row.want)
		}
	}
}
