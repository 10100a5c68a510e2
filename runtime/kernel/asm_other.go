//go:build !amd64 || purego

package kernel

// Without assembly nothing selects the blocked algorithms, whose inner kernels
// these would be.
const hasAVX2, hasAVX512, dataPath = false, false, PathUntold

const noAssembly = "kernel: a vector kernel was called on a machine without one"

func (t *tileArgs) run(rows, vecs int) { panic(noAssembly) }
func (d *dotArgs) run(rows, cols int)  { panic(noAssembly) }

func (t *depthArgs) run(rows, vecs int) { panic(noAssembly) }
func (t *depthDWArgs) run(taps int)     { panic(noAssembly) }

func stageCopy(t *stageArgs)   { panic(noAssembly) }
func stageSplit(t *stageArgs)  { panic(noAssembly) }
func stageSpread(t *stageArgs) { panic(noAssembly) }

func transpose(rows int, dst *float32, dstStep int, src *float32, srcStride, n int) {
	panic(noAssembly)
}

func transposePanel(dst, src *float32, srcStride, n, ahead int) { panic(noAssembly) }

func untranspose(rows int, dst *float32, dstStride int, src *float32, n int) {
	panic(noAssembly)
}

func copyRows(dst *float32, dstStep int, src *float32, srcStride, n, cols int) { panic(noAssembly) }

func copyPanels(dst *float32, dstStep, dstRow int, src *float32, srcStride, n, panels int) {
	panic(noAssembly)
}

func copyTaps(vecs int, merge bool, dst, src *float32, from, srcStep, channels int, offsets []int32, lo, hi int) {
	panic(noAssembly)
}

func maxPool2(y *float32, at *uint8, x *float32, width, count, rows int) { panic(noAssembly) }

func maxPool2DX(dx *float32, at *uint8, dy *float32, width, count, rows int) { panic(noAssembly) }

func avgPool2(y, x *float32, width, count, rows int)     { panic(noAssembly) }
func avgPool2DX(dx, dy *float32, width, count, rows int) { panic(noAssembly) }
func maxWindow(stride int, y *float32, at *uint8, x *float32, width, rows, cols, count, first int) {
	panic(noAssembly)
}

func meanWindow(stride int, y, x *float32, width, rows, cols, count int, divisor float32) {
	panic(noAssembly)
}

func sumRow(sums, src *float32, n int)     { panic(noAssembly) }
func vectorGate(n int, dx, y, dy *float32) { panic(noAssembly) }

func foldLanes(dst, src *float32, n int)       { panic(noAssembly) }
func vectorAct(e *Epilogue, n int, y *float32) { panic(noAssembly) }
func vectorAdd(n int, y, x *float32)           { panic(noAssembly) }

func vectorSGD(nesterov bool, n int, w, g, v, lr, momentum, decay *float32) { panic(noAssembly) }

func fma(i ISA, trips int) float64 { panic(noAssembly) }
