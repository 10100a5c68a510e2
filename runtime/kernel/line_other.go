//go:build !amd64 || purego

package kernel

func vectorLineMax([]float32) float64                { panic(noAssembly) }
func vectorLineSum([]float32) float64                { panic(noAssembly) }
func vectorLineDot(_, _ []float32) float64           { panic(noAssembly) }
func vectorLineDeviation([]float32, float64) float64 { panic(noAssembly) }

func vectorExpLess(n int, y, x, top *float32)               { panic(noAssembly) }
func vectorScale(n int, y, x, scale *float32)               { panic(noAssembly) }
func vectorStandard(n int, y, x, mean, invstd *float32)     { panic(noAssembly) }
func vectorAffine(n int, y, x, mean, invstd, w, b *float32) { panic(noAssembly) }
