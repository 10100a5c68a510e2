package op

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Dims returns a list of axes, nil when absent.
func (a Attrs) Dims(name string) []Dim { v, _ := a[name].([]Dim); return v }

// All returns the rows of the table by group, then name.
func All() []*Def {
	out := make([]*Def, 0, len(table))
	for _, d := range table {
		out = append(out, d)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Group != out[j].Group {
			return out[i].Group < out[j].Group
		}
		return out[i].Name < out[j].Name
	})
	return out
}

// Normalize returns a with every default filled in.
//
// Errors: an attribute the op does not have, one of the wrong kind, a required one
// that is absent.
func Normalize(d *Def, a Attrs) (Attrs, error) {
	out := make(Attrs, len(d.Attrs))
	given := 0
	for _, s := range d.Attrs {
		v, ok := a[s.Name]
		if ok {
			given++
		}
		switch {
		case !ok && s.Default == nil:
			return nil, fmt.Errorf("%s wants the attribute %s", d.Name, s.Name)
		case !ok:
			v = s.Default
		case !s.Kind.holds(v):
			return nil, fmt.Errorf("attribute %s of %s cannot hold %T", s.Name, d.Name, v)
		}
		out[s.Name] = v
	}
	if given < len(a) {
		return nil, unknownAttr(d, a)
	}
	return out, nil
}

// unknownAttr names the first attribute of a that d does not have.
func unknownAttr(d *Def, a Attrs) error {
	var known []string
	for _, s := range d.Attrs {
		known = append(known, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s has no attribute %s; it has %s", d.Name, name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (k Kind) holds(v any) bool {
	switch v.(type) {
	case int64:
		return k == KindInt
	case []int64:
		return k == KindInts
	case float64:
		return k == KindFloat
	case []float64:
		return k == KindFloats
	case bool:
		return k == KindBool
	case string:
		return k == KindString
	case []string:
		return k == KindStrings
	case []Dim:
		return k == KindDims
	}
	return false
}

// Infer returns the result types of d after checking the number of operands. in
// holds the zero Type for an absent optional operand.
func Infer(d *Def, in []Type, a Attrs) ([]Type, error) {
	least, most := 0, len(d.Args)
	for _, arg := range d.Args {
		if arg.Variadic {
			most = 1 << 20
		}
		if !arg.Optional {
			least++
		}
	}
	if len(in) < least || len(in) > most {
		return nil, fmt.Errorf("%s wants %s, not %d", d.Name, operands(least, most), len(in))
	}
	if most == len(d.Args) {
		in = append(in[:len(in):len(in)], make([]Type, most-len(in))...)
	}
	for i, t := range in {
		if arg := d.Args[min(i, len(d.Args)-1)]; !arg.Optional && !t.Present() {
			return nil, fmt.Errorf("%s wants its operand %s", d.Name, arg.Name)
		}
	}
	if d.Infer == nil {
		return nil, fmt.Errorf("the types of %s are given, not inferred", d.Name)
	}
	return d.Infer(in, a)
}

func operands(least, most int) string {
	switch {
	case least == most && most == 1:
		return "1 operand"
	case least == most:
		return fmt.Sprintf("%d operands", most)
	case most > 1<<10:
		return fmt.Sprintf("at least %d operand", least)
	}
	return fmt.Sprintf("%d to %d operands", least, most)
}

// Present reports whether t is the type of an operand that is there.
func (t Type) Present() bool { return t.DType != 0 }
