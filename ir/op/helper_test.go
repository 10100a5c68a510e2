package op

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// parseTypes reads types as they print, separated by semicolons; - is an absent
// operand.
func parseTypes(t *testing.T, text string) []Type {
	t.Helper()
	if text == "" {
		return nil
	}
	var out []Type
	for _, one := range strings.Split(text, ";") {
		typ, err := parseType(strings.TrimSpace(one))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, typ)
	}
	return out
}

func parseType(text string) (Type, error) {
	if text == "-" {
		return Type{}, nil
	}
	name, rest, _ := strings.Cut(text, "[")
	d, ok := tensor.ParseDType(name)
	if !ok {
		return Type{}, fmt.Errorf("%q is no type", text)
	}
	t := Type{DType: d}
	if rest == "" {
		return t, nil
	}
	depth, start := 0, 0
	rest = strings.TrimSuffix(rest, "]") + ","
	for i, c := range rest {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			set, size, ok := strings.Cut(rest[start:i], ":")
			if !ok {
				set, size = "", rest[start:i]
			}
			e, err := sym.Parse(size)
			if err != nil {
				return t, err
			}
			t.Dims = append(t.Dims, Dim{Size: e, Set: strings.TrimSpace(set)})
			start = i + 1
		}
	}
	return t, nil
}

func dims(t *testing.T, text string) []Dim {
	t.Helper()
	typ, err := parseType("f32[" + text + "]")
	if err != nil {
		t.Fatal(err)
	}
	return typ.Dims
}

func printTypes(ts []Type) string {
	s := make([]string, len(ts))
	for i, t := range ts {
		s[i] = t.String()
	}
	return strings.Join(s, "; ")
}
