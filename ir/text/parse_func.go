package text

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

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
	if s.keyword("segments") {
		var err error
		if q.f.Segments, err = q.segments(); err != nil {
			return err
		}
	}
	if s.keyword("joints") {
		var err error
		if q.f.Joints, err = q.joints(); err != nil {
			return err
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
		bound, logical, differs := strings.Cut(bound, " logical ")
		if !differs {
			logical = bound
		}
		if q.f.Memory.Logical, err = sym.Parse(logical); err != nil {
			return err
		}
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

// segments reads N [FIRST..LAST:GROUP:OFFSET:SIZE, ...], GROUP being images or, with the
// word, channels.
func (q *fnParser) segments() ([]ir.Segment, error) {
	s := q.s
	batch, err := s.word()
	if err != nil {
		return nil, err
	}
	return items(s, func(s *scanner) (ir.Segment, error) {
		g := ir.Segment{Batch: batch}
		var numbers [3]int64
		channels := false
		for i, stop := range []string{"..", ":", ":"} {
			if numbers[i], err = s.integer(); err != nil {
				return g, err
			}
			channels = i == 2 && s.keyword("channels")
			if err := s.want(stop); err != nil {
				return g, err
			}
			if numbers[i] < 0 || numbers[i] > math.MaxInt32 {
				return g, s.errorf("expected a segment FIRST..LAST:IMAGES")
			}
		}
		g.First, g.Last = int(numbers[0]), int(numbers[1])
		if channels {
			g.Channels = numbers[2]
		} else {
			g.Images = numbers[2]
		}
		if g.Offset, err = sym.Parse(s.until(":")); err != nil {
			return g, err
		}
		if err := s.want(":"); err != nil {
			return g, err
		}
		g.Size, err = sym.Parse(s.until(",]"))
		return g, err
	})
}

// joints reads [FIRST..LAST, ...].
func (q *fnParser) joints() ([]ir.Joint, error) {
	return items(q.s, func(s *scanner) (j ir.Joint, err error) {
		first, err := s.integer()
		if err != nil {
			return j, err
		}
		if err := s.want(".."); err != nil {
			return j, err
		}
		last, err := s.integer()
		if err == nil && (first < 0 || last > math.MaxInt32) {
			err = s.errorf("expected a joint FIRST..LAST")
		}
		return ir.Joint{First: int(first), Last: int(last)}, err
	})
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
