// Package kernelbench measures the kernels of the runtime one by one: every class,
// pass and shape of the published networks, and random shapes.
//
// A figure is the median speed of windows of at least 3 ms that alternate with
// windows of a loop of nothing but multiply-adds, on one operating-system thread.
// It is held against the steady peak of the same instruction set in the same
// process (that of a core that has been multiplying for a while), and the peak of
// the alternating windows stands beside it: kernels that load much lower the clock
// and would drag an alternating peak down with them. Packing of weights is done at
// load and not measured; everything else of a call is: transforms, epilogue (bias
// and relu) and halo.
//
// Before and after each window the machine is looked at, on every thread: how fast
// multiply-adds are, which a host halves that lays two virtual cores on one of its own, and
// how fast a small kernel is whose operands lie in the first cache, which a neighbour on the
// other hardware thread of the core slows down. Windows beside which either was slow were disturbed and
// do not count; others are taken for some seconds until there are enough. If there never are,
// all count. [Result.Undisturbed] tells which part was not.
//
// Several threads take turns with one, on operands of its own, so that how much faster
// they are depends neither on the clock nor on the neighbours of another minute.
//
// Begin with [Run].
package kernelbench
