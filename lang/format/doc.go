// Package format prints .net source in its one canonical form.
//
// The printer works on tokens, not on the tree: it decides the space between two
// neighbours and the indentation of each line, and never joins or breaks lines,
// so that comments stay where they are and the author keeps the line structure.
// The tree only tells what a token means (spacing.go). Formatting is idempotent
// and keeps the tree: format(parse(format(x))) = format(x).
//
// Begin with [Source].
package format
