package nrt

// InGiven returns values of the pixels of a network's input, row by row, as one for
// each pixel of the picture that was given: that of the pixel which lies there. Pixels
// that preparation cut away have the value of the nearest that it kept.
func InGiven[T, E any](p Plane, values []E, as func(E) T) Array[T] {
	out := Array[T]{Shape: []int{p.given.Y, p.given.X}, Values: make([]T, p.given.X*p.given.Y)}
	m, _ := p.toGiven.Inverse() // as in Plane
	k := 0
	for y := range p.given.Y {
		for x := range p.given.X {
			u, v := m.At(float64(x)+0.5, float64(y)+0.5)
			out.Values[k] = as(values[pixelAt(v, p.size.Y)*p.size.X+pixelAt(u, p.size.X)])
			k++
		}
	}
	return out
}

// pixelAt returns the pixel of n in a line that x lies in, or the nearest.
func pixelAt(x float64, n int) int {
	if !(x > 0) {
		return 0
	}
	return min(int(x), n-1)
}
