// Package op is the table of tensor operations: one [Def] each, with its
// attributes, its shape and dtype rule, its cost and its documentation.
//
// The checker, the verifier, the evaluator, the passes and the manual all read
// this table; nothing else states what an operation is. Begin with [Def].
package op
