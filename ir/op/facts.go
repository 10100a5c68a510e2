package op

import (
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir/sym"
)

// InferWith is Infer where the facts of a where-clause hold: sizes that f makes
// equal may meet, and the result sizes are simplified under f, so that equal ones
// have equal normal forms. With H % 16 == 0, f32[8*floor(H/8)] and f32[H] are one
// type.
func InferWith(d *Def, in []Type, a Attrs, f sym.Facts) ([]Type, error) {
	if len(f.Divides)+len(f.Min)+len(f.Max) == 0 {
		return Infer(d, in, a)
	}
	known := func(e sym.Expr) sym.Expr { return f.Substitute(sym.Simplify(e, f)) }
	types := make([]Type, len(in))
	for i, t := range in {
		types[i] = t.mapSizes(known)
	}
	attrs := a
	for _, s := range d.Attrs {
		if dims := a.Dims(s.Name); s.Kind == KindDims && dims != nil {
			attrs = maps.Clone(attrs)
			attrs[s.Name] = mapSizes(dims, known)
		}
	}
	out, err := Infer(d, types, attrs)
	if err != nil {
		// say it in the symbols of the source
		if _, plain := Infer(d, in, a); plain != nil {
			err = plain
		}
		return nil, err
	}
	for i, t := range out {
		out[i] = t.mapSizes(func(e sym.Expr) sym.Expr { return sym.Simplify(f.Restore(e), f) })
	}
	return out, nil
}

// Simplify returns t with its sizes simplified under f.
func (t Type) Simplify(f sym.Facts) Type {
	return t.mapSizes(func(e sym.Expr) sym.Expr { return sym.Simplify(e, f) })
}

func (t Type) mapSizes(by func(sym.Expr) sym.Expr) Type {
	t.Dims = mapSizes(t.Dims, by)
	return t
}

// mapSizes returns dims itself when nothing changes.
func mapSizes(dims []Dim, by func(sym.Expr) sym.Expr) []Dim {
	out := dims
	for i, d := range dims {
		if e := by(d.Size); !e.Equal(d.Size) && !d.Size.Overflow() {
			if len(out) > 0 && &out[0] == &dims[0] {
				out = slices.Clone(dims)
			}
			out[i].Size = e
		}
	}
	return out
}
