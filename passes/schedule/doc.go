// Package schedule finds an order of the instructions of a function in which less
// storage is alive at once. Orders differ where a function branches: a branch that ends
// in something small is best finished before the next one begins.
//
// The pass looks for a better order by a model of storage (model.go) and a beam search
// over the sets of instructions that are done (search.go), asks the memory pass how
// much the order that was found really takes, and keeps it only if that is less than
// before. A chain has only one order and is left alone.
//
// Begin with [Run].
package schedule
