package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// dataInfo is a checked data section, and what train and predict need of it.
type dataInfo struct {
	decl   *syntax.Data
	data   *Data
	fields []*field
	ok     bool
	unfed  bool // a section could not give them to its net
}

// field is one entry of a sample on its way through the steps.
type field struct {
	Field
	decl  *syntax.Param
	image vocab.Image // pictures and masks: after augment and prep
	eval  vocab.Image // the same after eval and prep
	after []Step      // steps behind chw, which are operations of the net's graph
	ids   int64       // text: the ids that prep makes of it, 0 for none
}

// kinds are the bits by which steps know the kinds of field.
var kinds = map[FieldKind]vocab.Fields{
	PictureField: vocab.Picture, MaskField: vocab.Mask, BoxesField: vocab.Boxes, TextField: vocab.Text,
	LabelField: vocab.Label, ArrayField: vocab.Array,
}

// framed reports whether x has a height and a width.
func (x *field) framed() bool { return x.Kind == PictureField || x.Kind == MaskField }

// checkData checks the source, the sample and the steps.
func (c *checker) checkData(m *module, d *syntax.Data) *dataInfo {
	f := &frame{c: c, mod: m, vars: newScope(nil), sites: c.sitesOf(d)}
	info := &dataInfo{decl: d, data: &Data{Name: d.Name.Name, Doc: d.Doc, Span: d.Name.Where}}
	f.lacking = info.noTrain
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
					info.lacks(f, r, n.Value.Span(), "")
				}
			case len(n.Names) == 1 && n.Names[0].Name == "source":
				f.fail(n.Names[0].Where, "E0504", fmt.Sprintf("`%s` has two sources", d.Name.Name), "", "")
			default:
				c.unknownSetting(f, n, []string{"source", "sample", "augment", "eval", "prep"}, "a data section")
			}
		}
	}
	const sourceHint = "say where the records come from: `source = folders(\"data/photos\")`"
	switch {
	case source == nil && sample == nil:
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("data `%s` has neither `source` nor `sample`", d.Name.Name), "", sourceHint)
	case source == nil:
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("data `%s` has no `source`", d.Name.Name), "", sourceHint)
	case sample == nil:
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("data `%s` has no `sample`", d.Name.Name), "", "say what a record holds: `sample (image: u8[H, W, RGB], label: Digit)`")
	}
	if sample != nil && len(info.fields) == len(sample.Fields) {
		if source != nil && info.data.Source.Name != "" {
			info.given(f, source, sample)
		}
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
		// Where the picture has any size outside training, a net of fixed size refuses
		// it, and others take it as it comes.
		if !x.framed() || x.image == x.eval || x.eval.Open() || x.image.Open() {
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
		if is && d.strangeHead(f, pipe.Head) {
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
	return strings.Join(nameList(ids), ", ")
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
			f.noField(id.Where, id.Name, all)
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
	d.lacks(f, r, calleeSpan(s.Layer), fl.Kind.Name)
	if r.Row.Random && fl.Kind.Name != "augment" {
		f.fail(span, "E0508", fmt.Sprintf("`%s` is random, and `%s` must give the same picture each time", r.Row.Name, fl.Kind.Name), "", "move it to `augment`")
		return nil, false
	}
	if r.Row.Name == "mosaic" && fl.Value.(*syntax.Pipe).Stages[0] != s {
		f.fail(span, "E0505", "`mosaic` joins records as they are read, so it is the first step", "", "move it to the front")
		return nil, false
	}
	if !d.together(f, fl, s, r, fields) {
		return nil, false
	}
	out := &Step{Call: resolved(r, span)}
	acts, graph := false, false
	for _, x := range fields {
		if r.Row.On&kinds[x.Kind] == 0 {
			continue
		}
		acts = true
		out.Fields = append(out.Fields, x.Name)
		if x.Kind == TextField {
			x.ids = r.Args["length"].(int64)
			continue
		}
		if !x.framed() {
			continue
		}
		p := image(x)
		next, problem := r.Row.Apply(*p, r.Args)
		if problem != "" {
			f.fail(faulty(s.Layer, problem), "E0505", problem, "", "")
			return nil, false
		}
		if p.Planar {
			x.after = append(x.after, Step{Fields: []string{x.Name}, Call: out.Call})
			graph = true
		}
		*p = next
	}
	if graph {
		return nil, true
	}
	if !acts {
		f.fail(span, "E0505", fmt.Sprintf("`%s` has nothing to work on: %s", r.Row.Name, notOn(r.Row, names(fl.Names))), "", "")
		return nil, false
	}
	if r.Row.Name == "chw" && fl.Kind.Name != "prep" {
		f.fail(span, "E0505", fmt.Sprintf("`chw` belongs into `prep`, and not into `%s`", fl.Kind.Name), "", "what follows `chw` is compiled into the net")
		return nil, false
	}
	return out, true
}

// lacks notes a source (flow "") or a step that this version does not carry out.
func (d *dataInfo) lacks(f *frame, r *vocab.Resolved, at diag.Span, flow string) {
	what := r.Row.Unsupported(r.Args)
	if what == "" {
		return
	}
	rest := ""
	switch flow {
	case "eval", "prep":
		if r.Row.On == vocab.Text {
			break // no text is prepared when a net is served
		}
		rest = "nets compile; sections on `" + d.data.Name + "` do not"
		if d.data.NoServe == nil {
			d.data.NoServe = &Lack{what, at}
		}
	case "augment":
		rest = "nets and predict sections compile; nothing can be trained on `" + d.data.Name + "`"
	}
	f.runsLater(at, what, rest)
}

// noTrain notes what keeps this version from training on the data.
func (d *dataInfo) noTrain(l Lack) (rest string) {
	if d.data.NoTrain == nil {
		d.data.NoTrain = &l
	}
	return "nets compile; nothing can be trained or measured on `" + d.data.Name + "`"
}

// calleeSpan is the name in `name(args)`, or all of x.
func calleeSpan(x syntax.Expr) diag.Span {
	_, at, _, _ := callOf(x)
	return at
}

// notOn says that fields are not what a step works on.
func notOn(row *vocab.Row, names string) string {
	if row.On == vocab.Text {
		return names + " is no text"
	}
	return names + " is no picture"
}

// together makes sure that a step which moves pixels moves everything that belongs
// to them: a mask or boxes left behind would tell of another place.
func (d *dataInfo) together(f *frame, fl *syntax.Flow, s *syntax.Stage, r *vocab.Resolved, fields []*field) bool {
	if r.Row.On&vocab.Mask == 0 {
		return true
	}
	var pictures, left []string
	named := map[string]bool{}
	for _, x := range fields {
		named[x.Name] = true
		if x.Kind == PictureField {
			pictures = append(pictures, x.Name)
		}
	}
	for _, x := range d.fields {
		if (x.Kind == MaskField || x.Kind == BoxesField) && !named[x.Name] {
			left = append(left, x.Name)
		}
	}
	if len(pictures) == 0 {
		if len(left) == 0 && fields[0].Kind != BoxesField || fields[0].Kind == MaskField {
			return true
		}
		f.fail(s.Layer.Span(), "E0516", fmt.Sprintf("`%s` moves boxes by the size of a picture, and this line has none", r.Row.Name), "",
			fmt.Sprintf("name the picture too: `%s image, %s = (image, %s) |> ...`", fl.Kind.Name, names(fl.Names), names(fl.Names)))
		return false
	}
	if len(left) == 0 {
		return true
	}
	all := append(nameList(fl.Names), left...)
	joined := strings.Join(all, ", ")
	f.fail(s.Layer.Span(), "E0516", fmt.Sprintf("`%s` moves %s and leaves %s where it was", r.Row.Name, joinAnd(backquoted(pictures)), joinAnd(backquoted(left))),
		"", fmt.Sprintf("move them together: `%s %s = (%s) |> ...`", fl.Kind.Name, joined, joined))
	return false
}

func nameList(ids []syntax.Ident) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.Name
	}
	return out
}

// diagSink silences reports until the returned function is called.
func diagSink(c *checker) func() {
	old := c.capture
	var drop diag.List
	c.capture = &drop
	return func() { c.capture = old }
}
