// Package recompute keeps a training step within the limit that its section gives it,
// `memory <= 2 GB`. Most of a step's storage is results that the way forward leaves for
// the way back. Where the most is alive, a result that nobody reads just then is given
// up, and the instructions that made it are repeated before it is read again: the same
// kernels on the same operands, hence the same bits.
//
// What is given up is what costs least time for each byte (cost.go); whether it helps is
// not guessed but asked of the memory pass, which knows what lies in place, in parts and
// in views. One step after another this goes on until the arena fits, or nothing is left
// that would lower it (recompute.go). Chen et al. 2016 (arXiv:1604.06174) keep every
// root-n-th layer of a chain; Kirisame et al. 2020 (arXiv:2006.09616) give up the tensor
// of the least cost by size and staleness as the program runs. This is the second idea
// with the whole program at hand.
//
// Begin with [Run].
package recompute
