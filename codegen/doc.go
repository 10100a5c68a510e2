// Package codegen turns a planned module into the files of one Go package and
// writes them to disk.
//
// [Package] is a pure function: the same module, options and version give the
// same bytes. [Write] puts the files in a folder, all or none, and never touches
// a file that netc did not generate; [Check] only tells which files are stale.
// The Go text itself is made by codegen/gogen, the assembly by codegen/kernel.
package codegen
