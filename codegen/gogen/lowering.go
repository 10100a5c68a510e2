package gogen

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
)

// lowering turns one function into the lines of its plan. Inside those lines n
// is the batch, a the arena, c the kernel context, m the model with the weights
// and s the owner of tasks and scratch.
type lowering struct {
	u      *unit
	h      holder
	fn     *ir.Func
	batch  string               // symbol that n stands for; "" when no size depends on it
	late   *sizeNames           // run-time sizes besides the batch; nil when all are linear in it
	powers *sizeNames           // for sizes that grow with a power of the batch
	read   map[*ir.Value]int    // operands and results that read each value
	self   string               // variable that owns tasks and scratch: s or m
	inputs map[*ir.Value]string // expressions of the inputs
	fields map[*ir.Value]string // and their field names
	places map[*ir.Value]string

	lines     []string // what runs with every call
	segments  []*segment
	group     *segment // the one whose instructions are lowered now; nil outside
	load      []string // what runs once, when a model is made
	atLoad    bool
	needs     []string // calls that return (perWorker, shared) floats of scratch
	loadNeeds []string // those of what runs at load
	scratch   string   // function that returns the largest of needs
	plans     []field  // kernel plans of a session, for its sizes
	planNames map[string]string
	planScope *scope
	tasks     []string // types of the regions it runs
	settles   bool     // its model settles: nrt.Settling
	packed    []string // lengths of what is packed right before its use
	unused    []string // sizes of scratch for results that nobody reads
	errs      []error  // refusals, one per instruction
}

// refusal unwinds to the instruction that cannot be compiled.
type refusal struct{ err error }

// position returns p as file:line:col with the base name only: output
// must not depend on where the source lies.
func position(p diag.Pos) string {
	if !p.IsValid() {
		return ""
	}
	p.File = filepath.Base(p.File)
	return p.String()
}

// refuse stops the current instruction with an error in the user's words.
func (l *lowering) refuse(in *ir.Instr, format string, args ...any) {
	where, what := "", "an input"
	if in != nil {
		where, what = position(in.Pos), "`"+in.Op.Name+"`"
		if in.Stage != "" {
			what += " of " + in.Stage
		}
	}
	if where == "" {
		where = l.u.m.Source
	}
	panic(refusal{fmt.Errorf("%s: %s: %s cannot be compiled yet: %s", where, l.fn.Name, what, fmt.Sprintf(format, args...))})
}

func (l *lowering) bug(format string, args ...any) { diag.Bugf("gogen: "+format, args...) }

// p adds a line to the plan, or to what runs at load.
func (l *lowering) p(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if l.atLoad {
		l.load = append(l.load, line)
		return
	}
	if l.group != nil {
		l.group.lines = append(l.group.lines, line)
		return
	}
	l.lines = append(l.lines, line)
}

// perCall lowers what runs with every call. It comes before atLoadOnce for all
// functions of a model, so that it is known then what the model must keep.
func (l *lowering) perCall() error {
	for i, in := range l.fn.Instrs {
		l.enter(l.fn.SegmentOf(i))
		l.joint(i, true)
		if !l.h.loadsOnce() || !runsAtLoad(in) {
			l.one(in)
		}
		l.joint(i, false)
	}
	l.enter(0)
	return errors.Join(l.errs...)
}

// joint opens a step of the threads where one begins with instruction i, or closes the
// one that ends there. In a package for a profile every instruction is one by itself.
func (l *lowering) joint(i int, opens bool) {
	for _, j := range l.fn.Joints {
		switch {
		case l.u.profile:
		case opens && i == j.First:
			l.p("c.Begin() // threads go through what follows without waiting for each other")
		case !opens && i == j.Last:
			l.p("c.End()")
		}
	}
}

// atLoadOnce lowers what runs when a model is made.
func (l *lowering) atLoadOnce() error {
	l.atLoad, l.places = true, map[*ir.Value]string{}
	for _, in := range l.fn.Instrs {
		if l.h.loadsOnce() && runsAtLoad(in) {
			l.one(in)
		}
	}
	return errors.Join(l.errs...)
}

// runsAtLoad reports whether the results of in are computed once from the
// weights.
func runsAtLoad(in *ir.Instr) bool {
	if in.Op.Name == "iota" {
		return false // a variable of the package
	}
	return len(in.Outs) > 0 && slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return v.Mem.Space == ir.SetupSpace })
}

func (l *lowering) one(in *ir.Instr) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			if len(l.errs) < 10 {
				l.errs = append(l.errs, r.err)
			}
		default:
			panic(r)
		}
	}()
	emit := emitters[in.Op.Name]
	if emit == nil {
		l.refuse(in, "there is no kernel for it")
	}
	if l.atLoad && !l.h.declare(l, in) {
		return
	}
	for _, v := range slices.Concat(in.Args, in.Outs) {
		if v != nil && goTypes[v.Type.DType] == "" {
			l.refuse(in, "element type %s has no kernel", v.Type.DType)
		}
	}
	emit(l, in)
}

// comment writes what the next call computes and where the source says so.
func (l *lowering) comment(in *ir.Instr, extra ...string) { l.commentOn(in, in.Args, extra...) }

// commentOn is comment with the operands that are worth naming.
func (l *lowering) commentOn(in *ir.Instr, args []*ir.Value, extra ...string) {
	var b strings.Builder
	b.WriteString("// ")
	if in.Stage != "" {
		b.WriteString(in.Stage + ": ")
	}
	b.WriteString(in.Op.Name)
	for i, a := range args {
		if a == nil {
			continue
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + typeText(a))
	}
	if len(in.Outs) > 0 {
		b.WriteString(" ->")
		for i, o := range in.Outs {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + typeText(o))
		}
	}
	for _, e := range extra {
		if e != "" {
			b.WriteString(" " + e)
		}
	}
	if p := position(in.Pos); p != "" {
		b.WriteString(" (" + p + ")")
	}
	l.p("%s", b.String())
	l.mark(in)
}

// typeText writes type and layout of v for people.
func typeText(v *ir.Value) string {
	if v.Layout.Plain() {
		return v.Type.String()
	}
	return v.Type.String() + "{" + v.Layout.String() + "}"
}

// batchSymbol returns the symbol that counts the pictures of f, "" for none. It is
// the only one unless the sizes of f are known at run time only.
func batchSymbol(f *ir.Func) (string, error) {
	if isLate(f) {
		return lateBatch(f), nil
	}
	symbols := f.Symbols()
	switch len(symbols) {
	case 0:
		return "", nil
	case 1:
		return symbols[0], nil
	}
	return "", fmt.Errorf("%s: its inputs depend on the run-time sizes %s and %s, and its memory plan on one", f.Name, symbols[0], symbols[1])
}

// isLate reports whether sizes of f other than multiples of the batch are known at
// run time only: its arena is laid out then.
func isLate(f *ir.Func) bool { return f.Memory != nil && len(f.Memory.Blocks) > 0 }
