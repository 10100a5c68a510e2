// Package passes turns the module that lang/irgen builds into a planned one: a
// list of named transformations over ir, run in the order of one table.
//
// A pass sees ir and ir/target, nothing of the language and nothing of the code
// that is generated. It is deterministic: the same module gives the same bytes,
// whatever order maps iterate in. Required passes make a program compile at all;
// optional ones make it faster, and every one of them can be switched off
// without changing a result by more than rounding.
//
// Begin with [Pipeline] and [Run].
package passes
