package ir

import "fmt"

// batches at which a plan is checked: linear offsets that are disjoint at 1 and at a
// large batch are disjoint between.
var batches = []int64{1, 7, 1024}

// verifyMemory checks that no two values alive at the same step overlap in the
// arena, unless one is a view or the in-place result of the other (the same
// offset), and that all lie inside it.
func verifyMemory(f *Func) error {
	if f.Memory == nil {
		return fmt.Errorf("no memory plan")
	}
	lives := arenaLives(f)
	for _, n := range batches {
		env := map[string]int64{"N": n}
		total, err := f.Memory.Arena.Eval(env)
		if err != nil {
			continue // other symbols: the plan is checked where they have values
		}
		for i := range lives {
			if err := lives[i].place(env); err != nil {
				return err
			}
			if lives[i].hi > total {
				return fmt.Errorf("%%%d ends at byte %d of an arena of %d (N = %d)", lives[i].v.ID, lives[i].hi, total, n)
			}
		}
		for i, a := range lives {
			for _, b := range lives[i+1:] {
				if a.first <= b.last && b.first <= a.last && a.lo < b.hi && b.lo < a.hi && !a.shares(b) {
					return fmt.Errorf("%%%d and %%%d overlap in the arena (N = %d)", a.v.ID, b.v.ID, n)
				}
			}
		}
	}
	return nil
}

// live is an arena value with the steps between which it must keep its bytes.
type live struct {
	v           *Value
	first, last int
	lo, hi      int64
}

func (l *live) place(env map[string]int64) (err error) {
	if l.lo, err = l.v.Mem.Offset.Eval(env); err != nil {
		return err
	}
	size, err := l.v.Mem.Size.Eval(env)
	l.hi = l.lo + size
	return err
}

// shares reports whether one value was made from the other at the same place: a
// view, or an elementwise result in place of its operand.
func (l live) shares(o live) bool {
	if !l.v.Mem.Offset.Equal(o.v.Mem.Offset) {
		return false
	}
	return reaches(l.v, o.v) || reaches(o.v, l.v)
}

// reaches reports whether v is computed from w through values at its offset.
func reaches(v, w *Value) bool {
	if v == w {
		return true
	}
	if v.Def == nil {
		return false
	}
	for _, a := range v.Def.Args {
		if a != nil && a.onTheWayTo(w) && reaches(a, w) {
			return true
		}
	}
	return false
}

// onTheWayTo reports whether v lies where w does, or is inside a region.
func (v *Value) onTheWayTo(w *Value) bool {
	return v.Mem.Space == ElidedSpace || v.Mem.Space == ArenaSpace && v.Mem.Offset.Equal(w.Mem.Offset)
}

func arenaLives(f *Func) []live {
	at := map[*Value]int{}
	var lives []live
	add := func(v *Value, step int) {
		if v != nil && v.Mem.Space == ArenaSpace {
			if _, ok := at[v]; !ok {
				at[v] = len(lives)
				lives = append(lives, live{v: v, first: step, last: step})
			}
		}
	}
	for step, in := range f.Instrs {
		for _, o := range in.Outs {
			add(o, step)
		}
		for _, a := range in.Args {
			if i, ok := at[a]; ok {
				lives[i].last = step
			}
		}
	}
	for _, r := range f.Results {
		if i, ok := at[r.Value]; ok {
			lives[i].last = len(f.Instrs)
		}
	}
	return lives
}
