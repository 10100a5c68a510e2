package kernel

import "math"

// ArgReduce writes for each line of x[outer, axis, inner] the smallest index of
// its maximum (or minimum).
func ArgReduce[T Number](c *Ctx, largest bool, outer, axis, inner int, y []int32, x []T) {
	checkLen(y, outer*inner)
	checkLen(x, outer*axis*inner)
	if axis == 0 || axis > math.MaxInt32 {
		panic("kernel: the axis of an index is empty or too long")
	}
	for o := range outer {
		for i := range inner {
			at := o*axis*inner + i
			best, pos := x[at], 0
			for k := 1; k < axis; k++ {
				if v := x[at+k*inner]; largest && v > best || !largest && v < best {
					best, pos = v, k
				}
			}
			y[o*inner+i] = int32(pos)
		}
	}
}

// TopK writes for each line of x[outer, axis, inner] its k largest values and
// their indices, largest first, equal values in order of index.
// Cost: up to axis·k comparisons per line.
func TopK[T Number](c *Ctx, k, outer, axis, inner int, values []T, indices []int32, x []T) {
	if k < 1 || k > axis {
		panic("kernel: top-k asks for more values than the axis has")
	}
	checkLen(values, outer*k*inner)
	checkLen(indices, outer*k*inner)
	checkLen(x, outer*axis*inner)
	for o := range outer {
		for i := range inner {
			out := o*k*inner + i
			for j := range axis {
				v := x[(o*axis+j)*inner+i]
				// Insertion into the sorted list of those seen so far.
				slot := min(j, k)
				for slot > 0 && v > values[out+(slot-1)*inner] {
					slot--
				}
				if slot == k {
					continue
				}
				for m := min(j, k-1); m > slot; m-- {
					values[out+m*inner] = values[out+(m-1)*inner]
					indices[out+m*inner] = indices[out+(m-1)*inner]
				}
				values[out+slot*inner], indices[out+slot*inner] = v, int32(j)
			}
		}
	}
}

// CumSum is y[o,k,i] = Σ_{j≤k} x[o,j,i], floats summed in float64.
func CumSum[T Number](c *Ctx, outer, axis, inner int, y, x []T) {
	checkLen(y, outer*axis*inner)
	checkLen(x, outer*axis*inner)
	var zero T
	_, float := any(zero).(float32)
	for o := range outer {
		for i := range inner {
			at := o*axis*inner + i
			sum, total := 0.0, int64(0)
			for range axis {
				if float {
					sum += float64(x[at])
					y[at] = T(sum)
				} else {
					total += int64(x[at])
					y[at] = T(total)
				}
				at += inner
			}
		}
	}
}
