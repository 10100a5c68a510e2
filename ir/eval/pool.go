package eval

import (
	"errors"
	"fmt"
)

func init() {
	register("maxpool", maxpool)
	register("maxpool_dx", maxpoolDX)
	register("avgpool", avgpool)
	register("avgpool_dx", avgpoolDX)
}

// window is one output pixel of a pooling: plane is the flat position of its
// channel's first input element, out the flat position of the pixel itself; rows
// and columns are those of the kernel before clipping.
type window struct {
	plane, out           int
	rowStart, rowStop    int // of the kernel, may lie outside the image
	columnStart, colStop int
	height, width        int // of the image
}

// windows visits the pixels of y (NCPQ) over an image x (NCHW).
func (c *call) windows(x, y []int, visit func(w window) error) error {
	kernel, stride, pad := c.attrs.Ints("kernel"), c.attrs.Ints("stride"), c.attrs.Ints("pad")
	for nc := range y[0] * y[1] {
		for p := range y[2] {
			for q := range y[3] {
				top, left := p*int(stride[0])-int(pad[0]), q*int(stride[1])-int(pad[1])
				err := visit(window{
					plane: nc * x[2] * x[3], out: (nc*y[2]+p)*y[3] + q,
					rowStart: top, rowStop: top + int(kernel[0]),
					columnStart: left, colStop: left + int(kernel[1]),
					height: x[2], width: x[3],
				})
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// each visits the elements of a window that lie in the image, row by row: their
// flat position and their number r·S+s in the whole kernel.
func (w window) each(visit func(at, number int)) {
	for row := max(w.rowStart, 0); row < min(w.rowStop, w.height); row++ {
		for col := max(w.columnStart, 0); col < min(w.colStop, w.width); col++ {
			number := (row-w.rowStart)*(w.colStop-w.columnStart) + col - w.columnStart
			visit(w.plane+row*w.width+col, number)
		}
	}
}

// maxpool: y[n,c,p,q] = the largest x of the window; at is its place r·S+s, the
// first one of equals. Padding takes no part.
func maxpool(c *call) error {
	x, y, at := c.in[0], c.out[0], c.out[1]
	return c.windows(x.Shape, y.Shape, func(w window) error {
		found := false
		w.each(func(i, number int) {
			if !found || x.F[i] > y.F[w.out] {
				found, y.F[w.out], at.I[w.out] = true, x.F[i], int64(number)
			}
		})
		if !found {
			return errors.New("found a window that lies in the padding alone")
		}
		return nil
	})
}

// maxpoolDX sends dy back to the element that at names.
func maxpoolDX(c *call) error {
	at, dy, dx := c.in[0], c.in[1], c.out[0]
	return c.windows(dx.Shape, dy.Shape, func(w window) error {
		sent := false
		w.each(func(i, number int) {
			if int64(number) == at.I[w.out] {
				dx.F[i] += dy.F[w.out]
				sent = true
			}
		})
		if !sent {
			return fmt.Errorf("found place %d, expected one of the window inside the image", at.I[w.out])
		}
		return nil
	})
}

// divisor is the number of elements that an average is taken over: those inside
// the image, or with count_pad those inside the padded image (the part of a
// ceil-mode window beyond the padding never counts).
// Source: PyTorch, aten/src/ATen/native/cpu/AvgPoolKernel.cpp.
func (c *call) divisor(w window) float64 {
	top, left, bottom, right := w.rowStart, w.columnStart, w.rowStop, w.colStop
	pad := c.attrs.Ints("pad")
	if c.attrs.Bool("count_pad") {
		bottom, right = min(bottom, w.height+int(pad[2])), min(right, w.width+int(pad[3]))
	} else {
		top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, w.height), min(right, w.width)
	}
	return float64((bottom - top) * (right - left))
}

// avgpool: y[n,c,p,q] = (Σ window of x) / divisor.
func avgpool(c *call) error {
	x, y := c.in[0], c.out[0]
	return c.windows(x.Shape, y.Shape, func(w window) error {
		n := 0
		w.each(func(i, _ int) {
			y.F[w.out] += x.F[i]
			n++
		})
		if n == 0 && !c.attrs.Bool("count_pad") {
			return errors.New("found a window that lies in the padding alone")
		}
		y.F[w.out] /= c.divisor(w)
		return nil
	})
}

// avgpoolDX spreads dy/divisor over the window.
func avgpoolDX(c *call) error {
	dy, dx := c.in[0], c.out[0]
	return c.windows(dx.Shape, dy.Shape, func(w window) error {
		w.each(func(i, _ int) { dx.F[i] += dy.F[w.out] / c.divisor(w) })
		return nil
	})
}
