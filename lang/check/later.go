package check

import (
	"fmt"
	"strings"

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

// uncounted notes that a section is not compiled, since the data do not tell how many
// classes a label has.
func (f *frame) uncounted(span diag.Span, field, why string) {
	at := f
	for at.lacking == nil && at.caller != nil {
		span, at = at.site, at.caller
	}
	if at.lacking == nil {
		return
	}
	rest := at.lacking(Lack{"a layer for as many classes as the data have", span})
	at.report(span, diag.Diagnostic{
		Code: "W0406", Severity: diag.Warning,
		Message: fmt.Sprintf("the classes of `%s` are not counted: %s", field, strings.TrimPrefix(why, "data: ")), Hint: "until they are, " + rest,
	})
}

// mostPairs bounds one value of a loss that compares all samples of a batch with each
// other, in bytes.
const mostPairs = 1 << 30

// pairsOfBatch bounds the batch where samples are compared with each other: memory then
// grows with a power of it, so that it is the batch of the section that is planned for.
func (s *section) pairsOfBatch(f *frame, g *Graph, batch int) bool {
	for _, c := range g.Calls {
		for _, out := range c.Outs {
			if degree(out.Type.Elems()) < 2 {
				continue
			}
			bytes, err := out.Type.Bytes().Eval(map[string]int64{"N": int64(batch)})
			if err != nil || bytes > mostPairs {
				f.fail(c.Span, "E0519", fmt.Sprintf("this compares the %s samples of a batch with each other, and one step of that takes %s of memory", grouped(int64(batch)), memory(bytes, err)), "",
					"make `batch` smaller, or, for `triplet`, choose mining=hard, which compares pairs")
				return false
			}
			if most, ok := g.Facts.Max["N"]; !ok || most > int64(batch) {
				g.Facts.Max["N"] = int64(batch)
			}
		}
	}
	return true
}

// degree is the power of N with which a size grows.
func degree(e sym.Expr) int {
	most := 0
	terms, _ := e.Terms()
	for _, t := range terms {
		n := 0
		for _, x := range t.Factors {
			if x.Kind == sym.FactorSymbol && x.Symbol == "N" {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// memory writes a number of bytes for people.
func memory(bytes int64, err error) string {
	if err != nil {
		return "more than there is"
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
