package gogen

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
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

	states    string // variable with the table of weights
	parts     []part // of the embedded file, where it holds them packed
	partsName string // variable with their table
	settles   bool   // they move to large pages: nrt.Settling
	session   *scope // fields and methods of the session type
	outs      []string
	prepare   string // arguments of nrt.NewPreparation
	elems     int64  // of a prepared picture
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
	if a.section != nil {
		if a.prepare, a.elems, err = a.preparation(); err != nil {
			return nil, err
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
	for _, name := range []string{"m", "n", "c", "a", "packed", "unused", "closed", "preparer", "planes"} {
		fields.unique(name)
	}
	if l.late != nil {
		for _, name := range append([]string{"b", "p"}, slices.Collect(maps.Values(l.late.names))...) {
			fields.unique(name)
		}
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
	l := &lowering{
		u: u, h: h, fn: f, batch: batch, self: "s", read: readers(f),
		inputs: map[*ir.Value]string{}, fields: map[*ir.Value]string{}, places: map[*ir.Value]string{},
	}
	if isLate(f) {
		if sample(f, 0) == nil {
			return nil, fmt.Errorf("%s: the where-clauses leave no sizes for which every value has an element", f.Name)
		}
		l.late = newSizeNames(f, batch)
	}
	return l, nil
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
	a.partsName = a.u.top.unique(a.goLocal + "Packed")
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
	order := []string{"m", "c", "n", "a", "g"}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	for _, name := range order {
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
	for _, p := range []string{pathKernel, pathBlocked, pathTensor, pathParallel, pathRuntime} {
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
		if !d.isConst() || d.at(1) == 0 {
			return "[]" + e, slice
		}
		row += fmt.Sprintf("[%s]", d)
	}
	return "[]" + row + e, "tensor.Rows[" + row + e + "](" + slice + ")"
}
