// Package syntax turns .net source text into a tree.
//
// It owns the lexical rules, the grammar, the tree ([File] and what hangs off
// it) and the diagnostics of everything that can be wrong before names have a
// meaning. The stages, one file each:
//
//	scan.go     text → tokens with comments          (participle lexer)
//	layout.go   tokens → statements: the newline rule, bracket repair, limits
//	grammar.go  statements → parse tree              (participle grammar)
//	convert.go  parse tree → [File], fold.go folds operators by precedence
//	recover.go  cuts out what failed and parses the rest
//	unexpected.go says what was wrong, slips.go knows the common mistakes
//
// Begin with [Parse]. The formatter begins with [Scan], which keeps comments.
package syntax
