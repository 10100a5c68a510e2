package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// dataInfo is a checked data section, and what train and predict need of it.
type dataInfo struct {
	decl   *syntax.Data
	data   *Data
	fields []*field
	ok     bool
}

// field is one entry of a sample on its way through the steps.
type field struct {
	Field
	decl    *syntax.Param
	picture bool
	image   vocab.Image // pictures: after augment and prep
	eval    vocab.Image // pictures: after eval and prep
	after   []Step      // steps behind chw, which are operations of the net's graph
}

// checkData checks the source, the sample and the steps.
func (c *checker) checkData(m *module, d *syntax.Data) *dataInfo {
	f := &frame{c: c, mod: m, vars: newScope(nil), sites: c.sitesOf(d)}
	info := &dataInfo{decl: d, data: &Data{Name: d.Name.Name, Doc: d.Doc, Span: d.Name.Where}}
	before := c.problems()
	var sample *syntax.Sample
	var source *syntax.Let
	for _, n := range d.Body {
		switch n := n.(type) {
		case *syntax.Sample:
			if sample != nil {
				f.fail(n.Where, "E0504", fmt.Sprintf("`%s` has two samples", d.Name.Name), "", "a data section describes one kind of record")
				continue
			}
			sample = n
			info.sample(f, n)
		case *syntax.Let:
			switch {
			case len(n.Names) == 1 && n.Names[0].Name == "source" && source == nil:
				source = n
				if r, ok := f.resolveRow(vocab.Source, n.Value); ok {
					info.data.Source = resolved(r, n.Value.Span())
				}
			case len(n.Names) == 1 && n.Names[0].Name == "source":
				f.fail(n.Names[0].Where, "E0504", fmt.Sprintf("`%s` has two sources", d.Name.Name), "", "")
			default:
				c.unknownSetting(f, n, []string{"source", "sample", "augment", "eval", "prep"}, "a data section")
			}
		}
	}
	if source == nil {
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("data `%s` has no `source`", d.Name.Name), "", "say where the records come from: `source = folders(\"data/photos\")`")
	}
	if sample == nil {
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("data `%s` has no `sample`", d.Name.Name), "", "say what a record holds: `sample (image: u8[H, W, RGB], label: Digit)`")
	}
	if sample != nil && len(info.fields) == len(sample.Fields) {
		info.flows(f, d)
	}
	info.ok = c.problems() == before
	return info
}

// unknownSetting reports a line that a section does not have.
func (c *checker) unknownSetting(f *frame, l *syntax.Let, names []string, where string) {
	if len(l.Names) == 0 {
		return
	}
	id := l.Names[0]
	d := diag.Diagnostic{Code: "E0502", Message: fmt.Sprintf("%s has no `%s`", where, id.Name), Hint: "it has " + joinAnd(backquoted(names))}
	if near := diag.Closest(id.Name, names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: id.Where, Text: near}}
	}
	f.report(id.Where, d)
}

// sample reads the types of the fields.
func (d *dataInfo) sample(f *frame, s *syntax.Sample) {
	seen := map[string]bool{}
	for _, p := range s.Fields {
		if seen[p.Name.Name] {
			f.fail(p.Name.Where, "E0110", fmt.Sprintf("`%s` is declared twice in this sample", p.Name.Name), "", "rename one of the two")
			continue
		}
		seen[p.Name.Name] = true
		x := &field{decl: p, Field: Field{Name: p.Name.Name, Span: p.Name.Where}}
		if d.fieldType(f, x, p.Type) {
			d.fields = append(d.fields, x)
			d.data.Fields = append(d.data.Fields, x.Field)
		}
	}
}

func (d *dataInfo) fieldType(f *frame, x *field, t *syntax.Type) bool {
	plain := t.Words == nil && t.Tuple == nil && t.List == nil && t.Or == nil
	name := t.Name.Name
	switch {
	case plain && name == "u8" && len(t.Dims) == 3:
		return d.pictureType(f, x, t)
	case plain && (name == "class" || name == "boxes" || name == "string"):
		f.unsupported(t.Where, "a field of type `"+typeText(t)+"`")
		return false
	case plain && dtypes[name]:
		ty, ok := f.tensorType(t)
		x.Type = ty
		return ok
	case plain:
		return d.labelType(f, x, t)
	}
	f.fail(t.Where, "E0219", "a field is a picture, a label, a mask or a tensor, and this is "+typeText(t), "", "")
	return false
}

// pictureType is u8[H, W, RGB]: sizes are numbers or names.
func (d *dataInfo) pictureType(f *frame, x *field, t *syntax.Type) bool {
	sizes := [2]vocab.Size{}
	x.Type = op.Type{DType: tensor.U8}
	for i, it := range t.Dims[:2] {
		if n, ok := itemName(it); ok && !f.knows(n) {
			sizes[i] = vocab.Size{Symbol: n}
			x.Type.Dims = append(x.Type.Dims, op.Dim{Size: sym.Symbol(n)})
			continue
		}
		ds, ok := f.dims(it)
		if !ok {
			return false
		}
		n, _ := ds[0].Size.IsConst()
		sizes[i] = vocab.Pixels(n)
		x.Type.Dims = append(x.Type.Dims, ds[0])
	}
	ds, ok := f.dims(t.Dims[2])
	if !ok {
		return false
	}
	set := ds[0].Set
	x.image = vocab.Image{H: sizes[0], W: sizes[1], Set: set}
	if x.image.Channels() == 0 {
		f.fail(t.Dims[2].Where, "E0505", fmt.Sprintf("the last axis of a picture is its colours, and this is %s", showDim(ds[0])), "", "write Gray, RGB, BGR or RGBA")
		return false
	}
	x.Type.Dims = append(x.Type.Dims, ds[0])
	x.picture = true
	return true
}

func itemName(it *syntax.Item) (string, bool) {
	if it.X == nil {
		return "", false
	}
	n, ok := it.X.(*syntax.Name)
	if !ok {
		return "", false
	}
	return n.Name, true
}

// labelType is a class name, with sizes for a mask.
func (d *dataInfo) labelType(f *frame, x *field, t *syntax.Type) bool {
	var v value
	var known bool
	if t.Member != nil {
		v = f.eval(&syntax.Member{At: t.At, X: &syntax.Name{At: t.Name.At, Name: t.Name.Name}, Name: *t.Member})
		known = true
	} else {
		v, known = f.lookup(t.Name.Name)
	}
	if !known {
		f.undefined(t.Name.Where, t.Name.Name, append(f.inScope(), sorted(dtypes)...))
		return false
	}
	s, ok := v.(size)
	if !ok || s.set == nil {
		if !isPoison(v) {
			f.fail(t.Where, "E0219", "a field is a picture, a label, a mask or a tensor, and this is "+kindOf(v), "", "a label has the name of an index set as its type")
		}
		return false
	}
	x.LabelSet = s.set.Name
	x.Type = op.Type{DType: tensor.I32}
	if t.HasDims {
		f.unsupported(t.Where, "a mask as a field")
		return false
	}
	return true
}

// flows checks the steps: augment or eval first, then prep.
func (d *dataInfo) flows(f *frame, decl *syntax.Data) {
	flows := map[string][]*syntax.Flow{}
	for _, n := range decl.Body {
		if fl, ok := n.(*syntax.Flow); ok {
			flows[fl.Kind.Name] = append(flows[fl.Kind.Name], fl)
		}
	}
	begin := map[*field]vocab.Image{}
	for _, x := range d.fields {
		begin[x] = x.image
	}
	d.data.Augment = d.run(f, flows["augment"], func(x *field) *vocab.Image { return &x.image })
	for _, x := range d.fields {
		x.eval = begin[x]
	}
	d.data.Eval = d.run(f, flows["eval"], func(x *field) *vocab.Image { return &x.eval })
	// prep follows both; it is reported once, for training.
	before := f.c.problems()
	d.data.Prep = d.run(f, flows["prep"], func(x *field) *vocab.Image { return &x.image })
	if f.c.problems() == before {
		quiet := diagSink(f.c)
		after := map[*field][]Step{}
		for _, x := range d.fields {
			after[x], x.after = x.after, nil
		}
		d.run(f, flows["prep"], func(x *field) *vocab.Image { return &x.eval })
		quiet()
		for _, x := range d.fields {
			x.after = after[x]
		}
		d.agree(f, flows)
	}
}

// agree checks that training and serving end with the same type.
func (d *dataInfo) agree(f *frame, flows map[string][]*syntax.Flow) {
	for _, x := range d.fields {
		if !x.picture || x.image == x.eval {
			continue
		}
		at := d.decl.Name.Where
		if len(flows["eval"]) > 0 {
			at = flows["eval"][0].Kind.Where
		} else if len(flows["augment"]) > 0 {
			at = flows["augment"][0].Kind.Where
		}
		f.fail(at, "E0506", fmt.Sprintf("`%s` is %s in training and %s otherwise", x.Name, showImage(x.image), showImage(x.eval)),
			"", "`eval` takes the place of `augment` outside training: end both with the same size")
	}
}

func showImage(p vocab.Image) string {
	side := func(s vocab.Size) string {
		switch {
		case s.N > 0:
			return fmt.Sprint(s.N)
		case s.Symbol != "":
			return s.Symbol
		}
		return "?"
	}
	if p.Planar {
		return fmt.Sprintf("f32[%s, %s, %s]", p.Set, side(p.H), side(p.W))
	}
	return fmt.Sprintf("u8[%s, %s, %s]", side(p.H), side(p.W), p.Set)
}

// run applies the steps of one kind and returns those that work on pictures.
func (d *dataInfo) run(f *frame, flows []*syntax.Flow, image func(*field) *vocab.Image) []Step {
	var out []Step
	for _, fl := range flows {
		fields, ok := d.moved(f, fl)
		pipe, is := fl.Value.(*syntax.Pipe)
		if !ok {
			continue
		}
		if !is || !sameNames(pipe.Head, fl.Names) {
			f.fail(fl.Value.Span(), "E0507", fmt.Sprintf("`%s` moves its fields through steps", fl.Kind.Name), "",
				fmt.Sprintf("write `%s %s = %s |> ...`", fl.Kind.Name, names(fl.Names), tupleOf(fl.Names)))
			continue
		}
		for _, s := range pipe.Stages {
			step, ok := d.step(f, fl, s, fields, image)
			if !ok {
				break
			}
			if step != nil {
				out = append(out, *step)
			}
		}
	}
	return out
}

func names(ids []syntax.Ident) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.Name
	}
	return strings.Join(out, ", ")
}

func tupleOf(ids []syntax.Ident) string {
	if len(ids) == 1 {
		return ids[0].Name
	}
	return "(" + names(ids) + ")"
}

func sameNames(x syntax.Expr, ids []syntax.Ident) bool {
	elems := []syntax.Expr{x}
	if t, ok := x.(*syntax.Tuple); ok {
		elems = t.Elems
	}
	if len(elems) != len(ids) {
		return false
	}
	for i, e := range elems {
		if nameOf(e) != ids[i].Name {
			return false
		}
	}
	return true
}

// moved returns the fields named on the left of a flow.
func (d *dataInfo) moved(f *frame, fl *syntax.Flow) ([]*field, bool) {
	var out []*field
	ok := true
	for _, id := range fl.Names {
		var found *field
		var all []string
		for _, x := range d.fields {
			all = append(all, x.Name)
			if x.Name == id.Name {
				found = x
			}
		}
		if found == nil {
			e := diag.Diagnostic{Code: "E0101", Message: fmt.Sprintf("the sample has no field `%s`", id.Name), Hint: "it has " + joinAnd(backquoted(all))}
			if near := diag.Closest(id.Name, all); near != "" {
				e.Label = fmt.Sprintf("did you mean `%s`?", near)
				e.Edits = []diag.Edit{{Span: id.Where, Text: near}}
			}
			f.report(id.Where, e)
			ok = false
			continue
		}
		out = append(out, found)
	}
	return out, ok
}

// step resolves one step and applies it to the types. The result is nil for a step
// behind chw, which becomes part of the graph.
func (d *dataInfo) step(f *frame, fl *syntax.Flow, s *syntax.Stage, fields []*field, image func(*field) *vocab.Image) (*Step, bool) {
	r, ok := f.resolveRow(vocab.Step, s.Layer)
	if !ok {
		return nil, false
	}
	span := s.Layer.Span()
	if r.Row.Random && fl.Kind.Name != "augment" {
		f.fail(span, "E0508", fmt.Sprintf("`%s` is random, and `%s` must give the same picture each time", r.Row.Name, fl.Kind.Name), "", "move it to `augment`")
		return nil, false
	}
	out := &Step{Call: resolved(r, span)}
	acts := false
	for _, x := range fields {
		out.Fields = append(out.Fields, x.Name)
		if !x.picture || r.Row.On&vocab.Picture == 0 {
			continue
		}
		acts = true
		p := image(x)
		next, problem := r.Row.Apply(*p, r.Args)
		if problem != "" {
			f.fail(span, "E0505", problem, "", "")
			return nil, false
		}
		if p.Planar {
			x.after = append(x.after, *out)
			out = nil
		}
		*p = next
		if out == nil {
			return nil, true
		}
	}
	if !acts {
		f.fail(span, "E0505", fmt.Sprintf("`%s` has nothing to work on: %s is no picture", r.Row.Name, names(fl.Names)), "", "")
		return nil, false
	}
	if r.Row.Name == "chw" && fl.Kind.Name != "prep" {
		f.fail(span, "E0505", fmt.Sprintf("`chw` belongs into `prep`, and not into `%s`", fl.Kind.Name), "", "what follows `chw` is compiled into the net")
		return nil, false
	}
	return out, true
}

// diagSink silences reports until the returned function is called.
func diagSink(c *checker) func() {
	old := c.capture
	var drop diag.List
	c.capture = &drop
	return func() { c.capture = old }
}

// batchType is the type of a field as the graphs see it: prepared, with N in
// front.
func (x *field) batchType(f *frame) (op.Type, bool) {
	n := op.Dim{Size: sym.Symbol("N")}
	if !x.picture {
		return op.Type{DType: x.Type.DType, Dims: append([]op.Dim{n}, x.Type.Dims...)}, true
	}
	p := x.eval
	if !p.Planar {
		return op.Type{DType: tensor.U8, Dims: append([]op.Dim{n}, x.Type.Dims...)}, true
	}
	t := op.Type{DType: tensor.F32, Dims: []op.Dim{n, {Size: sym.Const(int64(p.Channels())), Set: p.Set}}}
	for _, s := range []vocab.Size{p.H, p.W} {
		switch {
		case s.N > 0:
			t.Dims = append(t.Dims, op.Dim{Size: sym.Const(s.N)})
		case s.Symbol != "":
			t.Dims = append(t.Dims, op.Dim{Size: sym.Symbol(s.Symbol)})
		default:
			f.fail(x.Span, "E0506", fmt.Sprintf("the pictures of `%s` have no common size, and samples of one batch have one shape", x.Name), "", "add `resize(h, w)` to `eval` or `prep`")
			return t, false
		}
	}
	return t, true
}

// prepare emits the steps behind chw.
func (x *field) prepare(f *frame, v value) value {
	for _, s := range x.after {
		t, ok := v.(*tensorValue)
		if !ok {
			return poison{}
		}
		switch s.Call.Name {
		case "normalize":
			mean, std := s.Call.Args["mean"].([]float64), s.Call.Args["std"].([]float64)
			inverse := make([]float64, len(std))
			for i, d := range std {
				inverse[i] = 1 / d
			}
			v = f.perChannel("sub", t, mean, s.Call.Span)
			if t, ok = v.(*tensorValue); ok {
				v = f.perChannel("mul", t, inverse, s.Call.Span)
			}
		case "scale_to":
			to := s.Call.Args["to"].([2]float64)
			v = f.perChannel("mul", t, []float64{to[1] - to[0]}, s.Call.Span)
			if t, ok = v.(*tensorValue); ok {
				v = f.perChannel("add", t, []float64{to[0]}, s.Call.Span)
			}
		default:
			return f.unsupported(s.Call.Span, "`"+s.Call.Name+"` behind `chw`")
		}
		if r, ok := v.(*tensorValue); ok {
			r.t.Def.Stage = s.Call.Name
		}
	}
	return v
}

// perChannel joins an image with one number for each channel, or one for all.
func (f *frame) perChannel(name string, x *tensorValue, values []float64, span diag.Span) value {
	k, ok := f.constant(tensor.F32, []int64{int64(len(values)), 1, 1}, values, span)
	if !ok {
		return poison{}
	}
	return f.emitValue(name, nil, span, x, k)
}
