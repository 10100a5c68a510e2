package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// writeModel emits the type that implements train.Model.
func (t *trainer) writeModel(f *source) {
	f.use(pathKernel, pathRuntime, pathData, pathTrain, "fmt")
	h := t.h
	f.p("// %s trains %s. States that one update changes lie side by side in master, and", t.model, t.section.Net)
	arenas := append([]string{"gradients"}, h.slotArenas()...)
	f.p("// so do their %s at the same offsets.", and(arenas))
	f.p("type %s struct {", t.model)
	f.p("n int // records of the batch")
	f.p("c *kernel.Ctx")
	f.p("a []float32 // arena")
	f.p("master, %s []float32", strings.Join(arenas, ", "))
	if len(h.counted) > 0 {
		f.p("steps []float32 // how many there were")
	}
	if h.accumulate > 1 {
		f.p("sums []float32 // gradients of the steps since the weights changed")
		f.p("taken []float32 // how many there were")
		f.p("last bool // this step changes the weights")
	}
	f.p("metrics []float32")
	if parts := t.parts(); parts > 0 {
		f.p("gathered [%d][%d][]float32 // of the last Eval, for metrics of every record", len(t.section.Metrics), parts)
	}
	if len(t.steps) > 1 {
		f.p("part int // the step function in use")
	}
	if len(t.packed()) > 0 {
		f.p("packed []float32 // weights of one kernel, packed for each call")
	}
	if len(t.gather(t.all(), unusedOf)) > 0 {
		f.p("unused []float32 // results that nobody reads")
	}
	for _, in := range h.inputSeq {
		f.p("%s []%s // %s", in.name, in.typ, in.doc)
	}
	for _, s := range h.states {
		f.p("%s []float32 // %s", s.name, s.state.Name)
	}
	for _, s := range h.setupList {
		f.p("%s []%s // %s", s.name, s.typ, s.doc)
	}
	for _, q := range t.late {
		f.p("%s %s", q.field, q.typ)
	}
	for _, task := range t.tasks() {
		f.p("%s %s", taskField(task), task)
	}
	f.p("}")
	f.p("")
	t.writeSizes(f)
	t.writeBuild(f)
	t.writeFit(f)
	t.writeStates(f)
	t.writeInit(f)
	t.writeStep(f)
}

// statistic is how many numbers of a step a metric takes.
func statistic(m ir.Metric) int {
	if m.Parts > 0 {
		return 0
	}
	return max(m.Size, 1)
}

// parts is the largest number of values that a metric gathers, 0 when none does.
func (t *trainer) parts() int {
	n := 0
	for _, m := range t.section.Metrics {
		n = max(n, m.Parts)
	}
	return n
}

// all are the functions of the model: its steps and its evaluation.
func (t *trainer) all() []*lowering { return append(slices.Clone(t.steps), t.eval) }

func (t *trainer) packed() []string {
	return t.gather(t.all(), func(l *lowering) []string { return l.packed })
}

func unusedOf(l *lowering) []string { return l.unused }

func (t *trainer) tasks() []string {
	return t.gather(t.all(), func(l *lowering) []string { return l.tasks })
}

// gather joins what functions need, each thing once.
func (t *trainer) gather(of []*lowering, what func(*lowering) []string) []string {
	var out []string
	for _, l := range of {
		out = append(out, what(l)...)
	}
	return unique(out)
}

// writeBuild emits the constructor.
func (t *trainer) writeBuild(f *source) {
	h := t.h
	most := t.eval.maxBatch()
	for _, l := range t.steps {
		most = min(most, l.maxBatch())
	}
	f.p("func %s(threads, maxBatch int) (train.Model, error) {", t.build)
	f.p("if maxBatch < 1 || maxBatch > %d {", most)
	f.p("return nil, fmt.Errorf(%q, maxBatch)", fmt.Sprintf("train %s: found a batch of %%d, expected 1 to %d", t.section.Net, most))
	f.p("}")
	f.p("if err := kernel.SelectionError(); err != nil {")
	f.p("return nil, fmt.Errorf(%q, err)", "train "+t.section.Net+": %w")
	f.p("}")
	f.p("m := &%s{}", t.model)
	f.p("m.c = nrt.Context(m, threads)")
	var lines []string
	var arenas, groupArenas, groups []string
	for _, l := range t.linear() {
		switch {
		case l.scratch == "":
		case len(l.segments) > 0:
			k := len(groups) + 1
			lines = append(lines, fmt.Sprintf("perWorker%d, shared%d, group%d := %s(n)", k, k, k, l.scratch), fmt.Sprintf("m.c.Reserve(perWorker%d, shared%d)", k, k))
			groups, groupArenas = append(groups, fmt.Sprintf("group%d", k)), append(groupArenas, l.groupArena())
		default:
			lines = append(lines, fmt.Sprintf("m.c.Reserve(%s(n))", l.scratch))
		}
		arenas = append(arenas, l.arenaFloats())
	}
	if len(groups) > 0 {
		lines = append(lines, fmt.Sprintf("m.c.ReserveGroups(max(%s), max(%s))", strings.Join(groupArenas, ", "), strings.Join(groups, ", ")))
	}
	if len(arenas) > 0 {
		lines = append(lines, fmt.Sprintf("m.a = m.c.Floats(max(%s))", strings.Join(arenas, ", ")))
	}
	if p := t.packed(); len(p) > 0 {
		lines = append(lines, fmt.Sprintf("m.packed = m.c.Floats(max(%s))", strings.Join(p, ", ")))
	}
	if p := t.gather(t.linear(), unusedOf); len(p) > 0 {
		lines = append(lines, fmt.Sprintf("m.unused = m.c.Floats(max(%s))", strings.Join(p, ", ")))
	}
	locals(f, lines, map[string]string{"n": "maxBatch"})
	for _, line := range lines {
		f.p("%s", line)
	}
	f.p("m.master = m.c.Floats(%d)", h.floats)
	f.p("m.gradients = m.c.Floats(%d)", h.floats)
	for _, name := range h.slotArenas() {
		f.p("m.%s = m.c.Floats(%d)", name, h.floats)
	}
	if len(h.counted) > 0 {
		f.p("m.steps = make([]float32, 1)")
	}
	if h.accumulate > 1 {
		f.p("m.sums, m.taken = m.c.Floats(%d), make([]float32, 1)", h.floats)
	}
	numbers := 0
	for _, m := range t.section.Metrics {
		numbers += statistic(m)
	}
	f.p("if err := m.c.Room(); err != nil {")
	f.p("m.Close()")
	f.p("return nil, fmt.Errorf(%q, maxBatch, err)", "train "+t.section.Net+": a batch of %d %w")
	f.p("}")
	f.p("m.metrics = make([]float32, %d)", numbers)
	for _, in := range h.inputSeq {
		if in.scalar {
			f.p("m.%s = make([]%s, 1)", in.name, in.typ)
		}
	}
	for _, s := range h.states {
		f.p("m.%s = m.master[%d:%d]", s.name, s.lo, s.lo+s.n)
	}
	for _, s := range h.setupList {
		f.p("m.%s = make([]%s, %s)", s.name, s.typ, s.init)
	}
	f.p("return m, nil")
	f.p("}")
	f.p("")
	f.p("// Close ends the threads of the model.")
	f.p("func (m *%s) Close() { m.c.Pool.Close() }", t.model)
	f.p("")
}

// and joins words as a sentence does.
func and(words []string) string {
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return words[0]
}

// writeStates emits the views of weights and of the optimiser's memory.
func (t *trainer) writeStates(f *source) {
	h := t.h
	f.p("// States returns weights and buffers as views.")
	f.p("func (m *%s) States() []train.State {", t.model)
	f.p("return []train.State{")
	for _, s := range h.states {
		buffer := ""
		if s.state.Buffer {
			buffer = ", Buffer: true"
		}
		if s.state.Training {
			buffer += ", Training: true"
		}
		f.p("{Name: %q, Shape: %s%s, Data: m.%s},", t.h.key(s), intsLiteral(s.shape), buffer, s.name)
	}
	f.p("}")
	f.p("}")
	f.p("")
	t.writeSlots(f)
}

func (t *trainer) writeInit(f *source) {
	f.p("// Init sets the weights to their initial values for seed, and all slots to zero.")
	f.p("func (m *%s) Init(seed int64) {", t.model)
	for _, s := range t.h.states {
		init := s.state.Init
		args := "nil"
		if len(init.Args) > 0 {
			args = fmt.Sprintf("%#v", init.Args)
		}
		f.p("train.Initialise(m.%s, %s, %q, %s, seed, train.StreamOf(%q))", s.name, intsLiteral(s.shape), init.Kind, args, t.h.key(s))
	}
	t.writeForget(f)
	f.p("}")
	f.p("")
	if len(t.steps) == 1 {
		return
	}
	f.p("// Begin chooses the step function of a part of the training, and sets all slots to")
	f.p("// zero.")
	f.p("func (m *%s) Begin(part int) {", t.model)
	f.p("m.part = part")
	t.writeForget(f)
	f.p("}")
	f.p("")
}

// writeForget emits statements that set what the optimiser remembers to zero.
func (t *trainer) writeForget(f *source) {
	for _, name := range t.h.slotArenas() {
		f.p("clear(m.%s)", name)
	}
	if len(t.h.counted) > 0 {
		f.p("clear(m.steps)")
	}
	if t.h.accumulate > 1 {
		f.p("clear(m.sums)")
		f.p("m.taken[0] = 0")
	}
}

// writeStep emits Step and Eval: they bind the batch, run a plan and collect its
// results.
func (t *trainer) writeStep(f *source) {
	f.p("// Step changes the weights by one batch.")
	given := "b"
	if len(t.steps) == 1 {
		given = t.given(t.steps[0])
	}
	f.p("func (m *%s) Step(%s *data.Batch, lr float32, seed int64) (loss float32, metrics []float32) {", t.model, given)
	if len(t.steps) == 1 {
		t.writeBind(f, t.steps[0])
		f.p("m.step()")
		t.writeResults(f, t.steps[0])
		f.p("}")
		f.p("")
	} else {
		f.p("switch m.part {")
		for i := range t.steps {
			if i > 0 {
				f.p("case %d:", i)
				f.p("return m.step%d(b, lr, seed)", i+1)
			}
		}
		f.p("}")
		f.p("return m.step1(b, lr, seed)")
		f.p("}")
		f.p("")
		for i, l := range t.steps {
			f.p("// step%d is the step of %s.", i+1, t.sections[i].Loss)
			f.p("func (m *%s) step%d(%s *data.Batch, lr float32, seed int64) (loss float32, metrics []float32) {", t.model, i+1, t.given(l))
			t.writeBind(f, l)
			f.p("m.run%d()", i+1)
			t.writeResults(f, l)
			f.p("}")
			f.p("")
		}
	}
	f.p("// Eval computes loss and metrics of one batch with the weights as they are.")
	f.p("func (m *%s) Eval(%s *data.Batch) (loss float32, metrics []float32) {", t.model, t.given(t.eval))
	t.writeBind(f, t.eval)
	f.p("m.evaluate()")
	t.writeResults(f, t.eval)
	f.p("}")
	f.p("")
	if t.parts() > 0 {
		f.p("// Gathered returns the values of the records of the last Eval that a metric needs.")
		f.p("func (m *%s) Gathered(metric int) [][]float32 { return m.gathered[metric][:] }", t.model)
		f.p("")
	}
}

// given is the name of the batch in a method that runs l, where b may be its arena.
func (t *trainer) given(l *lowering) string {
	if l.late != nil {
		return "batch"
	}
	return "b"
}

func (t *trainer) writeBind(f *source, l *lowering) {
	given := t.given(l)
	if l.late == nil {
		f.p("m.n = b.N")
	}
	if k := t.h.accumulate; k > 1 && l != t.eval {
		f.p("if m.taken[0]++; m.taken[0] == %d {", k)
		f.p("m.last, m.taken[0] = true, 0")
		f.p("} else {")
		f.p("m.last = false")
		f.p("}")
	}
	for _, v := range l.fn.Inputs {
		field := l.fields[v]
		switch {
		case t.h.isScalar(v):
			f.p("m.%s[0] = %s", field, v.Name)
		case v.Type.DType == tensor.F32:
			f.p("m.%s = %s.Float32(%q)", field, given, v.Name)
		default:
			f.p("m.%s = %s.Int32(%q)", field, given, v.Name)
		}
	}
}

func (t *trainer) writeResults(f *source, l *lowering) {
	find := func(name string) *ir.Value {
		for _, r := range l.fn.Results {
			if r.Name == name {
				return r.Value
			}
		}
		l.bug("%s has no result %s", l.fn.Name, name)
		return nil
	}
	var lines []string
	at := 0
	for i, m := range t.section.Metrics {
		if m.Parts > 0 {
			for k := range m.Parts {
				if l == t.eval {
					lines = append(lines, fmt.Sprintf("m.gathered[%d][%d] = %s", i, k, l.slice(find(fmt.Sprintf("metric.%s.%d", m.Name, k)))))
				}
			}
			continue
		}
		v := find("metric." + m.Name)
		if m.Size > 0 {
			lines = append(lines, fmt.Sprintf("copy(m.metrics[%d:], %s)", at, l.slice(v)))
		} else {
			lines = append(lines, fmt.Sprintf("m.metrics[%d] = %s", at, l.scalar(v)))
		}
		at += statistic(m)
	}
	lines = append(lines, fmt.Sprintf("return %s, m.metrics", l.scalar(find("loss"))))
	f.uses(lines)
	locals(f, lines, t.locals(l))
	for _, line := range lines {
		f.p("%s", line)
	}
}
