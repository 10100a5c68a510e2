// Package edit holds the ways in which passes change a function: writing it anew
// instruction by instruction, and dropping what nobody reads.
//
// Begin with [Rebuild].
package edit
