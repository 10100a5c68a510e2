package kernel

// Number is an element type that arithmetic kernels take.
type Number interface {
	~float32 | ~int32 | ~int64 | ~uint8 | ~int8
}

// ReduceKind is what a reduction computes.
type ReduceKind uint8

// The reductions. A maximum or minimum of a line with a NaN is NaN.
const (
	ReduceSum ReduceKind = iota
	ReduceMean
	ReduceMax
	ReduceMin
	ReduceProd
)

// maxRank is the largest number of axes of kernels that take sizes.
const maxRank = 8

// Reduce joins the elements of x, whose sizes are dims, over the axes whose bits
// are set in axes, in row-major order: y[rest] = ⊕ x[rest, axes]. Floats are
// summed and multiplied in float64, integers in int64; mean divides by the number
// of elements joined.
func Reduce[T Number](c *Ctx, kind ReduceKind, y, x []T, dims []int, axes uint) {
	var v reduceView
	v.collapse(dims, axes)
	checkLen(x, v.kept.count*v.over.count)
	checkLen(y, v.kept.count)
	if v.over.count == 0 && kind != ReduceSum && kind != ReduceProd {
		panic("kernel: reduction of no elements")
	}
	if xs, ok := any(x).([]float32); ok && v.kept.count*v.over.count >= serialWork/4 {
		t := &c.tasks.reduce
		*t = reduceTask{kind: kind, v: v, y: any(y).([]float32), x: xs}
		c.run(ceilDiv(v.kept.count, t.chunkSize()), 4*v.kept.count*v.over.count, t)
		return
	}
	reduceRange(kind, &v, y, x, 0, v.kept.count)
}

// axesView enumerates positions along some axes of a tensor.
type axesView struct {
	rank         int
	size, stride [maxRank]int
	count        int
}

// add appends an axis, merging it with the one before when both are adjacent in
// memory.
func (v *axesView) add(size, stride int) {
	v.count *= size
	if size == 1 {
		return
	}
	if v.rank > 0 && v.stride[v.rank-1] == size*stride {
		v.size[v.rank-1] *= size
		v.stride[v.rank-1] = stride
		return
	}
	if v.rank == maxRank {
		panic("kernel: a tensor has too many axes")
	}
	v.size[v.rank], v.stride[v.rank] = size, stride
	v.rank++
}

// at returns the offset of position i.
func (v *axesView) at(i int) int {
	off := 0
	for a := v.rank - 1; a > 0; a-- {
		off += i % v.size[a] * v.stride[a]
		i /= v.size[a]
	}
	if v.rank > 0 {
		off += i * v.stride[0]
	}
	return off
}

// last returns the innermost axis.
func (v *axesView) last() (size, stride int) {
	if v.rank == 0 {
		return 1, 1
	}
	return v.size[v.rank-1], v.stride[v.rank-1]
}

// reduceView splits the axes of a tensor in those kept and those joined.
type reduceView struct {
	kept, over axesView
}

func (v *reduceView) collapse(dims []int, axes uint) {
	v.kept.count, v.over.count = 1, 1
	if len(dims) > maxRank {
		panic("kernel: a tensor has too many axes")
	}
	var stride [maxRank]int
	n := 1
	for a := len(dims) - 1; a >= 0; a-- {
		stride[a] = n
		n *= dims[a]
	}
	for a, d := range dims {
		if axes>>a&1 != 0 {
			v.over.add(d, stride[a])
		} else {
			v.kept.add(d, stride[a])
		}
	}
}

// reduceTask is a reduction of floats, some results per chunk.
type reduceTask struct {
	kind ReduceKind
	v    reduceView
	y, x []float32
}

func (t *reduceTask) chunkSize() int { return max(1, 1<<14/max(t.v.over.count, 1)) }

func (t *reduceTask) Chunk(_, chunk int) {
	n := t.chunkSize()
	reduceRange(t.kind, &t.v, t.y, t.x, chunk*n, min((chunk+1)*n, t.v.kept.count))
}

// reduceRange computes results [lo, hi). It walks the joined elements of one
// result in order, runs of adjacent memory innermost where there are any.
func reduceRange[T Number](kind ReduceKind, v *reduceView, y, x []T, lo, hi int) {
	run, step := v.over.last()
	runs := 0
	if run > 0 {
		runs = v.over.count / run
	}
	var zero T
	_, float := any(zero).(float32)
	for i := lo; i < hi; i++ {
		base := v.kept.at(i)
		switch kind {
		case ReduceMax, ReduceMin:
			best := x[base]
			for r := range runs {
				at := base + v.over.at(r*run)
				for range run {
					e := x[at]
					if kind == ReduceMax && e > best || kind == ReduceMin && e < best || e != e {
						best = e
					}
					at += step
				}
			}
			y[i] = best
		default:
			if float {
				y[i] = T(joinFloat(kind, v, x, base, runs, run, step))
			} else {
				y[i] = T(joinInt(kind, v, x, base, runs, run, step))
			}
		}
	}
}

func joinFloat[T Number](kind ReduceKind, v *reduceView, x []T, base, runs, run, step int) float64 {
	if kind == ReduceProd {
		p := 1.0
		for r := range runs {
			at := base + v.over.at(r*run)
			for range run {
				p *= float64(x[at])
				at += step
			}
		}
		return p
	}
	sum := 0.0
	for r := range runs {
		at := base + v.over.at(r*run)
		// Four partial sums hide the latency of the additions.
		var s0, s1, s2, s3 float64
		k := 0
		for ; k+4 <= run; k += 4 {
			s0 += float64(x[at])
			s1 += float64(x[at+step])
			s2 += float64(x[at+2*step])
			s3 += float64(x[at+3*step])
			at += 4 * step
		}
		for ; k < run; k++ {
			s0 += float64(x[at])
			at += step
		}
		sum += (s0 + s1) + (s2 + s3)
	}
	if kind == ReduceMean {
		sum /= float64(v.over.count)
	}
	return sum
}

func joinInt[T Number](kind ReduceKind, v *reduceView, x []T, base, runs, run, step int) int64 {
	sum := int64(0)
	if kind == ReduceProd {
		sum = 1
	}
	for r := range runs {
		at := base + v.over.at(r*run)
		for range run {
			if kind == ReduceProd {
				sum *= int64(x[at])
			} else {
				sum += int64(x[at])
			}
			at += step
		}
	}
	if kind == ReduceMean {
		sum /= int64(v.over.count)
	}
	return sum
}
