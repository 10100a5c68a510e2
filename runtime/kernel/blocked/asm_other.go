//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Without assembly every plan is of the generic set, which never calls these.
const noAssembly = "blocked: a vector kernel was called on a machine without one"

func (f *frame) zero(dst []float32) { f.zeroGeneric(dst) }

func (a *depthBackArgs) run(isa kernel.ISA) { panic(noAssembly) }

func (a *depthwiseArgs) runDouble(depthwiseKernel) { panic(noAssembly) }

func (a *depthwiseArgs) run(k depthwiseKernel, isa kernel.ISA) { panic(noAssembly) }

func (a *rowArgs) run(isa kernel.ISA, act kernel.Act, sum bool) { panic(noAssembly) }
func (a *rowArgs) scale(isa kernel.ISA)                         { panic(noAssembly) }
func (a *poolArgs) run(largest bool)                            { panic(noAssembly) }

func planeMeans(y, x []float32, width, rows, row, planes, plane int, divisor float64) {
	panic(noAssembly)
}

func repeatPixels(y, x []float32, n, times int)                    { panic(noAssembly) }
func mixRows(y, a, b []float32, taps []columnTap, w [2]float32)    { panic(noAssembly) }
func shiftLanes(y, a, b []float32, tables *[4][Block]int32, n int) { panic(noAssembly) }

func scaleStrip(_ kernel.ISA, y, x, factors []float32) { scaleStripGeneric(y, x, factors) }

func (a *poolArgs) train(largest, backward bool) { panic(noAssembly) }
