package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

// pictures is the size of the first axis of a picture: the batch, or 1.
func (l *lowering) pictures() sym.Expr {
	if l.batch == "" {
		return sym.Const(1)
	}
	return sym.Symbol(l.batch)
}

// pictureSizes makes sure that the height and width of a picture give every
// run-time size: each axis is a number or a symbol.
func (a *netAPI) pictureSizes(v *ir.Value) error {
	l := a.predict
	var known []string
	for _, d := range v.Type.Dims[2:] {
		symbols := d.Size.Symbols()
		if len(symbols) > 1 || len(symbols) == 1 && !d.Size.Equal(sym.Symbol(symbols[0])) {
			return fmt.Errorf("an axis of its input is %s, and Predict takes pictures whose height and width are numbers or names", d.Size)
		}
		known = append(known, symbols...)
	}
	for _, s := range l.late.symbols {
		if !slices.Contains(known, s) {
			return fmt.Errorf("the size %s is not one of a picture", s)
		}
	}
	return nil
}

// sizeKey is the Go type of what tells predictors apart.
func (a *netAPI) sizeKey() string { return fmt.Sprintf("[%d]int", len(a.predict.late.symbols)) }

// writeLatePredict emits Predict and PredictAll for pictures of many sizes.
func (a *netAPI) writeLatePredict(f *source, where string) {
	l := a.predict
	result := a.goName + "Prediction"
	f.use("fmt", pathRuntime)
	f.p("// Predict prepares img as predict %s does (%s) and runs the network on it.", a.section.Net, where)
	f.p("// Any number of calls may run at the same time. Memory for the sizes seen last is kept.")
	f.p("//")
	f.p("// Errors: a picture that cannot be prepared; one whose size then needs more memory than there")
	f.p("// is, a *kernel.RoomError, or that the where-clauses")
	f.p("// exclude; the error of a context that is done.")
	f.p("func (m *%s) Predict(ctx context.Context, img image.Image) (%s, error) {", a.goName, result)
	f.p("if err := ctx.Err(); err != nil {")
	f.p("return %s{}, err", result)
	f.p("}")
	f.p("q, ok := m.preparers.Get().(*nrt.Preparer)")
	f.p("if !ok {")
	f.p("q = m.preparation.New()")
	f.p("}")
	f.p("defer m.preparers.Put(q)")
	f.p("height, width, err := q.Load(img)")
	f.p("if err != nil {")
	f.p("return %s{}, fmt.Errorf(%q, err)", result, a.u.pkg+": %w")
	f.p("}")
	// Axes that are numbers, or one name twice, ask for it here; the rest is checked
	// with the sizes.
	v := l.fn.Inputs[0]
	given := map[string]string{}
	for i, name := range []string{"height", "width"} {
		d := v.Type.Dims[2+i].Size
		want := ""
		if n, ok := d.IsConst(); ok {
			want = fmt.Sprint(n)
		} else if symbol := d.Symbols()[0]; given[symbol] != "" {
			want = given[symbol]
		} else {
			given[symbol] = name
		}
		if want != "" {
			f.p("if %s != %s {", name, want)
			f.p("return %s{}, fmt.Errorf(%q, width, height, %s)", result, a.u.pkg+": found a picture of %d by %d pixels, expected a "+name+" of %d", want)
			f.p("}")
		}
	}
	var args []string
	for _, symbol := range l.late.symbols {
		args = append(args, given[symbol])
	}
	f.p("p, err := m.predictor(%s)", strings.Join(args, ", "))
	f.p("if err != nil {")
	f.p("return %s{}, fmt.Errorf(%q, width, height, err)", result, a.u.pkg+": a picture of %d by %d pixels: %w")
	f.p("}")
	f.p("defer m.release(p)")
	f.p("q.Store(p.%s)", l.fields[v])
	if a.places() {
		f.p("p.planes[0] = q.Plane()")
	}
	f.p("p.predict()")
	f.p("return p.prediction(0), nil")
	f.p("}")
	f.p("")
	f.p("// PredictAll predicts each picture of imgs, in order. One that cannot be predicted")
	f.p("// yields its error and the others go on; a context that is done yields its error and")
	f.p("// ends the sequence.")
	f.p("func (m *%s) PredictAll(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[%s, error] {", a.goName, result)
	f.p("return func(yield func(%s, error) bool) {", result)
	f.p("for img := range imgs {")
	f.p("if !yield(m.Predict(ctx, img)) || ctx.Err() != nil {")
	f.p("return")
	f.p("}")
	f.p("}")
	f.p("}")
	f.p("}")
	f.p("")
}

// writeLatePredictor emits the session behind Predict and how the model keeps idle
// ones by size.
func (a *netAPI) writeLatePredictor(f *source) {
	l, name := a.predict, a.predictor()
	f.p("// %s runs %s for one caller at a time, on one picture of one size.", name, l.fn.Name)
	f.p("type %s struct {", name)
	f.p("m *%s // nil while it is idle, so that an idle one does not keep the model", a.goName)
	l.writeFields(f)
	a.writePlanes(f)
	f.p("}")
	f.p("")
	check := a.u.top.unique(name + "Sizes")
	params, _ := l.params()
	params = strings.TrimPrefix(strings.TrimPrefix(params, "batch"), ", ")
	var sizes []string
	for _, symbol := range l.late.symbols {
		sizes = append(sizes, l.late.names[symbol])
	}
	args := strings.Join(sizes, ", ")
	checked := args
	if l.batch != "" {
		checked = strings.Trim("1, "+args, ", ")
	}
	f.p("// predictor returns an idle predictor for pictures of these sizes, or a new one.")
	f.p("func (m *%s) predictor(%s) (*%s, error) {", a.goName, params, name)
	f.p("if s, ok := m.idle.Take(%s{%s}); ok {", a.sizeKey(), args)
	f.p("s.m = m")
	f.p("return s, nil")
	f.p("}")
	f.p("if err := %s(%s); err != nil {", check, checked)
	f.p("return nil, err")
	f.p("}")
	if l.batch != "" {
		f.p("const batch = 1")
	}
	l.writeMake(f, name)
	writeRoom(f, "a session of it")
	if a.places() {
		f.p("s.planes = make([]nrt.Plane, 1)")
	}
	f.p("return s, nil")
	f.p("}")
	f.p("")
	l.writeCheck(f, check)
	for i := range sizes {
		sizes[i] = "p." + sizes[i]
	}
	f.p("// release keeps p for another call; when too many are idle, the eldest end.")
	f.p("func (m *%s) release(p *%s) {", a.goName, name)
	f.p("p.m = nil")
	f.p("m.idle.Put(%s{%s}, p, p.c.Bytes())", a.sizeKey(), strings.Join(sizes, ", "))
	f.p("}")
	f.p("")
	f.p("// close ends the threads of s.")
	f.p("func (s *%s) close() { s.c.Pool.Close() }", name)
	f.p("")
}

// lateOutput returns the expression of a field whose size is that of the picture: a
// copy, since the predictor goes on to others.
func (a *netAPI) lateOutput(o outputField, k int) (expr string, before []string) {
	element, typ := o.types()
	slice := a.predict.slice(o.value)
	inner := a.predict.count(o.value, 1, len(o.value.Type.Dims))
	var shape []string
	for i := 1; i < len(o.value.Type.Dims); i++ {
		shape = append(shape, a.predict.dim(o.value, i).String())
	}
	name := fmt.Sprintf("out%d", k)
	before = []string{
		fmt.Sprintf("%s := %s{Shape: []int{%s}, Values: make([]%s, %s)}", name, typ, strings.Join(shape, ", "), element, inner),
	}
	if o.set == nil {
		return name, append(before, fmt.Sprintf("copy(%s.Values, %s[i*len(%s.Values):])", name, slice, name))
	}
	return name, append(before,
		fmt.Sprintf("for k, v := range %s[i*len(%s.Values):][:len(%s.Values)] {", slice, name, name),
		fmt.Sprintf("\t%s.Values[k] = %s(v)", name, element),
		"}")
}
