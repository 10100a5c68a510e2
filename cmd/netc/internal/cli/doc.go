// Package cli is the command line of netc: one file per verb, one set of
// conventions. People's text goes to standard output, diagnostics and progress to
// standard error; --json prints one object, or JSON lines, and nothing else.
//
// Begin with [Main].
package cli
