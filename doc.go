// Package netc is the front door of the compiler: it reads a .net file, checks
// it, lowers it and returns the Go package that runs and trains the network.
//
//	source -> lang/syntax -> lang/check -> lang/irgen -> passes -> codegen -> files
//
// Programs of users never import this package: the generated code needs only
// the packages under runtime. Begin with [Open] and [Compile].
package netc
