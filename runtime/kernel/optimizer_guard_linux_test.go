package kernel

import "testing"

func TestOptimizersStayInside(t *testing.T) {
	r := newRand(t)
	for _, n := range []int{1, 7, 8, 9, 31, 33, 100} {
		src := normals(r, n)
		guarded(t, func(g guard) {
			c := g.context(0, 0)
			for _, o := range optimizerCases() {
				o.run(c, g.Floats(src), g.Floats(src), g.Floats(make([]float32, n)), g.Floats(make([]float32, n)), 0.1, 1)
			}
		})
	}
}
