// Package program builds and runs the small programs behind `netc train`, `netc
// eval` and `netc predict`: the generated package, the runtime this compiler
// carries and a main of a few lines, in a module of its own under the user's cache
// directory. The user's module is never touched or needed.
//
// Begin with [Build].
package program
