// Package eval is the reference evaluator of the intermediate representation:
// one plain loop per operation of ir/op, computed in float64, with no cleverness
// at all. Passes, generated code and kernels answer to it.
//
// Invariants: an operation never writes to its operands; result shapes come from
// the shape rule of the table and nowhere else; a mistake in a caller's tensors
// is an error that names operation and operand, never a panic.
//
// Begin with [Run] for functions and [Op] for one operation. [Random] and its
// siblings make operands for tests of other rooms.
package eval
