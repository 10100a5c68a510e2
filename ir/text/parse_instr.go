package text

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// operand reads the name of a value that exists, or _.
func (q *fnParser) operand() (*ir.Value, error) {
	if q.s.keyword("_") {
		return nil, nil
	}
	if err := q.s.want("%"); err != nil {
		return nil, err
	}
	name, err := q.s.word()
	if err != nil {
		return nil, err
	}
	v := q.values[name]
	if v == nil {
		return nil, q.s.errorf("%%%s is not defined", name)
	}
	return v, nil
}

// defs reads the names left of the equals sign.
func (q *fnParser) defs() ([]string, error) {
	var names []string
	if q.s.space(); !strings.HasPrefix(q.s.line[q.s.at:], "%") {
		return nil, nil
	}
	for {
		if err := q.s.want("%"); err != nil {
			return nil, err
		}
		n, err := q.s.word()
		if err != nil {
			return nil, err
		}
		names = append(names, n)
		if !q.s.take(",") {
			return names, q.s.want("=")
		}
	}
}

func (q *fnParser) instr() (*ir.Instr, error) {
	s := q.s
	names, err := q.defs()
	if err != nil {
		return nil, err
	}
	opName, err := s.word()
	if err != nil {
		return nil, err
	}
	d := op.Lookup(opName)
	if d == nil {
		return nil, s.errorf("no operation is called %q", opName)
	}
	in := &ir.Instr{Op: d}
	if in.Args, err = q.operands(d); err != nil {
		return nil, err
	}
	if in.Attrs, err = q.attrs(d); err != nil {
		return nil, err
	}
	if s.keyword("by") {
		word, err := s.word()
		if err != nil {
			return nil, err
		}
		var ok bool
		if in.Split, ok = ir.ParseSplit(word); !ok {
			return nil, s.errorf("found split %q, expected rows or channels", word)
		}
	}
	types, err := q.types(names)
	if err != nil {
		return nil, err
	}
	if in.Pos, in.Stage, err = s.place(); err != nil {
		return nil, err
	}
	if s.take("{") {
		if err := q.region(in); err != nil {
			return nil, err
		}
	}
	return in, q.define(in, names, types)
}

func (q *fnParser) operands(d *op.Def) ([]*ir.Value, error) {
	var args []*ir.Value
	s := q.s
	for {
		s.space()
		if rest := s.line[s.at:]; !strings.HasPrefix(rest, "%") && !strings.HasPrefix(rest, "_") {
			break
		}
		v, err := q.operand()
		if err != nil {
			return nil, err
		}
		args = append(args, v)
		if !s.take(",") {
			break
		}
	}
	for n := len(d.Args); len(args) < n && !d.Args[n-1].Variadic; {
		args = append(args, nil)
	}
	return args, nil
}

func (q *fnParser) attrs(d *op.Def) (op.Attrs, error) {
	a := op.Attrs{}
	s := q.s
	// A region opens a brace too; only attributes are followed by a name and "=".
	if !strings.HasPrefix(strings.TrimLeft(s.line[s.at:], " "), "{") || strings.TrimSpace(s.line[s.at:]) == "{" {
		return op.Normalize(d, a)
	}
	s.take("{")
	for !s.take("}") {
		if len(a) > 0 {
			if err := s.want(","); err != nil {
				return nil, err
			}
		}
		name, err := s.word()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(d.Attrs, func(x op.AttrSpec) bool { return x.Name == name })
		if i < 0 {
			return nil, s.errorf("%s has no attribute %s", d.Name, name)
		}
		if err := s.want("="); err != nil {
			return nil, err
		}
		if a[name], err = s.attr(d.Attrs[i].Kind); err != nil {
			return nil, err
		}
	}
	return op.Normalize(d, a)
}

// typed is what stands behind the colon for one result.
type typed struct {
	op.Type
	layout ir.Layout
	mem    ir.Mem
}

func (q *fnParser) types(names []string) (ts []typed, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	if err := q.s.want(":"); err != nil {
		return nil, err
	}
	for i := range names {
		if i > 0 {
			if err := q.s.want(","); err != nil {
				return nil, err
			}
		}
		var t typed
		if t.Type, err = q.s.typ(); err != nil {
			return nil, err
		}
		if t.layout, err = q.s.layout(); err != nil {
			return nil, err
		}
		if t.mem, err = q.mem(); err != nil {
			return nil, err
		}
		ts = append(ts, t)
	}
	return ts, nil
}

// region reads the body of a fused instruction.
func (q *fnParser) region(in *ir.Instr) error {
	for q.next() {
		if q.s.take("}") {
			return nil
		}
		b, err := q.instr()
		if err != nil {
			return err
		}
		in.Body = append(in.Body, b)
	}
	return fmt.Errorf("the region has no closing brace")
}

// define makes the results; those of a region are values of its body.
func (q *fnParser) define(in *ir.Instr, names []string, types []typed) error {
	for i, n := range names {
		v := q.values[n]
		if v == nil || in.Body == nil {
			if v != nil {
				return q.s.errorf("%%%s is defined twice", n)
			}
			id, err := strconv.Atoi(n)
			if err != nil || id < 0 || id > 1<<30 {
				return q.s.errorf("%%%s is no number of a value", n)
			}
			v = q.f.NewValue(types[i].Type, in, i)
			q.f.SetID(v, id)
			q.numbers[id] = true
			q.values[n] = v
		}
		v.Layout, v.Mem = types[i].layout, types[i].mem
		in.Outs = append(in.Outs, v)
	}
	return nil
}

// mem reads mem=SPACE("state")+OFFSET:SIZE, with @SEGMENT before and ^STEP behind where
// it has them, or mem=arena#BLOCK:SIZE.
func (q *fnParser) mem() (m ir.Mem, err error) {
	s := q.s
	if !s.take("mem=") {
		return m, nil
	}
	word, err := s.word()
	if err != nil {
		return m, err
	}
	for space, name := range spaceNames {
		if name == word {
			m.Space = space
		}
	}
	if m.Space == ir.NoSpace {
		return m, s.errorf("%q is no place for a value", word)
	}
	if s.take("(") {
		if m.State, err = s.quoted(); err != nil {
			return m, err
		}
		if err := s.want(")"); err != nil {
			return m, err
		}
	}
	if s.take("#") {
		block, err := s.integer()
		if err != nil {
			return m, err
		}
		if block < 1 || block > math.MaxInt32 {
			return m, s.errorf("expected the number of a block")
		}
		m.Block = int(block)
	} else if s.take("@") {
		segment, err := s.integer()
		if err != nil {
			return m, err
		}
		if segment < 1 || segment > math.MaxInt32 {
			return m, s.errorf("expected the number of a segment")
		}
		m.Segment = int(segment)
	}
	switch {
	case s.take("+"):
		if m.Offset, err = sym.Parse(s.until(":")); err != nil {
			return m, err
		}
	case m.Block == 0:
		return m, s.want("+")
	}
	s.take(":")
	if m.Size, err = sym.Parse(s.until(" ,){^")); err != nil || !s.take("^") {
		return m, err
	}
	m.Step, err = sym.Parse(s.until(" ,){"))
	return m, err
}
