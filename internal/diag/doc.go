// Package diag holds what netc says to its users: positions, diagnostics with
// their permanent codes, and the one renderer for text and JSON.
//
// A user's mistake is a [Diagnostic] value, collected and sorted; a mistake of
// the compiler is a panic made by [Bugf]. Begin with [Diagnostic].
package diag
