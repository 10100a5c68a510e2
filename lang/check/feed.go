package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// inputs makes the fields of the data the inputs of the graph, in the order of the
// sample.
func (s *section) inputs(f *frame) bool {
	f.batch(s.net.net.Infer.Facts)
	origin := s.info.origin()
	ok := true
	for _, x := range s.info.fields {
		switch {
		case x.Kind == BoxesField:
			f.define(x.Name, boxesValue{x})
			continue
		case x.Kind == TextField && x.ids == 0:
			f.define(x.Name, textValue{x})
			continue
		}
		if x.Kind == PictureField && !x.eval.Planar {
			ok = false
			if s.info.unfed || s.c.again("planar "+s.info.data.Name+" "+x.Name) {
				continue
			}
			f.fail(s.dataAt, "E0202", fmt.Sprintf("`%s` gives pictures %s, and nets read f32", s.info.data.Name, f.show(x.Type)), "", fmt.Sprintf("end `prep %s` with `chw`", x.Name))
			continue
		}
		t, good := x.batchType(f)
		if !good {
			ok = false
			continue
		}
		in := &Tensor{Name: x.Name, Type: t}
		f.g.graph.Inputs = append(f.g.graph.Inputs, in)
		for _, d := range t.Dims[1:] {
			for _, name := range d.Size.Symbols() {
				f.define(name, size{e: sym.Symbol(name), den: 1})
				f.bound(name, 1, 0)
			}
		}
		v := &tensorValue{t: in, counts: x.LabelSet, made: x.Span, stage: x.Name, origin: origin}
		f.lazy(x.Name, func() value { return x.prepare(f, v) })
	}
	return ok
}

// askTrained lets pictures of any size promise what the net that they feed asks.
func (s *section) askTrained(f *frame) {
	params := s.net.block.Sig.In
	used := make([]*field, len(params))
	for i, p := range params {
		used[i] = s.source(p, len(params) == 1)
	}
	s.askSizes(f, used)
}

// countClasses counts the classes of a label without names. They are counted once: both
// graphs get the same number, or the same reason why there is none.
func (s *section) countClasses(field string) (n int64, why string) {
	if s.counted == nil {
		s.counted = map[string]classCount{}
	}
	c, done := s.counted[field]
	if !done {
		c = s.lookAt(field)
		s.counted[field] = c
	}
	return c.n, c.why
}

type classCount struct {
	n   int64
	why string
}

func (s *section) lookAt(field string) classCount {
	ld, ok := s.c.ld.(ClassCounter)
	if !ok {
		return classCount{why: "nothing here can open the data"}
	}
	k, err := ld.CountClasses(s.mod.dir, s.info.data, field)
	if err != nil {
		return classCount{why: err.Error()}
	}
	return classCount{n: int64(k)}
}

// batch defines N with the bounds that the net promises.
func (f *frame) batch(net sym.Facts) {
	f.bound("N", max(net.Min["N"], 1), net.Max["N"])
	if d := net.Divides["N"]; d > 1 {
		f.g.graph.Facts.Divides["N"] = d
	}
	f.define("N", size{e: sym.Symbol("N"), den: 1})
}

// origin tells where labels come from, for E0205.
func (d *dataInfo) origin() string {
	text := ""
	for i, x := range d.fields {
		if i > 0 {
			text += ", "
		}
		text += x.Name
		if x.LabelSet != "" {
			text += ": " + x.LabelSet
		}
	}
	p := d.decl.Name.Where.Pos()
	for _, n := range d.decl.Body {
		if s, ok := n.(*syntax.Sample); ok {
			p = s.Where.Pos()
		}
	}
	return fmt.Sprintf("from sample (%s) at %s:%d", text, p.File, p.Line)
}

// outputs puts the results of the net in scope. The net runs when one of them is
// first used: a section may call it in its own way instead.
func (s *section) outputs(f *frame, netAt, dataAt diag.Span) {
	var results value
	run := func() value {
		if results == nil {
			results = poison{}
			results = s.feed(f, netAt, dataAt)
		}
		return results
	}
	for i, o := range s.net.net.Infer.Outputs {
		f.lazy(o.Name, func() value {
			v := run()
			if t, ok := v.(tuple); ok && i < len(t) {
				return t[i]
			}
			return v
		})
	}
}

// lazy binds a name whose value is made when it is first read.
func (f *frame) lazy(name string, make func() value) {
	f.vars.bind(name, &binding{make: make})
}

// feed runs the net on the fields of the same name, or the single input on the
// single field that fits.
func (s *section) feed(f *frame, netAt, dataAt diag.Span) value {
	b, c := s.net.block, s.net.callable()
	var args []argument
	for _, p := range b.Sig.In {
		x := s.source(p, len(b.Sig.In) == 1)
		if x == nil {
			return f.fail(dataAt, "E0509", fmt.Sprintf("`%s` wants `%s`, and `%s` has no such field", b.Name.Name, p.Name.Name, s.info.data.Name), "",
				"rename the field, or call the net yourself in `loss`")
		}
		if !s.compatible(f, p, x, dataAt) {
			return poison{}
		}
		v, _ := f.lookup(x.Name)
		args = append(args, argument{v: v, span: dataAt, name: x.Name})
	}
	return f.run(c, args, "", netAt)
}

// source finds the field that feeds an input.
func (s *section) source(p *syntax.Param, single bool) *field {
	var pictures []*field
	for _, x := range s.info.fields {
		if x.Name == p.Name.Name {
			return x
		}
		if x.Kind == PictureField {
			pictures = append(pictures, x)
		}
	}
	if single && len(pictures) == 1 {
		return pictures[0]
	}
	return nil
}

// compatible compares a field with an input and reports colours and sizes in the
// words of the data section.
func (s *section) compatible(f *frame, p *syntax.Param, x *field, at diag.Span) bool {
	have, ok := x.batchType(f)
	if !ok {
		return false
	}
	var want op.Type
	for _, in := range s.net.net.Infer.Inputs {
		if in.Name == p.Name.Name {
			want = in.Type
		}
	}
	data, net := s.info.data.Name, s.net.net.Name
	if len(have.Dims) == 4 && len(want.Dims) == 4 {
		a, b := have.Dims[1].Set, want.Dims[1].Set
		if a != b && b != "" {
			if s.info.unfed || s.c.again("feed "+data+" "+net+" "+x.Name) {
				return false
			}
			d := diag.Diagnostic{
				Code: "E0204", Message: fmt.Sprintf("`%s` gives %s images and `%s` reads %s", data, a, net, b),
				Label: fmt.Sprintf("%s at %s:%d", f.show(x.Type), x.Span.Pos().File, x.Span.Pos().Line),
			}
			if (a == "RGB" || a == "BGR") && (b == "RGB" || b == "BGR") {
				d.Hint = fmt.Sprintf("add `|> swap(%s)` to `prep %s`", b, x.Name)
			} else {
				d.Hint = fmt.Sprintf("add `|> gray` to `prep %s`, or change the sample to u8[..., %s]", x.Name, b)
				if b != "Gray" {
					d.Hint = fmt.Sprintf("change the sample to u8[..., %s]: pictures are converted when they are read", b)
				}
			}
			f.report(at, d)
			return false
		}
		for i := 2; i < 4; i++ {
			n, fixed := want.Dims[i].Size.IsConst()
			if fixed && !want.Dims[i].Size.Equal(have.Dims[i].Size) {
				if s.info.unfed || s.c.again("feed "+data+" "+net+" "+x.Name) {
					return false
				}
				m, _ := want.Dims[5-i].Size.IsConst()
				h, w := n, m
				if i == 3 {
					h, w = m, n
				}
				f.fail(at, "E0201", fmt.Sprintf("`%s` gives `%s` as %s, and `%s` reads %s", data, x.Name, f.show(have), net, f.show(want)),
					fmt.Sprintf("axis %d has %s, not %d", i, f.showDim(have.Dims[i]), n), fmt.Sprintf("add `resize(%d, %d)` before `chw` in `prep %s`", h, w, x.Name))
				return false
			}
		}
	}
	return true
}
