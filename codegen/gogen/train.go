package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/runtime/tensor"
)

// trainer is one train section: a model type with its step and its evaluation.
type trainer struct {
	u        *unit
	section  *ir.Train   // the first of sections
	sections []*ir.Train // one for each step, in running order
	model    string      // leNetModel
	build    string      // newLeNet
	public   string      // LeNetProgram, or Program when there is one section
	h        *training
	steps    []*lowering
	eval     *lowering
	late     []*lateFunc // what is made for the sizes of each batch
}

// trainedNets groups the steps of m by the net that they train.
func trainedNets(m *ir.Module) [][]*ir.Train {
	var out [][]*ir.Train
	for _, t := range m.Trains {
		if n := len(out); n > 0 && out[n-1][0].Net == t.Net {
			out[n-1] = append(out[n-1], t)
			continue
		}
		out = append(out, []*ir.Train{t})
	}
	return out
}

// train adds the training half, the sub-package train.
func train(m *ir.Module, o Options, files map[string][]byte) error {
	u := newUnit(m, o, "train", "train")
	var all []*trainer
	nets := trainedNets(m)
	for _, sections := range nets {
		t, err := newTrainer(u, sections)
		if err != nil {
			return err
		}
		t.public = "Program"
		if len(nets) > 1 {
			t.public = exported(lastName(t.section.Net)) + "Program"
		}
		if err := u.top.claim(t.public, "train "+t.section.Net); err != nil {
			return err
		}
		all = append(all, t)
	}
	own := map[string][]byte{}
	head := strings.TrimSuffix(u.header(), "\n")
	for _, t := range all {
		head += t.memory() + "\n"
	}
	f := newSource(head+"\n// Package train trains the networks of package "+o.Package+". A program that only runs them\n// never links it.\n", u.pkg)
	for _, t := range all {
		if err := t.writeProgram(f, o.Package); err != nil {
			return err
		}
	}
	for _, t := range all {
		t.writeModel(f)
	}
	own["train_net.go"] = f.bytes()
	f = newSource(u.header(), u.pkg)
	u.writePlans(f)
	u.writeConsts(f)
	for _, t := range all {
		for i, l := range t.all() {
			l.writePlan(f, "m *"+t.model, t.method(i), t.locals(l))
		}
	}
	f.uses(strings.Split(f.body.String(), "\n"))
	own["train_net_step.go"] = f.bytes()
	u.writeRegions(own)
	for name, content := range own {
		files["train/"+name] = content
	}
	return nil
}

// memory tells, in the header, what a model of t holds: its arenas of floats, and beside
// them what its steps and its evaluation need for a batch.
func (t *trainer) memory() string {
	arenas := append([]string{"weights", "gradients"}, t.h.slotArenas()...)
	text := fmt.Sprintf("// %s: %s %s each; arena", t.section.Net, and(arenas), bytesText(constant(4*t.h.floats)))
	for i, l := range t.steps {
		what := "a step"
		if len(t.steps) > 1 {
			what = fmt.Sprintf("step %d", i+1)
		}
		text += fmt.Sprintf(" %s in %s,", arenaText(l), what)
		s := t.sections[i]
		if room := kernels.RoomOf(l.fn, int64(s.Batch)).Bytes(kernels.Threads); room > 0 && s.Batch > 0 {
			text += fmt.Sprintf(" beside it %s for the kernels of %d threads and the batch of %d,", bytesText(constant(room)), kernels.Threads, s.Batch)
		}
		if s.Memory > 0 {
			text += fmt.Sprintf(" at most %s for both,", bytesText(constant(s.Memory)))
		}
	}
	return text + fmt.Sprintf(" %s in the evaluation", arenaText(t.eval))
}

// trainingLocals are the short names inside methods of a training model, which
// is itself called m.
var trainingLocals = map[string]string{"c": "m.c", "n": "m.n", "a": "m.a", "g": "m.gradients"}

func newTrainer(u *unit, sections []*ir.Train) (*trainer, error) {
	section := sections[0]
	var steps []*ir.Func
	for _, s := range sections {
		step := findFunc(u.m, s.Loss)
		if step == nil || step.Kind != ir.TrainStep {
			return nil, fmt.Errorf("train %s: the module lacks the function %s", s.Net, s.Loss)
		}
		steps = append(steps, step)
	}
	eval := findFunc(u.m, section.Eval)
	if eval == nil {
		return nil, fmt.Errorf("train %s: the module lacks the function %s", section.Net, section.Eval)
	}
	funcs := append(slices.Clone(steps), eval)
	states, err := statesOf(u.m, funcs...)
	if err != nil {
		return nil, err
	}
	net := lastName(section.Net)
	t := &trainer{
		u: u, section: section, sections: sections,
		model: u.top.unique(unexported(net) + "Model"), build: u.top.unique("new" + exported(net)),
	}
	if t.h, err = newTraining(u, section.Net, states, steps); err != nil {
		return nil, err
	}
	t.h.accumulate = section.Accumulate
	for _, f := range funcs {
		for _, v := range f.Inputs {
			if !t.h.isScalar(v) && v.Type.DType != tensor.F32 && v.Type.DType != tensor.I32 {
				return nil, fmt.Errorf("train %s: the field %s is %s; this version trains on pictures f32 and labels i32", section.Net, v.Name, v.Type)
			}
		}
	}
	for _, step := range steps {
		l, err := t.lower(step)
		if err != nil {
			return nil, err
		}
		t.steps = append(t.steps, l)
	}
	if t.eval, err = t.lower(eval); err != nil {
		return nil, err
	}
	return t, t.lateFuncs()
}

// lower turns f into the plan of a method of the model; inputs of one name are
// one field for both functions.
func (t *trainer) lower(f *ir.Func) (*lowering, error) {
	l, err := newLowering(t.u, t.h, f)
	if err != nil {
		return nil, err
	}
	l.self = "m"
	for _, v := range f.Inputs {
		name := t.h.input(v)
		l.fields[v] = name
		l.inputs[v] = "m." + name
	}
	err = l.perCall()
	t.h.finish(l)
	return l, err
}

// writeProgram emits the function that tells the training loop everything.
func (t *trainer) writeProgram(f *source, pkg string) error {
	s := t.section
	f.use(pathTrain, pathData)
	f.p("// %s returns the training of %s on %s as %s describes it.", t.public, s.Net, s.Data, t.u.m.Source)
	f.p("func %s() *train.Program {", t.public)
	f.p("return &train.Program{")
	f.p("Package: %q, Net: %q, Source: %q,", t.u.m.Name, s.Net, t.u.m.Source)
	if err := t.writeSpec(f); err != nil {
		return err
	}
	if err := t.writeCourse(f); err != nil {
		return err
	}
	if s.Pick != [2]int{} {
		f.p("Pick: data.Pick{Classes: %d, Each: %d},", s.Pick[0], s.Pick[1])
	}
	if s.Save != [2]int{} {
		f.p("Checkpoint: train.Interval{Epochs: %d, Steps: %d},", s.Save[0], s.Save[1])
	}
	if s.EMA != 0 {
		f.p("EMA: %v,", s.EMA)
	}
	f.p("Metrics: []train.Metric{")
	for _, m := range s.Metrics {
		f.p("%s,", metricLiteral(m))
	}
	f.p("},")
	if slices.ContainsFunc(t.steps, func(l *lowering) bool { return t.lateOf(l) != nil }) {
		f.p("VariedTraining: true,")
	}
	if t.lateOf(t.eval) != nil {
		f.p("VariedEval: true,")
	}
	f.p("New: %s,", t.build)
	f.p("}")
	f.p("}")
	f.p("")
	return nil
}

// metricLiteral spells a metric for the runtime.
func metricLiteral(m ir.Metric) string {
	text := fmt.Sprintf("{Name: %q, Reduce: %q", m.Name, m.Reduce)
	if m.Size > 0 {
		text += fmt.Sprintf(", Size: %d", m.Size)
	}
	if m.Parts > 0 {
		text += fmt.Sprintf(", Parts: %d", m.Parts)
	}
	if m.Less {
		text += ", Less: true"
	}
	var args []string
	for _, name := range slices.Sorted(maps.Keys(m.Args)) {
		switch x := m.Args[name].(type) {
		case string:
			text += fmt.Sprintf(", Boxes: %q", x)
		case bool:
			if x {
				args = append(args, fmt.Sprintf("%q: 1", name))
			}
		default:
			v, _ := number(x)
			args = append(args, fmt.Sprintf("%q: %v", name, v))
		}
	}
	if len(args) > 0 {
		text += ", Args: map[string]float64{" + strings.Join(args, ", ") + "}"
	}
	return text + "}"
}

// writeCourse emits how long the training takes and how its learning rate moves: of
// the whole, or of each phase.
func (t *trainer) writeCourse(f *source) error {
	s := t.section
	lr, schedule, err := course(s)
	if err != nil {
		return err
	}
	if len(t.sections) == 1 && s.Phase == "" && s.Patience == 0 {
		f.p("Epochs: %d, Batch: %d, Seed: %d, LR: %v,", s.Epochs, s.Batch, s.Seed, lr)
		f.p("Schedule: %s,", schedule)
		return nil
	}
	f.p("Batch: %d, Seed: %d,", s.Batch, s.Seed)
	f.p("Phases: []train.Phase{")
	for i, s := range t.sections {
		if !s.Begins() {
			continue
		}
		lr, schedule, err := course(s)
		if err != nil {
			return err
		}
		f.p("{")
		f.p("Name: %q, Epochs: %d, LR: %v,", s.Phase, s.Epochs, lr)
		f.p("Schedule: %s,", schedule)
		if s.Batch != t.section.Batch {
			f.p("Batch: %d,", s.Batch)
		}
		if s.Patience > 0 {
			f.p("Patience: %d, StopOn: %q,", s.Patience, s.StopOn)
		}
		var parts []string
		for _, p := range t.sections[i:] {
			if len(parts) > 0 && p.Begins() {
				break
			}
			part := "{}"
			switch {
			case p.Epoch > 0:
				part = fmt.Sprintf("{Epoch: %d}", p.Epoch)
			case p.Step > 0:
				part = fmt.Sprintf("{Step: %d}", p.Step)
			}
			parts = append(parts, part)
		}
		f.p("Parts: []train.Part{%s},", strings.Join(parts, ", "))
		f.p("},")
	}
	f.p("},")
	return nil
}

// course spells the learning rate of a step and its schedule.
func course(s *ir.Train) (lr float64, schedule string, err error) {
	lr, _ = number(s.Optimizer.Args["lr"])
	args, err := argsLiteral(s.Schedule.Args)
	if err != nil {
		return 0, "", fmt.Errorf("train %s: schedule %s: %w", s.Net, s.Schedule.Name, err)
	}
	return lr, fmt.Sprintf("train.Schedule{Name: %q, Args: %s}", s.Schedule.Name, args), nil
}

// number accepts both kinds of numbers that a vocabulary row holds.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// writeSpec emits the data section of the training.
func (t *trainer) writeSpec(f *source) error {
	var d *ir.Data
	for _, x := range t.u.m.Data {
		if x.Name == t.section.Data {
			d = x
		}
	}
	if d == nil {
		return fmt.Errorf("train %s: the module has no data section %s", t.section.Net, t.section.Data)
	}
	call := func(c ir.Call) (string, error) {
		args, err := argsLiteral(c.Args)
		if err != nil {
			return "", fmt.Errorf("data %s: %s: %w", d.Name, c.Name, err)
		}
		return fmt.Sprintf("data.StepCall{Name: %q, Args: %s}", c.Name, args), nil
	}
	f.p("Data: data.Spec{")
	source, err := call(d.Source)
	if err != nil {
		return err
	}
	f.p("Name: %q,", d.Name)
	f.p("Source: %s,", source)
	f.p("Fields: []data.Field{")
	for _, field := range d.Fields {
		f.p("%s,", t.fieldLiteral(field))
	}
	f.p("},")
	for _, part := range []struct {
		name  string
		steps []ir.Step
	}{{"Augment", d.Augment}, {"Eval", d.Eval}, {"Prep", d.Prep}} {
		if len(part.steps) == 0 {
			continue
		}
		f.p("%s: []data.Step{", part.name)
		for _, s := range part.steps {
			c, err := call(s.Call)
			if err != nil {
				return err
			}
			f.p("{Fields: %s, Call: %s},", stringsLiteral(s.Fields), c)
		}
		f.p("},")
	}
	if m := t.section.Mix; m.Name != "" {
		f.p("Mix: data.Mix{Kind: %q, A: %v},", m.Name, m.Args["a"])
	}
	for i, x := range t.section.Targets {
		if i == 0 {
			f.p("Targets: []data.Target{")
		}
		f.p("{Name: %q, Field: %q, IoU: %v, Classes: %d, Priors: []float32{", x.Name, x.Field, x.IoU, x.Classes)
		for at := 0; at+4 <= len(x.Priors); at += 4 {
			row := x.Priors[at : at+4]
			f.p("%v, %v, %v, %v,", float32(row[0]), float32(row[1]), float32(row[2]), float32(row[3]))
		}
		f.p("}},")
		if i == len(t.section.Targets)-1 {
			f.p("},")
		}
	}
	f.p("},")
	return nil
}

// fieldLiteral describes one entry of a sample; a size that records may choose
// is 0.
func (t *trainer) fieldLiteral(field ir.Field) string {
	if field.Kind != ir.PictureField {
		kind := map[ir.FieldKind]string{ir.LabelField: "Label", ir.MaskField: "Mask", ir.BoxesField: "Boxes", ir.TextField: "Text", ir.ArrayField: "Array"}[field.Kind]
		text := fmt.Sprintf("{Name: %q, Kind: data.%s, Set: %q", field.Name, kind, field.LabelSet)
		if n, fixed := field.Type.Elems().IsConst(); fixed && field.Kind == ir.ArrayField {
			text += fmt.Sprintf(", Size: %d", n)
		}
		for _, s := range t.u.m.Sets {
			if s.Name == field.LabelSet {
				text += ", Labels: " + stringsLiteral(s.Labels)
			}
		}
		for _, x := range t.section.Ignored {
			if x.Field == field.Name {
				text += fmt.Sprintf(", Ignore: %d", x.Label)
			}
		}
		return text + "}"
	}
	text := fmt.Sprintf("{Name: %q, Kind: data.Picture", field.Name)
	for i, axis := range []string{"H", "W", "C"} {
		if i < len(field.Type.Dims) {
			if n, ok := field.Type.Dims[i].Size.IsConst(); ok {
				text += fmt.Sprintf(", %s: %d", axis, n)
			}
		}
	}
	if n := len(field.Type.Dims); n > 0 && field.Type.Dims[n-1].Set != "" {
		text += fmt.Sprintf(", Set: %q", field.Type.Dims[n-1].Set)
	}
	return text + "}"
}

func stringsLiteral(s []string) string {
	quoted := make([]string, len(s))
	for i, x := range s {
		quoted[i] = strconv.Quote(x)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

// argsLiteral writes resolved arguments as a Go map that keeps their types.
func argsLiteral(args map[string]any) (string, error) {
	if len(args) == 0 {
		return "nil", nil
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		var v string
		switch x := args[name].(type) {
		case int64:
			v = fmt.Sprintf("int64(%d)", x)
		case float64:
			v = fmt.Sprintf("float64(%v)", x)
		case bool, string:
			v = fmt.Sprintf("%#v", x)
		case []float64:
			v = fmt.Sprintf("%#v", x)
		case [2]float64:
			v = fmt.Sprintf("%#v", x)
		default:
			return "", fmt.Errorf("the argument %s is a %T, which has no form in Go", name, x)
		}
		parts = append(parts, strconv.Quote(name)+": "+v)
	}
	return "map[string]any{" + strings.Join(parts, ", ") + "}", nil
}
