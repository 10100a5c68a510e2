// Package nrt is what generated packages share: options of their constructors,
// loading of weights, arenas, and the preparation of pictures. Generated code
// imports it under this name; a program that uses a generated package meets it
// only as the source of options:
//
//	net, err := lenet.New(nrt.Threads(1))
//
// The environment variable NETC_ISA (generic, avx2 or avx512) makes networks use a lower
// instruction set than the best of the processor; constructors refuse any other word.
//
// Its rooms are the rest of the runtime: tensor, kernel, parallel, weights,
// vision and data for networks in use, train and driver for networks that learn, bench for
// those that are measured.
// Nothing under runtime imports the compiler.
//
// Begin with [Option].
package nrt
