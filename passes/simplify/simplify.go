package simplify

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/passes/edit"
)

// Run simplifies every function of m.
func Run(m *ir.Module) (string, error) {
	var s Stats
	for _, f := range m.Funcs {
		s.add(Func(f))
	}
	return s.String(), nil
}

// Stats counts what happened; Fired by the name of the rule.
type Stats struct {
	Folded, Merged, Dropped int
	Fired                   map[string]int
}

func (s *Stats) add(o Stats) {
	s.Folded += o.Folded
	s.Merged += o.Merged
	s.Dropped += o.Dropped
	if s.Fired == nil {
		s.Fired = map[string]int{}
	}
	for _, r := range rules {
		s.Fired[r.Name] += o.Fired[r.Name]
	}
}

// String is the line of the log.
func (s *Stats) String() string {
	rewritten := 0
	for _, n := range s.Fired {
		rewritten += n
	}
	return fmt.Sprintf("%d folded, %d merged, %d rewritten, %d dropped", s.Folded, s.Merged, rewritten, s.Dropped)
}

// rewritesPerInstr bounds the work.
const rewritesPerInstr = 8

// Func simplifies one function to a fixpoint.
func Func(f *ir.Func) Stats {
	s := Stats{Fired: map[string]int{}}
	s.Dropped = edit.Prune(f)
	for budget := rewritesPerInstr * len(f.Instrs); budget > 0; {
		c := &context{readers: edit.Readers(f), seen: newSeen(f), stats: &s, budget: budget}
		n := edit.Rebuild(f, c.rewrite)
		s.Dropped += edit.Prune(f)
		if n == 0 {
			break
		}
		budget -= n
	}
	return s
}

// context is one walk over a function.
type context struct {
	b       *ir.Builder
	readers map[*ir.Value]int // before the walk; values made during it have no entry
	seen    *seen
	stats   *Stats
	budget  int
}

// rewrite tries folding, then the rules in their order, then merging.
func (c *context) rewrite(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	c.b = b
	if c.budget <= 0 {
		return nil, false
	}
	if outs := c.fold(in); outs != nil {
		c.stats.Folded++
		c.budget--
		return outs, true
	}
	for _, r := range byOp[in.Op.Name] {
		outs := r.apply(c, in)
		if outs == nil {
			continue
		}
		if !sameTypes(outs, in.Outs) {
			panicRule(r, in, outs)
		}
		c.stats.Fired[r.Name]++
		c.budget--
		c.inherit(in, outs)
		return outs, true
	}
	if outs := c.seen.find(in); outs != nil {
		c.stats.Merged++
		c.budget--
		return outs, true
	}
	return nil, false
}

// inherit gives replacements the readers of what they replace.
func (c *context) inherit(in *ir.Instr, outs []*ir.Value) {
	for i, v := range outs {
		if v != nil {
			c.readers[v] += c.readers[in.Outs[i]]
		}
	}
}

// single reports whether v is read once, so that rewriting its reader may use up
// its definition.
func (c *context) single(v *ir.Value) bool { return c.readers[v] == 1 }

func sameTypes(got, want []*ir.Value) bool {
	for i, v := range got {
		if v != nil && !v.Type.Equal(want[i].Type) {
			return false
		}
	}
	return len(got) == len(want)
}
