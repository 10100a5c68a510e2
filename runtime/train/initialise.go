package train

import (
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"sync"

	"github.com/netc-lang/netc/runtime/tensor"
)

// StreamOf returns the stream of random numbers that belongs to a state: FNV-1a of
// its name, so that a weight keeps its initial values when others come and go.
func StreamOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// Initialise sets dst, a tensor of the given shape, to initial values drawn from
// (seed, stream):
//
//	uniform(lo, hi)  normal(mean, std)  constant(c)
//	trunc_normal(mean, std)   normal cut at two standard deviations, by drawing again
//	orthogonal(gain)          rows (or columns, if there are more rows) of (shape[0], rest) are orthonormal, times gain
//
// Numbers follow runtime/tensor's law; element i depends on nothing but (seed,
// stream, i), except in orthogonal. Values are computed in float64 and rounded
// once. An unknown kind or a wrong number of args panics: both come from the
// compiler.
//
// Source: Saxe, McClelland and Ganguli 2013, arXiv:1312.6120 (orthogonal).
func Initialise(dst []float32, shape []int, kind string, args []float64, seed int64, stream uint64) {
	want, ok := map[string]int{"uniform": 2, "normal": 2, "trunc_normal": 2, "constant": 1, "orthogonal": 1}[kind]
	if !ok || len(args) != want {
		panic(fmt.Sprintf("train: initial value %s%v", kind, args))
	}
	if n := tensor.Shape(shape).Elems(); n != len(dst) {
		panic("train: tensor of another size than its shape")
	}
	s := uint64(seed)
	key := tensor.RandomKey(s, stream)
	switch kind {
	case "constant":
		for i := range dst {
			dst[i] = float32(args[0])
		}
	case "uniform":
		share(dst, func(part []float32, first uint64) {
			for i := range part {
				u := tensor.UniformOf(tensor.RandomWord(key, first+uint64(i)))
				part[i] = float32(args[0] + float64((args[1]-args[0])*float64(u)))
			}
		})
	case "normal":
		share(dst, func(part []float32, first uint64) {
			normal(part, key, first)
			for i, v := range part {
				part[i] = float32(args[0] + float64(args[1]*float64(v)))
			}
		})
	case "trunc_normal":
		share(dst, func(part []float32, first uint64) {
			normal(part, key, first)
			for i, v := range part {
				for further := stream + 1; v < -2 || v > 2; further++ { // one draw in 22 is
					v = tensor.Normal(s, further, first+uint64(i))
				}
				part[i] = float32(args[0] + float64(args[1]*float64(v)))
			}
		})
	case "orthogonal":
		orthogonal(dst, shape, args[0], s, stream)
	}
}

// leastShare is the elements that a thread is not worth waking for, some 100 us; it is even.
const leastShare = 1 << 13

// share has set called for parts of dst, which begin at an even element first, on as many
// threads as Go may use.
func share(dst []float32, set func(part []float32, first uint64)) {
	threads := runtime.GOMAXPROCS(0)
	size := max(leastShare, (len(dst)/threads+2)&^1)
	var workers sync.WaitGroup
	for first := size; first < len(dst); first += size {
		workers.Go(func() { set(dst[first:min(first+size, len(dst))], uint64(first)) })
	}
	set(dst[:min(size, len(dst))], 0)
	workers.Wait()
}

// normal sets dst to the numbers from an even first on that tensor.Normal takes from the
// sequence of key.
func normal(dst []float32, key, first uint64) {
	for i := 0; i < len(dst); i += 2 {
		even, odd := tensor.NormalPair(key, (first+uint64(i))/2)
		dst[i] = even
		if i+1 < len(dst) {
			dst[i+1] = odd
		}
	}
}

// orthogonal makes an orthonormal set by Gram and Schmidt's process, done twice
// for each vector, which keeps it orthonormal to rounding.
func orthogonal(dst []float32, shape []int, gain float64, seed, stream uint64) {
	if len(dst) == 0 {
		return
	}
	rows := 1
	if len(shape) > 1 {
		rows = shape[0]
	}
	cols := len(dst) / rows
	n, size := min(rows, cols), max(rows, cols)
	basis := make([]float64, n*size)
	for i := range basis {
		basis[i] = float64(tensor.Normal(seed, stream, uint64(i)))
	}
	for i := range n {
		v := basis[i*size : (i+1)*size]
		for range 2 {
			for j := range i {
				u := basis[j*size : (j+1)*size]
				subtract(v, u, dot(v, u))
			}
		}
		norm := math.Sqrt(dot(v, v))
		for k := range v {
			v[k] /= norm
		}
	}
	for r := range rows {
		for c := range cols {
			v := basis[min(r, n-1)*size+c%size]
			if rows > cols {
				v = basis[c*size+r]
			}
			dst[r*cols+c] = float32(gain * v)
		}
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += float64(a[i] * b[i])
	}
	return s
}

func subtract(v, u []float64, f float64) {
	for i := range v {
		v[i] -= float64(f * u[i])
	}
}
