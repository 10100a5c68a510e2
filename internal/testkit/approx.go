package testkit

import "math"

// NMSE returns the normalised mean squared error of got against want:
// sum((got-want)^2) / sum(want^2); 0 for two zero vectors and +Inf when a value
// is NaN or the lengths differ.
func NMSE[G, W ~float32 | ~float64](got []G, want []W) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var num, den float64
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) || math.IsNaN(w) {
			return math.Inf(1)
		}
		num += (g - w) * (g - w)
		den += w * w
	}
	switch {
	case num == 0:
		return 0
	case den == 0:
		return math.Inf(1)
	}
	return num / den
}
