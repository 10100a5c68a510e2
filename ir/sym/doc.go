// Package sym computes with sizes that are known only at run time: integer
// expressions over dimension symbols in a normal form.
//
// Expressions are immutable; equal normal forms mean equal sizes. Begin with
// [Expr].
package sym
