package check

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// memory reads `memory <= 2 GB`. Whether a step can do with that is found when it is
// planned.
func (x *trainSection) memory(n *syntax.Memory) {
	if x.t.Memory > 0 {
		x.f.report(n.Where, diag.Diagnostic{
			Code: "E0504", Message: "memory is limited twice", Hint: "remove one of the two",
			Notes: []diag.Note{{Span: x.t.MemoryAt, Message: "the first limit"}},
		})
		return
	}
	unit, ok := syntax.Units[n.Unit.Name]
	if !ok {
		units := slices.SortedFunc(maps.Keys(syntax.Units), func(a, b string) int { return int(syntax.Units[a] - syntax.Units[b]) })
		d := diag.Diagnostic{Code: "E0305", Message: fmt.Sprintf("`%s` is no unit of memory; there are %s", n.Unit.Name, strings.Join(units, ", "))}
		if near := unitMeant(n.Unit.Name, units); near != "" {
			d.Label, d.Hint = fmt.Sprintf("did you mean `%s`?", near), fmt.Sprintf("write `%s %s`", n.Limit.Text, near)
			d.Edits = []diag.Edit{{Span: n.Unit.Where, Text: near}}
		}
		x.f.report(n.Unit.Where, d)
		return
	}
	limit, ok := new(big.Rat).SetString(strings.ReplaceAll(n.Limit.Text, "_", ""))
	if !ok {
		return // the scanner has told what is wrong with it
	}
	limit.Mul(limit, new(big.Rat).SetInt64(unit))
	bytes := new(big.Int).Quo(limit.Num(), limit.Denom())
	wrong := ""
	switch {
	case bytes.Sign() <= 0:
		wrong = "no memory at all"
	case bytes.BitLen() > 50:
		wrong = "more than any machine has"
	}
	if wrong != "" {
		x.f.fail(n.Limit.Where, "E0305", fmt.Sprintf("a limit of %s %s is %s", n.Limit.Text, n.Unit.Name, wrong), "", "write what a step may take, such as `memory <= 2 GB`")
		return
	}
	x.t.Memory, x.t.MemoryAt = bytes.Int64(), n.Where
}

// unitMeant returns the unit that differs from word by the size of letters, or that is
// nearest to it.
func unitMeant(word string, units []string) string {
	for _, u := range units {
		if strings.EqualFold(u, word) || strings.EqualFold(u, word+"B") {
			return u
		}
	}
	return diag.Closest(word, units)
}
