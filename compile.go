package netc

import (
	"fmt"

	"github.com/netc-lang/netc/codegen"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/passes"
)

// Options steer [Compile]; the zero value is what most callers want.
type Options struct {
	Package string // Go package name; "" is the package of the source
	Net     string // only this net of the source; "" is all of them
	Weights string // a safetensors file; "" looks beside the source, "seeded" asks for initial values
	Initial bool   // embed initial values and read no file: the program gets its weights when it runs
	Train   bool   // also write the training half
	Profile bool   // plans tell the profiler where they are: for `netc profile`
	Disable []string
	Layouts target.Layouts // of images; the zero value takes what is faster
	// Tuning are measured choices of algorithms; nil takes those of MODEL.tune beside
	// the source where that is.
	Tuning *target.Tuning
	// Dump, when set, receives the module after each pass.
	Dump func(pass string, m *ir.Module)
	// Log, when set, receives one line per pass.
	Log func(line string)
	// Verify runs the IR verifier after every pass, not only at the end.
	Verify bool
}

// Package is a compiled network: Go files by slash-separated name relative to the
// package folder.
type Package struct {
	Name    string
	Files   map[string][]byte
	Module  *ir.Module
	Weights WeightsOrigin
	Tuning  *target.Tuning // measured choices that the passes could take; nil: none

	// Refused are the train and predict sections that the package is without: they
	// are right, but this version does not compile them.
	Refused []Refusal

	program *check.Program
}

// Refusal is a section that is checked, and not compiled.
type Refusal struct {
	Kind string // "train" or "predict"
	Net  string
	Why  check.Lack
}

func refusals(p *check.Program) []Refusal {
	var out []Refusal
	for _, t := range p.Trains {
		if t.Lacks != nil {
			out = append(out, Refusal{"train", t.Net, *t.Lacks})
		}
	}
	for _, x := range p.Predicts {
		if x.Lacks != nil {
			out = append(out, Refusal{"predict", x.Net, *x.Lacks})
		}
	}
	return out
}

// Compile checks s and lowers it to a Go package. The list holds every
// diagnostic, also when compilation succeeds (warnings).
//
// Errors: a diagnostic of severity error in the list means that the package is
// nil and err is nil; err reports what is no fault of the source (weights that do
// not fit, a construct the code generator refuses).
func Compile(s *Source, o Options) (pkg *Package, list diag.List, err error) {
	defer func() {
		if err != nil {
			pkg = nil
		}
	}()
	defer caught(s.Path, &err)
	program, list := s.check()
	if program == nil {
		return nil, list, nil
	}
	m := irgen.Module(program)
	if o.Net != "" {
		if err := keepNet(m, o.Net); err != nil {
			return nil, list, err
		}
	}
	if o.Tuning == nil {
		if o.Tuning, err = s.tuning(o.Log); err != nil {
			return nil, list, err
		}
	}
	if err := Lower(m, o); err != nil {
		if d, ok := beyondLimit(program, err); ok {
			list.Add(d)
			return nil, list, nil
		}
		return nil, list, err
	}
	weights, origin, err := s.weights(program, m, o)
	if err != nil {
		return nil, list, err
	}
	name := o.Package
	if name == "" {
		name = program.Package
	}
	files, err := codegen.Package(m, codegen.Options{
		Package: name, Name: s.Stem, Version: Version(), Weights: weights, Train: o.Train, Profile: o.Profile,
	})
	if err != nil {
		return nil, list, err
	}
	return &Package{Name: name, Files: files, Module: m, Weights: origin, Tuning: o.Tuning, Refused: refusals(program), program: program}, list, nil
}

// caught, deferred, makes an error of a broken invariant of the compiler.
func caught(path string, err *error) {
	if r := recover(); r != nil {
		bug, ok := r.(diag.Bug)
		if !ok {
			panic(r)
		}
		*err = fmt.Errorf("%s: %w; please report it with the source", path, bug)
	}
}

// Lower runs the passes on m, which ends planned.
func Lower(m *ir.Module, o Options) error {
	machine := target.Default(target.AVX2)
	machine.Layouts, machine.Tuning = o.Layouts, o.Tuning
	return passes.Run(m, machine, passes.Options{
		Disable: o.Disable, Dump: o.Dump, Log: o.Log, Verify: o.Verify,
	})
}
