package check

import (
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
	if facts == nil {
		return d.Size.String()
	}
	return facts.Show(d.Size)
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
