package gogen

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// smallest returns s, or for a late size its value at the smallest sizes that leave
// something of every value: those of the plans that only pack weights.
func (l *lowering) smallest(s size) int64 {
	if s.late == nil {
		return s.at(1)
	}
	n, err := s.late.e.Eval(sample(l.fn, 0))
	if err != nil {
		l.refuse(nil, "the where-clauses leave no size: %v", err)
	}
	return n
}

// sessionPlan returns the expression of a kernel plan that each session makes for
// its sizes. Equal plans of one stage are one field.
func (l *lowering) sessionPlan(in *ir.Instr, suffix, typ, build string) string {
	if l.atLoad {
		l.refuse(in, "a weight depends on the size of pictures")
	}
	key := in.Stage + "\x00" + build
	if l.planNames == nil {
		l.planNames, l.planScope = map[string]string{}, newScope()
	}
	name := l.planNames[key]
	if name == "" {
		name = l.planScope.unique(stageName(in.Stage) + suffix)
		l.planNames[key] = name
		l.plans = append(l.plans, field{name, typ, build, l.where(in)})
	}
	return "p." + name
}

// planType is the type that holds those plans.
func (l *lowering) planType() string { return unexported(l.fn.Name) + "Plans" }

// writePlanType emits it.
func (l *lowering) writePlanType(f *source) {
	if len(l.plans) == 0 {
		return
	}
	f.p("// %s are the kernels of %s for one size of pictures.", l.planType(), l.fn.Name)
	f.p("type %s struct {", l.planType())
	for _, k := range l.plans {
		f.uses([]string{k.typ})
		f.p("%s %s // %s", k.name, k.typ, k.doc)
	}
	f.p("}")
	f.p("")
}

// locals are the short names inside methods of what l runs in.
func (l *lowering) locals() map[string]string {
	model := "s.m"
	if l.settles {
		model = "s.m.settling.Now(s.m)"
	}
	if l.late == nil {
		return map[string]string{"m": model, "c": "s.c", "n": "s.n", "a": "s.a"}
	}
	short := map[string]string{"m": model, "c": "s.c", "n": "s.n", "b": "s.b", "p": "&s.p"}
	for _, symbol := range l.late.symbols {
		name := l.late.names[symbol]
		short[name] = "s." + name
	}
	return short
}

// params returns the sizes that a session takes, as parameters and as arguments.
func (l *lowering) params() (params, args string) {
	var names []string
	if l.batch != "" {
		names = append(names, "batch")
	}
	if l.late != nil {
		for _, symbol := range l.late.symbols {
			names = append(names, l.late.names[symbol])
		}
	}
	if args = strings.Join(names, ", "); args == "" {
		return "", ""
	}
	return args + " int", args
}

// sizesAt returns the arguments of NewSession for env, with a batch of its own when
// batch is not "".
func (l *lowering) sizesAt(batch string, env map[string]int64) string {
	var args []string
	if l.batch != "" {
		if batch == "" {
			batch = fmt.Sprint(env[l.batch])
		}
		args = append(args, batch)
	}
	if l.late != nil {
		for _, symbol := range l.late.symbols {
			args = append(args, fmt.Sprint(env[symbol]))
		}
	}
	return strings.Join(args, ", ")
}

// writeSizeFields emits the fields of the sizes besides n.
func (l *lowering) writeSizeFields(f *source) {
	for _, symbol := range l.late.symbols {
		f.p("%s int // %s", l.late.names[symbol], symbol)
	}
	if len(l.plans) > 0 {
		f.p("p %s // kernels for these sizes", l.planType())
	}
	f.p("b [][]float32 // blocks of the arena")
}

// writeCheck emits a function that checks the sizes against the where-clauses.
func (l *lowering) writeCheck(f *source, name string) {
	f.use(pathRuntime)
	params, _ := l.params()
	f.p("// %s checks the sizes of %s against the where-clauses of the source.", name, l.fn.Name)
	f.p("func %s(%s) error {", name, params)
	rows := []string{}
	most := l.maxBatch()
	bound := func(symbol, value string, max int64) {
		lo, _ := l.fn.Facts.Sample(symbol, 0)
		multiple := int64(1)
		if d := l.fn.Facts.Divides[symbol]; d > 1 {
			multiple = d
		}
		if hi, ok := l.fn.Facts.Max[symbol]; ok {
			max = min(max, hi)
		}
		rows = append(rows, fmt.Sprintf("nrt.Size{Name: %q, Value: %s, Min: %d, Max: %d, Multiple: %d}", symbol, value, lo, max, multiple))
	}
	if l.batch != "" {
		bound(l.batch, "batch", most)
	}
	for _, symbol := range l.late.symbols {
		bound(symbol, l.late.names[symbol], maxSize)
	}
	f.p("if err := nrt.CheckSizes(%.4g, %s); err != nil {", l.late.largest(l.fn), strings.Join(rows, ", "))
	f.p("return err")
	f.p("}")
	todo := l.late.obligations(l.fn)
	var lines []string
	for _, o := range todo {
		lines = append(lines, fmt.Sprintf("if size := %s; size < 1 {", o.text),
			fmt.Sprintf("return fmt.Errorf(%q, %s, size)", "found "+l.sizesFormat()+": too small, "+strings.ReplaceAll(o.what, "%", "%%")+" would give an axis of %d", l.sizeArgs()),
			"}")
	}
	if len(todo) > 0 {
		f.use("fmt")
	}
	if l.batch != "" && strings.Contains(codeOf(lines), "n") {
		locals(f, lines, map[string]string{"n": "batch"})
	}
	for _, line := range lines {
		f.p("%s", line)
	}
	f.p("return nil")
	f.p("}")
	f.p("")
}

// maxSize bounds an axis of a picture, as maxBatch does the batch.
const maxSize = 1 << 16

func (l *lowering) sizesFormat() string {
	var parts []string
	for _, symbol := range l.late.symbols {
		parts = append(parts, symbol+" = %d")
	}
	if len(parts) == 0 {
		return l.batch + " = %d"
	}
	return strings.Join(parts, ", ")
}

func (l *lowering) sizeArgs() string {
	var args []string
	for _, symbol := range l.late.symbols {
		args = append(args, l.late.names[symbol])
	}
	if len(args) == 0 {
		return "batch"
	}
	return strings.Join(args, ", ")
}

// lateAlloc returns the statements that make the kernels and the arena of s, a session or
// what a training model keeps for its sizes.
func (l *lowering) lateAlloc() []string {
	var lines []string
	for _, k := range l.plans {
		lines = append(lines, fmt.Sprintf("p.%s = %s", k.name, k.init))
	}
	if len(l.needs) > 0 {
		lines = append(lines, fmt.Sprintf("%s.c.Reserve(%s.%s())", l.self, l.self, l.scratch))
	}
	lines = append(lines, fmt.Sprintf("s.b = nrt.Blocks(%s.c, []tensor.Block{", l.self))
	for _, b := range l.fn.Memory.Blocks {
		lines = append(lines, fmt.Sprintf("{Bytes: int64(%s), First: %d, Last: %d},", l.late.size(b.Size), b.First, b.Last))
	}
	return append(lines, "})")
}

// writeLateConstructor emits NewSession for a net with several run-time sizes.
func (a *netAPI) writeLateConstructor(f *source, name string) {
	l := a.infer
	params, args := l.params()
	check := a.u.top.unique(a.goLocal + "Sizes")
	f.p("// NewSession returns a session for the sizes %s. All memory is allocated here: an", strings.Join(l.fn.Symbols(), ", "))
	f.p("// arena of %s.", arenaText(l))
	f.p("//")
	f.p("// Errors: sizes that the where-clauses of the source exclude, or that need more memory")
	f.p("// than there is: a *kernel.RoomError.")
	f.p("func (m *%s) NewSession(%s) (*%s, error) {", a.goName, params, name)
	f.p("if err := %s(%s); err != nil {", check, args)
	f.p("return nil, fmt.Errorf(%q, err)", a.u.pkg+": %w")
	f.p("}")
	l.writeMake(f, name)
	var sizes, values []string
	for _, symbol := range l.fn.Symbols() {
		name := l.late.names[symbol]
		if symbol == l.batch {
			name = "batch"
		}
		sizes, values = append(sizes, symbol+" = %d"), append(values, name)
	}
	writeRoom(f, a.u.pkg+": a session of "+strings.Join(sizes, ", "), values...)
	f.p("return s, nil")
	f.p("}")
	f.p("")
	l.writeCheck(f, check)
}

// writeMake emits the statements that make s, a session or predictor, for checked
// sizes.
func (l *lowering) writeMake(f *source, typ string) {
	batch := "1"
	if l.batch != "" {
		batch = "batch"
	}
	set := ""
	for _, symbol := range l.late.symbols {
		set += fmt.Sprintf(", %s: %s", l.late.names[symbol], l.late.names[symbol])
	}
	f.p("s := &%s{m: m, n: %s%s}", typ, batch, set)
	f.p("s.c = nrt.Context(s, m.threads)")
	l.writeAlloc(f)
}
