package gogen

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
)

// mark emits the call that tells the profiler which instruction begins, in packages
// generated for a profile.
func (l *lowering) mark(in *ir.Instr) {
	if !l.u.profile || l.atLoad {
		return
	}
	if i := slices.Index(l.fn.Instrs, in); i >= 0 {
		l.p("nrt.Profile(%d)", i)
	}
}

// ProfileMain returns the source of a program that attributes the time of a session
// of a net of m, or with train of its training step, to the instructions of the
// plan. The package with the import path model must have been generated with
// Options.Profile.
//
// Errors: as [BenchMain].
func ProfileMain(m *ir.Module, net, model string, train bool) (string, error) {
	if train {
		return benchTrainMain(m, net, model, true)
	}
	return benchMain(m, net, model, true)
}

// updatesOf returns the group of every update of the steps of one net that one call makes
// with others.
func updatesOf(m *ir.Module, sections []*ir.Train) (map[*ir.Instr]*updateGroup, error) {
	var steps []*ir.Func
	for _, s := range sections {
		if step := findFunc(m, s.Loss); step != nil {
			steps = append(steps, step)
		}
	}
	states, err := statesOf(m, steps...)
	if err != nil {
		return nil, err
	}
	h, err := newTraining(newUnit(m, Options{}, "train", "train"), sections[0].Net, states, steps)
	if err != nil {
		return nil, err
	}
	return h.group, nil
}

// writeStages emits the table of the instructions of fn. What changes the weights of many
// stages at once has a line of its own.
func writeStages(f *source, fn *ir.Func, updates map[*ir.Instr]*updateGroup) {
	batch, _ := batchSymbol(fn) // checked when fn was lowered
	env := typical(fn, batch)
	f.p("")
	f.p("// stages are the instructions of %s, in the order of its plan.", fn.Name)
	f.use(pathBench)
	f.p("var stages = []bench.Stage{")
	for _, in := range fn.Instrs {
		shape := ""
		if len(in.Outs) > 0 {
			shape = in.Outs[0].Type.String()
		}
		if g := updates[in]; g != nil {
			f.p("{Stage: %q, Op: %q, Shape: %q, Pos: \"train\"},", fmt.Sprintf("update of %d states", g.n), in.Attrs.String("rule"), settings(g.attrs))
			continue
		}
		f.p("{Stage: %q, Op: %q, Shape: %q, Pos: %q, MACs: %d},", in.Stage, in.Op.Name, shape, position(in.Pos), instrMACs(in, env))
	}
	f.p("}")
}
