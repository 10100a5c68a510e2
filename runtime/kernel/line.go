package kernel

import "math"

// A line is a run of consecutive floats. Sums are in float64, and the order of their
// terms follows from the length alone.

// lineMax returns the largest element of x, of which one is not NaN if x has one.
func lineMax(x []float32) float32 {
	if vector {
		top := math.Inf(-1)
		for len(x) > vectorRun {
			top = max(top, vectorLineMax(x[:vectorRun]))
			x = x[vectorRun:]
		}
		return float32(max(top, vectorLineMax(x)))
	}
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// lineSum returns Σ x.
func lineSum(x []float32) (sum float64) {
	if vector {
		for len(x) > vectorRun {
			sum += vectorLineSum(x[:vectorRun])
			x = x[vectorRun:]
		}
		return sum + vectorLineSum(x)
	}
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// lineDot returns Σ x·z.
func lineDot(x, z []float32) (sum float64) {
	if vector {
		for len(x) > vectorRun {
			sum += vectorLineDot(x[:vectorRun], z)
			x, z = x[vectorRun:], z[vectorRun:]
		}
		return sum + vectorLineDot(x, z)
	}
	for i, v := range x {
		sum += float64(v) * float64(z[i])
	}
	return sum
}

// lineDeviation returns Σ (x − mean)².
func lineDeviation(x []float32, mean float64) (sum float64) {
	if vector {
		for len(x) > vectorRun {
			sum += vectorLineDeviation(x[:vectorRun], mean)
			x = x[vectorRun:]
		}
		return sum + vectorLineDeviation(x, mean)
	}
	for _, v := range x {
		d := float64(v) - mean
		sum += d * d
	}
	return sum
}

// lineExp is y = exp(x − top).
func lineExp(y, x []float32, top float32) {
	if vector {
		for i := 0; i < len(x); i += vectorRun {
			vectorExpLess(min(vectorRun, len(x)-i), &y[i], &x[i], &top)
		}
		return
	}
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v - top)))
	}
}

// lineScale is y = x·scale.
func lineScale(y, x []float32, scale float32) {
	if vector {
		for i := 0; i < len(x); i += vectorRun {
			vectorScale(min(vectorRun, len(x)-i), &y[i], &x[i], &scale)
		}
		return
	}
	for i, v := range x {
		y[i] = v * scale
	}
}

// lineStandard is y = (x − mean)·invstd, times weight plus bias where they are given.
func lineStandard(y, x []float32, mean, invstd float32, weight, bias []float32) {
	both := weight != nil && bias != nil
	if !vector || !both && (weight != nil || bias != nil) {
		for i, v := range x {
			y[i] = (v-mean)*invstd*at(weight, i, 1) + at(bias, i, 0)
		}
		return
	}
	for i := 0; i < len(x); i += vectorRun {
		n := min(vectorRun, len(x)-i)
		if both {
			vectorAffine(n, &y[i], &x[i], &mean, &invstd, &weight[i], &bias[i])
		} else {
			vectorStandard(n, &y[i], &x[i], &mean, &invstd)
		}
	}
}
