package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
)

// takeTuned gives the convolutions of f the algorithms that were measured for them and
// returns how many. What precision=strict decided stays.
//
// Errors: a line asks for an algorithm that cannot compute its operation.
func takeTuned(m *ir.Module, f *ir.Func, t *target.Tuning) (n int, err error) {
	images := ir.UsualImages(m, f)
	for _, in := range f.Instrs {
		c, ok := ir.ContractionOf(in, images)
		if !ok || in.Op.Name != "conv_dw" && in.Outs[0].Layout.Plain() {
			continue
		}
		line, ok := t.Choose(c.String())
		if !ok || line.Choice == target.Plain || in.Strict() || c.PictureOnly(in) {
			continue
		}
		names, why := c.Algorithms()
		if !slices.Contains(names, line.Choice) {
			if line.Choice == "direct" {
				continue // what it is anyway
			}
			return n, fmt.Errorf("%s:%d: %s cannot compute %s: %s", t.File, line.Line, line.Choice, line.Op, why)
		}
		in.Attrs["algo"] = line.Choice
		n++
	}
	return n, nil
}

// fasterPlain reports whether the forward convolutions of f that were measured to be
// faster on plain images take most of the time of those that were measured.
func fasterPlain(m *ir.Module, f *ir.Func, t *target.Tuning) bool {
	plain, blocks := 0.0, 0.0
	for _, in := range f.Instrs {
		c, ok := ir.ContractionOf(in, ir.UsualImages(m, f))
		if !ok || c.Op != "conv" {
			continue
		}
		if line, ok := t.Choose(c.String()); ok && line.Choice == target.Plain {
			plain += line.Micros
		} else if ok {
			blocks += line.Micros
		}
	}
	return plain > blocks
}
