package kernel

import (
	"fmt"
	"math"
	"testing"
)

// lineShapes are [outer, axis, inner] views.
var lineShapes = [][3]int{{1, 1, 1}, {3, 10, 1}, {64, 10, 1}, {2, 7, 5}, {1, 3, 40}, {5, 1, 4}, {2, 1000, 1}, {40, 33, 8}}

// eachLine calls f with a function that gives the flat index of element k.
func eachLine(s [3]int, f func(line int, at func(k int) int)) {
	for o := range s[0] {
		for i := range s[2] {
			f(o*s[2]+i, func(k int) int { return (o*s[1]+k)*s[2] + i })
		}
	}
}

// lineOracle is softmax in float64: log of the sum of exponentials of a line.
func lineOracle(x []float32, n int, at func(int) int) float64 {
	top, sum := math.Inf(-1), 0.0
	for k := range n {
		top = max(top, float64(x[at(k)]))
	}
	for k := range n {
		sum += math.Exp(float64(x[at(k)]) - top)
	}
	return top + math.Log(sum)
}

func TestSoftmax(t *testing.T) {
	r := newRand(t)
	for _, s := range lineShapes {
		c := context(t, 2, 0, 0)
		n := s[0] * s[1] * s[2]
		x, dy := normals(r, n), normals(r, n)
		for i := range x {
			x[i] *= 20
		}
		y, ly, dx, ldx := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		eachLine(s, func(_ int, at func(int) int) {
			l, dot, sum := lineOracle(x, s[1], at), 0.0, 0.0
			for k := range s[1] {
				i := at(k)
				y[i], ly[i] = float32(math.Exp(float64(x[i])-l)), float32(float64(x[i])-l)
				dot += float64(dy[i]) * float64(y[i])
				sum += float64(dy[i])
			}
			for k := range s[1] {
				i := at(k)
				dx[i] = float32(float64(y[i]) * (float64(dy[i]) - dot))
				ldx[i] = float32(float64(dy[i]) - math.Exp(float64(ly[i]))*sum)
			}
		})
		what := fmt.Sprint(s)
		got := poison(n)
		Softmax(c, s[0], s[1], s[2], got, x)
		wantClose(t, "softmax "+what, got, y, 1e-6)
		SoftmaxDX(c, s[0], s[1], s[2], got, y, dy)
		wantClose(t, "softmax dx "+what, got, dx, 1e-5)
		LogSoftmax(c, s[0], s[1], s[2], got, x)
		wantClose(t, "log softmax "+what, got, ly, 1e-6)
		LogSoftmaxDX(c, s[0], s[1], s[2], got, ly, dy)
		wantClose(t, "log softmax dx "+what, got, ldx, 1e-5)
	}
}

func TestSoftmaxXent(t *testing.T) {
	r := newRand(t)
	for _, s := range lineShapes {
		for _, smoothing := range []float64{0, 0.1} {
			c := context(t, 2, 0, 0)
			n, lines := s[0]*s[1]*s[2], s[0]*s[2]
			x, dloss, label := normals(r, n), normals(r, lines), make([]int32, lines)
			ignore := int32(-1)
			if s[1] > 5 {
				ignore = 5
			}
			loss, dx := make([]float32, lines), make([]float32, n)
			eachLine(s, func(line int, at func(int) int) {
				label[line] = int32(r.IntN(s[1]))
				if label[line] == ignore {
					return
				}
				l, all := lineOracle(x, s[1], at), 0.0
				for k := range s[1] {
					p := math.Exp(float64(x[at(k)]) - l)
					g := p - smoothing/float64(s[1])
					if k == int(label[line]) {
						g -= 1 - smoothing
					}
					dx[at(k)] = float32(float64(dloss[line]) * g)
					all += l - float64(x[at(k)])
				}
				loss[line] = float32((1-smoothing)*(l-float64(x[at(int(label[line]))])) + smoothing/float64(s[1])*all)
			})
			gotLoss, probs, gotDX := poison(lines), poison(n), poison(n)
			SoftmaxXent(c, s[0], s[1], s[2], gotLoss, probs, x, label, float32(smoothing), ignore)
			SoftmaxXentDX(c, s[0], s[1], s[2], gotDX, probs, label, dloss, float32(smoothing), ignore)
			what := fmt.Sprint(s, " smoothing ", smoothing)
			wantClose(t, "loss "+what, gotLoss, loss, 2e-6)
			wantClose(t, "gradient "+what, gotDX, dx, 2e-6)
		}
	}
}

func TestSoftmaxXentRefusesLabels(t *testing.T) {
	for _, label := range []int32{-1, 10, math.MaxInt32, math.MinInt32} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("label %d of 10 classes was accepted", label)
				}
			}()
			SoftmaxXent(context(t, 1, 0, 0), 1, 10, 1, make([]float32, 1), make([]float32, 10), make([]float32, 10), []int32{label}, 0, -1)
		}()
	}
}

func TestArgReduceAndTopK(t *testing.T) {
	r := newRand(t)
	for _, s := range lineShapes {
		c := context(t, 1, 0, 0)
		n, lines := s[0]*s[1]*s[2], s[0]*s[2]
		x := integers(r, n) // many equal values
		for _, largest := range []bool{true, false} {
			got := make([]int32, lines)
			ArgReduce(c, largest, s[0], s[1], s[2], got, x)
			eachLine(s, func(line int, at func(int) int) {
				want := 0
				for k := range s[1] {
					if v, b := x[at(k)], x[at(want)]; largest && v > b || !largest && v < b {
						want = k
					}
				}
				if got[line] != int32(want) {
					t.Fatalf("%v largest=%v: got %d in line %d, want %d", s, largest, got[line], line, want)
				}
			})
		}
		k := 1 + r.IntN(min(s[1], 6))
		values, indices := poison(lines*k), make([]int32, lines*k)
		TopK(c, k, s[0], s[1], s[2], values, indices, x)
		eachLine(s, func(line int, at func(int) int) {
			taken := map[int]bool{}
			for j := range k {
				best := -1
				for i := range s[1] {
					if !taken[i] && (best < 0 || x[at(i)] > x[at(best)]) {
						best = i
					}
				}
				taken[best] = true
				out := (line/s[2]*k+j)*s[2] + line%s[2]
				if indices[out] != int32(best) || values[out] != x[at(best)] {
					t.Fatalf("%v k=%d: got %v at %d as number %d, want %v at %d", s, k, values[out], indices[out], j, x[at(best)], best)
				}
			}
		})
	}
}

func TestCumSum(t *testing.T) {
	r := newRand(t)
	for _, s := range lineShapes {
		x := integers(r, s[0]*s[1]*s[2])
		want := make([]float32, len(x))
		eachLine(s, func(_ int, at func(int) int) {
			sum := float32(0)
			for k := range s[1] {
				sum += x[at(k)]
				want[at(k)] = sum
			}
		})
		got := poison(len(x))
		CumSum(context(t, 1, 0, 0), s[0], s[1], s[2], got, x)
		wantSame(t, fmt.Sprint(s), got, want)
	}
}

// TestReduce checks every kind over every subset of axes of some shapes.
func TestReduce(t *testing.T) {
	r := newRand(t)
	for _, dims := range [][]int{{}, {5}, {3, 4}, {2, 3, 4}, {1, 6, 1, 5}, {2, 3, 4, 5, 2}, {64, 16, 10, 10}} {
		n := 1
		for _, d := range dims {
			n *= d
		}
		x, xi := integers(r, n), make([]int32, n)
		for i := range x {
			xi[i] = int32(x[i])
		}
		for axes := uint(0); axes < 1<<len(dims); axes++ {
			kept, group := 1, 1
			for a, d := range dims {
				if axes>>a&1 == 0 {
					kept *= d
				} else {
					group *= d
				}
			}
			for kind := ReduceSum; kind <= ReduceProd; kind++ {
				want, first := make([]float64, kept), make([]bool, kept)
				for i, v := range x {
					k, rest, scale := 0, i, 1
					for a := len(dims) - 1; a >= 0; a-- {
						if axes>>a&1 == 0 {
							k += rest % dims[a] * scale
							scale *= dims[a]
						}
						rest /= dims[a]
					}
					f := float64(v)
					switch {
					case !first[k]:
						want[k], first[k] = f, true
					case kind == ReduceMax:
						want[k] = max(want[k], f)
					case kind == ReduceMin:
						want[k] = min(want[k], f)
					case kind == ReduceProd:
						want[k] *= f
					default:
						want[k] += f
					}
				}
				w := make([]float32, kept)
				for i, v := range want {
					if kind == ReduceMean {
						v /= float64(group)
					}
					w[i] = float32(v)
				}
				what := fmt.Sprintf("reduction %d of %v over %b", kind, dims, axes)
				got := poison(kept)
				Reduce(context(t, 2, 0, 0), kind, got, x, dims, axes)
				wantSame(t, what, got, w)
				if kind == ReduceMean || kind == ReduceProd {
					continue // integers round and overflow in their own way
				}
				ints := make([]int32, kept)
				Reduce(context(t, 1, 0, 0), kind, ints, xi, dims, axes)
				for i, v := range ints {
					if float64(v) != want[i] {
						t.Fatalf("%s of integers: got %d at %d, want %v", what, v, i, want[i])
					}
				}
			}
		}
	}
}
