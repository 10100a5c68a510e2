package train

import (
	"math"
	"reflect"
	"testing"

	"github.com/netc-lang/netc/runtime/tensor"
)

func initial(shape []int, kind string, args []float64, seed int64, name string) []float32 {
	dst := make([]float32, tensor.Shape(shape).Elems())
	Initialise(dst, shape, kind, args, seed, StreamOf(name))
	return dst
}

func moments(v []float32) (mean, std, low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		f := float64(x)
		mean += f / float64(len(v))
		low, high = min(low, f), max(high, f)
	}
	for _, x := range v {
		std += (float64(x) - mean) * (float64(x) - mean) / float64(len(v))
	}
	return mean, math.Sqrt(std), low, high
}

func TestInitialise(t *testing.T) {
	shape := []int{40, 30, 3, 3}
	for _, c := range []struct {
		kind                 string
		args                 []float64
		mean, std, low, high float64
	}{
		{"uniform", []float64{-0.5, 1.5}, 0.5, 2 / math.Sqrt(12), -0.5, 1.5},
		{"normal", []float64{3, 0.5}, 3, 0.5, 0, 6},
		{"trunc_normal", []float64{-1, 2}, -1, 2 * 0.8796, -5, 3},
		{"constant", []float64{0.25}, 0.25, 0, 0.25, 0.25},
	} {
		v := initial(shape, c.kind, c.args, 1, "w")
		mean, std, low, high := moments(v)
		if math.Abs(mean-c.mean) > 0.05 || math.Abs(std-c.std) > 0.03 || low < c.low || high > c.high {
			t.Errorf("%s%v: got mean %.3f, deviation %.3f, range %.3f..%.3f; want %v, %.3f, within %v..%v", c.kind, c.args, mean, std, low, high, c.mean, c.std, c.low, c.high)
		}
		if again := initial(shape, c.kind, c.args, 1, "w"); !reflect.DeepEqual(v, again) {
			t.Errorf("%s: got other numbers the second time", c.kind)
		}
		if c.kind == "constant" {
			continue
		}
		if other := initial(shape, c.kind, c.args, 2, "w"); reflect.DeepEqual(v, other) {
			t.Errorf("%s: got equal numbers for two seeds", c.kind)
		}
		if other := initial(shape, c.kind, c.args, 1, "b"); reflect.DeepEqual(v, other) {
			t.Errorf("%s: got equal numbers for two names", c.kind)
		}
	}
}

// TestInitialiseLaw pins the numbers: a seed must mean the same network for ever.
func TestInitialiseLaw(t *testing.T) {
	if got, want := StreamOf("conv.weight"), uint64(0x796f8df88f56d987); got != want {
		t.Errorf("StreamOf: got %#x, want %#x", got, want)
	}
	stream := StreamOf("conv.weight")
	for kind, law := range map[string]func(i uint64) float64{
		"uniform": func(i uint64) float64 { return float64(tensor.Uniform(0, stream, i)) },
		"normal":  func(i uint64) float64 { return float64(tensor.Normal(0, stream, i)) },
		"trunc_normal": func(i uint64) float64 {
			for s := stream; ; s++ {
				if v := float64(tensor.Normal(0, s, i)); v >= -2 && v <= 2 {
					return v
				}
			}
		},
	} {
		lo, factor := -1.0, 2.0
		args := []float64{lo, factor}
		if kind == "uniform" {
			args[1] = lo + factor
		}
		for i, got := range initial([]int{5*leastShare + 1}, kind, args, 0, "conv.weight") {
			if want := float32(lo + float64(factor*law(uint64(i)))); got != want {
				t.Errorf("%s, element %d: got %v, want %v", kind, i, got, want)
			}
		}
	}
}

// TestOrthogonal checks W Wᵀ = g² 1, or Wᵀ W where there are more rows.
func TestOrthogonal(t *testing.T) {
	for _, shape := range [][]int{{8, 8}, {5, 12}, {12, 5}, {4, 2, 3, 3}, {30, 2, 3, 3}, {7}, {1, 1}} {
		const gain = 1.5
		w := initial(shape, "orthogonal", []float64{gain}, 3, "w")
		rows := 1
		if len(shape) > 1 {
			rows = shape[0]
		}
		cols := len(w) / rows
		at := func(i, k int) float64 { return float64(w[i*cols+k]) }
		n, depth := rows, cols
		if rows > cols {
			at = func(i, k int) float64 { return float64(w[k*cols+i]) }
			n, depth = cols, rows
		}
		for i := range n {
			for j := range n {
				sum, want := 0.0, 0.0
				for k := range depth {
					sum += at(i, k) * at(j, k)
				}
				if i == j {
					want = gain * gain
				}
				if math.Abs(sum-want) > 1e-5 {
					t.Errorf("%v: product of vectors %d and %d is %v, want %v", shape, i, j, sum, want)
				}
			}
		}
	}
}

func TestInitialisePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"kind":  func() { initial([]int{1}, "zeros", nil, 0, "") },
		"args":  func() { initial([]int{1}, "normal", []float64{0}, 0, "") },
		"shape": func() { Initialise(make([]float32, 3), []int{2}, "constant", []float64{0}, 0, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic", name)
				}
			}()
			f()
		}()
	}
}
