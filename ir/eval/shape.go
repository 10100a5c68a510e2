package eval

func init() {
	for name, f := range map[string]func(c *call) func(at []int) (operand, from int){
		"transpose": transpose,
		"broadcast": broadcastTo,
		"slice":     slice,
		"pad":       pad,
		"concat":    concat,
		"reverse":   reverse,
		"reshape":   reshape,
		"relayout":  reshape, // layouts are no matter of values
	} {
		register(name, func(c *call) error {
			c.move(f(c))
			return nil
		})
	}
}

// move fills the result element by element: source maps its coordinates to an
// operand and a flat position in it; operand −1 leaves the element as it is.
func (c *call) move(source func(at []int) (operand, from int)) {
	y := c.out[0]
	at := make([]int, len(y.Shape))
	for i := range y.Len() {
		unravel(at, y.Shape, i)
		k, from := source(at)
		switch {
		case k < 0:
		case y.isFloat():
			y.F[i] = c.in[k].F[from]
		default:
			y.I[i] = c.in[k].I[from]
		}
	}
}

// reshape keeps the row-major order.
func reshape(c *call) func([]int) (int, int) {
	return func(at []int) (int, int) { return 0, ravel(c.out[0].Shape, at) }
}

// transpose: axis a of the result is axis perm[a] of x.
func transpose(c *call) func([]int) (int, int) {
	perm, shape := c.attrs.Ints("perm"), c.in[0].Shape
	from := make([]int, len(shape))
	return func(at []int) (int, int) {
		for a, p := range perm {
			from[p] = at[a]
		}
		return 0, ravel(shape, from)
	}
}

// broadcastTo stretches axes of size 1, aligned at the last axis.
func broadcastTo(c *call) func([]int) (int, int) {
	return func(at []int) (int, int) { return 0, stretched(c.in[0].Shape, at) }
}

// slice: y[…, k, …] = x[…, start + k·step, …].
func slice(c *call) func([]int) (int, int) {
	shape := c.in[0].Shape
	axis := c.axis(len(shape))
	start, step := int(c.attrs.Int("start")), int(c.attrs.Int("step"))
	if start < 0 {
		start += shape[axis]
	}
	from := make([]int, len(shape))
	return func(at []int) (int, int) {
		copy(from, at)
		from[axis] = start + at[axis]*step
		return 0, ravel(shape, from)
	}
}

// pad: y[i] = x[i − lo] inside x and value outside; negative widths crop.
func pad(c *call) func([]int) (int, int) {
	shape, lo, y := c.in[0].Shape, c.attrs.Ints("lo"), c.out[0]
	value := c.attrs.Float("value")
	for i := range y.F {
		y.F[i] = value
	}
	for i := range y.I {
		y.setInt(i, int64(value))
	}
	from := make([]int, len(shape))
	return func(at []int) (int, int) {
		for a := range from {
			from[a] = at[a] - int(lo[a])
			if from[a] < 0 || from[a] >= shape[a] {
				return -1, 0
			}
		}
		return 0, ravel(shape, from)
	}
}

// concat: the operands one after the other along the axis.
func concat(c *call) func([]int) (int, int) {
	axis := c.axis(len(c.out[0].Shape))
	from := make([]int, len(c.out[0].Shape))
	return func(at []int) (int, int) {
		copy(from, at)
		k := 0
		for from[axis] >= c.in[k].Shape[axis] {
			from[axis] -= c.in[k].Shape[axis]
			k++
		}
		return k, ravel(c.in[k].Shape, from)
	}
}

// reverse: the coordinates of the named axes run backwards.
func reverse(c *call) func([]int) (int, int) {
	shape := c.in[0].Shape
	flip := c.inAxes(len(shape))
	from := make([]int, len(shape))
	return func(at []int) (int, int) {
		for a := range from {
			from[a] = at[a]
			if flip[a] {
				from[a] = shape[a] - 1 - at[a]
			}
		}
		return 0, ravel(shape, from)
	}
}
