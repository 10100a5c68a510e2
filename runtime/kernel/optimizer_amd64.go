//go:build amd64 && !purego

package kernel

// vectorUpdate is genericUpdate with 8 weights at a time.
func vectorUpdate(rule updateRule, w, g, a, b []float32, k *[7]float32) {
	n, w0, g0, a0, b0 := len(w), &w[0], &g[0], &a[0], &b[0]
	switch rule {
	case ruleAdam:
		adam_f32_avx2(n, w0, a0, b0, w0, g0, a0, b0, &k[0], &k[1], &k[2], &k[3], &k[4], &k[5], &k[6])
	case ruleRMSProp:
		rmsprop_f32_avx2(n, w0, a0, w0, g0, a0, &k[0], &k[1], &k[2], &k[3])
	case ruleRMSPropMomentum:
		rmspropMomentum_f32_avx2(n, w0, a0, b0, w0, g0, a0, b0, &k[0], &k[1], &k[2], &k[3], &k[4])
	case ruleAdagrad:
		adagrad_f32_avx2(n, w0, a0, w0, g0, a0, &k[0], &k[1], &k[2])
	case ruleLion:
		lion_f32_avx2(n, w0, a0, w0, g0, a0, &k[0], &k[1], &k[2], &k[3])
	}
}
