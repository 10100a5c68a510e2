package recompute

import (
	"cmp"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/passes/memory"
)

// What a core does in a second; only the ratio matters.
const (
	macsPerSecond  = 3e10
	bytesPerSecond = 1e10
)

// candidate is storage that is alive at the peak, and that nothing reads just then.
type candidate struct {
	life    *memory.Life
	targets map[*ir.Value]bool // its values that are read behind the peak
	cost    float64            // seconds of what must be repeated
}

// price is the seconds for each byte.
func (c *candidate) price() float64 { return c.cost / float64(c.life.Bytes) }

// candidates returns what may be given up at the peak of p, the cheapest by its size
// first.
func (r *recomputer) candidates(p *profile) []*candidate {
	var out []*candidate
	for k := range p.lives {
		if c := r.candidate(p, &p.lives[k]); c != nil {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b *candidate) int { return cmp.Compare(a.price(), b.price()) })
	return out
}

// candidate returns nil for storage that cannot be given up at the peak.
func (r *recomputer) candidate(p *profile, l *memory.Life) *candidate {
	if l.First >= p.peak || l.Last <= p.peak || l.Last >= len(r.f.Instrs) {
		return nil
	}
	c := &candidate{life: l, targets: map[*ir.Value]bool{}}
	for _, v := range l.Values {
		if p.made[v] == p.peak || slices.Contains(p.reads[v], p.peak) {
			return nil
		}
		if reads := p.reads[v]; p.made[v] < p.peak && len(reads) > 0 && reads[len(reads)-1] > p.peak {
			c.targets[v] = true
		}
	}
	if len(c.targets) == 0 {
		return nil
	}
	seen := map[*ir.Instr]bool{}
	for v := range c.targets {
		first := slices.IndexFunc(p.reads[v], func(i int) bool { return i > p.peak })
		if !r.add(c, p, v, p.reads[v][first], seen, 0) {
			return nil
		}
	}
	return c
}

// deepest is how many instructions in a row are repeated for one value.
const deepest = 64

// add counts what is repeated for v before instruction at.
func (r *recomputer) add(c *candidate, p *profile, v *ir.Value, at int, seen map[*ir.Instr]bool, depth int) bool {
	in := p.by[v]
	if in == nil || !repeatable(in) || depth > deepest {
		return false
	}
	if seen[in] {
		return true
	}
	seen[in] = true
	c.cost += r.seconds(in)
	for _, a := range in.Args {
		if a != nil && r.stand(c, p, a, at) == nil && !r.add(c, p, a, at, seen, depth+1) {
			return false
		}
	}
	return true
}

// repeatable reports whether in may run twice: it changes nothing, and draws nothing.
func repeatable(in *ir.Instr) bool {
	return !ir.OfStates(in) && in.Op.Effect != op.Update && in.Op.Name != "random" && in.Op.Name != "dropout"
}

// little is the part of what is given up that operands of what is repeated may take
// for longer: statistics of a batch norm, scores of a gate.
const little = 1.0 / 16

// stand returns what can be read in place of a at an instruction: a itself, a copy of it
// that is alive there, or nil.
func (r *recomputer) stand(c *candidate, p *profile, a *ir.Value, at int) *ir.Value {
	if r.available(c, p, a, at) {
		return a
	}
	for _, v := range p.same[r.rootOf(a)] {
		if v != a && p.made[v] < at && p.end[v] >= at && !c.holds(v) {
			return v
		}
	}
	return nil
}

// available reports whether a can be read at an instruction: it lies in no arena, is alive
// there, or is so small that it is better kept.
func (r *recomputer) available(c *candidate, p *profile, a *ir.Value, at int) bool {
	in := p.by[a]
	if in == nil {
		return true
	}
	if ir.OfStates(in) {
		changed, ok := p.changed[in.Attrs.String("name")]
		return !ok || at <= changed
	}
	end, stored := p.end[a]
	switch {
	case !stored: // a constant, or a gradient beside the weights
		return in.Op.Name == "const"
	case c.holds(a):
		return false
	case end >= at:
		return true
	}
	return !ir.IsView(in) && !ir.IsPart(in) && float64(r.bytes(a)) <= little*float64(c.life.Bytes)
}

// holds reports whether a lies in the storage that is given up.
func (c *candidate) holds(a *ir.Value) bool { return slices.Contains(c.life.Values, a) }

// bytes is the storage of v, which does not change once halos are pinned.
func (r *recomputer) bytes(v *ir.Value) int64 {
	return known(r.bytesOf, v, func() int64 { return r.eval(v.Bytes()) })
}

// known returns what is remembered of key, or finds it.
func known[K comparable](have map[K]int64, key K, find func() int64) int64 {
	n, ok := have[key]
	if !ok {
		n = find()
		have[key] = n
	}
	return n
}

// eval is the value of a size for the batch.
func (r *recomputer) eval(e sym.Expr) int64 {
	env := map[string]int64{}
	for _, s := range e.Symbols() {
		env[s] = r.batch
	}
	n, err := e.Eval(env)
	if err != nil {
		return 0
	}
	return n
}

// seconds estimates how long in takes.
func (r *recomputer) seconds(in *ir.Instr) float64 {
	if ir.IsView(in) || ir.IsPart(in) {
		return 0
	}
	moved := int64(0)
	for _, v := range slices.Concat(in.Args, in.Outs) {
		if v != nil {
			moved += r.bytes(v)
		}
	}
	return max(float64(moved)/bytesPerSecond, float64(known(r.macsOf, in, func() int64 { return r.eval(in.MACs()) }))/macsPerSecond)
}
