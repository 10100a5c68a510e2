// Package gogen writes the Go source of a planned module: the typed API, the
// plan as straight-line calls of runtime/kernel, the model's own fused kernels
// with their plain-Go twins, the training sub-package and a test.
//
// Nothing here knows a network: one table ([emitters]) maps each operation to the
// code that calls its kernel, and an operation without a row is refused with its
// source position. Output is formatted by go/format and is a pure function of
// the module and the options. Begin with [Package].
package gogen
