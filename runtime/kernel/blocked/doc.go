// Package blocked holds the kernels of images in the blocked layout
//
//	[N][⌈C/8⌉][halo + H + halo][halo + W + halo][8]
//
// which convolutions run fastest on: the eight channels of a block are one vector,
// a pixel is a broadcast, and the zeros of the halo stand where padding would need
// a test. [Map] describes one such tensor.
//
// Two rules keep it right. Channels above C in the last block are zero, and the
// halo is zero: whoever writes a map writes both, at every run, because the memory
// under it was something else before. Both instruction sets share the layout, an
// AVX-512 register holding two blocks or two pixels, so that one plan, one arena
// and one copy of the packed weights serve every processor.
//
// Every kernel has a plain twin in a *_generic.go file, which defines its result.
// Results are the same bits for any number of threads. No call of assembly lasts
// much longer than 100 us, so that the garbage collector need not wait.
//
// Begin with [Map] and [NewConv].
package blocked
