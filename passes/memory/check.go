package memory

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
)

// Check replays the plan of f for one set of sizes: every instruction writes its
// results into an arena of cells, and every operand must still be where it was
// written. Cost: bytes of the arena for each value.
//
// Errors: a value outside the arena, off its alignment, or overwritten before its
// last use, be it by the instruction that reads it; an instruction of the setup that reads what only a call has.
func Check(f *ir.Func, env map[string]int64, align int64) error {
	layout, err := f.At(env)
	if err != nil {
		return err
	}
	r := &replay{env: env, layout: layout, align: align, cells: make([]*ir.Value, layout.Arena), root: map[*ir.Value]*ir.Value{}}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			err := r.read(a)
			if atSetup(in) && a != nil && (a.Mem.Space == ir.ArenaSpace || a.Mem.Space == ir.InputSpace) {
				err = fmt.Errorf("found operand %%%d in the arena, expected it to exist at load", a.ID)
			}
			if err != nil {
				return fmt.Errorf("%s: instruction %d (%s): %w", f.Name, i, in.Op.Name, err)
			}
		}
		for _, v := range in.Outs {
			if err := r.write(in, v); err != nil {
				return fmt.Errorf("%s: instruction %d (%s): %w", f.Name, i, in.Op.Name, err)
			}
		}
	}
	for _, res := range f.Results {
		if err := r.read(res.Value); err != nil {
			return fmt.Errorf("%s: result %s: %w", f.Name, res.Name, err)
		}
	}
	return nil
}

// atSetup reports whether in runs when a model is loaded.
func atSetup(in *ir.Instr) bool {
	return slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return v.Mem.Space == ir.SetupSpace })
}

// replay is an arena whose cells know the value that owns them.
type replay struct {
	env    map[string]int64
	layout ir.Placement
	align  int64
	cells  []*ir.Value
	root   map[*ir.Value]*ir.Value // a view -> the value whose bytes it shows
}

// span returns the cells of v, image by image where its images are parts of larger
// ones; nil for values outside the arena.
func (r *replay) span(v *ir.Value) ([][]*ir.Value, error) {
	if v == nil || v.Mem.Space != ir.ArenaSpace {
		return nil, nil
	}
	at, err := r.layout.Offset(v.Mem)
	if err != nil {
		return nil, err
	}
	n, err := r.layout.Size(v.Mem)
	if err != nil {
		return nil, err
	}
	images := int64(1)
	step, err := r.layout.Step(v.Mem)
	if err != nil {
		return nil, err
	}
	if step != 0 {
		if images, err = r.layout.Images(v); err != nil {
			return nil, err
		}
	}
	var parts [][]*ir.Value
	for i := range images {
		lo := at + i*step
		hi := lo + n/images
		if lo < 0 || hi < lo || hi > int64(len(r.cells)) || at%r.align != 0 && step == 0 {
			return nil, fmt.Errorf("found %%%d at byte %d to %d, expected multiples of %d inside an arena of %d", v.ID, lo, hi, r.align, len(r.cells))
		}
		parts = append(parts, r.cells[lo:hi])
	}
	return parts, nil
}

func (r *replay) read(v *ir.Value) error {
	parts, err := r.span(v)
	if err != nil {
		return err
	}
	want := r.ownerOf(v)
	for _, cells := range parts {
		for i, c := range cells {
			if c != want {
				return fmt.Errorf("found byte %d of %%%d overwritten before its last use", i, v.ID)
			}
		}
	}
	return nil
}

// ownerOf returns the value whose bytes v shows.
func (r *replay) ownerOf(v *ir.Value) *ir.Value {
	for r.root[v] != nil {
		v = r.root[v]
	}
	return v
}

// spoiled returns an operand of in that its result v, in cells, would overwrite too soon.
func (r *replay) spoiled(in *ir.Instr, v, owner *ir.Value, cells []*ir.Value) *ir.Value {
	if owner != v || in.Op.Name == "concat" { // nothing is moved
		return nil
	}
	may := inPlace(in, v)
	for k, a := range in.Args {
		if a != nil && a.Mem.Space == ir.ArenaSpace && !slices.Contains(may, k) && slices.Contains(cells, r.ownerOf(a)) {
			return a
		}
	}
	return nil
}

func (r *replay) write(in *ir.Instr, v *ir.Value) error {
	if v.Mem.Space == ir.NoSpace {
		return fmt.Errorf("found %%%d without a place", v.ID)
	}
	parts, err := r.span(v)
	if err != nil {
		return err
	}
	owner := v
	if v.Mem.Space == ir.ArenaSpace && (ir.IsPart(in) || ir.IsView(in) && in.Args[0].Mem.SamePlace(v.Mem)) {
		owner = r.ownerOf(in.Args[0])
		r.root[v] = owner
	}
	for _, cells := range parts {
		if a := r.spoiled(in, v, owner, cells); a != nil {
			return fmt.Errorf("found %%%d written over %%%d, which the same instruction still reads", v.ID, a.ID)
		}
		if ir.IsPart(in) && slices.ContainsFunc(cells, func(c *ir.Value) bool { return c != owner }) {
			return fmt.Errorf("found %%%d outside of %%%d, expected a part of it", v.ID, in.Args[0].ID)
		}
		if in.Op.Name == "concat" {
			for _, a := range in.Args { // those computed in place are parts of the result now
				if len(cells) > 0 && slices.Contains(cells, a) {
					r.root[a] = v
				}
			}
		}
		for i := range cells {
			cells[i] = owner
		}
	}
	return nil
}
