package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// lateFunc is a function of a training model whose sizes are those of each batch: the
// model keeps the kernels and the arena of the sizes that came last.
type lateFunc struct {
	l      *lowering
	method string // that runs it: step, run1, evaluate
	field  string // of the model: stepSizes
	typ    string // of that field
	check  string // function that checks sizes
	axes   []pictureAxis
}

// pictureAxis is an axis of a field of the batch, as [data.Batch.Shape] tells it.
type pictureAxis struct {
	field string
	at    int // of height and width
	size  sym.Expr
}

// lateFuncs prepares the functions of t whose sizes are known at run time only.
func (t *trainer) lateFuncs() error {
	for i, l := range t.all() {
		if l.late == nil {
			continue
		}
		method := t.method(i)
		q := &lateFunc{
			l: l, method: method, field: t.h.fields.unique(method + "Sizes"),
			typ: t.u.top.unique(t.model + exported(method) + "Sizes"), check: t.u.top.unique(unexported(l.fn.Name) + "Sizes"),
		}
		for _, v := range l.fn.Inputs {
			dims := v.Type.Dims
			if _, fixed := (op.Type{Dims: dims[min(1, len(dims)):]}).Elems().IsConst(); fixed {
				continue // a label, or numbers
			}
			for at, d := range dims[len(dims)-2:] {
				q.axes = append(q.axes, pictureAxis{v.Name, at, d.Size})
			}
		}
		for _, symbol := range l.late.symbols {
			if q.axis(symbol) == nil {
				return fmt.Errorf("%s: train %s cannot be compiled yet: the size %s of %s is not the height or width of a picture", t.u.m.Source, t.section.Net, symbol, l.fn.Name)
			}
		}
		t.late = append(t.late, q)
	}
	return nil
}

// method is the name of what runs function i of [trainer.all].
func (t *trainer) method(i int) string {
	switch {
	case i == len(t.steps):
		return "evaluate"
	case len(t.steps) == 1:
		return "step"
	}
	return fmt.Sprintf("run%d", i+1)
}

// axis returns the first axis whose size is the symbol, nil for none.
func (q *lateFunc) axis(symbol string) *pictureAxis {
	for i := range q.axes {
		if q.axes[i].size.Equal(sym.Symbol(symbol)) {
			return &q.axes[i]
		}
	}
	return nil
}

// lateOf returns what is kept for l, nil where its sizes are constants.
func (t *trainer) lateOf(l *lowering) *lateFunc {
	for _, q := range t.late {
		if q.l == l {
			return q
		}
	}
	return nil
}

// locals are the short names inside the plan of l.
func (t *trainer) locals(l *lowering) map[string]string {
	q := t.lateOf(l)
	if q == nil {
		return trainingLocals
	}
	at := "m." + q.field
	short := map[string]string{"c": "m.c", "g": "m.gradients", "n": at + ".n", "b": at + ".b", "p": "&" + at + ".p"}
	for _, symbol := range l.late.symbols {
		name := l.late.names[symbol]
		short[name] = at + "." + name
	}
	return short
}

// linear are the functions whose sizes are linear in the batch.
func (t *trainer) linear() []*lowering {
	return slices.DeleteFunc(t.all(), func(l *lowering) bool { return l.late != nil })
}

// writeSizes emits the types of what is kept for the sizes of a batch.
func (t *trainer) writeSizes(f *source) {
	for _, q := range t.late {
		f.use(pathKernel)
		f.p("// %s is what %s needs for batches of one size.", q.typ, q.method)
		f.p("type %s struct {", q.typ)
		f.p("n int // records")
		q.l.writeSizeFields(f)
		f.p("}")
		f.p("")
	}
}

// writeFit emits the method that prepares the model for the sizes of a batch.
func (t *trainer) writeFit(f *source) {
	if len(t.late) == 0 {
		return
	}
	f.p("// Fit makes the kernels and the arena for the sizes of b, which Step computes next, or")
	f.p("// Eval where training is false.")
	f.p("//")
	f.p("// Errors: sizes that the where-clauses of the source exclude, or that need more memory")
	f.p("// than there is: a *kernel.RoomError.")
	f.p("func (m *%s) Fit(b *data.Batch, training bool) error {", t.model)
	if eval := t.lateOf(t.eval); eval != nil {
		f.p("if !training {")
		f.p("return m.fit%s(b)", exported(eval.method))
		f.p("}")
	}
	for i, l := range t.steps {
		if q := t.lateOf(l); q != nil {
			part := ""
			if len(t.steps) > 1 {
				part = fmt.Sprintf(" && m.part == %d", i)
			}
			f.p("if training%s {", part)
			f.p("return m.fit%s(b)", exported(q.method))
			f.p("}")
		}
	}
	f.p("return nil")
	f.p("}")
	f.p("")
	for _, q := range t.late {
		t.writeFitOne(f, q)
	}
}

// writeFitOne emits the preparation of one function.
func (t *trainer) writeFitOne(f *source, q *lateFunc) {
	l := q.l
	f.use(pathRuntime, pathTensor)
	f.p("// fit%s makes %s ready for the sizes of b; those of the batch before are kept.", exported(q.method), q.method)
	f.p("func (m *%s) fit%s(b *data.Batch) error {", t.model, exported(q.method))
	params, args := l.params()
	if params == "" {
		l.bug("%s is late without sizes", l.fn.Name)
	}
	if l.batch != "" {
		f.p("batch := b.N")
	}
	q.writeShapes(f)
	f.p("s := &m.%s", q.field)
	same := []string{"s.b != nil"}
	set := []string{}
	if l.batch != "" {
		same, set = append(same, "s.n == batch"), append(set, "n: batch")
	}
	for _, symbol := range l.late.symbols {
		name := l.late.names[symbol]
		same, set = append(same, fmt.Sprintf("s.%s == %s", name, name)), append(set, fmt.Sprintf("%s: %s", name, name))
	}
	f.p("if %s {", strings.Join(same, " && "))
	f.p("return nil")
	f.p("}")
	f.p("if err := %s(%s); err != nil {", q.check, args)
	f.p("return err")
	f.p("}")
	f.p("*s = %s{%s} // the arena of other sizes may go before this one is made", q.typ, strings.Join(set, ", "))
	lines := l.lateAlloc()
	f.uses(lines)
	if len(l.unused) > 0 {
		lines = append(lines, fmt.Sprintf("if k := max(%s); len(m.unused) < k {", strings.Join(l.unused, ", ")), "m.unused = m.c.Floats(k)", "}")
	}
	locals(f, lines, map[string]string{"n": "s.n", "p": "&s.p"})
	for _, line := range lines {
		f.p("%s", line)
	}
	f.p("if err := m.c.Room(); err != nil {")
	f.p("s.b = nil")
	f.p("return fmt.Errorf(%q, err)", "a batch of these sizes %w")
	f.p("}")
	f.p("return nil")
	f.p("}")
	f.p("")
	l.writeCheck(f, q.check)
}

// writeShapes emits the sizes of a batch as locals, and makes sure that fields with one
// size in the source have one.
func (q *lateFunc) writeShapes(f *source) {
	f.use("fmt")
	known := map[string]bool{}
	for i := 0; i < len(q.axes); i += 2 {
		names, wanted := [2]string{"_", "_"}, [2]string{}
		for at, axis := range q.axes[i : i+2] {
			symbols := axis.size.Symbols()
			switch {
			case len(symbols) == 1 && !known[symbols[0]] && axis.size.Equal(sym.Symbol(symbols[0])):
				known[symbols[0]] = true
				names[at] = q.l.late.names[symbols[0]]
			default:
				names[at] = [2]string{"foundHeight", "foundWidth"}[at]
				wanted[at] = q.l.late.text(axis.size)
			}
		}
		field := q.axes[i].field
		if wanted == ([2]string{}) {
			f.p("_, %s, %s := b.Shape(%q)", names[0], names[1], field)
			continue
		}
		var differ []string
		for at := range wanted {
			if wanted[at] != "" {
				differ = append(differ, fmt.Sprintf("%s != %s", names[at], wanted[at]))
			} else {
				wanted[at] = names[at]
			}
		}
		shape := fmt.Sprintf("_, %s, %s := b.Shape(%q)", names[0], names[1], field)
		if len(differ) < len(wanted) { // the other one is a size that is read below
			f.p("%s", shape)
			f.p("if %s {", differ[0])
		} else {
			f.p("if %s; %s {", shape, strings.Join(differ, " || "))
		}
		f.p("return fmt.Errorf(%q, %s, %s, %s, %s)", "found "+field+" of %d by %d pixels, expected %d by %d", names[1], names[0], wanted[1], wanted[0])
		f.p("}")
	}
}

// typicalShape returns the sizes of an input of a step for a measurement: (C, H, W),
// right-aligned, and where they are known at run time only those next to 256.
func typicalShape(f *ir.Func, v *ir.Value) (shape [3]int64, ok bool) {
	env := typical(f, lateBatch(f))
	shape = [3]int64{1, 1, 1}
	for i, d := range v.Type.Dims[1:] {
		n, err := d.Size.Eval(env)
		at := i + 3 - len(v.Type.Dims[1:])
		if err != nil || at < 0 {
			return shape, false
		}
		shape[at] = n
	}
	return shape, true
}
