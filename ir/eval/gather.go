package eval

import "errors"

func init() {
	register("gather", gather)
	register("scatter_add", scatterAdd)
}

// gather: y[o, j, i] = x[o, index[j], i], where j runs over all axes of index,
// which take the place of the axis; an index outside is moved to the nearest end.
func gather(c *call) error {
	x, index, y := c.in[0], c.in[1], c.out[0]
	outer, size, inner := span(x.Shape, c.axis(len(x.Shape)))
	n := index.Len()
	if size == 0 && n > 0 {
		return errors.New("found an axis of size 0, expected an element to point to")
	}
	for o := range outer {
		for j := range n {
			k := position(index.I[j], size)
			for i := range inner {
				to, from := (o*n+j)*inner+i, (o*size+k)*inner+i
				if y.isFloat() {
					y.F[to] = x.F[from]
				} else {
					y.I[to] = x.I[from]
				}
			}
		}
	}
	return nil
}

// scatterAdd is the transpose of gather: dx[o, k, i] = Σ_{index[j] = k} dy[o, j, i].
func scatterAdd(c *call) error {
	index, dy, dx := c.in[0], c.in[1], c.out[0]
	outer, size, inner := span(dx.Shape, c.axis(len(dx.Shape)))
	n := index.Len()
	if size == 0 && n > 0 {
		return errors.New("found an axis of size 0, expected an element to point to")
	}
	for o := range outer {
		for j := range n {
			k := position(index.I[j], size)
			for i := range inner {
				to, from := (o*size+k)*inner+i, (o*n+j)*inner+i
				if dx.isFloat() {
					dx.F[to] += dy.F[from]
				} else {
					dx.setInt(to, dx.I[to]+dy.I[from])
				}
			}
		}
	}
	return nil
}

func position(index int64, size int) int { return int(min(max(index, 0), int64(size)-1)) }
