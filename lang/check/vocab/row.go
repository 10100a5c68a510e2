package vocab

import (
	"slices"
	"strings"
)

// Kind says in which place a word may stand.
type Kind uint8

// The kinds of row.
const (
	Source      Kind = iota // data: source = ...
	Step                    // data: augment, eval, prep
	Optimizer               // train: optimizer = ...
	Schedule                // train: schedule = ...
	Setting                 // train: the settings themselves; the value is the argument "value"
	Metric                  // train: metric NAME = ...
	Mix                     // train: mix = ...
	Pick                    // train: pick = ...
	Stop                    // train: stop = ...
	Moment                  // train: a point in time, as in `until epoch(6)`
	Interval                // train: checkpoint = every(...)
	Calibration             // quantize: method = ...
	Scheme                  // quantize: weights = ..., activations = ...
	Explanation             // explain: NAME = ...
	Method                  // sampler: method = ...
	kinds
)

var kindNames = [kinds]string{
	"source", "step", "optimizer", "schedule", "setting", "metric", "mix", "pick", "stop", "moment",
	"interval", "calibration", "scheme", "explanation", "method",
}

// String returns the word for k that messages use.
func (k Kind) String() string { return kindNames[k] }

// Kinds returns all kinds, in the order in which documentation lists them.
func Kinds() []Kind {
	list := make([]Kind, kinds)
	for i := range list {
		list[i] = Kind(i)
	}
	return list
}

// ArgKind is the type of an argument.
type ArgKind uint8

// The kinds of argument, with the Go type that [Row.Resolve] returns.
const (
	Int    ArgKind = iota // int64
	Float                 // float64
	Bool                  // bool
	String                // string
	Range                 // [2]float64, from a..b or one number
	Floats                // []float64
	Word                  // string, one of Arg.Words or, without any, any name
	CallOf                // *Resolved, a row of kind Arg.Of
	Expr                  // what the checker gave: a path, a tensor, a whole expression
)

var argKindNames = [...]string{
	"a whole number", "a number", "true or false", "a string", "a number or an interval a..b",
	"a list of numbers", "a word", "a call", "an expression",
}

// String returns the kind in the words of a message: "a whole number".
func (k ArgKind) String() string { return argKindNames[k] }

// Arg is one parameter of a row.
type Arg struct {
	Name string
	Kind ArgKind
	Doc  string // one line, with the unit

	// Default is the value of an argument that is not given, of the Go type of
	// Kind; nil makes the argument required, unless Optional.
	Default  any
	Optional bool // may be absent without a default: the key is then missing
	ByName   bool // cannot be given by position

	Limited  bool    // Min and Max apply
	Min, Max float64 // inclusive; of both ends of an interval, of all of a list
	Above    bool    // Min itself is too little
	Below    bool    // and Max too much
	Words    []string
	Length   int     // of Floats, 0 for any
	Center   float64 // Range: a single number d means Center-d..Center+d
	Exact    bool    // Range: a single number d means d..d
	Of       Kind    // CallOf: the kind of row

	// Inert marks an argument that this version accepts only with its default, Later
	// those of its words that it does not carry out.
	Inert bool
	Later []string
}

// required reports whether a call must give the argument.
func (a *Arg) required() bool { return a.Default == nil && !a.Optional }

// Fields is a set of kinds of sample field.
type Fields uint8

// The kinds of field a step moves or changes.
const (
	Picture Fields = 1 << iota
	Mask
	Boxes
	Keypoints
	Text
	Label
	Array
)

// Row is one word of the vocabulary.
type Row struct {
	Kind Kind
	Name string
	Doc  string
	Args []Arg
	Rest *Arg // further arguments by any name, as the columns of csv

	On     Fields // steps: the fields it acts on; others of the same line pass. Sources: those that a record has
	One    bool   // sources: a record has exactly one of each
	Random bool   // steps: draws random numbers, so it belongs into `augment`
	Planar bool   // steps: works on f32[C, H, W], behind `chw`
	Reduce string // metrics: "mean" over samples, or "set" when it needs them all
	Less   bool   // metrics: less is better
	Runs   bool   // this version carries it
	// sense reports arguments that are right one by one and make none together.
	sense  func(args map[string]any) *Problem
	effect effect
	typing func(p Image, args map[string]any) (Image, string)
}

// Resolved is a call of a row with every argument filled in. Args holds the Go
// types that [ArgKind] lists.
type Resolved struct {
	Row  *Row
	Args map[string]any
}

var table = map[Kind]map[string]*Row{}

// define adds rows at start-up.
func define(kind Kind, rows ...Row) {
	if table[kind] == nil {
		table[kind] = map[string]*Row{}
	}
	for _, r := range rows {
		r.Kind = kind
		if table[kind][r.Name] != nil {
			panic("vocab: " + kind.String() + " " + r.Name + " is defined twice")
		}
		table[kind][r.Name] = &r
	}
}

// Lookup returns a row, nil when there is none of that name.
func Lookup(kind Kind, name string) *Row { return table[kind][name] }

// Names returns the names of a kind, sorted.
func Names(kind Kind) []string {
	names := make([]string, 0, len(table[kind]))
	for n := range table[kind] {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Arg returns the parameter of that name; that of a row which takes any name is
// its Rest. It is nil when there is none.
func (r *Row) Arg(name string) *Arg {
	for i := range r.Args {
		if r.Args[i].Name == name {
			return &r.Args[i]
		}
	}
	return r.Rest
}

// Positional returns the parameter that the i-th value by position means, nil
// when the row does not take so many.
func (r *Row) Positional(i int) *Arg {
	for k := range r.Args {
		if r.Args[k].ByName {
			continue
		}
		if i == 0 {
			return &r.Args[k]
		}
		i--
	}
	return nil
}

// Unsupported says what of a resolved call this version of netc cannot carry out:
// "`adam`", or "`layer_decay` of `sgd`"; "" when it can all. A setting that is
// not carried may still be written with its default.
func (r *Row) Unsupported(args map[string]any) string {
	if r.Kind == Setting {
		a := &r.Args[0]
		if call, ok := args[a.Name].(*Resolved); ok && r.Runs {
			return call.Row.Unsupported(call.Args)
		}
		if word, ok := args[a.Name].(string); ok && slices.Contains(a.Later, word) {
			return "`" + r.Name + " = " + word + "`"
		}
		if r.Runs || equal(args[a.Name], a.Default) {
			return ""
		}
		return "the setting `" + r.Name + "`"
	}
	if !r.Runs {
		return "`" + r.Name + "`"
	}
	for i := range r.Args {
		if a := &r.Args[i]; a.Inert && !equal(args[a.Name], a.Default) {
			return "`" + a.Name + "` of `" + r.Name + "`"
		}
	}
	return ""
}

func equal(a, b any) bool {
	x, ok := a.([]float64)
	y, also := b.([]float64)
	if ok && also {
		return slices.Equal(x, y)
	}
	return !ok && !also && a == b
}

// String returns the call as documentation writes it, such as
// `cosine(warmup=0, min=0)`.
func (r *Row) String() string {
	var parts []string
	for i := range r.Args {
		a := &r.Args[i]
		switch {
		case a.Default != nil:
			parts = append(parts, a.Name+"="+show(a.Default))
		case a.Optional && a.ByName:
			parts = append(parts, a.Name+"=")
		default:
			parts = append(parts, a.Name)
		}
	}
	if r.Rest != nil {
		parts = append(parts, r.Rest.Name+"...")
	}
	if len(parts) == 0 {
		return r.Name
	}
	return r.Name + "(" + strings.Join(parts, ", ") + ")"
}
