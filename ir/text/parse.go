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

// Parse reads what Print wrote.
//
// Errors: the line and column of the first thing that cannot be read. The module
// is not verified: see ir.Verify.
func Parse(text string) (*ir.Module, error) {
	p := &parser{lines: strings.Split(text, "\n"), m: &ir.Module{}}
	for p.next() {
		if err := p.top(); err != nil && p.rest == nil {
			return nil, fmt.Errorf("line %d: %w", p.row, err)
		}
	}
	if p.rest != nil {
		return nil, fmt.Errorf("line %d: %w", p.row, p.rest)
	}
	if p.m.Name == "" {
		return nil, fmt.Errorf("the text has no module line")
	}
	return p.m, nil
}

type parser struct {
	lines []string
	row   int // 1-based line of s
	s     *scanner
	m     *ir.Module
	doc   string // of the next declaration
	rest  error  // text was left over at the end of line row; nothing more is read
}

// next moves to the next line that is not empty. The present one must be used up.
func (p *parser) next() bool {
	if p.rest == nil && p.s != nil && !p.s.done() {
		p.rest = p.s.errorf("expected the end of the line")
	}
	if p.rest != nil {
		return false
	}
	for p.row < len(p.lines) {
		p.row++
		if strings.TrimSpace(p.lines[p.row-1]) != "" {
			p.s = &scanner{line: p.lines[p.row-1]}
			return true
		}
	}
	return false
}

func (p *parser) takeDoc() string {
	d := p.doc
	p.doc = ""
	return d
}

func (p *parser) top() (err error) {
	s := p.s
	switch {
	case s.keyword("doc"):
		p.doc, err = s.quoted()
		return err
	case s.keyword("module"):
		return p.module()
	case s.keyword("set"):
		return p.set()
	case s.keyword("state"):
		return p.state()
	case s.keyword("data"):
		return p.data()
	case s.keyword("train"):
		return p.train()
	case s.keyword("predict"):
		return p.predict()
	case s.keyword("func"):
		return p.fn()
	}
	return s.errorf("expected module, set, state, data, train, predict or func")
}

func (p *parser) module() (err error) {
	p.m.Doc = p.takeDoc()
	if p.m.Name, err = p.s.word(); err != nil {
		return err
	}
	if p.m.Source, err = p.s.quoted(); err != nil {
		return err
	}
	stage, err := p.s.word()
	i := slices.Index(stageNames, stage)
	if i < 0 {
		return p.s.errorf("expected a stage")
	}
	p.m.Stage = ir.Stage(i)
	return err
}

// fnParser reads one function; values are known by their printed names.
type fnParser struct {
	*parser
	f      *ir.Func
	values map[string]*ir.Value
	// numbers are those the text gives; inputs, which print by name, keep clear.
	numbers map[int]bool
}

func (p *parser) fn() error {
	s := p.s
	f := &ir.Func{Doc: p.takeDoc()}
	q := &fnParser{p, f, map[string]*ir.Value{}, map[int]bool{}}
	if err := s.want("@"); err != nil {
		return err
	}
	var err error
	if f.Name, err = s.word(); err != nil {
		return err
	}
	kind, err := s.word()
	if err != nil {
		return err
	}
	k := slices.Index(kindNames, kind)
	if k < 0 {
		return s.errorf("%q is no kind of function", kind)
	}
	f.Kind = ir.FuncKind(k)
	if f.Net, err = s.word(); err != nil {
		return err
	}
	if err := q.inputs(); err != nil {
		return err
	}
	names, err := q.results()
	if err != nil {
		return err
	}
	if err := q.tail(); err != nil {
		return err
	}
	p.m.Funcs = append(p.m.Funcs, f)
	return q.body(names)
}

func (q *fnParser) inputs() error {
	s := q.s
	if err := s.want("("); err != nil {
		return err
	}
	for !s.take(")") {
		if len(q.f.Inputs) > 0 {
			if err := s.want(","); err != nil {
				return err
			}
		}
		if err := s.want("%"); err != nil {
			return err
		}
		name, err := s.word()
		if err != nil {
			return err
		}
		if err := s.want(":"); err != nil {
			return err
		}
		t, err := s.typ()
		if err != nil {
			return err
		}
		v := q.f.AddInput(name, t)
		if v.Mem, err = q.mem(); err != nil {
			return err
		}
		q.values[name] = v
	}
	return nil
}

// results reads the result names; the values follow in the return line.
func (q *fnParser) results() ([]string, error) {
	s := q.s
	if err := s.want("->"); err != nil {
		return nil, err
	}
	if err := s.want("("); err != nil {
		return nil, err
	}
	var names []string
	for !s.take(")") {
		if len(names) > 0 {
			if err := s.want(","); err != nil {
				return nil, err
			}
		}
		name, err := s.word()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if err := s.want(":"); err != nil {
			return nil, err
		}
		if _, err := s.typ(); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// tail reads where-facts, the memory plan and the opening brace.
func (q *fnParser) tail() error {
	s := q.s
	if s.keyword("where") {
		for {
			if err := q.fact(); err != nil {
				return err
			}
			if !s.take(",") {
				break
			}
		}
	}
	if s.keyword("arena") {
		arena, bound, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(s.line[s.at:]), "{"), " bound ")
		if !ok {
			return s.errorf("expected arena SIZE bound SIZE")
		}
		s.at = len(s.line) - 1
		q.f.Memory = &ir.Memory{}
		var err error
		if q.f.Memory.Arena, err = sym.Parse(arena); err != nil {
			return err
		}
		if q.f.Memory.Bound, err = sym.Parse(bound); err != nil {
			return err
		}
	}
	if s.keyword("blocks") {
		var err error
		if q.f.Memory, err = q.blocks(); err != nil {
			return err
		}
	}
	return s.want("{")
}

// blocks reads ALIGN [SIZE:FIRST..LAST, ...].
func (q *fnParser) blocks() (*ir.Memory, error) {
	s := q.s
	align, err := s.integer()
	if err != nil {
		return nil, err
	}
	if align < 1 {
		return nil, s.errorf("expected an alignment of 1 and more")
	}
	m := &ir.Memory{Align: align}
	m.Blocks, err = items(s, func(s *scanner) (b ir.Block, err error) {
		if b.Size, err = sym.Parse(s.until(":]")); err != nil {
			return b, err
		}
		if err := s.want(":"); err != nil {
			return b, err
		}
		first, err := s.integer()
		if err != nil {
			return b, err
		}
		if err := s.want(".."); err != nil {
			return b, err
		}
		last, err := s.integer()
		b.First, b.Last = int(first), int(last)
		return b, err
	})
	if err == nil && len(m.Blocks) == 0 {
		err = s.errorf("expected a block")
	}
	return m, err
}

func (q *fnParser) fact() error {
	s := q.s
	name, err := s.word()
	if err != nil {
		return err
	}
	into := &q.f.Facts.Divides
	switch {
	case s.take("%"):
	case s.take(">="):
		into = &q.f.Facts.Min
	case s.take("<="):
		into = &q.f.Facts.Max
	default:
		return s.errorf("expected %%, >= or <=")
	}
	n, err := s.integer()
	if err != nil {
		return err
	}
	if into == &q.f.Facts.Divides {
		if err := s.want("== 0"); err != nil {
			return err
		}
	}
	if *into == nil {
		*into = map[string]int64{}
	}
	(*into)[name] = n
	return nil
}

// body reads instructions up to the return line and the closing brace.
func (q *fnParser) body(names []string) error {
	for q.next() {
		if q.s.keyword("return") {
			return q.returns(names)
		}
		in, err := q.instr()
		if err != nil {
			return err
		}
		q.f.Instrs = append(q.f.Instrs, in)
	}
	return fmt.Errorf("the function %s has no return", q.f.Name)
}

func (q *fnParser) returns(names []string) error {
	for i, n := range names {
		if i > 0 {
			if err := q.s.want(","); err != nil {
				return err
			}
		}
		v, err := q.operand()
		if err != nil {
			return err
		}
		q.f.Results = append(q.f.Results, ir.Result{Name: n, Value: v})
	}
	if !q.next() || !q.s.take("}") {
		return fmt.Errorf("the function %s has no closing brace", q.f.Name)
	}
	for _, v := range q.f.Inputs {
		for free := v.ID; q.numbers[v.ID]; free++ {
			if !q.numbers[free] {
				q.f.SetID(v, free)
			}
		}
		q.numbers[v.ID] = true
	}
	return nil
}

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
	types, mems, err := q.types(names)
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
	return in, q.define(in, names, types, mems)
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

func (q *fnParser) types(names []string) (ts []op.Type, ms []ir.Mem, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	if err := q.s.want(":"); err != nil {
		return nil, nil, err
	}
	for i := range names {
		if i > 0 {
			if err := q.s.want(","); err != nil {
				return nil, nil, err
			}
		}
		t, err := q.s.typ()
		if err != nil {
			return nil, nil, err
		}
		m, err := q.mem()
		if err != nil {
			return nil, nil, err
		}
		ts, ms = append(ts, t), append(ms, m)
	}
	return ts, ms, nil
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
func (q *fnParser) define(in *ir.Instr, names []string, types []op.Type, mems []ir.Mem) error {
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
			v = q.f.NewValue(types[i], in, i)
			q.f.SetID(v, id)
			q.numbers[id] = true
			q.values[n] = v
		}
		v.Mem = mems[i]
		in.Outs = append(in.Outs, v)
	}
	return nil
}

// mem reads mem=SPACE("state")+OFFSET:SIZE, or mem=arena#BLOCK:SIZE.
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
	} else {
		if err := s.want("+"); err != nil {
			return m, err
		}
		if m.Offset, err = sym.Parse(s.until(":")); err != nil {
			return m, err
		}
	}
	s.take(":")
	m.Size, err = sym.Parse(s.until(" ,){"))
	return m, err
}
