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
// Before and after each window the machine is probed on every thread. The speed of
// multiply-adds is halved when the host lays two virtual cores on one of its own. The
// speed of a small kernel whose operands lie in the first cache drops when a neighbour
// works on the other hardware thread of the core. A window beside which either was slow
// was disturbed and does not count; more are taken for some seconds until there are
// enough. If there never are, all count. [Result.Undisturbed] tells which part was not
// disturbed.
//
// Several threads take turns with one, on operands of its own, so that how much faster
// they are depends neither on the clock nor on the neighbours of another minute.
//
// Begin with [Run].
package kernelbench
