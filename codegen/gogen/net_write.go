package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// writeModel emits the model type, its constructor and its session.
func (a *netAPI) writeModel(f *source) {
	f.use("fmt", pathRuntime)
	a.writeType(f)
	a.writeNew(f)
	a.writeSession(f)
}

func (a *netAPI) writeType(f *source) {
	doc := a.infer.fn.Doc
	if doc == "" {
		doc = fmt.Sprintf("%s is a network: %s.", a.goName, signature(a.infer.fn))
	}
	f.doc(doc)
	f.p("//")
	f.p("// A %s holds weights in the layout of its kernels. It is immutable and safe for", a.goName)
	f.p("// concurrent use: each session, and each running prediction, has an arena of its own.")
	f.p("type %s struct {", a.goName)
	f.p("threads int")
	if a.section != nil {
		f.p("preparation *nrt.Preparation")
		if a.predict.late != nil {
			f.use("sync")
			f.p("idle *nrt.Idle[%s, *%s] // predictors that no call uses, by size; they do not point here", a.sizeKey(), a.predictor())
			f.p("preparers sync.Pool // of *nrt.Preparer")
		} else {
			f.p("idle chan *%s // predictors that no call uses; they do not point here", a.predictor())
		}
	}
	if a.settles {
		f.p("settling *nrt.Settling[%s] // of the weights that are compiled in", a.goName)
	}
	for _, k := range a.h.kept {
		f.p("%s []float32 // %s", k.name, k.doc)
	}
	for _, key := range slices.Sorted(maps.Keys(a.h.setups)) {
		if sv := a.h.setups[key]; sv.kept {
			f.p("%s []%s // %s", sv.name, sv.typ, sv.doc)
		}
	}
	for _, p := range a.h.packs {
		f.p("%s []float32 // %s, packed", p.name, p.doc)
	}
	f.p("}")
	f.p("")
}

func signature(f *ir.Func) string {
	var in, out []string
	for _, v := range f.Inputs {
		in = append(in, v.Name+": "+v.Type.String())
	}
	for _, r := range f.Results {
		out = append(out, r.Name+": "+r.Value.Type.String())
	}
	return "(" + strings.Join(in, ", ") + ") -> (" + strings.Join(out, ", ") + ")"
}

func (a *netAPI) writeNew(f *source) {
	embedded := "nil"
	if a.u.weights {
		embedded = "weightsFile"
	}
	f.p("// New%s returns the network with the weights that are compiled in, or with those", a.goName)
	f.p("// that the option nrt.Weights gives.")
	f.p("//")
	f.p("// Errors: a weights file that is damaged or belongs to another network; an instruction")
	f.p("// set in NETC_ISA that there is none of.")
	f.p("func New%s(opts ...nrt.Option) (*%s, error) {", a.goName, a.goName)
	f.p("o, err := nrt.Resolve(opts)")
	a.writeFailed(f)
	if !a.u.weights {
		f.use("errors")
		f.p("if o.Weights == nil {")
		f.p("return nil, errors.New(%q)", a.u.pkg+": compiled without weights; give them with nrt.Weights")
		f.p("}")
	}
	if a.parts == nil {
		f.p("w, err := nrt.LoadWeights(%s, o, %s[:])", embedded, a.states)
		a.writeFailed(f)
	}
	f.p("m := &%s{threads: o.Threads}", a.goName)
	if a.section != nil {
		f.use("runtime")
		f.p("if m.preparation, err = nrt.NewPreparation(%s); err != nil {", a.prepare)
		f.p("return nil, fmt.Errorf(%q, err)", a.u.pkg+": data "+a.section.Data+": %w")
		f.p("}")
		if a.predict.late != nil {
			f.p("m.idle = nrt.NewIdle[%s](runtime.GOMAXPROCS(0), (*%s).close)", a.sizeKey(), a.predictor())
		} else {
			f.p("m.idle = make(chan *%s, runtime.GOMAXPROCS(0))", a.predictor())
		}
	}
	if a.parts == nil {
		f.p("m.load(w)")
	} else {
		f.p("if o.Weights == nil {")
		f.p("p, err := nrt.EmbeddedWeights(%s, o, %s[:])", embedded, a.partsName)
		a.writeFailed(f)
		f.p("m.use(p)")
		if a.settles {
			f.p("m.settling = nrt.Settle(weightsFile, p, o, (*%s).use)", a.goName)
		}
		f.p("return m, nil")
		f.p("}")
		f.p("w, err := nrt.LoadWeights(nil, o, %s[:])", a.states)
		a.writeFailed(f)
		f.p("m.load(w)")
	}
	f.p("return m, nil")
	f.p("}")
	f.p("")
	if a.only {
		f.p("// New is New%s.", a.goName)
		f.p("func New(opts ...nrt.Option) (*%s, error) { return New%s(opts...) }", a.goName, a.goName)
		f.p("")
	}
}

// writeFailed emits what New does with an error.
func (a *netAPI) writeFailed(f *source) {
	f.p("if err != nil {")
	f.p("return nil, fmt.Errorf(%q, err)", a.u.pkg+": %w")
	f.p("}")
}

func (a *netAPI) writeSession(f *source) {
	f.use("errors", pathKernel)
	l := a.infer
	name := a.goName + "Session"
	what := "batches of one size"
	if l.late != nil {
		what = "pictures of one size"
	}
	f.p("// %s runs %s on %s. One goroutine at a time may use it.", name, a.goName, what)
	f.p("type %s struct {", name)
	f.p("m *%s", a.goName)
	l.writeFields(f)
	f.p("closed bool")
	f.p("}")
	f.p("")
	if l.late != nil {
		a.writeLateConstructor(f, name)
	} else {
		a.writeConstructor(f, name)
	}
	for _, v := range l.fn.Inputs {
		f.p("// %s is where the caller writes the input `%s`: %s, row by row.", exported(v.Name), v.Name, v.Type)
		f.p("func (s *%s) %s() []%s { return s.%s }", name, exported(v.Name), goTypes[v.Type.DType], l.fields[v])
		f.p("")
	}
	f.p("// Run computes the outputs from the inputs. It allocates nothing.")
	f.p("//")
	looks := slices.ContainsFunc(l.fn.Instrs, func(in *ir.Instr) bool { return in.Op.Name == "gather" || in.Op.Name == "scatter_add" })
	if looks {
		f.use(pathRuntime)
		f.p("// Errors: the session is closed; an index outside its axis, a *kernel.IndexError.")
		f.p("func (s *%s) Run() (err error) {", name)
		f.p("defer nrt.Refused(%q, &err)", a.u.pkg)
	} else {
		f.p("// Errors: the session is closed.")
		f.p("func (s *%s) Run() error {", name)
	}
	f.p("if s.closed {")
	f.p("return errors.New(%q)", a.u.pkg+": the session is closed")
	f.p("}")
	f.p("s.infer()")
	f.p("return nil")
	f.p("}")
	f.p("")
	a.writeOutputs(f, name)
	f.p("// Close ends the threads of the session, which must be idle.")
	f.p("func (s *%s) Close() {", name)
	f.p("s.closed = true")
	f.p("s.c.Pool.Close()")
	f.p("}")
	f.p("")
}

// writeConstructor emits NewSession for the one run-time size that most nets have.
func (a *netAPI) writeConstructor(f *source, name string) {
	l := a.infer
	batch, arg := "1", ""
	if l.batch != "" {
		batch, arg = "batch", "batch int"
		f.p("// NewSession returns a session for batches of the given size, 1 to %d. All memory", l.maxBatch())
		f.p("// is allocated here: an arena of %s.", arenaText(l))
	} else {
		f.p("// NewSession returns a session. All memory is allocated here: an arena of %s.", arenaText(l))
	}
	f.p("func (m *%s) NewSession(%s) (*%s, error) {", a.goName, arg, name)
	if l.batch != "" {
		f.p("if batch < 1 || batch > %d {", l.maxBatch())
		f.p("return nil, fmt.Errorf(%q, batch)", fmt.Sprintf("%s: found a batch of %%d, expected 1 to %d", a.u.pkg, l.maxBatch()))
		f.p("}")
	}
	f.p("s := &%s{m: m, n: %s}", name, batch)
	f.p("s.c = nrt.Context(s, m.threads)")
	l.writeAlloc(f)
	if l.batch != "" {
		writeRoom(f, a.u.pkg+": a batch of %d", batch)
	} else {
		writeRoom(f, a.u.pkg+": a session")
	}
	f.p("return s, nil")
	f.p("}")
	f.p("")
}

func (a *netAPI) writeOutputs(f *source, session string) {
	l := a.infer
	for i, r := range l.fn.Results {
		v := r.Value
		f.p("// %s is the output `%s`: %s. It is valid until the next Run.", a.outs[i], r.Name, v.Type)
		if len(v.Type.Dims) == 0 {
			e := l.scalar(v)
			f.uses([]string{e})
			f.p("func (s *%s) %s() %s {", session, a.outs[i], goTypes[v.Type.DType])
			locals(f, []string{e}, l.locals())
			f.p("return %s", e)
		} else {
			typ, e := l.goRows(v)
			f.uses([]string{e})
			f.p("func (s *%s) %s() %s {", session, a.outs[i], typ)
			locals(f, []string{e}, l.locals())
			f.p("return %s", e)
		}
		f.p("}")
		f.p("")
	}
}

// writeFields emits the fields that the plan of l works on.
func (l *lowering) writeFields(f *source) {
	f.use(pathKernel)
	f.p("n int // images of a batch")
	f.p("c *kernel.Ctx")
	if l.late != nil {
		l.writeSizeFields(f)
	} else {
		f.p("a []float32 // arena")
	}
	if len(l.packed) > 0 {
		f.p("packed []float32 // weights of one kernel, packed for each call")
	}
	if len(l.unused) > 0 {
		f.p("unused []float32 // results that nobody reads")
	}
	for _, v := range l.fn.Inputs {
		f.p("%s []%s // %s", l.fields[v], goTypes[v.Type.DType], v.Type)
	}
	for _, t := range l.tasks {
		f.p("%s %s", taskField(t), t)
	}
}

// writeAlloc emits the allocation of those fields for s.n images.
func (l *lowering) writeAlloc(f *source) {
	var lines []string
	if l.late != nil {
		lines = l.lateAlloc()
		f.uses(lines)
	} else {
		lines = l.linearAlloc()
	}
	if len(l.packed) > 0 {
		lines = append(lines, fmt.Sprintf("s.packed = s.c.Floats(max(%s))", strings.Join(l.packed, ", ")))
	}
	if len(l.unused) > 0 {
		lines = append(lines, fmt.Sprintf("s.unused = s.c.Floats(max(%s))", strings.Join(l.unused, ", ")))
	}
	for _, v := range l.fn.Inputs {
		n := l.elems(v)
		if v.Type.DType == tensor.F32 {
			lines = append(lines, fmt.Sprintf("s.%s = s.c.Floats(%s)", l.fields[v], n))
		} else {
			lines = append(lines, fmt.Sprintf("s.%s = kernel.Make[%s](s.c, %s)", l.fields[v], goTypes[v.Type.DType], n))
		}
	}
	if l.late != nil {
		locals(f, lines, map[string]string{"n": "s.n", "p": "&s.p"}) // other sizes are parameters
	} else {
		locals(f, lines, map[string]string{"n": "s.n"})
	}
	for _, line := range lines {
		f.p("%s", line)
	}
	f.use(pathRuntime)
}

// writeRoom emits the end of a constructor where there is no room for what it made: an
// error of this format, of args and of what is lacking.
func writeRoom(f *source, format string, args ...string) {
	f.use("fmt")
	f.p("if err := s.c.Room(); err != nil {")
	f.p("s.c.Pool.Close()")
	f.p("return nil, fmt.Errorf(%q, %s)", format+" %w", strings.Join(append(args, "err"), ", "))
	f.p("}")
}

// linearAlloc allocates scratch and an arena whose offsets are linear in the batch.
func (l *lowering) linearAlloc() []string {
	var lines []string
	switch group := "0"; {
	case len(l.segments) > 0:
		if l.scratch != "" {
			group = "group"
			lines = append(lines, fmt.Sprintf("perWorker, shared, group := %s(n)", l.scratch), "s.c.Reserve(perWorker, shared)")
		}
		lines = append(lines, fmt.Sprintf("s.c.ReserveGroups(%s, %s)", l.groupArena(), group))
	case l.scratch != "":
		lines = append(lines, fmt.Sprintf("s.c.Reserve(%s(n))", l.scratch))
	}
	return append(lines, fmt.Sprintf("s.a = s.c.Floats(%s)", l.arenaFloats()))
}

// arenaText tells the size of the arena and how near the plan is to the lower
// bound: the bytes alive at the fullest step.
func arenaText(l *lowering) string {
	if l.late != nil {
		env := typical(l.fn, l.batch)
		at, err := l.fn.At(env)
		if err != nil || at.Bound == 0 {
			return "a size that follows from the picture"
		}
		return fmt.Sprintf("%s (%.3f of the lower bound) at %s", bytesText(constant(at.Arena)), float64(at.Arena)/float64(at.Bound), envText(l.fn, env))
	}
	arena, linear := sizeOf(l.fn.Memory.Arena, l.batch)
	text := bytesText(arena)
	if !linear {
		text = fmt.Sprintf("%s for one image, %s for 32", bytesText(constant(l.arenaAt(1))), bytesText(constant(l.arenaAt(32))))
	}
	one := map[string]int64{}
	if l.batch != "" {
		one[l.batch] = 1
	}
	if bound, err := l.fn.Memory.Bound.Eval(one); err == nil && bound > 0 {
		text += fmt.Sprintf(" (%.3f of the lower bound)", float64(l.arenaAt(1))/float64(bound))
	}
	return text
}

// envText writes sizes for people: N = 1, H = 256.
func envText(f *ir.Func, env map[string]int64) string {
	var parts []string
	for _, s := range f.Symbols() {
		parts = append(parts, fmt.Sprintf("%s = %d", s, env[s]))
	}
	return strings.Join(parts, ", ")
}

// bytesText writes a linear number of bytes for people: 7.9 kB x N.
func bytesText(s size) string {
	human := func(n int64) string {
		switch {
		case n >= 1_000_000:
			return fmt.Sprintf("%.2f MB", float64(n)/1e6)
		case n >= 1000:
			return fmt.Sprintf("%.1f kB", float64(n)/1e3)
		}
		return fmt.Sprintf("%d B", n)
	}
	switch {
	case s.slope == 0:
		return human(s.fixed)
	case s.fixed == 0:
		return human(s.slope) + " x N"
	}
	return human(s.slope) + " x N + " + human(s.fixed)
}
