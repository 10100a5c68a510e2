// Package recompute keeps a training step within the limit that its section gives it,
// `memory <= 2 GB`. Most of a step's storage is results that the way forward leaves for
// the way back. At the step where most storage is alive, a result that nobody reads
// there is given up, and the instructions that made it are repeated before it is read
// again. They are the same kernels on the same operands, so the bits are the same.
//
// The result that costs least time for each byte is given up first (cost.go). Whether
// that helps is not guessed: the memory pass, which knows what lies in place, in parts
// and in views, is asked. This is repeated until the arena fits, or until nothing is
// left that would lower it (recompute.go). Chen et al. 2016 (arXiv:1604.06174) keep
// every root-n-th layer of a chain; Kirisame et al. 2020 (arXiv:2006.09616) give up the
// tensor of the least cost by size and staleness as the program runs. This is the second
// idea with the whole program at hand.
//
// Begin with [Run].
package recompute
