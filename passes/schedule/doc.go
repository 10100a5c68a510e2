// Package schedule finds an order of the instructions of a function in which less
// storage is alive at once. Branches are where orders differ: a branch that ends in
// something small is best finished before the next one begins.
//
// The pass looks for a better order by a model of storage (model.go) and a beam search
// over the sets of instructions that are done (search.go), asks the memory pass what
// the order found really takes, and keeps it only if that is less. A chain has one
// order and is left alone.
//
// Begin with [Run].
package schedule
