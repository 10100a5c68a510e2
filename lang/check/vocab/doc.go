// Package vocab is the table of the words that sections are made of: data
// sources, preparation steps, optimisers, schedules, settings, metrics and what
// else is no layer or loss. The checker reads a call through it, `netc doc` prints
// it, and nothing else knows these words.
//
// A row says how a call is written ([Arg]), what it does to the type of a picture
// ([Row.Apply]) and whether this version can run it ([Row.Unsupported]). Begin
// with [Lookup] and [Row.Resolve].
package vocab
