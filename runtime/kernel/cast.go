package kernel

import "math"

// Int32 converts as a cast does: toward zero, NaN to 0, values outside the range
// to its ends.
func Int32(x float32) int32 {
	switch {
	case x != x:
		return 0
	case x >= math.MaxInt32:
		return math.MaxInt32
	case x <= math.MinInt32:
		return math.MinInt32
	}
	return int32(x)
}

// FloatToInt32 is y = Int32(x) element by element.
func FloatToInt32(c *Ctx, y []int32, x []float32) {
	checkLen(y, len(x))
	for i, v := range x {
		y[i] = Int32(v)
	}
}

// Int32ToFloat rounds to the nearest float32.
func Int32ToFloat(c *Ctx, y []float32, x []int32) {
	checkLen(y, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
}
