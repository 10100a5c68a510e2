package kernel

// Collect adds a share of a gradient to what the steps before have collected:
//
//	sum += share·g
func Collect(_ *Ctx, sum, g []float32, share float32) {
	checkLen(g, len(sum))
	for i, v := range g {
		sum[i] += float32(share * v)
	}
}
