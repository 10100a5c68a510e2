// Package grad turns the loss of a net into a training step: reverse-mode
// differentiation of SSA at graph stage, whose output is ordinary IR that later
// passes optimise together with the forward half.
//
// Invariants: one vector-Jacobian product ([VJP]) per operation whose table
// entry says Smooth, built from operations of the table; nothing is emitted for a
// value that no trained parameter needs, so a frozen backbone costs no backward
// code; the adjoint of a value with several uses is summed from its last use to
// its first, always in that order, so that results repeat bit for bit. Second
// derivatives are not offered.
//
// Begin with [Run]; the products are registered in one file per family.
package grad
