package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// show prints a type as the user writes it: f32[N, Digit].
func show(t op.Type) string { return showUnder(t, nil) }

// showUnder is show where sizes are promised: where H % 16 == 0, H is held as
// 16*floor(H/16), and what was pooled twice as 4*floor(H/16).
func showUnder(t op.Type, facts *sym.Facts) string {
	if len(t.Dims) == 0 {
		return t.DType.String()
	}
	parts := make([]string, len(t.Dims))
	for i, d := range t.Dims {
		parts[i] = showDimUnder(d, facts)
	}
	return t.DType.String() + "[" + strings.Join(parts, ", ") + "]"
}

func showDimUnder(d op.Dim, facts *sym.Facts) string {
	if d.Set != "" {
		return d.Set
	}
	if facts == nil || len(facts.Divides) == 0 {
		return d.Size.String()
	}
	return plainSize(d.Size, facts)
}

// plainSize writes m*floor(H/d), where d divides H, as m/d of H.
func plainSize(e sym.Expr, facts *sym.Facts) string {
	for _, name := range e.Symbols() {
		d := facts.Divides[name]
		if d == 0 {
			continue
		}
		h := sym.Symbol(name)
		unit := h.FloorDiv(d)
		for m := int64(1); m <= 8*d && m <= 1<<12; m++ {
			if !e.Equal(unit.Mul(sym.Const(m))) {
				continue
			}
			g := d * m / lcm(d, m)
			text := h.Mul(sym.Const(m / g)).String()
			if d/g > 1 {
				text = fmt.Sprintf("%s/%d", text, d/g)
			}
			return text
		}
	}
	return e.String()
}

func (f *frame) show(t op.Type) string {
	facts := f.facts()
	return showUnder(t, &facts)
}

func (f *frame) showDim(d op.Dim) string {
	facts := f.facts()
	return showDimUnder(d, &facts)
}

// kindOf is kindOf with the sizes of tensors as the net promises them.
func (f *frame) kindOf(v value) string {
	if t, ok := v.(*tensorValue); ok && t.t != nil {
		return f.show(t.t.Type)
	}
	return kindOf(v)
}
