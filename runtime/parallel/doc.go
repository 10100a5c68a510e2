// Package parallel runs the chunks of one kernel on several cores.
//
// A [Pool] is a fork-join pool for steps that last microseconds: each worker has a
// stretch of neighbouring chunks of its own and helps the others when it is through,
// the caller takes part and never waits for a worker that claimed nothing, and a run
// allocates no memory. Workers look for the next run for a moment after the last one
// and then sleep, so that an idle program uses no processor time.
//
// The pool promises nothing about which worker runs which chunk. Results are
// the same bits for any number of threads when a task's chunks write disjoint
// memory and their number follows from the shape alone.
//
// Begin with [Pool.Run].
package parallel
