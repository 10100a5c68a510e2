// Package kernel writes AVX2 and AVX-512 assembly with avo; nothing else in the
// module imports avo.
//
// A builder is a function on an explicit build context that adds one kernel: the
// kernels of runtime/kernel ([Runtime] collects them, the command in gen writes
// them) and the elementwise regions of one network ([Elementwise]). Builders use
// physical registers only, so the text is the same at every run and nothing
// spills. Every kernel has a frame of at least 128 bytes, so that the runtime can
// preempt at its entry, ends with VZEROUPPER, stores nothing past its operands,
// and has a twin in Go that defines its result.
//
// Begin with [Tile] and [Region].
package kernel
