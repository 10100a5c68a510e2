package simplify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// seen finds equal instructions: same op, attributes and operands. Dropout and
// batch_norm are not equal to themselves: each draws its own mask, or updates its
// statistics once more.
type seen struct {
	number map[*ir.Value]int // values in order of appearance
	outs   map[string][]*ir.Value
}

func newSeen(f *ir.Func) *seen {
	s := &seen{number: map[*ir.Value]int{}, outs: map[string][]*ir.Value{}}
	for _, v := range f.Inputs {
		s.id(v)
	}
	return s
}

func (s *seen) id(v *ir.Value) int {
	if v == nil {
		return -1
	}
	n, ok := s.number[v]
	if !ok {
		n = len(s.number)
		s.number[v] = n
	}
	return n
}

// find returns the results of an equal instruction, or remembers in.
func (s *seen) find(in *ir.Instr) []*ir.Value {
	if in.Op.Effect == op.Update || in.Op.Name == "dropout" || in.Op.Name == "random" || in.Op.Name == "batch_norm" || len(in.Body) > 0 {
		return nil
	}
	k := s.key(in)
	if outs, ok := s.outs[k]; ok {
		return outs
	}
	s.outs[k] = in.Outs
	return nil
}

// key spells an instruction; operands of commutative ops are ordered.
func (s *seen) key(in *ir.Instr) string {
	var b strings.Builder
	b.WriteString(in.Op.Name)
	names := make([]string, 0, len(in.Attrs))
	for name := range in.Attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if dims := in.Attrs.Dims(name); dims != nil {
			fmt.Fprintf(&b, " %s=%v", name, op.Type{Dims: dims})
			continue
		}
		fmt.Fprintf(&b, " %s=%#v", name, in.Attrs[name])
	}
	ids := make([]int, len(in.Args))
	for i, a := range in.Args {
		ids[i] = s.id(a)
	}
	if commutative[in.Op.Name] && ids[0] > ids[1] {
		ids[0], ids[1] = ids[1], ids[0]
	}
	fmt.Fprint(&b, ids)
	return b.String()
}

var commutative = map[string]bool{"add": true, "mul": true, "min": true, "max": true, "eq": true, "and": true, "or": true}
