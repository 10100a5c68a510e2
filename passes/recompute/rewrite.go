package recompute

import (
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/passes/edit"
)

// rewriter gives one candidate up: it repeats what made its values before the first
// instruction behind the peak that reads them.
type rewriter struct {
	r       *recomputer
	c       *candidate
	p       *profile
	at      int                     // the instruction that is looked at
	out     []*ir.Instr             // the function, anew
	copies  map[*ir.Value]*ir.Value // what stands for a value from here on
	origin  map[*ir.Instr]*ir.Instr // of the copies
	roots   map[*ir.Value]*ir.Value // of their results
	undoing []func()
}

func newRewriter(r *recomputer, c *candidate, p *profile) *rewriter {
	return &rewriter{r: r, c: c, p: p, copies: map[*ir.Value]*ir.Value{}, origin: map[*ir.Instr]*ir.Instr{}, roots: map[*ir.Value]*ir.Value{}}
}

// rewrite reports whether all that is read behind the peak could be repeated.
func (w *rewriter) rewrite() bool {
	f := w.r.f
	old := f.Instrs
	w.undoing = append(w.undoing, func() { f.Instrs = old })
	w.out = make([]*ir.Instr, 0, len(old)+8)
	for i, in := range old {
		w.at = i
		if i > w.p.peak {
			for _, a := range in.Args {
				if a != nil && w.c.targets[a] && w.copies[a] == nil && !w.repeat(a, 0) {
					return false
				}
			}
			w.redirect(in)
		}
		w.out = append(w.out, in)
	}
	f.Instrs = w.out
	edit.Prune(f) // an older copy that the new one stands for, an original that was read behind the peak only
	maps.Copy(w.r.origin, w.origin)
	maps.Copy(w.r.roots, w.roots)
	return true
}

func (w *rewriter) undo() {
	for _, back := range slices.Backward(w.undoing) {
		back()
	}
	for in := range w.origin {
		delete(w.r.origin, in)
	}
	for v := range w.roots {
		delete(w.r.roots, v)
	}
}

// redirect makes in read copies.
func (w *rewriter) redirect(in *ir.Instr) {
	if !slices.ContainsFunc(in.Args, func(a *ir.Value) bool { return w.copies[a] != nil }) {
		return
	}
	args := in.Args
	w.undoing = append(w.undoing, func() { in.Args = args })
	in.Args = slices.Clone(args)
	for k, a := range args {
		if v := w.copies[a]; v != nil {
			in.Args[k] = v
		}
	}
	for _, b := range in.Body {
		w.redirect(b)
	}
}

// repeat makes v again before the instruction that is looked at.
func (w *rewriter) repeat(v *ir.Value, depth int) bool {
	in := w.p.by[v]
	if in == nil || !repeatable(in) || depth > deepest {
		return false
	}
	for _, a := range in.Args {
		if a == nil || w.copies[a] != nil {
			continue
		}
		if have := w.r.stand(w.c, w.p, a, w.at); have != nil && have != a {
			w.copies[a] = have
		} else if have == nil && !w.repeat(a, depth+1) {
			return false
		}
	}
	again, made := w.clone(in)
	if in.Op.Name == "fused" {
		trimRegion(again, func(o *ir.Value) bool { return o != made[v] && !w.wanted(in, made, o) })
	}
	w.out = append(w.out, again)
	first := w.r.first(in)
	w.origin[again] = first
	w.standsFor(in, again, made)
	// Another copy of the same instruction that comes later is not needed any more.
	for _, later := range w.r.f.Instrs[w.at:] {
		if later != in && w.r.origin[later] == first {
			w.standsFor(later, again, made)
		}
	}
	return true
}

// trimRegion takes results out of a region, unless what is left would be computed by other
// code, which rounds otherwise: with steps that have no vector form all of it is in Go.
func trimRegion(in *ir.Instr, drop func(v *ir.Value) bool) {
	if kernels.InVectors(in) {
		edit.TrimRegion(in, drop)
	}
}

// wanted reports whether the copy o of a result of in is one of what is given up.
func (w *rewriter) wanted(in *ir.Instr, made map[*ir.Value]*ir.Value, o *ir.Value) bool {
	return slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return made[v] == o && w.c.targets[v] })
}

// standsFor makes readers behind here read the results of again in place of those of in,
// which computes the same.
func (w *rewriter) standsFor(in, again *ir.Instr, made map[*ir.Value]*ir.Value) {
	roots := map[*ir.Value]*ir.Value{}
	for old, v := range made {
		if slices.Contains(again.Outs, v) {
			roots[w.r.rootOf(old)] = v
			w.roots[v] = w.r.rootOf(old)
		}
	}
	for _, o := range in.Outs {
		if v := roots[w.r.rootOf(o)]; v != nil {
			w.copies[o] = v
		}
	}
}

// clone returns in on the operands that stand here, and the copy of each of its values.
func (w *rewriter) clone(in *ir.Instr) (*ir.Instr, map[*ir.Value]*ir.Value) {
	made := map[*ir.Value]*ir.Value{}
	operand := func(a *ir.Value) *ir.Value {
		if v := made[a]; v != nil {
			return v
		}
		if v := w.copies[a]; v != nil {
			return v
		}
		return a
	}
	var again func(in *ir.Instr) *ir.Instr
	again = func(in *ir.Instr) *ir.Instr {
		n := *in
		n.Attrs = maps.Clone(in.Attrs)
		n.Body, n.Outs, n.Args = nil, nil, make([]*ir.Value, len(in.Args))
		for _, b := range in.Body {
			n.Body = append(n.Body, again(b))
		}
		for k, a := range in.Args {
			if a != nil {
				n.Args[k] = operand(a)
			}
		}
		for k, o := range in.Outs {
			if made[o] == nil {
				made[o] = w.r.f.NewValue(o.Type, &n, k)
				made[o].Layout = o.Layout
			}
			n.Outs = append(n.Outs, made[o])
		}
		return &n
	}
	return again(in), made
}
