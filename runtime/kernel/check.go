package kernel

// checkLen panics unless s has at least n elements.
func checkLen[T any](s []T, n int) {
	if len(s) < n {
		panic("kernel: an operand is shorter than its shape")
	}
}

// checkEpilogue panics unless the optional operands are what e announces.
func checkEpilogue(e *Epilogue, bias []float32, channels int, residual []float32, elems int) {
	if e.Bias {
		checkLen(bias, channels)
	}
	if e.Residual {
		checkLen(residual, elems)
	}
}
