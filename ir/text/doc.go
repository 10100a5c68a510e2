// Package text prints IR modules and reads them back: print, parse, print again
// is the identity.
//
// A module is a list of lines: sets, states, sections, then functions. A value is
// %name for inputs and %number for the rest; an instruction is
//
//	%3 = conv %image, %1, %2 {pad=[2, 2, 2, 2]} : f32[N, 6, 28, 28] @ lenet.net:9:8 conv
//
// with `_` for an absent operand, and, once planned, `mem=arena+0:6272*N`. Begin
// with [Print].
package text
