package eval

import (
	"fmt"
	"sort"
)

func init() {
	register("reduce", reduce)
	register("argreduce", argreduce)
	register("topk", topk)
	register("cumsum", cumsum)
}

// reduce: y[rest] = ⊕ x[rest, axes], over all elements of the named axes in
// row-major order; mean divides the sum by their number.
func reduce(c *call) error {
	x, y, kind := c.in[0], c.out[0], c.attrs.String("kind")
	drop := c.inAxes(len(x.Shape))
	// kept is the result's shape with every reduced axis as 1, so that the flat
	// position of an element's group needs no axis renumbering.
	kept, group := append([]int(nil), x.Shape...), 1
	for a := range kept {
		if drop[a] {
			group *= kept[a]
			kept[a] = 1
		}
	}
	if group == 0 && kind != "sum" && kind != "prod" {
		return fmt.Errorf("found no element to take the %s of", kind)
	}
	if y.isFloat() {
		fold(y.F, x.F, x.Shape, kept, kind)
	} else {
		fold(y.I, x.I, x.Shape, kept, kind)
		for i, v := range y.I {
			y.setInt(i, v)
		}
	}
	if kind == "mean" {
		for i := range y.F {
			y.F[i] /= float64(group)
		}
		for i := range y.I {
			y.I[i] /= int64(group)
		}
	}
	return nil
}

// fold joins every x into the element of y that its coordinates name in kept.
func fold[T int64 | float64](y, x []T, shape, kept []int, kind string) {
	first := make([]bool, len(y))
	at := make([]int, len(shape))
	if kind == "prod" {
		for i := range y {
			y[i] = 1
		}
	}
	for i, v := range x {
		unravel(at, shape, i)
		k := stretched(kept, at)
		switch kind {
		case "sum", "mean":
			y[k] += v
		case "prod":
			y[k] *= v
		case "max":
			if !first[k] || v > y[k] || v != v {
				y[k] = v
			}
		case "min":
			if !first[k] || v < y[k] || v != v {
				y[k] = v
			}
		}
		first[k] = true
	}
}

// argreduce: y[rest] = the smallest k for which x[rest, k] is the max or min.
func argreduce(c *call) error {
	x, y, largest := c.in[0], c.out[0], c.attrs.String("kind") == "max"
	outer, size, inner := span(x.Shape, c.axis(len(x.Shape)))
	if size == 0 {
		return fmt.Errorf("found an axis of size 0, expected an element to point to")
	}
	for o := range outer {
		for i := range inner {
			best := 0
			for k := 1; k < size; k++ {
				v, b := x.at((o*size+k)*inner+i), x.at((o*size+best)*inner+i)
				if largest && v > b || !largest && v < b {
					best = k
				}
			}
			y.I[o*inner+i] = int64(best)
		}
	}
	return nil
}

// topk: values and positions of the k largest along an axis, largest first;
// equal values in order of position.
func topk(c *call) error {
	x, values, indices := c.in[0], c.out[0], c.out[1]
	outer, size, inner := span(x.Shape, c.axis(len(x.Shape)))
	k := int(c.attrs.Int("k"))
	order := make([]int, size)
	for o := range outer {
		for i := range inner {
			for j := range order {
				order[j] = j
			}
			sort.SliceStable(order, func(a, b int) bool {
				return x.at((o*size+order[a])*inner+i) > x.at((o*size+order[b])*inner+i)
			})
			for j := range k {
				from, to := (o*size+order[j])*inner+i, (o*k+j)*inner+i
				if x.isFloat() {
					values.F[to] = x.F[from]
				} else {
					values.I[to] = x.I[from]
				}
				indices.I[to] = int64(order[j])
			}
		}
	}
	return nil
}

// cumsum: y[…, k, …] = Σ_{j≤k} x[…, j, …].
func cumsum(c *call) error {
	x, y := c.in[0], c.out[0]
	outer, size, inner := span(x.Shape, c.axis(len(x.Shape)))
	for o := range outer {
		for i := range inner {
			sum, isum := 0.0, int64(0)
			for k := range size {
				at := (o*size+k)*inner + i
				if x.isFloat() {
					sum += x.F[at]
					y.F[at] = sum
				} else {
					isum += x.I[at]
					y.setInt(at, isum)
				}
			}
		}
	}
	return nil
}
