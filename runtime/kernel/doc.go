// Package kernel holds the numeric kernels that generated networks call:
// convolution, matrix product and their gradients, pooling, normalisation,
// softmax, reductions, data movement and the optimiser's update.
//
// Data are []float32 in plain row-major order, images NCHW, filters OIHW. Every
// kernel has a generic twin in Go, which is the definition of its result; on
// amd64 with AVX2 and FMA3 the inner loops are assembly that codegen/kernel/gen
// writes, for AVX-512 too where that is faster. [ISA] names the set in use. All sets
// agree within rounding. Within one set the result of a call is the same bits for any
// number of threads, and the forward result of an image or row is the same bits
// whatever stands beside it in the batch: every result is one chain of multiply-adds
// in the order of the definition.
//
// Small images in batches are convolved with images across the vector lanes
// (lanes*.go), depthwise convolutions run on planes with zeros put around them
// (stage.go, depth*.go), everything else over patches packed on the fly (patch*.go);
// dense layers are blocked matrix products (gemm.go). No call of assembly lasts much
// longer than 100 us, so that the garbage collector need not wait.
//
// Kernels allocate nothing: parallel tasks and scratch memory belong to a
// [Ctx], one per session. Shape errors are the compiler's business; a kernel
// checks the lengths of its operands once and panics with a constant string.
//
// Begin with [Ctx], [NewConv] and [NewDense].
package kernel
