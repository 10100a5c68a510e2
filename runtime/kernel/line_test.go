package kernel

import (
	"fmt"
	"math"
	"testing"
)

// lineLengths have every tail, and one that takes two calls.
func lineLengths() []int {
	var n []int
	for i := range 70 {
		n = append(n, i+1)
	}
	return append(n, vectorRun, vectorRun+13)
}

// exact compares a sum in float64 whose terms were added in another order.
func exact(t *testing.T, what string, got, want, size float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= 1e-13*size) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestLines(t *testing.T) {
	r := newRand(t)
	for _, n := range lineLengths() {
		x, z, w := normals(r, n), normals(r, n), normals(r, n)
		top, sum, dot, dev, size := x[0], 0.0, 0.0, 0.0, 0.0
		exps, scaled, standard, affine := poison(n), poison(n), poison(n), poison(n)
		for i, v := range x {
			top = max(top, v)
			sum += float64(v)
			dot += float64(v) * float64(z[i])
			dev += (float64(v) - 0.3) * (float64(v) - 0.3)
			size += math.Abs(float64(v)) + math.Abs(float64(v*z[i])) + 1
			exps[i] = float32(math.Exp(float64(v - 0.5)))
			scaled[i] = v * 0.7
			standard[i] = (v - 0.25) * 1.5
			affine[i] = (v-0.25)*1.5*z[i] + w[i]
		}
		what := fmt.Sprint(n, " floats: ")
		if got := lineMax(x); got != top {
			t.Errorf("%smaximum %v, want %v", what, got, top)
		}
		exact(t, what+"sum", lineSum(x), sum, size)
		exact(t, what+"products", lineDot(x, z), dot, size)
		exact(t, what+"deviation", lineDeviation(x, 0.3), dev, 2*size)
		got := poison(n)
		lineExp(got, x, 0.5)
		wantClose(t, what+"exponentials", got, exps, 3e-7)
		lineScale(got, x, 0.7)
		wantClose(t, what+"scaled", got, scaled, 0)
		lineStandard(got, x, 0.25, 1.5, nil, nil)
		wantClose(t, what+"standard", got, standard, 0)
		lineStandard(got, x, 0.25, 1.5, z, w)
		wantClose(t, what+"affine", got, affine, 0)
	}
}

// TestSoftmaxOfWhatIsNoNumber holds on every path: a line with NaN or an infinity at
// its top has no softmax, and one below it is left alone.
func TestSoftmaxOfWhatIsNoNumber(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, inner := range []int{1, 3} {
		for _, axis := range []int{2, 9, 40} {
			for _, bad := range []float32{float32(math.NaN()), inf} {
				for at := range axis {
					x := make([]float32, 2*axis*inner)
					x[at*inner] = bad
					x[axis*inner] = -inf
					y := poison(len(x))
					Softmax(context(t, 1, 0, 0), 2, axis, inner, y, x)
					for k := range axis {
						if v := y[k*inner]; v == v && v != 0 {
							t.Fatalf("axis %d, inner %d: element %d of a line with %v is %v", axis, inner, k, bad, v)
						}
						want := float32(1 / float64(axis-1))
						if k == 0 {
							want = 0
						}
						if v := y[(axis+k)*inner]; math.Abs(float64(v-want)) > 1e-6 {
							t.Fatalf("axis %d, inner %d: element %d beside -Inf is %v, want %v", axis, inner, k, v, want)
						}
					}
				}
			}
		}
	}
}
