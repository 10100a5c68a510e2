package netc

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/passes"
)

// limited reports whether a train section of p says `memory <= X`.
func limited(p *check.Program) bool {
	for _, t := range p.Trains {
		if t.Memory > 0 {
			return true
		}
	}
	return false
}

// beyondLimit is the diagnostic for an error of the passes about a limit of memory.
func beyondLimit(p *check.Program, err error) (diag.Diagnostic, bool) {
	var e *passes.TooLittle
	if !errors.As(err, &e) {
		return diag.Diagnostic{}, false
	}
	for _, t := range p.Trains {
		if t.Net != e.Net || t.Memory == 0 {
			continue
		}
		d := diag.Diagnostic{Code: "E0522", Severity: diag.Error, Span: t.MemoryAt}
		if e.Least == 0 {
			d.Message = fmt.Sprintf("the sizes of `%s` are not known before it is trained, so that no limit can be planned for", t.Net)
			d.Hint = "remove the limit, or give the pictures one size, such as by `random_crop(256)`"
			return d, true
		}
		least := atLeast(e.Least)
		d.Message = fmt.Sprintf("a step of `train %s` takes %s at least, with all computed again that can be", t.Net, least)
		d.Label = "of this limit it takes more"
		d.Hint = fmt.Sprintf("write `memory <= %s`, or make `batch` smaller", least)
		d.Edits = []diag.Edit{{Span: t.MemoryAt, Text: "memory <= " + least}}
		return d, true
	}
	return diag.Diagnostic{}, false
}

// atLeast writes bytes with three digits or four, rounded up, in a unit of the language.
func atLeast(bytes int64) string {
	for _, u := range []struct {
		bytes float64
		name  string
	}{{1e9, "GB"}, {1e6, "MB"}, {1, "kB"}} {
		unit := u.bytes
		if u.name == "kB" {
			unit = 1e3
		}
		if x := float64(bytes) / unit; x >= 1 || u.name == "kB" {
			digits := 1
			if x < 10 {
				digits = 2
			}
			scale := math.Pow(10, float64(digits))
			return strconv.FormatFloat(math.Ceil(x*scale)/scale, 'f', -1, 64) + " " + u.name
		}
	}
	return ""
}
