package ir

import "testing"

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
	} {
		c := Contraction{Op: "conv", C: 16, H: 8, W: 8, O: 32, R: 3, S: 3, Stride: []int64{1, 1}, Dilation: []int64{1, 1}, Pad: []int64{1, 1, 1, 1}, Groups: 1, Images: 1}
		row.change(&c)
		names, why := c.Algorithms()
		if why != row.want || (len(names) == 0) != (why != "") {
			t.Errorf("%v: got %v and %q, want %q", c, names, why, row.want)
		}
	}
}
