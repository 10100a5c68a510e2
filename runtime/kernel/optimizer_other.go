//go:build !amd64 || purego

package kernel

func vectorUpdate(updateRule, []float32, []float32, []float32, []float32, *[7]float32) {
	panic(noAssembly)
}
