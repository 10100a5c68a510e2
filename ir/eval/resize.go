package eval

import (
	"fmt"
	"math"
)

func init() {
	register("resize", resize)
	register("resize_dx", resizeDX)
}

// tap is a source position of an enlarged axis with its weight.
type tap struct {
	at     int
	weight float64
}

// taps returns the one or two positions of an axis of the given size that
// position i of the axis enlarged by scale reads: nearest is floor(i/scale);
// bilinear has pixel centres at half integers (align_corners=false) and repeats
// the border.
func taps(mode string, i, size, scale int) ([]tap, error) {
	switch mode {
	case "nearest":
		return []tap{{i / scale, 1}}, nil
	case "bilinear":
		centre := math.Max((float64(i)+0.5)/float64(scale)-0.5, 0)
		lo := int(centre)
		hi := min(lo+1, size-1)
		f := centre - float64(lo)
		return []tap{{lo, 1 - f}, {hi, f}}, nil
	}
	return nil, fmt.Errorf("found mode=%q, expected nearest or bilinear", mode)
}

// resize: y[n,c,p,q] = Σ taps of p and q · x, for whole scales.
func resize(c *call) error {
	x, y := c.in[0], c.out[0]
	return c.resample(x.Shape, y.Shape, func(ix, iy int, weight float64) { y.F[iy] += weight * x.F[ix] })
}

// resizeDX is the transpose of resize.
func resizeDX(c *call) error {
	dy, dx := c.in[0], c.out[0]
	return c.resample(dx.Shape, dy.Shape, func(ix, iy int, weight float64) { dx.F[ix] += weight * dy.F[iy] })
}

// resample visits every pair of a small and a large pixel with its weight.
func (c *call) resample(small, large []int, visit func(ix, iy int, weight float64)) error {
	mode, scale := c.attrs.String("mode"), c.attrs.Ints("scale")
	for nc := range large[0] * large[1] {
		for p := range large[2] {
			rows, err := taps(mode, p, small[2], int(scale[0]))
			if err != nil {
				return err
			}
			for q := range large[3] {
				columns, err := taps(mode, q, small[3], int(scale[1]))
				if err != nil {
					return err
				}
				for _, r := range rows {
					for _, s := range columns {
						visit((nc*small[2]+r.at)*small[3]+s.at, (nc*large[2]+p)*large[3]+q, r.weight*s.weight)
					}
				}
			}
		}
	}
	return nil
}
