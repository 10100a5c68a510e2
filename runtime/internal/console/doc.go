// Package console is what the mains of netc's programs share: the standard streams,
// flags, one-line errors and exit codes.
//
// Begin with [Streams].
package console
