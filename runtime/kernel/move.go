package kernel

// The kernels of this file move elements of any type; they compute nothing.

// walk calls line for every line along the last axis of a tensor of the given
// sizes: the flat offset of the line and the offset that strides give it.
type walker struct {
	rank  int
	size  [maxRank]int
	step  [maxRank]int // of the other tensor
	count [maxRank]int
}

// push appends an axis; axes are pushed outermost first. Neighbours that are
// adjacent on both sides become one.
func (w *walker) push(size, step int) {
	if size == 1 {
		return
	}
	if w.rank > 0 && w.step[w.rank-1] == size*step {
		w.size[w.rank-1] *= size
		w.step[w.rank-1] = step
		return
	}
	if w.rank == maxRank {
		panic("kernel: a tensor has too many axes")
	}
	w.size[w.rank], w.step[w.rank] = size, step
	w.rank++
}

// inner takes the last axis off: the run of every line.
func (w *walker) inner() (size, step int) {
	if w.rank == 0 {
		return 1, 1
	}
	w.rank--
	return w.size[w.rank], w.step[w.rank]
}

// next advances to the next line and returns the change of the other tensor's
// offset; more is false after the last line.
func (w *walker) next() (delta int, more bool) {
	for a := w.rank - 1; a >= 0; a-- {
		delta += w.step[a]
		w.count[a]++
		if w.count[a] < w.size[a] {
			return delta, true
		}
		delta -= w.size[a] * w.step[a]
		w.count[a] = 0
	}
	return 0, false
}

// strides returns the row-major strides of dims, and the number of elements.
func strides(dims []int) (s [maxRank]int, n int) {
	if len(dims) > maxRank {
		panic("kernel: a tensor has too many axes")
	}
	n = 1
	for a := len(dims) - 1; a >= 0; a-- {
		s[a] = n
		n *= dims[a]
	}
	return s, n
}

// gatherLines fills y, line by line, from x at the walker's offsets.
func gatherLines[T any](w *walker, y, x []T, from int) {
	size, step := w.inner()
	for at := 0; ; at += size {
		row := y[at:][:size]
		switch step {
		case 1:
			copy(row, x[from:][:size])
		case 0:
			v := x[from]
			for i := range row {
				row[i] = v
			}
		default:
			for i := range row {
				row[i] = x[from+i*step]
			}
		}
		delta, more := w.next()
		if !more {
			return
		}
		from += delta
	}
}

// Transpose permutes axes: axis a of y is axis perm[a] of x, whose sizes are dims.
func Transpose[T any](c *Ctx, y, x []T, dims, perm []int) {
	s, n := strides(dims)
	checkLen(x, n)
	checkLen(y, n)
	if n == 0 {
		return
	}
	var w walker
	for _, p := range perm {
		w.push(dims[p], s[p])
	}
	gatherLines(&w, y, x, 0)
}

// Broadcast stretches axes of size 1 of x to the sizes dims of y. from are the
// sizes of x, aligned with the last axes of y.
func Broadcast[T any](c *Ctx, y, x []T, dims, from []int) {
	s, n := strides(from)
	_, total := strides(dims)
	checkLen(x, n)
	checkLen(y, total)
	if total == 0 {
		return
	}
	var w walker
	lead := len(dims) - len(from)
	for a, d := range dims {
		if a < lead || from[a-lead] == 1 {
			w.push(d, 0)
		} else {
			w.push(d, s[a-lead])
		}
	}
	gatherLines(&w, y, x, 0)
}

// Reverse runs the axes whose bits are set in axes backwards.
func Reverse[T any](c *Ctx, y, x []T, dims []int, axes uint) {
	s, n := strides(dims)
	checkLen(x, n)
	checkLen(y, n)
	if n == 0 {
		return
	}
	var w walker
	from := 0
	for a, d := range dims {
		if axes>>a&1 != 0 {
			from += (d - 1) * s[a]
			w.push(d, -s[a])
		} else {
			w.push(d, s[a])
		}
	}
	gatherLines(&w, y, x, from)
}

// Slice is y[o,k,i] = x[o, start+k·step, i] for count values of k; step may be
// negative.
func Slice[T any](c *Ctx, outer, size, inner, start, step, count int, y, x []T) {
	checkLen(y, outer*count*inner)
	checkLen(x, outer*size*inner)
	if count > 0 && (start < 0 || start >= size || start+(count-1)*step < 0 || start+(count-1)*step >= size) {
		panic("kernel: a slice reaches outside its axis")
	}
	for o := range outer {
		if step == 1 {
			copy(y[o*count*inner:][:count*inner], x[(o*size+start)*inner:])
			continue
		}
		for k := range count {
			copy(y[(o*count+k)*inner:][:inner], x[(o*size+start+k*step)*inner:])
		}
	}
}

// Concat copies one operand x[outer, size, inner] to its place in a
// concatenation y[outer, total, inner], beginning at position at of the axis. A
// concatenation calls it once per operand.
func Concat[T any](c *Ctx, outer, size, total, inner, at int, y, x []T) {
	checkLen(y, outer*total*inner)
	checkLen(x, outer*size*inner)
	if at < 0 || at+size > total {
		panic("kernel: an operand lies outside its concatenation")
	}
	for o := range outer {
		copy(y[(o*total+at)*inner:][:size*inner], x[o*size*inner:])
	}
}

// Pad surrounds x, whose sizes are dims, with value: lo and hi elements before
// and after each axis. Negative widths crop.
func Pad[T any](c *Ctx, y, x []T, dims, lo, hi []int, value T) {
	s, n := strides(dims)
	checkLen(x, n)
	total := 1
	var out [maxRank]int
	for a, d := range dims {
		out[a] = d + lo[a] + hi[a]
		if out[a] < 0 {
			panic("kernel: padding crops more than there is")
		}
		total *= out[a]
	}
	checkLen(y, total)
	for i := range y[:total] {
		y[i] = value
	}
	t, _ := strides(out[:len(dims)])
	// The common part of both tensors, walked in lines of the last axis.
	var size [maxRank]int
	from, to := 0, 0
	for a, d := range dims {
		first, last := max(0, -lo[a]), min(d, out[a]-lo[a])
		if last <= first {
			return
		}
		size[a] = last - first
		from += first * s[a]
		to += (first + lo[a]) * t[a]
	}
	padLines(y, x, size[:len(dims)], t[:], s[:], to, from)
}

// padLines copies a box of the given sizes between two strided tensors.
func padLines[T any](y, x []T, size, to, from []int, at, src int) {
	if len(size) == 0 {
		y[at] = x[src]
		return
	}
	if len(size) == 1 {
		copy(y[at:][:size[0]], x[src:])
		return
	}
	for range size[0] {
		padLines(y, x, size[1:], to[1:], from[1:], at, src)
		at += to[0]
		src += from[0]
	}
}

// Gather is y[o,j,i] = x[o, index[j], i] over x[outer, size, inner]. It panics
// with an *IndexError when an index is outside the axis.
func Gather[T any](c *Ctx, outer, size, inner int, y, x []T, index []int32) {
	checkLen(y, outer*len(index)*inner)
	checkLen(x, outer*size*inner)
	checkIndex(index, size)
	for o := range outer {
		for j, k := range index {
			copy(y[(o*len(index)+j)*inner:][:inner], x[(o*size+int(k))*inner:])
		}
	}
}

// ScatterAdd is dx[o,k,i] = Σ_{index[j]=k} dy[o,j,i]; all of dx[outer, size,
// inner] is overwritten, sums are in order of j. It panics with an *IndexError when an
// index is outside the axis.
func ScatterAdd[T Number](c *Ctx, outer, size, inner int, dx, dy []T, index []int32) {
	checkLen(dx, outer*size*inner)
	checkLen(dy, outer*len(index)*inner)
	checkIndex(index, size)
	clear(dx[:outer*size*inner])
	for o := range outer {
		for j, k := range index {
			dst := dx[(o*size+int(k))*inner:][:inner]
			for i, v := range dy[(o*len(index)+j)*inner:][:inner] {
				dst[i] += v
			}
		}
	}
}
