package check

import (
	"sort"
	"strings"
)

// Word is a name of the language that no .net file declares.
type Word struct {
	Name  string
	Usage string // as documentation writes it
	Doc   string
}

// Builtins returns the functions that are in scope everywhere and are no blocks of
// the prelude, by name.
func Builtins() []Word {
	var out []Word
	for name, b := range builtins {
		if !b.internal {
			out = append(out, Word{name, b.usage, b.doc})
		}
	}
	for name, v := range builtinConsts {
		out = append(out, Word{name, name + " = " + printValue(v), "Statistics of ImageNet's pictures, for `normalize`."})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// BuiltinSets returns the index sets of the language, by name.
func BuiltinSets() []*Set {
	out := make([]*Set, 0, len(builtinSets))
	for _, s := range builtinSets {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// DTypes returns the element types of tensors, sorted.
func DTypes() []string { return sorted(dtypes) }

// Initialisers returns the words that a weight may begin with, sorted, each as it
// is called.
func Initialisers() []Word {
	var out []Word
	for name, args := range initKinds {
		usage := name
		if len(args) > 0 {
			usage += "(" + strings.Join(args, ", ") + ")"
		}
		out = append(out, Word{name, usage, "An initial value of weights."})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
