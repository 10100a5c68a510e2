// Package edit holds the two ways in which passes change a function: they write it
// anew, instruction by instruction, or drop instructions that nobody reads.
//
// Begin with [Rebuild].
package edit
