package kernel

import (
	"fmt"
	"math"
	"testing"
)

// normReference is Norm and NormDX by their definitions in float64, element by
// element: set says which elements are normalised together, affine which weight an
// element meets.
func normReference(s NormShape, x, dy, weight, bias []float32, eps float64) (y, mean, invstd, dx, dw, db []float64) {
	set := func(i int) int { return i/(s.Axis*s.Inner)*s.Inner + i%s.Inner }
	affine := func(i int) int { return i / s.Inner % s.Axis }
	if s.Groups > 0 {
		set = func(i int) int { return i/(s.Axis*s.Inner)*s.Groups + affine(i)/(s.Axis/s.Groups) }
	}
	size := float64(s.len() / s.Stats())
	mean, invstd = make([]float64, s.Stats()), make([]float64, s.Stats())
	for i, v := range x {
		mean[set(i)] += float64(v) / size
	}
	for i, v := range x {
		d := float64(v) - mean[set(i)]
		invstd[set(i)] += d * d / size
	}
	for k, v := range invstd {
		invstd[k] = 1 / math.Sqrt(v+eps)
	}
	y, dx = make([]float64, len(x)), make([]float64, len(x))
	dw, db = make([]float64, s.Axis), make([]float64, s.Axis)
	meanU, meanHat := make([]float64, s.Stats()), make([]float64, s.Stats())
	hat := func(i int) float64 { return (float64(x[i]) - mean[set(i)]) * invstd[set(i)] }
	u := func(i int) float64 { return float64(dy[i] * at(weight, affine(i), 1)) }
	for i := range x {
		a := affine(i)
		y[i] = hat(i)*float64(at(weight, a, 1)) + float64(at(bias, a, 0))
		meanU[set(i)] += u(i) / size
		meanHat[set(i)] += u(i) * hat(i) / size
		dw[a] += float64(dy[i]) * hat(i)
		db[a] += float64(dy[i])
	}
	for i := range x {
		dx[i] = invstd[set(i)] * (u(i) - meanU[set(i)] - hat(i)*meanHat[set(i)])
	}
	return y, mean, invstd, dx, dw, db
}

func TestNorm(t *testing.T) {
	r := newRand(t)
	near := func(t *testing.T, what string, got []float32, want []float64) {
		t.Helper()
		for i := range want {
			if d := math.Abs(float64(got[i]) - want[i]); !(d <= 1e-4*max(1, math.Abs(want[i]))) {
				t.Errorf("%s[%d]: got %v, want %v", what, i, got[i], want[i])
				return
			}
		}
	}
	for _, s := range []NormShape{
		{Outer: 5, Axis: 13, Inner: 1},             // features
		{Outer: 2, Axis: 6, Inner: 35},             // channels of an image
		{Outer: 1, Axis: 1, Inner: 3},              // lines of one element
		{Outer: 3, Axis: 8, Inner: 15, Groups: 2},  // groups
		{Outer: 2, Axis: 5, Inner: 9, Groups: 5},   // instances
		{Outer: 2, Axis: 12, Inner: 1, Groups: 3},  // groups of features
		{Outer: 70, Axis: 33, Inner: 2, Groups: 1}, // one group
	} {
		for _, weighted := range []bool{true, false} {
			for _, threads := range []int{1, 2} {
				t.Run(fmt.Sprintf("%+v,weighted=%t,threads=%d", s, weighted, threads), func(t *testing.T) {
					c := context(t, threads, 0, 0)
					x, dy := normals(r, s.len()), normals(r, s.len())
					var weight, bias []float32
					if weighted {
						weight, bias = normals(r, s.Axis), normals(r, s.Axis)
					}
					const eps = 1e-2
					wy, wm, ws, wdx, wdw, wdb := normReference(s, x, dy, weight, bias, eps)
					y, mean, invstd := poison(s.len()), poison(s.Stats()), poison(s.Stats())
					Norm(c, s, y, mean, invstd, x, weight, bias, eps)
					near(t, "y", y, wy)
					near(t, "mean", mean, wm)
					near(t, "invstd", invstd, ws)
					dx, dw, db := poison(s.len()), poison(s.Axis), poison(s.Axis)
					NormDX(c, s, dx, dw, db, x, dy, weight, mean, invstd)
					near(t, "dx", dx, wdx)
					near(t, "dweight", dw, wdw)
					near(t, "dbias", db, wdb)
				})
			}
		}
	}
}
