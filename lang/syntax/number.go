package syntax

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// maxExponent bounds e in 1e9: numbers are exact rationals, and a short text
// must not ask for a long one.
const maxExponent = 308

var wellFormed = regexp.MustCompile(`^[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?([eE][-+]?[0-9]+)?$`)

// number checks a literal such as 61_706 or 1e-4 and files it.
func (s *scanner) number(text string, at int) {
	before := s.previous()
	if before.Text == "." && before.End() == at && (len(s.out) < 2 || !s.out[len(s.out)-2].endsOperand()) {
		s.out = s.out[:len(s.out)-1]
		s.newlines += before.Newlines
		s.report("E0104", before.Start, at+len(text), diag.Diagnostic{
			Message: fmt.Sprintf("`.%s` begins with a point, and a number needs digits on both sides of it", text),
			Hint:    fmt.Sprintf("write `0.%s`", text),
			Edits:   []diag.Edit{{Span: diag.Span{File: s.src, Start: before.Start, End: before.Start}, Text: "0"}},
		})
		text, at = "."+text, before.Start
	} else if digits, unit := cutUnit(text); unit != "" {
		s.report("E0104", at, at+len(text), diag.Diagnostic{
			Message: fmt.Sprintf("`%s` has no space before its unit", text), Hint: fmt.Sprintf("write `%s %s`", digits, unit),
			Edits: []diag.Edit{{Span: diag.Span{File: s.src, Start: at + len(digits), End: at + len(digits)}, Text: " "}},
		})
		s.emit(NumberToken, digits, at)
		s.emit(IdentToken, unit, at+len(digits))
		return
	} else if problem, hint := malformedNumber(text); problem != "" {
		s.report("E0104", at, at+len(text), diag.Diagnostic{
			Message: fmt.Sprintf("`%s` %s", text, problem), Hint: hint,
		})
	}
	s.emit(NumberToken, text, at)
}

// Units are those of a limit of memory, in bytes.
var Units = map[string]int64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// cutUnit divides `2GB`; unit is "" where there is none.
func cutUnit(text string) (digits, unit string) {
	for u := range Units {
		if digits, ok := strings.CutSuffix(text, u); ok && wellFormed.MatchString(digits) {
			return digits, u
		}
	}
	return text, ""
}

// malformedNumber says what is wrong with a literal, and what to do; "" when
// nothing is.
func malformedNumber(text string) (problem, hint string) {
	lower := strings.ToLower(text)
	switch {
	case wellFormed.MatchString(text):
		_, exponent, _ := strings.Cut(lower, "e")
		if e, err := strconv.Atoi(exponent); exponent != "" && (err != nil || e > maxExponent || e < -maxExponent) {
			return fmt.Sprintf("has an exponent beyond ±%d", maxExponent), ""
		}
		return "", ""
	case strings.HasPrefix(lower, "0x"), strings.HasPrefix(lower, "0b"), strings.HasPrefix(lower, "0o"):
		return "is not a number: numbers are decimal", ""
	case strings.Count(text, ".") > 1:
		return "has more than one point", "a range is written `a..b`"
	case strings.Trim(text, "0123456789_.") == "":
		return "has a `_` that does not stand between two digits", ""
	}
	return "is neither a number nor a name", "a name begins with a letter"
}
