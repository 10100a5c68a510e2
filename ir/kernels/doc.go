// Package kernels tells which kernel of runtime/kernel/blocked computes an instruction
// on blocks of channels: the configuration that generated code prepares it with. Passes
// ask such a kernel what it would choose and how much room it takes, generators let it
// pack weights, and tools name its algorithm, all with the same configuration and
// before anything runs (decision 0019).
//
// It also tells what kernels of elementwise regions can do ([InVectors]).
//
// Begin with [Conv].
package kernels
