package codegen

import (
	"github.com/netc-lang/netc/codegen/gogen"
	"github.com/netc-lang/netc/ir"
)

// Options say what a package is called and what goes into it.
type Options struct {
	Package string // Go package name
	Name    string // file stem: lenet gives lenet_net.go
	Version string // of the compiler, for the header of every file
	Weights []byte // safetensors file with the logical names; nil compiles none in
	Train   bool   // also the training half, in the folder train
	Profile bool   // for [ProfileMain]: plans tell where they are
}

// Package returns the files of the Go package that runs, and with o.Train also
// trains, the networks of m, by slash-separated name. m must be planned.
//
// Errors: an operation, element type or run-time size that this version has no
// code for, with its source position; names that clash in Go; weights that do not
// fit. Cost: linear in the instructions; the result is the same bytes for the
// same input.
func Package(m *ir.Module, o Options) (files map[string][]byte, err error) {
	return gogen.Package(m, gogen.Options(o))
}
