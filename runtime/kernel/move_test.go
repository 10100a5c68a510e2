package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// someDims returns the sizes of a random tensor of up to 5 axes.
func someDims(r *rand.Rand) (dims []int, n int) {
	dims, n = make([]int, r.IntN(6)), 1
	for a := range dims {
		dims[a] = 1 + r.IntN(5)
		n *= dims[a]
	}
	return dims, n
}

// visit calls f with the coordinates of every element, in row-major order.
func visit(dims []int, f func(i int, at []int)) {
	n := 1
	for _, d := range dims {
		n *= d
	}
	at := make([]int, len(dims))
	for i := range n {
		f(i, at)
		for a := len(dims) - 1; a >= 0; a-- {
			if at[a]++; at[a] < dims[a] {
				break
			}
			at[a] = 0
		}
	}
}

// flat returns the row-major index of coordinates.
func flat(dims, at []int) int {
	i := 0
	for a, d := range dims {
		i = i*d + at[a]
	}
	return i
}

// numbered returns 0, 1, 2, ...
func numbered(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// wantMoved fails unless got[i] = from(coordinates of i) in a result of sizes dims.
func wantMoved(t *testing.T, what string, dims []int, got []int32, from func(at []int) int) {
	t.Helper()
	visit(dims, func(i int, at []int) {
		if want := int32(from(at)); got[i] != want {
			t.Fatalf("%s: got element %d at %v, want %d", what, got[i], at, want)
		}
	})
}

func TestTransposeBroadcastReverse(t *testing.T) {
	r := newRand(t)
	c := context(t, 1, 0, 0)
	for range 200 {
		dims, n := someDims(r)
		x, y := numbered(n), make([]int32, n)
		perm := r.Perm(len(dims))
		out, at := make([]int, len(dims)), make([]int, len(dims))
		for a, p := range perm {
			out[a] = dims[p]
		}
		Transpose(c, y, x, dims, perm)
		wantMoved(t, fmt.Sprint("transpose ", dims, perm), out, y, func(to []int) int {
			for a, p := range perm {
				at[p] = to[a]
			}
			return flat(dims, at)
		})
		axes := uint(r.IntN(1 << len(dims)))
		Reverse(c, y, x, dims, axes)
		wantMoved(t, fmt.Sprintf("reverse %v %b", dims, axes), dims, y, func(to []int) int {
			for a := range dims {
				at[a] = to[a]
				if axes>>a&1 != 0 {
					at[a] = dims[a] - 1 - to[a]
				}
			}
			return flat(dims, at)
		})
		lead := r.IntN(len(dims) + 1)
		from := append([]int(nil), dims[lead:]...)
		for a := range from {
			if r.IntN(2) == 0 {
				from[a] = 1
			}
		}
		Broadcast(c, y, x, dims, from)
		wantMoved(t, fmt.Sprint("broadcast ", from, " to ", dims), dims, y, func(to []int) int {
			short := make([]int, len(from))
			for a := range from {
				if from[a] > 1 {
					short[a] = to[lead+a]
				}
			}
			return flat(from, short)
		})
	}
}

func TestPad(t *testing.T) {
	r := newRand(t)
	for range 300 {
		dims, n := someDims(r)
		lo, hi, out, total := make([]int, len(dims)), make([]int, len(dims)), make([]int, len(dims)), 1
		for a, d := range dims {
			lo[a], hi[a] = r.IntN(5)-2, r.IntN(5)-2
			if d+lo[a]+hi[a] < 0 {
				lo[a] = 0
				hi[a] = max(hi[a], -d)
			}
			out[a] = d + lo[a] + hi[a]
			total *= out[a]
		}
		y := make([]int32, total)
		Pad(context(t, 1, 0, 0), y, numbered(n), dims, lo, hi, -7)
		wantMoved(t, fmt.Sprint("pad ", dims, lo, hi), out, y, func(to []int) int {
			at := make([]int, len(to))
			for a := range to {
				if at[a] = to[a] - lo[a]; at[a] < 0 || at[a] >= dims[a] {
					return -7
				}
			}
			return flat(dims, at)
		})
	}
}

func TestSliceConcat(t *testing.T) {
	r := newRand(t)
	c := context(t, 1, 0, 0)
	for range 200 {
		outer, size, inner := 1+r.IntN(3), 1+r.IntN(9), 1+r.IntN(4)
		x := numbered(outer * size * inner)
		start, step := r.IntN(size), []int{1, 2, 3, -1, -2}[r.IntN(5)]
		count := (size-1-start)/max(step, 1) + 1
		if step < 0 {
			count = start/-step + 1
		}
		y := make([]int32, outer*count*inner)
		Slice(c, outer, size, inner, start, step, count, y, x)
		wantMoved(t, fmt.Sprint("slice ", outer, size, inner, " from ", start, " by ", step), []int{outer, count, inner}, y, func(to []int) int {
			return flat([]int{outer, size, inner}, []int{to[0], start + to[1]*step, to[2]})
		})
		first := r.IntN(size)
		a, b := make([]int32, outer*first*inner), make([]int32, outer*(size-first)*inner)
		Slice(c, outer, size, inner, 0, 1, first, a, x)
		if first < size {
			Slice(c, outer, size, inner, first, 1, size-first, b, x)
		}
		whole := make([]int32, len(x))
		Concat(c, outer, first, size, inner, 0, whole, a)
		Concat(c, outer, size-first, size, inner, first, whole, b)
		wantMoved(t, "concat of slices", []int{len(x)}, whole, func(to []int) int { return to[0] })
	}
}

func TestGatherScatter(t *testing.T) {
	r := newRand(t)
	c := context(t, 1, 0, 0)
	for range 100 {
		outer, size, inner, n := 1+r.IntN(3), 1+r.IntN(9), 1+r.IntN(4), 1+r.IntN(12)
		x, index := numbered(outer*size*inner), make([]int32, n)
		for i := range index {
			index[i] = int32(r.IntN(size))
		}
		y := make([]int32, outer*n*inner)
		Gather(c, outer, size, inner, y, x, index)
		wantMoved(t, "gather", []int{outer, n, inner}, y, func(to []int) int {
			return flat([]int{outer, size, inner}, []int{to[0], int(index[to[1]]), to[2]})
		})
		dx, want := make([]int32, len(x)), make([]int32, len(x))
		ScatterAdd(c, outer, size, inner, dx, y, index)
		visit([]int{outer, n, inner}, func(i int, at []int) {
			want[flat([]int{outer, size, inner}, []int{at[0], int(index[at[1]]), at[2]})] += y[i]
		})
		wantMoved(t, "scatter", []int{len(x)}, dx, func(to []int) int { return int(want[to[0]]) })
	}
	for _, bad := range []int32{-1, 3, 1 << 30} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("index %d of an axis of 3 was accepted", bad)
				}
			}()
			Gather(c, 1, 3, 1, make([]float32, 1), make([]float32, 3), []int32{bad})
		}()
	}
}
