package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// deploy checks a quantize, explain or sampler section.
func (s *section) deploy(d *syntax.Section) {
	g := newBuilder(false)
	f := s.frame(d, g)
	kind, net := d.Kind.Name, &d.Name
	if kind == "sampler" {
		if d.Of == nil {
			f.fail(d.Name.Where, "E0501", "`sampler "+d.Name.Where.Text()+"` does not say what it runs", "", "write `sampler "+d.Name.Where.Text()+" of NET { ... }`")
			return
		}
		net = d.Of
	} else if d.Of != nil {
		f.fail(d.Of.Where, "E0504", fmt.Sprintf("`%s` has no name of its own", kind), "", fmt.Sprintf("write `%s %s { ... }`", kind, d.Of.Where.Text()))
		return
	}
	before := s.c.problems()
	if !s.resolveNet(f, net) {
		return
	}
	s.c.budget = maxStatements
	rest := ""
	switch kind {
	case "quantize":
		s.quantize(f, d)
		rest = "`" + s.net.net.Name + "` compiles with the f32 numbers it has"
	case "explain":
		s.explain(f, d)
		rest = "`" + s.net.net.Name + "` compiles without it"
	case "sampler":
		s.sampler(f, d)
		rest = "`" + s.net.net.Name + "` compiles as one step; the loop around it does not"
	default:
		f.unsupported(d.Kind.Where, "the section `"+kind+"`")
		return
	}
	if s.c.problems() == before {
		f.notCompiled(d.Kind.Where, "the section `"+kind+"`", rest)
	}
}

// lines returns the settings of a section by name, each given once, in the order of
// the source; a setting that is not among names is reported.
func (s *section) lines(f *frame, d *syntax.Section, names ...string) map[string]*syntax.Let {
	out := map[string]*syntax.Let{}
	for _, n := range d.Body {
		l, ok := n.(*syntax.Let)
		if !ok || len(l.Names) == 0 {
			continue
		}
		id := l.Names[0]
		known := false
		for _, name := range names {
			known = known || id.Name == name
		}
		switch {
		case !known || len(l.Names) > 1:
			s.c.unknownSetting(f, l, names, article(d.Kind.Name)+" section")
		case out[id.Name] != nil:
			f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is set twice", id.Name), "", "remove one of the two")
		default:
			out[id.Name] = l
		}
	}
	return out
}

func article(word string) string {
	if word[0] == 'e' {
		return "an " + word
	}
	return "a " + word
}

// row resolves the value of a line as a row of the vocabulary; nil without a line.
func (s *section) row(f *frame, kind vocab.Kind, l *syntax.Let) *vocab.Resolved {
	if l == nil {
		return nil
	}
	r, ok := f.resolveRow(kind, l.Value)
	if !ok {
		return nil
	}
	return r
}

// explain checks `NAME = gradcam(at=STAGE, of=OUTPUT)`.
func (s *section) explain(f *frame, d *syntax.Section) {
	given := map[string]bool{}
	if len(d.Body) == 0 {
		f.fail(d.Name.Where, "E0501", "this `explain` section explains nothing", "", "name a picture: `heat = gradcam(at=STAGE, of=OUTPUT)`")
	}
	for _, n := range d.Body {
		l, ok := n.(*syntax.Let)
		if !ok {
			f.fail(n.Span(), "E0504", "`require` belongs to a quantize section", "", "")
			continue
		}
		if len(l.Names) != 1 || given[l.Names[0].Name] {
			f.fail(l.Where, "E0504", "an explanation has one name of its own", "", "")
			continue
		}
		given[l.Names[0].Name] = true
		if r := s.row(f, vocab.Explanation, l); r != nil {
			s.gradcam(f, r)
		}
	}
}

// gradcam checks the two ends of a Grad-CAM: a stage that makes maps, and an output
// with classes that depends on it.
func (s *section) gradcam(f *frame, r *vocab.Resolved) {
	at, _ := r.Args["at"].(syntax.Expr)
	of, _ := r.Args["of"].(syntax.Expr)
	out, ok := s.output1(f, of)
	if p, found := s.place(f, at); found {
		v, is := p.last().(*tensorValue)
		if !is || len(v.t.Type.Dims) != 4 {
			what := "a weight"
			if is {
				what = f.show(v.t.Type)
			} else if p.last() != nil {
				what = f.kindOf(p.last())
			}
			f.fail(p.span, "E0513", fmt.Sprintf("Grad-CAM weighs the maps of a stage, and `%s` gives %s", p.text, what), "", "name a stage that gives f32[N, C, H, W]")
			return
		}
		if ok && !dependsOn(out, v.t) {
			f.fail(p.span, "E0513", fmt.Sprintf("the output `%s` does not depend on `%s`", of.Span().Text(), p.text), "", "")
		}
	}
	if ok && len(out.Type.Dims) != 2 {
		f.fail(of.Span(), "E0513", fmt.Sprintf("Grad-CAM explains scores of classes f32[N, K], and `%s` is %s", of.Span().Text(), f.show(out.Type)), "", "")
	}
}

// output1 finds the output of the net that an expression names.
func (s *section) output1(f *frame, x syntax.Expr) (*Tensor, bool) {
	var names []string
	for _, o := range s.net.net.Infer.Outputs {
		if o.Name == nameOf(x) {
			return o.Value, true
		}
		names = append(names, o.Name)
	}
	d := diag.Diagnostic{
		Code: "E0101", Message: fmt.Sprintf("`%s` has no output `%s`", s.net.net.Name, x.Span().Text()), Hint: "it gives " + joinAnd(backquoted(names)),
	}
	if near := diag.Closest(nameOf(x), names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: x.Span(), Text: near}}
	}
	f.report(x.Span(), d)
	return nil, false
}

// dependsOn reports whether v is computed from x.
func dependsOn(v, x *Tensor) bool {
	seen := map[*Tensor]bool{}
	var visit func(t *Tensor) bool
	visit = func(t *Tensor) bool {
		if t == nil || seen[t] {
			return false
		}
		seen[t] = true
		if t == x {
			return true
		}
		if t.Def == nil {
			return false
		}
		for _, a := range t.Def.Args {
			if visit(a) {
				return true
			}
		}
		return false
	}
	return visit(v)
}

// sampler checks the loop that makes pictures with a net that removes noise.
func (s *section) sampler(f *frame, d *syntax.Section) {
	for _, n := range d.Body {
		if _, ok := n.(*syntax.Require); ok {
			f.fail(n.Span(), "E0504", "`require` belongs to a quantize section", "", "")
		}
	}
	if d.Name.Module != nil {
		f.fail(d.Name.Where, "E0504", "a sampler has a name of its own", "", "write `sampler "+d.Name.Name.Name+" of "+d.Of.Where.Text()+" { ... }`")
	}
	if s.mod.decls[d.Name.Name.Name] != nil {
		f.fail(d.Name.Where, "E0110", fmt.Sprintf("`%s` is declared twice in this module", d.Name.Name.Name), "", "rename one of the two")
	}
	lines := s.lines(f, d, "method", "guidance", "seed")
	if l := lines["method"]; l == nil {
		f.fail(d.Name.Where, "E0501", fmt.Sprintf("`sampler %s` has no `method`", d.Name.Where.Text()), "", "say how noise becomes a picture: `method = ddim(steps=30, beta=cosine_beta(1000))`")
	} else if r := s.row(f, vocab.Method, l); r != nil {
		s.method(f, r, l)
	}
	if l := lines["guidance"]; l != nil {
		s.atLeast(f, l, 0)
	}
	if l := lines["seed"]; l != nil {
		s.atLeast(f, l, 0)
	}
	s.samples(f, d)
}

// atLeast checks a setting that is a number from low.
func (s *section) atLeast(f *frame, l *syntax.Let, low float64) {
	v := f.eval(l.Value)
	n, ok := numberOf(v)
	switch {
	case isPoison(v):
	case !ok:
		f.fail(l.Value.Span(), "E0305", fmt.Sprintf("`%s` is a number, and this is %s", l.Names[0].Name, f.kindOf(v)), "", "")
	case n.float() < low:
		f.fail(l.Value.Span(), "E0305", fmt.Sprintf("`%s` is %v or more, and this is %s", l.Names[0].Name, low, n), "", "")
	}
}

// method checks the noise schedule of a sampler: a word that gives one, and not
// more steps than it has.
func (s *section) method(f *frame, r *vocab.Resolved, l *syntax.Let) {
	beta, _ := r.Args["beta"].(syntax.Expr)
	total, ok := f.noiseSteps(beta)
	if !ok {
		return
	}
	if steps, given := r.Args["steps"].(int64); given && total > 0 && steps > total {
		at := l.Value.Span()
		if a := argOf(l.Value, "steps"); a != nil {
			at = a.Value.Span()
		}
		f.fail(at, "E0305", fmt.Sprintf("`steps` is %s, and the noise has only %s", grouped(steps), grouped(total)), "", "")
	}
}

// noiseSchedules are the courses of noise of a diffusion net; each takes the number
// of its steps.
var noiseSchedules = []string{"cosine_beta", "linear_beta"}

func (f *frame) noiseSteps(x syntax.Expr) (int64, bool) {
	name, at, args, ok := callOf(x)
	known := false
	for _, n := range noiseSchedules {
		known = known || n == name
	}
	if !ok || !known || len(args) != 1 || args[0].Name != nil {
		d := diag.Diagnostic{Code: "E0305", Message: "`beta` is a course of noise, and this is `" + x.Span().Text() + "`", Hint: "write `cosine_beta(1000)`"}
		if near := diag.Closest(name, noiseSchedules); near != "" && !known {
			d.Label = fmt.Sprintf("did you mean `%s`?", near)
			d.Edits = []diag.Edit{{Span: at, Text: near}}
		}
		f.report(x.Span(), d)
		return 0, false
	}
	v := f.eval(args[0].Value)
	n, isNumber := numberOf(v)
	if isPoison(v) {
		return 0, false
	}
	k, whole := int64(0), false
	if isNumber {
		k, whole = n.int()
	}
	if !whole || k < 1 {
		f.fail(args[0].Value.Span(), "E0305", fmt.Sprintf("`%s` wants a number of steps, and this is %s", name, f.kindOf(v)), "", "")
		return 0, false
	}
	return k, true
}

// argOf returns the named argument of a call, or nil.
func argOf(x syntax.Expr, name string) *syntax.Arg {
	_, _, args, _ := callOf(x)
	for _, a := range args {
		if a.Name != nil && a.Name.Name == name {
			return a
		}
	}
	return nil
}

// samples checks that the net takes away noise: one of its inputs is the picture,
// one the step, and its result has the picture's type.
func (s *section) samples(f *frame, d *syntax.Section) {
	g := s.net.net.Infer
	if len(g.Outputs) != 1 {
		f.fail(d.Of.Where, "E0513", fmt.Sprintf("a sampler runs a net with one result, and `%s` has %d", s.net.net.Name, len(g.Outputs)), "", "")
		return
	}
	out := g.Outputs[0].Value.Type
	picture, step := false, false
	for _, in := range g.Inputs {
		switch {
		case in.Type.Equal(out):
			picture = true
		case in.Type.Rank() == 1 && !in.Type.DType.Float():
			step = true
		}
	}
	if !picture {
		f.fail(d.Of.Where, "E0513", fmt.Sprintf("a sampler wants back what it put in, and `%s` gives %s, which no input is", s.net.net.Name, f.show(out)), "", "")
		return
	}
	if !step {
		f.fail(d.Of.Where, "E0513", fmt.Sprintf("a sampler tells the net which step it is, and `%s` has no input i32[N]", s.net.net.Name), "", "")
	}
}
