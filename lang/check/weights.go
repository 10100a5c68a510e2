package check

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// weightRule is a rule of a weights section with its sides read.
type weightRule struct {
	node *syntax.Rule
	from *namePattern
	to   *namePattern // nil for skip
	used bool         // it fed a weight
	met  string       // a tensor that its left side matched, for messages
}

// checkpoint is one `from` on its way through the check.
type checkpoint struct {
	from   *syntax.From
	out    *Checkpoint
	into   string // path of the stage that is fed; "" for the net
	states []*State
	rules  []*weightRule
	stored []Stored
	known  bool // the file was read
	bad    bool // a rule could not be read: silence about what is missing
}

// feeding is what a weight gets, and by whom.
type feeding struct {
	from *checkpoint
	rule *weightRule // nil where names are equal
	name string
}

// span is the place in the source that decided the feeding.
func (f feeding) span() diag.Span {
	if f.rule == nil {
		return f.from.from.Source.Span()
	}
	return f.rule.node.FromAt
}

// weights checks a weights section: every weight that it is about is fed exactly
// once, by a tensor of its shape.
func (s *section) weights(d *syntax.Weights) *Weights {
	f := s.frame(d, nil)
	before := s.c.problems()
	if !s.resolveNet(f, &d.Net) {
		return nil
	}
	w := &Weights{Net: s.net.net.Name, Span: d.Where}
	if len(d.From) == 0 {
		f.fail(d.Net.Where, "E0501", "this `weights` section names no file", "", "say where they come from: `from \"resnet50.safetensors\"`")
	}
	var all []*checkpoint
	for _, from := range d.From {
		c, ok := s.checkpoint(f, from)
		if !ok {
			continue
		}
		all = append(all, c)
		w.Checkpoints = append(w.Checkpoints, c.out)
	}
	if s.c.problems() > before {
		return nil
	}
	s.feedAll(f, all)
	if s.c.problems() > before {
		return nil
	}
	return w
}

var hexSum = regexp.MustCompile("^[0-9a-fA-F]{64}$")

// conversion says how a file of another format becomes one that is read.
func conversion(ext, file, stem string) string {
	switch ext {
	case ".pth", ".pt", ".th":
		return fmt.Sprintf("in Python: safetensors.torch.save_file(torch.load(%q, weights_only=True), %q)", file, stem+".safetensors")
	case ".onnx":
		return fmt.Sprintf("in Python: numpy.savez(%q, **{w.name: onnx.numpy_helper.to_array(w) for w in onnx.load(%q).graph.initializer})", stem+".npz", file)
	}
	return fmt.Sprintf("write its tensors to %s.npz with numpy.savez, by name", stem)
}

// checkpoint reads one `from`: its file, where it goes and its rules.
func (s *section) checkpoint(f *frame, from *syntax.From) (*checkpoint, bool) {
	c := &checkpoint{from: from, out: &Checkpoint{Dir: s.mod.dir, Span: from.Source.Span(), SHA256: strings.ToLower(from.SHA256)}}
	v := f.eval(from.Source)
	name, ok := v.(text)
	switch {
	case isPoison(v):
		return nil, false
	case !ok:
		f.fail(from.Source.Span(), "E0401", "`from` wants the path of a file, and this is "+f.kindOf(v), "", "write `from \"resnet50.safetensors\"`")
		return nil, false
	}
	c.out.Path = string(name)
	switch ext := strings.ToLower(path.Ext(c.out.Path)); ext {
	case ".onnx", ".weights", ".pth", ".pt", ".th", ".h5", ".tflite":
		stem := strings.TrimSuffix(path.Base(c.out.Path), path.Ext(c.out.Path))
		f.report(from.Source.Span(), diag.Diagnostic{
			Code: "E0601", Message: fmt.Sprintf("a file `%s` in `from` is part of the language, but this version of netc reads .safetensors and .npz", ext),
			Hint: conversion(ext, path.Base(c.out.Path), stem),
		})
		return nil, false
	}
	if from.SHA256At.IsValid() && !hexSum.MatchString(from.SHA256) {
		f.fail(from.SHA256At, "E0409", fmt.Sprintf("a SHA-256 is 64 hexadecimal digits, and this has %d characters", len(from.SHA256)), "", "`sha256sum FILE` prints it")
		return nil, false
	}
	if from.Into != nil {
		p, ok := s.place(f, from.Into)
		if !ok {
			return nil, false
		}
		c.into = p.text
	}
	for _, st := range s.net.net.States {
		if c.into == "" || st.Path != c.into && under(st.Path, c.into) {
			c.states = append(c.states, st)
		}
	}
	if len(c.states) == 0 {
		at := from.Source.Span()
		if from.Into != nil {
			at = from.Into.Span()
		}
		f.fail(at, "E0405", fmt.Sprintf("%s has no weights that this file could feed", c.where(s)), "", "")
		return nil, false
	}
	for _, r := range from.Rules {
		s.rule(f, c, r)
	}
	s.contents(f, c)
	return c, true
}

// where names what the file feeds, in messages.
func (c *checkpoint) where(s *section) string {
	if c.into == "" {
		return "`" + s.net.net.Name + "`"
	}
	return "`" + c.into + "`"
}

// local is the path of a state as the rules of c write it.
func (c *checkpoint) local(st *State) string {
	return strings.TrimPrefix(strings.TrimPrefix(st.Path, c.into), ".")
}

// rule reads one rule; its right side must be able to name a weight.
func (s *section) rule(f *frame, c *checkpoint, n *syntax.Rule) {
	r := &weightRule{node: n}
	var err error
	if r.from, err = parseNamePattern(n.From); err != nil {
		c.bad = true
		f.fail(n.FromAt, "E0408", err.Error(), "", "")
		return
	}
	if !n.Skip {
		if r.to, err = parseNamePattern(n.To); err != nil {
			c.bad = true
			f.fail(n.ToAt, "E0408", err.Error(), "", "")
			return
		}
		for _, name := range r.to.names() {
			if !slices.Contains(r.from.names(), name) {
				c.bad = true
				f.fail(n.ToAt, "E0408", fmt.Sprintf("`%s` is not on the left side, so nothing is known of it", holeText(name)), "", "")
				return
			}
		}
		if !slices.ContainsFunc(c.states, func(st *State) bool { _, ok := r.to.match(c.local(st)); return ok }) {
			c.bad = true
			s.noTarget(f, c, r)
			return
		}
	}
	c.rules = append(c.rules, r)
}

func holeText(name string) string {
	if name == "*" {
		return name
	}
	return "{" + name + "}"
}

// noTarget reports a right side that no weight has.
func (s *section) noTarget(f *frame, c *checkpoint, r *weightRule) {
	var names []string
	for _, st := range c.states {
		names = append(names, c.local(st))
	}
	d := diag.Diagnostic{
		Code: "E0407", Message: fmt.Sprintf("this rule feeds nothing: %s has no weight `%s`", c.where(s), r.node.To),
		Hint: "its first one is `" + names[0] + "`; `netc summary` lists the stages",
	}
	if near := diag.Closest(r.node.To, names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
	}
	f.report(r.node.ToAt, d)
}

// contents reads the table of contents of the file.
func (s *section) contents(f *frame, c *checkpoint) {
	ld, ok := s.c.ld.(Checkpoints)
	if !ok {
		return
	}
	tried, stored, err := ld.Contents(c.out.Dir, c.out.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.out.Absent = true
		f.report(c.out.Span, diag.Diagnostic{
			Code: "W0401", Severity: diag.Warning, Message: fmt.Sprintf("there is no file %s, so its rules are not compared with it", tried),
			Hint: "paths start at the folder of the .net file",
		})
	case err != nil:
		f.fail(c.out.Span, "E0401", fmt.Sprintf("%s cannot be read: %v", tried, err), "", "")
		c.bad = true
	default:
		c.stored, c.known = stored, true
	}
}

// feedAll finds out who feeds what.
func (s *section) feedAll(f *frame, all []*checkpoint) {
	fed := map[*State]feeding{}
	complete := true
	for _, c := range all {
		complete = complete && c.known && !c.bad
		if c.known {
			s.feedFrom(f, c, fed)
		}
	}
	if complete {
		s.unfed(f, all, fed)
	}
}

// feedFrom applies the rules of one file to its tensors, in the order of the net's
// weights, so that of several mistakes the first one is told.
func (s *section) feedFrom(f *frame, c *checkpoint, fed map[*State]feeding) {
	order := map[string]int{}
	byPath := map[string]*State{}
	for i, st := range c.states {
		order[st.Path], byPath[c.local(st)] = i, st
	}
	var found []candidate
	var left []string
	for i := range c.stored {
		t := &c.stored[i]
		skipped, hits := c.offers(t.Name, byPath)
		if !skipped && len(hits) == 0 {
			left = append(left, t.Name)
		}
		if skipped {
			continue
		}
		for _, h := range hits {
			h.stored = t
			found = append(found, h)
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return order[a.state.Path] - order[b.state.Path] })
	for _, h := range found {
		s.take(f, c, h, fed)
	}
	s.idle(f, c)
	s.leftOver(f, c, left)
}

// candidate is a weight that a tensor may feed.
type candidate struct {
	state  *State
	rule   *weightRule
	stored *Stored
}

// offers applies the rules to the name of a tensor.
func (c *checkpoint) offers(name string, byPath map[string]*State) (skipped bool, hits []candidate) {
	if len(c.from.Rules) == 0 {
		if st := byPath[name]; st != nil {
			hits = append(hits, candidate{state: st})
		}
		return false, hits
	}
	for _, r := range c.rules {
		values, ok := r.from.match(name)
		if !ok {
			continue
		}
		if r.met == "" {
			r.met = name
		}
		if r.to == nil {
			r.used, skipped = true, true
			continue
		}
		to, ok := r.to.fill(values)
		if st := byPath[to]; ok && st != nil {
			hits = append(hits, candidate{state: st, rule: r})
		}
	}
	if skipped {
		for _, h := range hits {
			h.rule.used = true // skip wins over it
		}
	}
	return skipped, hits
}

// take lets a weight have a tensor, once, and with its shape.
func (s *section) take(f *frame, c *checkpoint, h candidate, fed map[*State]feeding) {
	now := feeding{c, h.rule, h.stored.Name}
	if h.rule != nil {
		h.rule.used = true
	}
	if old, twice := fed[h.state]; twice {
		d := diag.Diagnostic{
			Code: "E0403", Message: fmt.Sprintf("`%s` is fed twice: by `%s` and by `%s`", c.local(h.state), old.name, now.name),
			Notes: []diag.Note{{Span: old.span(), Message: "the other one is fed"}}, Hint: "`skip` one of the two",
		}
		f.report(now.span(), d)
		return
	}
	fed[h.state] = now
	if !h.stored.fits(h.state) {
		f.report(now.span(), diag.Diagnostic{
			Code: "E0402",
			Message: fmt.Sprintf("this rule feeds %s %s, but the file holds %s there",
				c.local(h.state), show(h.state.Type), h.stored),
			Label: c.out.Path + ": " + h.stored.Name, Hint: s.reads(c, h.state),
		})
		return
	}
	c.out.Takes = append(c.out.Takes, Take{h.state, h.stored.Name})
}

// String prints the type: f32[64, 3, 7, 7].
func (t *Stored) String() string {
	if len(t.Shape) == 0 {
		return t.DType
	}
	return t.DType + strings.ReplaceAll(fmt.Sprint(t.Shape), " ", ", ")
}

// fits reports whether t can be the value of st: numbers of the same shape.
func (t *Stored) fits(st *State) bool {
	if len(t.Shape) != len(st.Type.Dims) || st.Type.DType.Float() && !strings.Contains(t.DType, "f") {
		return false
	}
	for i, d := range st.Type.Dims {
		if n, ok := d.Size.IsConst(); !ok || int(n) != t.Shape[i] {
			return false
		}
	}
	return true
}

// reads tells where the net makes the layer that a weight belongs to.
func (s *section) reads(c *checkpoint, st *State) string {
	at := st.inst
	if at == nil {
		return ""
	}
	if up := at.parent; up != nil && up.made.IsValid() && up.path != c.into {
		at = up
	}
	if !at.made.IsValid() {
		return ""
	}
	who := "net"
	if c.into != "" {
		who = c.into
	}
	p := at.made.Pos()
	return fmt.Sprintf("the %s reads `%s` at %s:%d", who, at.made.Text(), p.File, p.Line)
}

// idle reports rules that fed nothing.
func (s *section) idle(f *frame, c *checkpoint) {
	for _, r := range c.rules {
		if r.used || r.to == nil {
			continue
		}
		d := diag.Diagnostic{Code: "E0407", Message: fmt.Sprintf("this rule feeds nothing: %s holds no `%s`", c.out.Path, r.node.From)}
		if r.met != "" {
			to := "such a weight"
			if values, ok := r.from.match(r.met); ok {
				if name, ok := r.to.fill(values); ok {
					to = "a weight `" + name + "`"
				}
			}
			d.Message = fmt.Sprintf("this rule feeds nothing: %s has no %s", c.where(s), strings.TrimPrefix(to, "a "))
			d.Label = c.out.Path + ": " + r.met
		} else {
			var names []string
			for _, t := range c.stored {
				names = append(names, t.Name)
			}
			if near := diag.Closest(r.node.From, names); near != "" {
				d.Label = fmt.Sprintf("did you mean `%s`?", near)
			}
		}
		f.report(r.node.FromAt, d)
	}
}

// leftOver reports tensors that no rule wants.
func (s *section) leftOver(f *frame, c *checkpoint, names []string) {
	if len(names) == 0 {
		return
	}
	f.report(c.out.Span, diag.Diagnostic{
		Code: "E0406", Message: fmt.Sprintf("%s holds %s that no rule uses: %s", c.out.Path, plural(len(names), "tensor"), some(names)),
		Hint: fmt.Sprintf("feed a weight with it, or add `skip %q`", names[0]),
	})
}

// unfed reports weights that nothing feeds. Buffers may keep their initial values,
// which is worth a warning.
func (s *section) unfed(f *frame, all []*checkpoint, fed map[*State]feeding) {
	for _, c := range all {
		var params, buffers []string
		for _, st := range c.states {
			if _, ok := fed[st]; ok {
				continue
			}
			if st.Buffer {
				buffers = append(buffers, c.local(st))
			} else {
				params = append(params, c.local(st))
			}
		}
		switch {
		case len(params) > 0:
			f.report(c.out.Span, diag.Diagnostic{
				Code: "E0405", Message: fmt.Sprintf("%s of %s %s fed by no rule: %s", plural(len(params), "weight"), c.where(s), isAre(len(params)), some(params)),
				Hint: "add a rule, or feed only a part with `into STAGE`",
			})
		case len(buffers) > 0:
			f.report(c.out.Span, diag.Diagnostic{
				Code: "W0405", Severity: diag.Warning,
				Message: fmt.Sprintf("%s of %s %s fed by no rule, and keep their initial values: %s", plural(len(buffers), "buffer"), c.where(s), isAre(len(buffers)), some(buffers)),
			})
		}
		for _, st := range c.states { // a weight of two files is told once
			fed[st] = feeding{from: c}
		}
	}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// some lists the first names, and how many follow.
func some(names []string) string {
	if len(names) <= 3 {
		return joinAnd(backquoted(names))
	}
	return fmt.Sprintf("%s and %d more", strings.Join(backquoted(names[:3]), ", "), len(names)-3)
}
