package sym

import (
	"fmt"
	"strings"
)

// Show prints e with promised sizes by their own names. Where H % 16 == 0, H is held
// as 16*floor(H/16), and 4*floor(H/16) reads H/4.
func (f Facts) Show(e Expr) string {
	if len(f.Divides) == 0 {
		return e.String()
	}
	symbols := e.Symbols()
	for _, name := range symbols {
		if text, ok := f.part(e, name); ok {
			return text
		}
	}
	text := e.String()
	for _, name := range symbols {
		if d := f.Divides[name]; d > 1 {
			text = strings.ReplaceAll(text, fmt.Sprintf("floor(%s/%d)", name, d), fmt.Sprintf("%s/%d", name, d))
		}
	}
	return text
}

// part writes m*floor(H/d), where d divides H, as m/d of H.
func (f Facts) part(e Expr, name string) (string, bool) {
	d := f.Divides[name]
	if d == 0 {
		return "", false
	}
	h := Symbol(name)
	unit := h.FloorDiv(d)
	for m := int64(1); m <= 8*d && m <= 1<<12; m++ {
		if !e.Equal(unit.Mul(Const(m))) {
			continue
		}
		g := gcd(d, m)
		text := h.Mul(Const(m / g)).String()
		if d/g > 1 {
			text = fmt.Sprintf("%s/%d", text, d/g)
		}
		return text, true
	}
	return "", false
}
