package memory

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
)

// Run plans every function of m and marks the module as planned. The note gives
// the arena of each function for one sample in kilobytes and its ratio to the
// bound. Functions whose sizes are not linear in one symbol get blocks, which are
// packed when the sizes are known.
//
// Errors: none for a module that the verifier accepts.
func Run(m *ir.Module, t target.Desc) (string, error) {
	note := ""
	for _, f := range m.Funcs {
		moved, err := plan(f, int64(t.Align), f.Kind == ir.TrainStep)
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		if note != "" {
			note += ", "
		}
		note += f.Name + " " + summary(f)
		if moved > 0 {
			note += fmt.Sprintf(" with %d blocks moved to where bytes are warm", moved)
		}
	}
	m.Stage = ir.Planned
	return note, nil
}

// summary describes the plan of f for a batch of one.
func summary(f *ir.Func) string {
	if n := len(f.Memory.Blocks); n > 0 {
		return fmt.Sprintf("%d blocks, placed when the sizes are known", n)
	}
	env := map[string]int64{}
	for _, s := range f.Memory.Arena.Add(f.Memory.Bound).Symbols() {
		env[s] = 1
	}
	arena, err1 := f.Memory.Arena.Eval(env)
	bound, err2 := f.Memory.Bound.Eval(env)
	if err1 != nil || err2 != nil || bound == 0 {
		return "0 kB"
	}
	return fmt.Sprintf("%.1f kB (%.2f of the bound)", float64(arena)/1000, float64(arena)/float64(bound))
}

// linear is a number of bytes: scaled for each sample of the batch, and fixed.
type linear struct{ scaled, fixed int64 }

// plan assigns Mem to every value of f and sets f.Memory. With warmed it returns how many
// blocks it has moved to where bytes are warm.
func plan(f *ir.Func, align int64, warmed bool) (moved int, err error) {
	batch, linear := batchSymbol(f)
	blocks, err := collect(f, batch, !linear, align)
	if err != nil {
		return 0, err
	}
	if !linear {
		planLate(f, blocks, align)
		return 0, nil
	}
	inside := settle(f, blocks, align)
	var scaled, fixed []*block
	for _, b := range blocks {
		switch {
		case b.segment > 0:
		case b.size.scaled > 0:
			scaled = append(scaled, b)
		default:
			fixed = append(fixed, b)
		}
	}
	top, stores, moved := packScaled(f, scaled, inside, warmed)
	rest := fixed
	if len(f.Segments) == 0 { // their storage would have to keep clear of the holes
		rest = fill(scaled, fixed, top)
	}
	base := pack(rest, func(b *block) int64 { return b.size.fixed })
	n := symbol(batch)
	for _, b := range blocks {
		// Scaled blocks, and fixed ones in their holes, begin behind the fixed region.
		offset := sym.Const(b.offset)
		if b.segment == 0 && (b.size.scaled > 0 || b.inHole) {
			offset = n.Mul(offset).Add(sym.Const(base))
		}
		for k, v := range b.values {
			v.Mem.Segment = b.segment
			if b.segment == 0 {
				v.Mem.Offset = offset.Add(b.inner[k])
			}
		}
	}
	f.Memory = &ir.Memory{Arena: n.Mul(sym.Const(top)).Add(sym.Const(base))}
	for k := range f.Segments {
		placeInside(&f.Segments[k], inside[k], stores[k], base, n)
		if f.Segments[k].Channels == 0 { // else its storage is one of the blocks
			f.Memory.Arena = sym.Max(f.Memory.Arena, f.Segments[k].End())
		}
	}
	f.Memory.Bound = boundOf(f, blocks, inside, physical, n)
	f.Memory.Logical = boundOf(f, blocks, inside, logical, n)
	return moved, nil
}

// symbol is the batch, or 1 in a function without one.
func symbol(batch string) sym.Expr {
	if batch == "" {
		return sym.Const(1)
	}
	return sym.Symbol(batch)
}

// planLate leaves the offsets to [ir.Func.At], and to the runtime, which do the
// same with blocks when the sizes are known.
func planLate(f *ir.Func, blocks []*block, align int64) {
	f.Memory = &ir.Memory{Align: align}
	for i, b := range blocks {
		f.Memory.Blocks = append(f.Memory.Blocks, ir.Block{Size: b.bytes, First: b.first, Last: b.last})
		for k, v := range b.values {
			v.Mem.Block, v.Mem.Offset = i+1, b.inner[k]
		}
	}
}

// Linear reports whether the sizes of f are linear in one symbol, the batch, so that
// its plan is made when it is compiled. A height or width is no batch: kernels of images
// are made for theirs.
func Linear(f *ir.Func) bool {
	_, linear := batchSymbol(f)
	return linear
}

// batchSymbol returns the one symbol that sizes of f depend on, "" for none, and
// whether all are linear in it; else offsets must wait until the sizes are known.
func batchSymbol(f *ir.Func) (batch string, isLinear bool) {
	var names []string
	var sizes []sym.Expr
	add := func(vs []*ir.Value) {
		for _, v := range vs {
			sizes = append(sizes, v.Type.Bytes())
			names = append(names, v.Type.Elems().Symbols()...)
		}
	}
	add(f.Inputs)
	for _, in := range f.Instrs {
		if ofAnySize(in) {
			return "", false
		}
		add(in.Outs)
	}
	slices.Sort(names)
	switch names = slices.Compact(names); len(names) {
	case 0:
		return "", true
	case 1:
		batch = names[0]
	default:
		return "", false
	}
	for _, s := range sizes {
		if _, ok := slope(s, batch, f.Facts); !ok {
			return "", false
		}
	}
	return batch, true
}

// ofAnySize reports whether in looks through windows at images whose height or width is
// known at run time only.
func ofAnySize(in *ir.Instr) bool {
	switch in.Op.Name {
	case "conv", "conv_dx", "conv_dw", "maxpool", "maxpool_dx", "avgpool", "avgpool_dx", "resize", "resize_dx":
	default:
		return false
	}
	for _, v := range slices.Concat(in.Args[:1], in.Outs[:1]) {
		for _, d := range v.Type.Dims[min(2, v.Type.Rank()):] {
			if _, known := d.Size.IsConst(); !known {
				return true
			}
		}
	}
	return false
}

// sizeOf bounds the storage of v, bytes, for every batch of 1 and more.
func sizeOf(v *ir.Value, bytes sym.Expr, batch string, facts sym.Facts, align int64) (linear, error) {
	if n, ok := bytes.IsConst(); ok {
		return linear{fixed: roundUp(n, align)}, nil
	}
	scaled, ok := slope(bytes, batch, facts)
	if !ok {
		return linear{}, fmt.Errorf("found a value of type %v, %v bytes; expected a size that grows linearly with %s", v.Type, bytes, batch)
	}
	return linear{scaled: roundUp(scaled, align)}, nil
}

// slope returns a number s such that e is at most s*N for every batch N that the facts
// allow: a*N + c with a > 0 counts as (a+c)*N, and where the batch is bounded by B, as
// in a loss that compares all samples with each other, N*N as B*N.
func slope(e sym.Expr, batch string, facts sym.Facts) (int64, bool) {
	if a, c, ok := e.Linear(batch); ok {
		return a + max(c, 0), a >= 0
	}
	most, bounded := facts.Max[batch]
	terms, ok := e.Terms()
	if !bounded || !ok {
		return 0, false
	}
	total := sym.Const(0)
	for _, t := range terms {
		if t.Coef < 0 {
			continue
		}
		bound := sym.Const(t.Coef)
		for i, f := range t.Factors {
			if f.Kind != sym.FactorSymbol || f.Symbol != batch {
				return 0, false
			}
			if i > 0 {
				bound = bound.Mul(sym.Const(most))
			}
		}
		total = total.Add(bound)
	}
	return total.IsConst()
}

func roundUp(n, align int64) int64 { return (n + align - 1) / align * align }

func physical(b *block) linear { return b.size }
func logical(b *block) linear  { return b.logical }

// bound is the largest number of bytes alive at any step, every block rounded to
// the alignment as any plan must.
func bound(blocks []*block, size func(*block) linear, steps int, n sym.Expr) sym.Expr {
	alive := make([]linear, steps+1)
	for _, b := range blocks {
		for t := b.first; t <= b.last && t <= steps; t++ {
			alive[t].scaled += size(b).scaled
			alive[t].fixed += size(b).fixed
		}
	}
	// By falling slope, a step counts only if it beats those before it at N = 1:
	// else they beat it for every N.
	slices.SortFunc(alive, func(a, b linear) int {
		return cmp.Or(cmp.Compare(b.scaled, a.scaled), cmp.Compare(b.fixed, a.fixed))
	})
	total, atOne := sym.Const(0), int64(0)
	for _, a := range alive {
		if a.scaled+a.fixed > atOne {
			term := n.Mul(sym.Const(a.scaled)).Add(sym.Const(a.fixed))
			if atOne > 0 {
				term = sym.Max(total, term)
			}
			total, atOne = term, a.scaled+a.fixed
		}
	}
	return total
}
