//go:build !linux

package memory

// populate leaves pages to the system.
func populate([]float32) {}

// large leaves the size of pages to the system.
func large(n int) []float32 { return make([]float32, n) }
