package ir

import (
	"errors"
	"fmt"
	"slices"
)

// batches at which a plan is replayed. Offsets and sizes are linear in the batch, so
// two values that are apart at the smallest and at a large one are apart between. A
// function with a largest batch may have sizes that grow with a power of it, and is
// replayed up to that.
var batches = []int64{1, 7, 1 << 20}

// samples returns the sizes at which the plan of f is replayed: those batches, or
// for blocks some that the where-clauses allow, with equal and unequal symbols.
func samples(f *Func) []map[string]int64 {
	var envs []map[string]int64
	if len(f.Memory.Blocks) == 0 {
		for _, n := range batches {
			env := map[string]int64{}
			for _, s := range f.Memory.Arena.Add(f.Memory.Bound).Symbols() {
				env[s] = n
				if most, ok := f.Facts.Max[s]; ok {
					env[s] = min(n, most)
				}
			}
			envs = append(envs, env)
		}
		return envs
	}
	var names []string
	for _, b := range f.Memory.Blocks {
		names = append(names, b.Size.Symbols()...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, k := range []int64{0, 1, 2, 3, 10, 35} {
		env := map[string]int64{}
		for i, s := range names {
			env[s], _ = f.Facts.Sample(s, k*(1+int64(i)*(k%2)))
		}
		if positive(f, env) {
			envs = append(envs, env)
		}
	}
	return envs
}

// positive reports whether every value of f has an element under env; a session
// refuses other sizes.
func positive(f *Func, env map[string]int64) bool {
	for _, in := range f.Instrs {
		for _, o := range in.Outs {
			for _, d := range o.Type.Dims {
				if n, err := d.Size.Eval(env); err != nil || n < 1 {
					return false
				}
			}
		}
	}
	return true
}

// verifyMemory replays the plan of f: every result is written to its place and must
// be whole at each later read. A view shows the bytes of its operand; elementwise
// work may write over an operand in place, nothing else may touch what it reads.
func verifyMemory(f *Func) error {
	if f.Memory == nil {
		return fmt.Errorf("no memory plan")
	}
	for _, env := range samples(f) {
		r := replay{env: env, owner: map[*Value]*Value{}}
		var err error
		if r.layout, err = f.At(env); err != nil {
			return err
		}
		for i, in := range f.Instrs {
			if err := r.instr(in); err != nil {
				return fmt.Errorf("instruction %d, %s (sizes %v): %w", i, in.Op.Name, env, err)
			}
		}
		for k := range f.Segments {
			if err := r.segment(f, k+1); err != nil {
				return fmt.Errorf("segment %d (sizes %v): %w", k+1, env, err)
			}
		}
		for _, res := range f.Results {
			if err := r.read(res.Value); err != nil {
				return fmt.Errorf("result %s (sizes %v): %w", res.Name, env, err)
			}
		}
	}
	return nil
}

// replay is an arena in which each value that is still whole owns an interval.
type replay struct {
	env    map[string]int64
	layout Placement
	whole  []extent
	owner  map[*Value]*Value // a view to the value whose bytes it shows; others to themselves
}

// extent is the bytes lo <= b < hi of a value; with a step, the first size bytes of
// every step of them.
type extent struct {
	v                  *Value
	lo, hi, step, size int64
}

// meets reports whether e and o share bytes. Of two that have one step the parts are
// compared, of others what they span.
func (e extent) meets(o extent) bool {
	if e.lo >= o.hi || o.lo >= e.hi {
		return false
	}
	if e.step == 0 || e.step != o.step {
		return true
	}
	d := (o.lo - e.lo) % e.step
	if d < 0 {
		d += e.step
	}
	return d < e.size || d+o.size > e.step
}

// holds reports whether e has all bytes of o.
func (e extent) holds(o extent) bool { return e.lo <= o.lo && o.hi <= e.hi }

func (r *replay) instr(in *Instr) error {
	var operands []extent
	for _, a := range in.Args {
		if a == nil {
			continue
		}
		if err := r.read(a); err != nil {
			return err
		}
		if a.Mem.Space == ArenaSpace {
			e, err := r.extent(a)
			if err != nil {
				return err
			}
			operands = append(operands, e)
		}
	}
	var results []extent
	for _, o := range in.Outs {
		if o.Mem.Space == NoSpace {
			return fmt.Errorf("%%%d has no place", o.ID)
		}
		if o.Mem.Space != ArenaSpace {
			continue
		}
		e, err := r.extent(o)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(results, e.meets) {
			return fmt.Errorf("%%%d overlaps another result", o.ID)
		}
		results = append(results, e)
		if IsPart(in) && (len(operands) == 0 || !operands[0].holds(e)) {
			return fmt.Errorf("%%%d is a part of %%%d, and does not lie in it", o.ID, in.Args[0].ID)
		}
		if from := viewed(in); from != nil && (IsPart(in) || from.Mem.SamePlace(o.Mem)) {
			r.owner[o] = r.owner[from]
			continue
		}
		var parts []extent
		for _, a := range operands {
			switch {
			case !e.meets(a) || e.lo == a.lo && e.step == a.step && inPlace(in, a.v, o):
			case in.Op.Name == "concat" && e.holds(a):
				// Computed where the result wants it, and so are its own parts.
				for _, w := range r.whole {
					if w.step == a.step && a.holds(w) {
						parts = append(parts, w)
					}
				}
			default:
				return fmt.Errorf("%%%d is written over its operand %%%d", o.ID, a.v.ID)
			}
		}
		r.write(e)
		r.whole = append(r.whole, parts...)
	}
	return nil
}

// viewed returns the operand that in only shows under another shape or in part, or nil.
func viewed(in *Instr) *Value {
	if (IsView(in) || IsPart(in)) && in.Args[0].Mem.Space == ArenaSpace {
		return in.Args[0]
	}
	return nil
}

// inPlace reports whether in reads each element of its operand a before it writes
// the element of its result at the same place.
func inPlace(in *Instr, a, result *Value) bool {
	switch in.Op.Group {
	case "unary", "activation", "binary":
		return true
	}
	switch in.Op.Name {
	case "fused":
		return true
	case "conv":
		return onBlocks(a, result, in.Args[3])
	case "conv_dx":
		return onBlocks(a, result, in.Args[2])
	case "bn_train":
		return onBlocks(a, result, in.Args[0], in.Args[5])
	case "bn_dx":
		return onBlocks(a, result, in.Args[1]) || result == in.Outs[0] && onBlocks(a, result, in.Args[0])
	}
	return false
}

// onBlocks reports whether a is one of some operands, on the blocks of the result.
func onBlocks(a, result *Value, operands ...*Value) bool {
	return slices.Contains(operands, a) && !a.Layout.Plain() && a.Layout == result.Layout
}

// segment checks what the replay, in which every instruction runs once, cannot see of
// segment k: a group finds its images of the values that outlive the segment where they
// were when the group before it has run. Such values share no bytes, unless image after
// image takes the very place of an image of the other, for groups of channels channel by
// channel, and the values that live inside stay in the segment's storage.
func (r *replay) segment(f *Func, k int) error {
	s := &f.Segments[k-1]
	lo, err1 := s.Offset.Eval(r.env)
	size, err2 := s.ForGroup(s.Size).Eval(r.env)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var outer []extent
	for _, in := range f.Instrs[s.First : s.Last+1] {
		for _, v := range slices.Concat(in.Args, in.Outs) {
			if v == nil || v.Mem.Space != ArenaSpace {
				continue
			}
			e, err := r.extent(v)
			switch {
			case err != nil:
				return err
			case v.Mem.Segment == k:
				if e.lo < lo || e.hi > lo+size {
					return fmt.Errorf("%%%d takes the bytes %d to %d, outside the %d at %d", v.ID, e.lo, e.hi, size, lo)
				}
			case v.Mem.Segment != 0:
				return fmt.Errorf("%%%d lives in segment %d", v.ID, v.Mem.Segment)
			default:
				outer = append(outer, e)
			}
		}
	}
	for i, e := range outer {
		if e.lo < lo+size && lo < e.hi {
			return fmt.Errorf("%%%d lies in the storage of the groups", e.v.ID)
		}
		for _, o := range outer[:i] {
			same := e.image(r.env[s.Batch]) == o.image(r.env[s.Batch])
			if s.Channels > 0 {
				same = same && e.lo == o.lo && e.v.Layout == o.v.Layout && e.v.Map().Equal(o.v.Map())
			}
			if e.meets(o) && !same {
				return fmt.Errorf("%%%d and %%%d share bytes", e.v.ID, o.v.ID)
			}
		}
	}
	return nil
}

// image is the bytes from one of n images of e to the next.
func (e extent) image(n int64) int64 {
	if e.step == 0 {
		return (e.hi - e.lo) / max(n, 1)
	}
	return e.step
}

func (r *replay) extent(v *Value) (extent, error) {
	lo, err := r.layout.Offset(v.Mem)
	if err != nil {
		return extent{}, err
	}
	size, err := r.layout.Size(v.Mem)
	if err != nil {
		return extent{}, err
	}
	e := extent{v: v, lo: lo, hi: lo + size}
	if e.step, err = r.layout.Step(v.Mem); err != nil {
		return extent{}, err
	}
	if e.step != 0 && size > 0 {
		n := int64(1)
		if v.Type.Rank() == 4 {
			if n, err = r.layout.Images(v); err != nil {
				return extent{}, err
			}
		}
		e.size = size / n
		e.hi = lo + (n-1)*e.step + e.size
	}
	if lo < 0 || size < 0 || e.hi > r.layout.Arena {
		return extent{}, fmt.Errorf("%%%d takes the bytes %d to %d of an arena of %d", v.ID, lo, e.hi, r.layout.Arena)
	}
	return e, nil
}

// write makes e the owner of its bytes; what lay there is lost.
func (r *replay) write(e extent) {
	r.whole = slices.DeleteFunc(r.whole, e.meets)
	r.whole = append(r.whole, e)
	r.owner[e.v] = e.v
}

func (r *replay) read(v *Value) error {
	switch v.Mem.Space {
	case ElidedSpace:
		return fmt.Errorf("%%%d is read, but it was given no storage", v.ID)
	case ArenaSpace:
		if !slices.ContainsFunc(r.whole, func(e extent) bool { return e.v == r.owner[v] }) {
			return fmt.Errorf("%%%d is overwritten before its last use", v.ID)
		}
	}
	return nil
}
