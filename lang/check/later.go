package check

import "github.com/netc-lang/netc/internal/diag"

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
