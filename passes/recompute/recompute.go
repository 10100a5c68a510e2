package recompute

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/passes/memory"
)

// TooLittle says that a training does not fit the limit of its section. Least is what
// the arena and the room of the kernels take when everything is recomputed that lowers it; 0
// where sizes are known only when the training runs.
type TooLittle struct {
	Net          string
	Limit, Least int64
}

func (e *TooLittle) Error() string {
	if e.Least == 0 {
		return fmt.Sprintf("found a limit of %d bytes for the training of %s, whose sizes are not known before it runs; expected no limit", e.Limit, e.Net)
	}
	return fmt.Sprintf("found a limit of %d bytes for the training of %s, expected %d or more", e.Limit, e.Net, e.Least)
}

// Run makes every step and evaluation of m fit the limit of its section. The note tells
// how many instructions are repeated, and what that saves.
//
// Errors: a [*TooLittle].
func Run(m *ir.Module, t target.Desc) (string, error) {
	repeated, limited, before, after := 0, 0, int64(0), int64(0)
	var worst *TooLittle // of the first net that does not fit: all its phases have one limit
	for _, s := range m.Trains {
		if s.Memory == 0 {
			continue
		}
		limited++
		need := int64(0)
		for _, name := range []string{s.Loss, s.Eval} {
			f := m.Func(name)
			if f == nil {
				continue
			}
			if !memory.Linear(f) {
				return "", &TooLittle{Net: s.Net, Limit: s.Memory}
			}
			room := kernels.RoomOf(f, int64(s.Batch)).Bytes(kernels.Threads)
			r := &recomputer{
				f: f, batch: int64(s.Batch), align: int64(t.Align), limit: s.Memory - room,
				bytesOf: map[*ir.Value]int64{}, macsOf: map[*ir.Instr]int64{},
			}
			if err := r.run(); err != nil {
				return "", fmt.Errorf("%s: %w", f.Name, err)
			}
			need = max(need, r.size+room)
			if f.Kind == ir.TrainStep {
				repeated, before, after = repeated+r.count(), before+r.start, after+r.size
			}
		}
		if need > s.Memory && (worst == nil || worst.Net == s.Net && worst.Least < need) {
			worst = &TooLittle{Net: s.Net, Limit: s.Memory, Least: need}
		}
	}
	if worst != nil {
		return "", worst
	}
	switch {
	case limited == 0:
		return "no limits", nil
	case repeated == 0:
		return fmt.Sprintf("%d steps fit as they are", limited), nil
	}
	return fmt.Sprintf("%d instructions repeated, %.1f MB in place of %.1f", repeated, float64(after)/1e6, float64(before)/1e6), nil
}

// recomputer lowers the arena of one function.
type recomputer struct {
	f            *ir.Func
	batch, align int64
	limit        int64                   // of the arena
	start, size  int64                   // bytes of the arena, before and now
	origin       map[*ir.Instr]*ir.Instr // of an instruction that repeats another one
	roots        map[*ir.Value]*ir.Value // of its results, those of the other one
	bytesOf      map[*ir.Value]int64     // found so far
	macsOf       map[*ir.Instr]int64
}

// count is the number of instructions that are repeated.
func (r *recomputer) count() (n int) {
	for _, in := range r.f.Instrs {
		if r.origin[in] != nil && !ir.IsView(in) && !ir.IsPart(in) {
			n++
		}
	}
	return n
}

// first is the instruction that in repeats, or in.
func (r *recomputer) first(in *ir.Instr) *ir.Instr {
	if o := r.origin[in]; o != nil {
		return o
	}
	return in
}

// rootOf is the value that v is a copy of, or v.
func (r *recomputer) rootOf(v *ir.Value) *ir.Value {
	if o := r.roots[v]; o != nil {
		return o
	}
	return v
}

// run makes the function fit as far as it can.
func (r *recomputer) run() error {
	var err error
	if r.size, err = memory.Size(r.f, r.batch, r.align); err != nil {
		return err
	}
	if r.start = r.size; r.size <= r.limit {
		return nil
	}
	memory.PinHalos(r.f)
	if err := r.lower(); err != nil {
		return err
	}
	r.size, err = memory.Size(r.f, r.batch, r.align)
	return err
}

// lower gives results up until the arena fits, or nothing helps any more.
func (r *recomputer) lower() (err error) {
	r.origin, r.roots = map[*ir.Instr]*ir.Instr{}, map[*ir.Value]*ir.Value{}
	for r.size > r.limit {
		p, err := r.profile()
		if err != nil {
			return err
		}
		lower := false
		for _, c := range r.candidates(p) {
			if lower, err = r.attempt(c, p); err != nil || lower {
				break
			}
		}
		if err != nil || !lower {
			return err
		}
		// Packing takes time, so that it is asked for only where the bound fits.
		if p, err = r.profile(); err != nil {
			return err
		}
		if r.size = p.alive[p.peak]; r.size <= r.limit {
			if r.size, err = memory.Size(r.f, r.batch, r.align); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt gives c up and keeps that if the most that is alive is less, or is alive at
// fewer steps. Hence attempts come to an end.
func (r *recomputer) attempt(c *candidate, p *profile) (lower bool, err error) {
	w := newRewriter(r, c, p)
	if !w.rewrite() {
		w.undo()
		return false, nil
	}
	after, err := r.profile()
	if err != nil {
		w.undo()
		return false, err
	}
	if after.below(p) {
		r.trim(c)
		return true, nil
	}
	w.undo()
	return false, nil
}

// trim takes results out of regions that only their copies are read for.
func (r *recomputer) trim(c *candidate) {
	uses := edit.Readers(r.f)
	for _, in := range r.f.Instrs {
		if in.Op.Name == "fused" && slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return c.targets[v] && uses[v] == 0 }) {
			trimRegion(in, func(v *ir.Value) bool { return uses[v] == 0 })
		}
	}
}

// profile is what is alive at each step of a function.
type profile struct {
	lives []memory.Life
	alive []int64
	peak  int // the first step at which most is alive
	steps int // how many there are
	made  map[*ir.Value]int
	by    map[*ir.Value]*ir.Instr
	reads map[*ir.Value][]int       // in order
	end   map[*ir.Value]int         // the last step at which the storage of a value is in use
	same  map[*ir.Value][]*ir.Value // the copies of a value
	// changed is the first step that writes a state.
	changed map[string]int
}

// below reports whether p is better than q.
func (p *profile) below(q *profile) bool {
	if a, b := p.alive[p.peak], q.alive[q.peak]; a != b {
		return a < b
	}
	return p.steps < q.steps
}

func (r *recomputer) profile() (*profile, error) {
	lives, err := memory.Lives(r.f, r.batch, r.align)
	if err != nil {
		return nil, err
	}
	p := &profile{
		lives: lives, alive: make([]int64, len(r.f.Instrs)+1), made: map[*ir.Value]int{}, by: map[*ir.Value]*ir.Instr{},
		reads: map[*ir.Value][]int{}, end: map[*ir.Value]int{},
		same: map[*ir.Value][]*ir.Value{}, changed: map[string]int{},
	}
	for i, in := range r.f.Instrs {
		for _, v := range in.Outs {
			p.made[v], p.by[v] = i, in
			if o := r.roots[v]; o != nil {
				p.same[o] = append(p.same[o], v)
			}
		}
		if in.Op.Effect == op.Update {
			if name := in.Attrs.String("state"); p.changed[name] == 0 {
				p.changed[name] = i
			}
		}
		for k, a := range in.Args {
			if a != nil && !slices.Contains(in.Args[:k], a) {
				p.reads[a] = append(p.reads[a], i)
			}
		}
	}
	for _, x := range r.f.Results {
		p.reads[x.Value] = append(p.reads[x.Value], len(r.f.Instrs))
	}
	for _, l := range lives {
		for i := l.First; i <= l.Last; i++ {
			p.alive[i] += l.Bytes
		}
		for _, v := range l.Values {
			p.end[v] = l.Last
		}
	}
	for i, n := range p.alive {
		switch most := p.alive[p.peak]; {
		case n > most:
			p.peak, p.steps = i, 1
		case n == most:
			p.steps++
		}
	}
	return p, nil
}
