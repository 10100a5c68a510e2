// Package irgen turns a checked program into an IR module. It is the only
// bridge from lang to ir: the checker has already inlined blocks, unrolled loops
// and inferred every type, so nothing is decided here but how sections become
// functions.
//
// Begin with [Module].
package irgen
