package check

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
)

// runsLater notes that this version does not compile the section which f belongs to,
// because of what at span. Checking goes on: types are known. Outside a section the
// construct is refused at once. rest says what happens without it; "" is what the
// section says.
func (f *frame) runsLater(span diag.Span, what, rest string) {
	at := f
	for at.lacking == nil && at.caller != nil {
		span, at = at.site, at.caller
	}
	if at.lacking == nil {
		f.unsupported(span, what)
		return
	}
	if usual := at.lacking(Lack{what, span}); rest == "" {
		rest = usual
	}
	at.notCompiled(span, what, rest)
}

// pairsOfBatch notes values that grow with the square of the batch: a step has memory
// for values that grow with the batch itself.
func (s *section) pairsOfBatch(f *frame, g *Graph) {
	for _, c := range g.Calls {
		for _, out := range c.Outs {
			terms, ok := out.Type.Elems().Terms()
			for _, t := range terms {
				n := 0
				for _, x := range t.Factors {
					if x.Kind == sym.FactorSymbol && x.Symbol == "N" {
						n++
					}
				}
				ok = ok && n < 2
			}
			if !ok {
				f.runsLater(c.Span, "a loss that compares all samples of a batch with each other", "")
				return
			}
		}
	}
}
