package gogen

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// netAPI is one net of the serving package: its model type, its session and its
// prediction.
type netAPI struct {
	u       *unit
	goName  string // LeNet
	goLocal string // leNet
	only    bool   // the package has no other net
	h       *serving
	infer   *lowering
	predict *lowering // nil without a predict section
	section *ir.Predict
	data    *ir.Data
	sets    map[string]*setType

	states  string // variable with the table of weights
	session *scope // fields and methods of the session type
	outs    []string
}

// newNet lowers the functions of one net.
func newNet(u *unit, infer *ir.Func, sets map[string]*setType) (*netAPI, error) {
	m := u.m
	a := &netAPI{u: u, goName: exported(lastName(infer.Net)), goLocal: unexported(lastName(infer.Net)), sets: sets, session: newScope()}
	funcs := []*ir.Func{infer}
	var predict *ir.Func
	for _, p := range m.Predicts {
		if p.Net != infer.Net {
			continue
		}
		if a.section != nil {
			return nil, fmt.Errorf("%s has two predict sections, at lines %d and %d", infer.Net, a.section.Line, p.Line)
		}
		a.section = p
		predict = findFunc(m, p.Func)
		if predict == nil {
			return nil, fmt.Errorf("predict %s names the function %s, which does not exist", p.Net, p.Func)
		}
		funcs = append(funcs, predict)
		for _, d := range m.Data {
			if d.Name == p.Data {
				a.data = d
			}
		}
	}
	states, err := statesOf(m, funcs...)
	if err != nil {
		return nil, err
	}
	a.h = newServing(u, states)
	if a.infer, err = a.lower(infer); err != nil {
		return nil, err
	}
	if predict != nil {
		if a.predict, err = a.lower(predict); err != nil {
			return nil, err
		}
	}
	for _, l := range []*lowering{a.infer, a.predict} {
		if l != nil {
			if err := l.atLoadOnce(); err != nil {
				return nil, err
			}
		}
	}
	return a, a.claim()
}

func findFunc(m *ir.Module, name string) *ir.Func {
	for _, f := range m.Funcs {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// lower turns f into the plan of a session whose inputs are fields.
func (a *netAPI) lower(f *ir.Func) (*lowering, error) {
	l, err := newLowering(a.u, a.h, f)
	if err != nil {
		return nil, err
	}
	fields := newScope()
	for _, name := range []string{"m", "n", "c", "a", "packed", "unused", "closed", "picture"} {
		fields.unique(name)
	}
	for _, v := range f.Inputs {
		l.fields[v] = fields.unique(fieldName(v.Name))
		l.inputs[v] = "s." + l.fields[v]
	}
	return l, l.perCall()
}

func newLowering(u *unit, h holder, f *ir.Func) (*lowering, error) {
	batch, err := batchSymbol(f)
	if err != nil {
		return nil, err
	}
	if f.Memory == nil {
		return nil, fmt.Errorf("%s has no memory plan: run the passes first", f.Name)
	}
	return &lowering{
		u: u, h: h, fn: f, batch: batch, self: "s", read: readers(f),
		inputs: map[*ir.Value]string{}, fields: map[*ir.Value]string{}, places: map[*ir.Value]string{},
	}, nil
}

// claim reserves the exported names of the net.
func (a *netAPI) claim() error {
	net := a.infer.fn.Net
	if a.goName == "" {
		return fmt.Errorf("net %s has no letter that could begin a Go name; rename it", net)
	}
	names := []string{a.goName, a.goName + "Session", "New" + a.goName}
	if a.section != nil {
		names = append(names, a.goName+"Prediction")
	}
	for _, n := range names {
		if err := a.u.top.claim(n, "net "+net); err != nil {
			return err
		}
	}
	a.states = a.u.top.unique(a.goLocal + "States")
	for _, n := range []string{"Run", "Close"} {
		if err := a.session.claim(n, "the method "+n+" of a session"); err != nil {
			return err
		}
	}
	for _, v := range a.infer.fn.Inputs {
		if err := a.session.claim(exported(v.Name), "input "+v.Name+" of net "+net); err != nil {
			return err
		}
	}
	for _, r := range a.infer.fn.Results {
		name := exported(r.Name)
		if err := a.session.claim(name, "output "+r.Name+" of net "+net); err != nil {
			return err
		}
		a.outs = append(a.outs, name)
	}
	return nil
}

// maxBatch is the largest batch of a session: what the where-clause allows, and
// never so many that sizes could overflow.
func (l *lowering) maxBatch() int64 {
	const most = 1 << 16
	if hi, ok := l.fn.Facts.Max[l.batch]; ok && hi < most {
		return hi
	}
	if l.batch == "" {
		return 1
	}
	return most
}

// locals declares the variables that lines use, in one statement.
func locals(f *source, lines []string, values map[string]string) {
	text := codeOf(lines)
	var names, exprs []string
	for _, name := range []string{"m", "c", "n", "a", "g"} {
		if values[name] != "" && regexp.MustCompile(`\b`+name+`\b`).MatchString(text) {
			names = append(names, name)
			exprs = append(exprs, values[name])
		}
	}
	if len(names) > 0 {
		f.p("%s := %s", strings.Join(names, ", "), strings.Join(exprs, ", "))
	}
}

// codeOf joins lines without comments.
func codeOf(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		if code, _, _ := strings.Cut(l, "//"); code != "" {
			b.WriteString(code + "\n")
		}
	}
	return b.String()
}

// uses adds the imports that lines need.
func (f *source) uses(lines []string) {
	text := codeOf(lines)
	for _, p := range []string{pathKernel, pathTensor, pathParallel, pathRuntime} {
		name := p[strings.LastIndexByte(p, '/')+1:]
		if p == pathRuntime {
			name = "nrt"
		}
		if strings.Contains(text, name+".") {
			f.use(p)
		}
	}
}

// goRows returns the Go type of v as rows: []float32 for [N], [][10]float32 for
// [N, 10]; flat when an inner size is not constant.
func (l *lowering) goRows(v *ir.Value) (typ, expr string) {
	e := goTypes[v.Type.DType]
	slice := l.slice(v)
	if len(v.Type.Dims) < 2 {
		return "[]" + e, slice
	}
	row := ""
	for i := 1; i < len(v.Type.Dims); i++ {
		d := l.dim(v, i)
		if !d.isConst() || d.fixed == 0 {
			return "[]" + e, slice
		}
		row += fmt.Sprintf("[%d]", d.fixed)
	}
	return "[]" + row + e, "tensor.Rows[" + row + e + "](" + slice + ")"
}

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
		f.p("idle chan *%s // predictors that no call uses; they do not point here", a.predictor())
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
	f.p("// Errors: a weights file that is damaged or belongs to another network.")
	f.p("func New%s(opts ...nrt.Option) (*%s, error) {", a.goName, a.goName)
	f.p("o := nrt.Resolve(opts)")
	if !a.u.weights {
		f.use("errors")
		f.p("if o.Weights == nil {")
		f.p("return nil, errors.New(%q)", a.u.pkg+": compiled without weights; give them with nrt.Weights")
		f.p("}")
	}
	f.p("w, err := nrt.LoadWeights(%s, o, %s[:])", embedded, a.states)
	f.p("if err != nil {")
	f.p("return nil, fmt.Errorf(%q, err)", a.u.pkg+": %w")
	f.p("}")
	f.p("m := &%s{threads: o.Threads}", a.goName)
	if a.section != nil {
		f.use("runtime")
		f.p("m.idle = make(chan *%s, runtime.GOMAXPROCS(0))", a.predictor())
	}
	f.p("m.load(w)")
	f.p("return m, nil")
	f.p("}")
	f.p("")
	if a.only {
		f.p("// New is New%s.", a.goName)
		f.p("func New(opts ...nrt.Option) (*%s, error) { return New%s(opts...) }", a.goName, a.goName)
		f.p("")
	}
}

func (a *netAPI) writeSession(f *source) {
	f.use("errors", pathKernel)
	l := a.infer
	name := a.goName + "Session"
	f.p("// %s runs %s on batches of one size. One goroutine at a time may use it.", name, a.goName)
	f.p("type %s struct {", name)
	f.p("m *%s", a.goName)
	l.writeFields(f)
	f.p("closed bool")
	f.p("}")
	f.p("")
	batch, arg := "1", ""
	if l.batch != "" {
		batch, arg = "batch", "batch int"
		f.p("// NewSession returns a session for batches of the given size, 1 to %d. All memory", l.maxBatch())
		f.p("// is allocated here: %s.", arenaText(l))
	} else {
		f.p("// NewSession returns a session. All memory is allocated here: %s.", arenaText(l))
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
	f.p("return s, nil")
	f.p("}")
	f.p("")
	for _, v := range l.fn.Inputs {
		f.p("// %s is where the caller writes the input `%s`: %s, row by row.", exported(v.Name), v.Name, v.Type)
		f.p("func (s *%s) %s() []%s { return s.%s }", name, exported(v.Name), goTypes[v.Type.DType], l.fields[v])
		f.p("")
	}
	f.p("// Run computes the outputs from the inputs. It allocates nothing.")
	f.p("//")
	f.p("// Errors: the session is closed.")
	f.p("func (s *%s) Run() error {", name)
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

func (a *netAPI) writeOutputs(f *source, session string) {
	l := a.infer
	for i, r := range l.fn.Results {
		v := r.Value
		f.p("// %s is the output `%s`: %s. It is valid until the next Run.", a.outs[i], r.Name, v.Type)
		if len(v.Type.Dims) == 0 {
			e := l.scalar(v)
			f.uses([]string{e})
			f.p("func (s *%s) %s() %s {", session, a.outs[i], goTypes[v.Type.DType])
			locals(f, []string{e}, sessionLocals)
			f.p("return %s", e)
		} else {
			typ, e := l.goRows(v)
			f.uses([]string{e})
			f.p("func (s *%s) %s() %s {", session, a.outs[i], typ)
			locals(f, []string{e}, sessionLocals)
			f.p("return %s", e)
		}
		f.p("}")
		f.p("")
	}
}

// sessionLocals are the short names inside methods of a session.
var sessionLocals = map[string]string{"m": "s.m", "c": "s.c", "n": "s.n", "a": "s.a"}

// writeFields emits the fields that the plan of l works on.
func (l *lowering) writeFields(f *source) {
	f.use(pathKernel)
	f.p("n int // images of a batch")
	f.p("c *kernel.Ctx")
	f.p("a []float32 // arena")
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
	if len(l.needs) > 0 {
		lines = append(lines, fmt.Sprintf("s.c.Reserve(%s(n))", l.scratch))
	}
	arena, ok := sizeOf(l.fn.Memory.Arena, l.batch)
	if !ok {
		l.bug("the arena of %s is %s", l.fn.Name, l.fn.Memory.Arena)
	}
	lines = append(lines, fmt.Sprintf("s.a = nrt.Floats(%s)", arena.ceilDiv(4)))
	if len(l.packed) > 0 {
		lines = append(lines, fmt.Sprintf("s.packed = nrt.Floats(max(%s))", strings.Join(l.packed, ", ")))
	}
	if len(l.unused) > 0 {
		lines = append(lines, fmt.Sprintf("s.unused = nrt.Floats(max(%s))", strings.Join(l.unused, ", ")))
	}
	for _, v := range l.fn.Inputs {
		n := l.elems(v)
		if v.Type.DType == tensor.F32 {
			lines = append(lines, fmt.Sprintf("s.%s = nrt.Floats(%s)", l.fields[v], n))
		} else {
			lines = append(lines, fmt.Sprintf("s.%s = make([]%s, %s)", l.fields[v], goTypes[v.Type.DType], n))
		}
	}
	locals(f, lines, map[string]string{"n": "s.n"})
	for _, line := range lines {
		f.p("%s", line)
	}
	f.use(pathRuntime)
}

// arenaText tells the size of the arena and how near it is to the lower bound.
func arenaText(l *lowering) string {
	arena, _ := sizeOf(l.fn.Memory.Arena, l.batch)
	bound, ok := sizeOf(l.fn.Memory.Bound, l.batch)
	text := "an arena of " + bytesText(arena)
	if ok && bound != arena {
		text += " (" + bytesText(bound) + " at least)"
	}
	return text
}

// bytesText writes a linear number of bytes for people: 7.9 kB x N.
func bytesText(s size) string {
	human := func(n int64) string {
		switch {
		case n >= 10_000_000:
			return fmt.Sprintf("%.1f MB", float64(n)/1e6)
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
