// Package driver holds the mains of the programs that `netc train`, `netc eval`, `netc
// predict` and `netc bench --train` build from a generated package: flags, messages, exit
// codes. Package bench has the main that measures inference.
//
// Results go to standard output, progress and errors to standard error; an error
// is one line that begins with "netc: ". Exit codes are those of every netc
// command: 0 done, 1 failed, 2 wrong usage, 130 interrupted after a checkpoint.
//
// Begin with [Train].
package driver
