// Package sym computes with sizes that are known only at run time: integer
// expressions over dimension symbols in a normal form, proofs that two of them
// are equal, and bounds.
//
// Expressions are immutable and safe for concurrent use. Arithmetic never wraps:
// a coefficient beyond int64 makes the whole expression an overflow, which equals
// nothing, proves nothing and cannot be evaluated. A symbol stands for a size: it
// is at least 1 unless Facts say otherwise.
//
// Begin with [Expr], then [ProveEqual].
package sym
