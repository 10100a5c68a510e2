// Package kernels tells which kernel of runtime/kernel/blocked computes an instruction on
// blocks of channels: the configuration that generated code prepares it with. Passes ask
// such a kernel what it would choose and how much room it takes, generators have it pack
// weights, tools name its algorithm: all from the same configuration, and before anything
// runs (decision 0019).
//
// What kernels of elementwise regions can do, it tells too ([InVectors]).
//
// Begin with [Conv].
package kernels
