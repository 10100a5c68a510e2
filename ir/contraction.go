package ir

import (
	"fmt"
	"slices"
	"strings"
)

// Contraction is the geometry of a convolution, its input gradient or its weight
// gradient, all three told as the forward convolution: what algorithms are chosen by.
type Contraction struct {
	Op                    string // conv, conv_dx or conv_dw
	C, H, W, O, R, S      int64  // I and K of the forward weights are C/Groups and O
	Stride, Dilation, Pad []int64
	Groups, Images        int64
}

// ContractionOf returns the geometry of in for a usual number of images; false for any
// other instruction, and where a size is known only at run time.
func ContractionOf(in *Instr, images int64) (c Contraction, ok bool) {
	return ContractionAt(in, images, nil)
}

// ContractionAt is ContractionOf where the sizes that are known at run time only are those
// of at.
func ContractionAt(in *Instr, images int64, at map[string]int64) (c Contraction, ok bool) {
	var x, w, y *Value
	switch c.Op = in.Op.Name; c.Op {
	case "conv":
		x, w, y = in.Args[0], in.Args[1], in.Outs[0]
	case "conv_dx":
		x, w, y = in.Outs[0], in.Args[1], in.Args[0]
	case "conv_dw":
		x, w, y = in.Args[0], in.Outs[0], in.Args[1]
	default:
		return c, false
	}
	for _, axis := range []struct {
		to *int64
		v  *Value
		i  int
	}{{&c.C, x, 1}, {&c.H, x, 2}, {&c.W, x, 3}, {&c.O, y, 1}, {&c.R, w, 2}, {&c.S, w, 3}} {
		if axis.v.Type.Rank() != 4 {
			return c, false
		}
		var err error
		if *axis.to, err = axis.v.Type.Dims[axis.i].Size.Eval(at); err != nil {
			return c, false
		}
	}
	c.Stride, c.Dilation, c.Pad = in.Attrs.Ints("stride"), in.Attrs.Ints("dilation"), in.Attrs.Ints("pad")
	c.Groups, c.Images = in.Attrs.Int("groups"), images
	return c, len(c.Stride) == 2 && len(c.Dilation) == 2 && len(c.Pad) == 4
}

// String is the signature that a line of a tune file begins with.
func (c Contraction) String() string {
	return fmt.Sprintf("%s %dx%dx%d->%d %dx%d s%d,%d d%d,%d p%d,%d,%d,%d g%d n%d", c.Op, c.C, c.H, c.W, c.O, c.R, c.S,
		c.Stride[0], c.Stride[1], c.Dilation[0], c.Dilation[1], c.Pad[0], c.Pad[1], c.Pad[2], c.Pad[3], c.Groups, c.Images)
}

// StemChannels is the largest number of channels of a plain picture that a
// convolution reads as it comes: what kernel/blocked calls a stem.
const StemChannels = 4

// Algorithms are the ways to compute c on blocks of channels among which there is a
// choice; none where there is one way only, and the reason for it.
func (c Contraction) Algorithms() (names []string, why string) {
	are := func(n int64, v []int64) bool { return !slices.ContainsFunc(v, func(k int64) bool { return k != n }) }
	switch {
	case c.Groups > 1 && c.Groups == c.C:
		return nil, "depthwise has one algorithm"
	case c.rowsTransform():
		return []string{"stem", "winogradrow"}, ""
	case c.C <= StemChannels && c.Op != "conv_dx":
		return nil, "the algorithm of a plain picture follows from its window"
	case c.R == 1 && c.S == 1:
		return c.pointwise()
	case c.R != 3 || c.S != 3:
		return nil, "Winograd's algorithm is for 3x3 kernels"
	case c.Groups != 1:
		return nil, "Winograd's algorithm is for one group of channels"
	case !are(1, c.Dilation):
		return nil, "Winograd's algorithm is for kernels without dilation"
	case are(2, c.Stride) && (c.Op != "conv_dx" || are(1, c.Pad[:2])):
		return []string{"direct", "winograd2"}, ""
	case !are(1, c.Stride):
		return nil, "Winograd's algorithm is for strides of 1 and 2, the gradient of 2 in the input for paddings of 1"
	case c.Op == "conv_dx" && slices.Max(c.Pad) > 2:
		return nil, "Winograd's algorithm is for paddings up to 2"
	}
	return []string{"direct", "winograd2", "winograd3", "winograd4"}, ""
}

// pointwise is Algorithms of one tap, a product of matrices whose quarters are whole vectors
// and whose columns, rows or, in a training step, images are mates; columns not in a gradient
// of weights.
func (c Contraction) pointwise() (names []string, why string) {
	ins, outs, rows, columns, strides := c.C, c.O, (c.H-1)/c.Stride[0]+1, (c.W-1)/c.Stride[1]+1, int64(1)
	if c.Op == "conv_dx" {
		ins, outs, rows, columns, strides = c.O, c.C, c.H, c.W, c.Stride[0]*c.Stride[1]
	}
	switch {
	case c.Groups != 1:
		return nil, "Strassen's algorithm is for one group of channels"
	case slices.Max(c.Pad) > 0:
		return nil, "Strassen's algorithm is for kernels without padding"
	case strides != 1:
		return nil, "Strassen's algorithm is for gradients of stride 1"
	case c.Op == "conv_dw" && (ins%16 != 0 || outs%16 != 0):
		return nil, "Strassen's algorithm is for multiples of 16 channels and outputs"
	case c.Op != "conv_dw" && (ins%16 != 0 || outs%32 != 0):
		return nil, "Strassen's algorithm is for multiples of 16 channels and 32 outputs"
	case c.Op == "conv_dw" && rows%2 != 0 && c.Images <= 1:
		return nil, "Strassen's algorithm is for an even number of rows, or for several images"
	case c.Op != "conv_dw" && rows%2 != 0 && columns%2 != 0 && c.Images <= 1:
		return nil, "Strassen's algorithm is for an even number of columns or rows, or for several images of a training step"
	}
	return []string{"direct", "strassen"}, ""
}

// PictureOnly reports whether the algorithms of c are those of a plain picture, but in,
// whose contraction c is, reads a map: a convolution of few channels inside a network.
func (c Contraction) PictureOnly(in *Instr) bool {
	return c.rowsTransform() && !in.Args[0].Layout.Plain()
}

// Strict reports whether in is a convolution whose sums shall be chains of multiply-adds.
func (in *Instr) Strict() bool {
	switch in.Op.Name {
	case "conv", "conv_dx", "conv_dw":
		return in.Attrs.String("precision") == "strict"
	}
	return false
}

// FewerProducts reports whether in is a convolution, or a gradient of one, that the kernels
// may compute by an algorithm that makes fewer products than its definition, Winograd's or
// Strassen's, whatever the size of its images. Their errors are above those of a chain.
func FewerProducts(in *Instr) bool { return len(anySize(in)) > 0 }

// WinogradFits is FewerProducts for Winograd's algorithm alone.
func WinogradFits(in *Instr) bool {
	return slices.ContainsFunc(anySize(in), func(name string) bool { return strings.HasPrefix(name, "winograd") })
}

// anySize returns the algorithms that in has at some size of its images or other.
func anySize(in *Instr) []string {
	var x, kernel *Value // kernel: the weights or their gradient, [O, C, R, S]
	switch in.Op.Name {
	case "conv":
		x, kernel = in.Args[0], in.Args[1]
	case "conv_dx":
		x, kernel = in.Outs[0], in.Args[1]
	case "conv_dw":
		x, kernel = in.Args[0], in.Outs[0]
	default:
		return nil
	}
	c := Contraction{Op: in.Op.Name, Stride: in.Attrs.Ints("stride"), Dilation: in.Attrs.Ints("dilation"), Pad: in.Attrs.Ints("pad"), Groups: in.Attrs.Int("groups"), Images: 2}
	for _, axis := range []struct {
		to *int64
		v  *Value
		i  int
	}{{&c.C, x, 1}, {&c.O, kernel, 0}, {&c.R, kernel, 2}, {&c.S, kernel, 3}} {
		ok := axis.v.Type.Rank() == 4
		if ok {
			*axis.to, ok = axis.v.Type.Dims[axis.i].Size.IsConst()
		}
		if !ok {
			return nil
		}
	}
	names, _ := c.Algorithms()
	return names
}

// rowsTransform reports whether a convolution of a plain picture may take Winograd's
// algorithm along its rows.
func (c Contraction) rowsTransform() bool {
	return c.Op == "conv" && c.C <= StemChannels && c.Groups == 1 && (c.S == 7 || c.S == 8) && c.Stride[1] == 2 &&
		!slices.ContainsFunc(c.Dilation, func(d int64) bool { return d != 1 })
}

// UsualImages returns how many images a call of f has as a rule: those of a step for
// training, one otherwise.
func UsualImages(m *Module, f *Func) int64 {
	for _, t := range m.Trains {
		if f.Kind == TrainStep && t.Loss == f.Name && t.Batch > 1 {
			return int64(t.Batch)
		}
	}
	return 1
}
