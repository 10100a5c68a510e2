package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

func (a *netAPI) predictor() string { return a.goLocal + "Predictor" }

// predictBatch is the number of pictures that PredictAll gathers: enough for
// matrix kernels to work on full tiles.
const predictBatch = 8

// outputField is one field of the prediction struct.
type outputField struct {
	name  string
	out   ir.PredictOutput
	value *ir.Value
	set   *setType
	boxes *ir.Value // of detections, whose scores are value
}

// outputs pairs the outputs of the section with the results of its function.
func (a *netAPI) outputs() ([]outputField, error) {
	fields := newScope()
	var out []outputField
	for _, o := range a.section.Outputs {
		f := outputField{name: exported(o.Name), out: o}
		if f.name == "" {
			return nil, fmt.Errorf("predict %s: the output %s cannot be the name of a Go field", a.section.Net, o.Name)
		}
		if err := fields.claim(f.name, "output "+o.Name+" of predict "+a.section.Net); err != nil {
			return nil, err
		}
		for _, r := range a.predict.fn.Results {
			switch {
			case o.NMS == nil && r.Name == o.Name, o.NMS != nil && r.Name == o.Name+".scores":
				f.value = r.Value
			case o.NMS != nil && r.Name == o.Name+".boxes":
				f.boxes = r.Value
			}
		}
		if f.value == nil || o.NMS != nil && f.boxes == nil {
			return nil, fmt.Errorf("predict %s: %s has no result called %s", a.section.Net, a.predict.fn.Name, o.Name)
		}
		if !a.perPicture(f.value.Type) || f.boxes != nil && !a.perPicture(f.boxes.Type) {
			return nil, fmt.Errorf("%s:%d: predict %s: the output %s is %s; this version returns outputs of one value or array per picture",
				a.u.m.Source, a.section.Line, a.section.Net, o.Name, f.value.Type)
		}
		if o.Set != "" {
			f.set = a.sets[o.Set]
		}
		out = append(out, f)
	}
	return out, nil
}

// perPicture reports whether the first axis of t counts the pictures and the
// others have constant sizes, or any in a net whose sizes are known at run time.
func (a *netAPI) perPicture(t op.Type) bool {
	if len(t.Dims) == 0 || goTypes[t.DType] == "" {
		return false
	}
	for i, d := range t.Dims {
		if a.predict.late != nil {
			if i == 0 && !d.Size.Equal(a.predict.pictures()) {
				return false
			}
			continue
		}
		s, ok := sizeOf(d.Size, a.predict.batch)
		one := size{slope: 1}
		if a.predict.batch == "" {
			one = constant(1)
		}
		if !ok || (i == 0 && s != one) || (i > 0 && !s.isConst()) {
			return false
		}
	}
	return true
}

// element returns the Go type of one element of the field, and of the field.
func (o *outputField) types() (element, field string) {
	element = goTypes[o.value.Type.DType]
	if o.set != nil {
		element = o.set.goName
	}
	if o.boxes != nil {
		element = "int"
		if o.set != nil {
			element = o.set.goName
		}
		return element, "[]nrt.Detection[" + element + "]"
	}
	field = element
	if o.late() || o.out.Mask {
		return element, "nrt.Array[" + element + "]"
	}
	for i := len(o.value.Type.Dims) - 1; i > 0; i-- {
		n, _ := o.value.Type.Dims[i].Size.IsConst()
		field = fmt.Sprintf("[%d]%s", n, field)
	}
	return element, field
}

// late reports whether a size of the field depends on the picture.
func (o *outputField) late() bool {
	if o.boxes != nil {
		return false
	}
	for _, d := range o.value.Type.Dims[1:] {
		if _, ok := d.Size.IsConst(); !ok {
			return true
		}
	}
	return false
}

// writePredict emits the prediction struct, Predict, PredictAll and the
// predictor behind them.
func (a *netAPI) writePredict(f *source) error {
	outs, err := a.outputs()
	if err != nil {
		return err
	}
	where := fmt.Sprintf("%s:%d", a.u.m.Source, a.section.Line)
	f.use("context", "image", "iter")
	f.p("// %sPrediction is the result of predict %s (%s).", a.goName, a.section.Net, where)
	f.p("type %sPrediction struct {", a.goName)
	for _, o := range outs {
		_, typ := o.types()
		switch {
		case o.out.Mask:
			f.use(pathRuntime)
			f.p("// %s has the rows and columns of the picture that was given. Pixels that its preparation", o.name)
			f.p("// cut away have the value of the nearest that it kept.")
		case o.late():
			f.use(pathRuntime)
			f.p("// %s is %s of the picture after its preparation.", o.name, o.value.Type)
		}
		if n := o.out.NMS; n != nil {
			f.use(pathRuntime)
			f.p("// %s holds at most %d boxes in pixels of the picture that was given, the best first.", o.name, n.Max)
		}
		f.p("%s %s `json:%q`", o.name, typ, o.out.Name)
	}
	f.p("}")
	f.p("")
	if a.predict.late != nil {
		a.writeLatePredict(f, where)
		a.writeLatePredictor(f)
	} else {
		a.writePredictMethods(f, where)
		a.writePredictor(f)
	}
	a.writePrediction(f, outs)
	return nil
}

func (a *netAPI) writePredictMethods(f *source, where string) {
	f.p("// Predict prepares img as predict %s does (%s) and runs the network on it.", a.section.Net, where)
	f.p("// Any number of calls may run at the same time.")
	f.p("//")
	f.p("// Errors: a picture that cannot be prepared; a *kernel.RoomError where there is no memory")
	f.p("// for it; the error of a context that is done.")
	f.p("func (m *%s) Predict(ctx context.Context, img image.Image) (%sPrediction, error) {", a.goName, a.goName)
	f.p("if err := ctx.Err(); err != nil {")
	f.p("return %sPrediction{}, err", a.goName)
	f.p("}")
	f.p("p, err := m.predictor()")
	f.p("if err != nil {")
	f.p("return %sPrediction{}, err", a.goName)
	f.p("}")
	f.p("defer m.release(p)")
	f.p("if err := p.prepare(0, img); err != nil {")
	f.p("return %sPrediction{}, err", a.goName)
	f.p("}")
	f.p("p.predict()")
	f.p("return p.prediction(0), nil")
	f.p("}")
	f.p("")
	batch := min(predictBatch, a.predict.maxBatch())
	f.p("// PredictAll predicts each picture of imgs, in order, %d at a time. A picture that", batch)
	f.p("// cannot be prepared yields its error and the others go on; a context that is done")
	f.p("// yields its error and ends the sequence.")
	f.p("func (m *%s) PredictAll(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[%sPrediction, error] {", a.goName, a.goName)
	f.p("return func(yield func(%sPrediction, error) bool) {", a.goName)
	f.p("p, err := m.newPredictor(%d)", batch)
	f.p("if err != nil {")
	f.p("yield(%sPrediction{}, err)", a.goName)
	f.p("return")
	f.p("}")
	f.p("defer p.c.Pool.Close()")
	f.p("failed := make([]error, 0, %d) // of the pictures gathered", batch)
	f.p("flush := func() bool {")
	f.p("slot := 0")
	if a.predict.batch != "" {
		f.p("for _, err := range failed {")
		f.p("if err == nil {")
		f.p("slot++")
		f.p("}")
		f.p("}")
		f.p("if p.n = slot; slot > 0 {")
		f.p("p.predict()")
		f.p("}")
		f.p("slot = 0")
	} else {
		f.p("if failed[0] == nil {")
		f.p("p.predict()")
		f.p("}")
	}
	f.p("for _, err := range failed {")
	f.p("var out %sPrediction", a.goName)
	f.p("if err == nil {")
	f.p("out = p.prediction(slot)")
	f.p("slot++")
	f.p("}")
	f.p("if !yield(out, err) {")
	f.p("return false")
	f.p("}")
	f.p("}")
	f.p("failed = failed[:0]")
	f.p("return true")
	f.p("}")
	f.p("next := 0 // place of the next picture in the batch")
	f.p("for img := range imgs {")
	f.p("if err := ctx.Err(); err != nil {")
	f.p("yield(%sPrediction{}, err)", a.goName)
	f.p("return")
	f.p("}")
	f.p("err := p.prepare(next, img)")
	f.p("if err == nil {")
	f.p("next++")
	f.p("}")
	f.p("if failed = append(failed, err); len(failed) == cap(failed) {")
	f.p("if !flush() {")
	f.p("return")
	f.p("}")
	f.p("next = 0")
	f.p("}")
	f.p("}")
	f.p("if len(failed) > 0 {")
	f.p("flush()")
	f.p("}")
	f.p("}")
	f.p("}")
	f.p("")
}

// writePredictor emits the session behind Predict and how the model keeps idle
// ones.
func (a *netAPI) writePredictor(f *source) {
	l, name := a.predict, a.predictor()
	f.p("// %s runs %s for one caller at a time.", name, l.fn.Name)
	f.p("type %s struct {", name)
	f.p("m *%s // nil while it is idle, so that an idle one does not keep the model", a.goName)
	l.writeFields(f)
	f.p("preparer *nrt.Preparer")
	a.writePlanes(f)
	f.p("}")
	f.p("")
	f.p("func (m *%s) newPredictor(batch int) (*%s, error) {", a.goName, name)
	f.p("s := &%s{m: m, n: batch}", name)
	f.p("s.c = nrt.Context(s, m.threads)")
	l.writeAlloc(f)
	writeRoom(f, a.u.pkg+": a session of %d pictures", "batch")
	f.p("s.preparer = m.preparation.New()")
	if a.places() {
		f.p("s.planes = make([]nrt.Plane, batch)")
	}
	f.p("return s, nil")
	f.p("}")
	f.p("")
	f.p("// predictor returns an idle predictor for one picture, or a new one.")
	f.p("func (m *%s) predictor() (*%s, error) {", a.goName, name)
	f.p("select {")
	f.p("case p := <-m.idle:")
	f.p("p.m = m")
	f.p("return p, nil")
	f.p("default:")
	f.p("return m.newPredictor(1)")
	f.p("}")
	f.p("}")
	f.p("")
	f.p("// release keeps p for another call, or ends it when enough are idle.")
	f.p("func (m *%s) release(p *%s) {", a.goName, name)
	f.p("p.m = nil")
	f.p("select {")
	f.p("case m.idle <- p:")
	f.p("default:")
	f.p("p.c.Pool.Close()")
	f.p("}")
	f.p("}")
	f.p("")
	f.p("// prepare writes img to place i of the batch.")
	f.p("func (s *%s) prepare(i int, img image.Image) error {", name)
	f.p("if err := s.preparer.Prepare(s.%s[i*%d:][:%d], img); err != nil {", l.fields[l.fn.Inputs[0]], a.elems, a.elems)
	f.p("return fmt.Errorf(%q, err)", a.u.pkg+": %w")
	f.p("}")
	if a.places() {
		f.p("s.planes[i] = s.preparer.Plane()")
	}
	f.p("return nil")
	f.p("}")
	f.p("")
}

// places reports whether an output is told in pixels of the picture that was given.
func (a *netAPI) places() bool {
	return slices.ContainsFunc(a.section.Outputs, func(o ir.PredictOutput) bool { return o.NMS != nil || o.Mask })
}

// writePlanes emits the field that says where each picture lies in the one given.
func (a *netAPI) writePlanes(f *source) {
	if a.places() {
		f.p("planes []nrt.Plane // of each picture of the batch, to tell places in the picture that was given")
	}
}

// paren returns a size as a factor.
func paren(s size) string {
	text := s.String()
	if strings.ContainsAny(text, "+- ") {
		return "(" + text + ")"
	}
	return text
}

// writePrediction emits the method that reads the outputs of one picture.
func (a *netAPI) writePrediction(f *source, outs []outputField) {
	f.p("// prediction returns the outputs of picture i.")
	f.p("func (s *%s) prediction(i int) %sPrediction {", a.predictor(), a.goName)
	var lines, before []string
	for k, o := range outs {
		e, pre := a.outputExpr(o, k)
		lines = append(lines, fmt.Sprintf("%s: %s,", o.name, e))
		before = append(before, pre...)
	}
	f.uses(append(before, lines...))
	locals(f, append(before, lines...), a.predict.locals())
	for _, line := range before {
		f.p("%s", line)
	}
	f.p("return %sPrediction{", a.goName)
	for _, line := range lines {
		f.p("%s", line)
	}
	f.p("}")
	f.p("}")
	f.p("")
}

// outputExpr returns the expression of one field for picture i, with the
// statements that come before it.
func (a *netAPI) outputExpr(o outputField, k int) (expr string, before []string) {
	slice := a.predict.slice(o.value)
	element, typ := o.types()
	if n := o.out.NMS; n != nil {
		l := a.predict
		boxes, scores := l.count(o.boxes, 1, len(o.boxes.Type.Dims)), l.count(o.value, 1, len(o.value.Type.Dims))
		classes := l.dim(o.value, 2)
		return fmt.Sprintf("nrt.Detect[%s](nrt.NMS{Score: %v, IoU: %v, Max: %d, Classes: %s, Background: %v}, s.planes[i], %s[i*%s:][:%s], %s[i*%s:][:%s])",
			element, n.Score, n.IoU, n.Max, classes, n.Background, l.slice(o.boxes), paren(boxes), boxes, slice, paren(scores), scores), nil
	}
	if o.out.Mask {
		n, from := a.predict.count(o.value, 1, len(o.value.Type.Dims)), goTypes[o.value.Type.DType]
		return fmt.Sprintf("nrt.InGiven(s.planes[i], %s[i*%s:][:%s], func(v %s) %s { return %s })",
			slice, paren(n), n, from, element, converted(element, from)), nil
	}
	if o.late() {
		return a.lateOutput(o, k)
	}
	if len(o.value.Type.Dims) == 1 {
		if o.set != nil {
			return element + "(" + slice + "[i])", nil
		}
		return slice + "[i]", nil
	}
	if o.set == nil {
		return "tensor.Rows[" + typ + "](" + slice + ")[i]", nil
	}
	n := int64(1)
	for _, d := range o.value.Type.Dims[1:] {
		c, _ := d.Size.IsConst()
		n *= c
	}
	name := fmt.Sprintf("out%d", k)
	before = []string{
		fmt.Sprintf("var %s %s", name, typ),
		fmt.Sprintf("for k, v := range %s[i*%d:][:%d] {", slice, n, n),
		"\t" + name + index(o.value.Type, "k", true) + " = " + element + "(v)",
		"}",
	}
	return name, before
}

// converted returns v, of one Go type, as another.
func converted(to, from string) string {
	if to == from {
		return "v"
	}
	return to + "(v)"
}

// index returns the index expression, within a row of t, of the element whose
// flat number is the variable k: its number in the row, or in all of t.
func index(t op.Type, k string, ofRow bool) string {
	var b strings.Builder
	inner := int64(1)
	for _, d := range t.Dims[1:] {
		n, _ := d.Size.IsConst()
		inner *= n
	}
	for i, d := range t.Dims[1:] {
		n, _ := d.Size.IsConst()
		inner /= n
		e := k
		if inner > 1 {
			e += fmt.Sprintf("/%d", inner)
		}
		if i > 0 || !ofRow {
			e += fmt.Sprintf("%%%d", n)
		}
		b.WriteString("[" + e + "]")
	}
	return b.String()
}
