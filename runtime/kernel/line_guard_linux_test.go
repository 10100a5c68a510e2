package kernel

import "testing"

func TestLinesStayInside(t *testing.T) {
	r := newRand(t)
	for n := 1; n <= 70; n++ {
		guarded(t, func(g guard) {
			x, z, w, y := g.Floats(normals(r, n)), g.Floats(normals(r, n)), g.Floats(normals(r, n)), g.Floats(poison(n))
			lineMax(x)
			lineSum(x)
			lineDot(x, z)
			lineDeviation(x, 1)
			lineExp(y, x, 1)
			lineScale(y, x, 1)
			lineStandard(y, x, 0, 1, nil, nil)
			lineStandard(y, x, 0, 1, z, w)
		})
	}
}
