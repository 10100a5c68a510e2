package vocab

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// Name is an argument written as a bare word, such as `semihard`.
type Name string

// Opaque carries what only the checker understands to an argument of kind Expr.
type Opaque struct{ Value any }

// Value is an argument as the checker evaluated it: int64, float64, bool, string,
// [Name], [2]float64 for a range, []float64 for a list, *[Resolved] for a call of
// a row (also a bare name that Arg.Of knows, resolved), or [Opaque].
type Value any

// ProblemKind says what is wrong with a call.
type ProblemKind uint8

// The kinds of problem.
const (
	TooMany    ProblemKind = iota // more values by position than the row takes
	UnknownArg                    // a name that the row does not have
	Twice                         // by position and by name
	Missing                       // a required argument is not given
	WrongKind                     // the value has another type
	OutOfRange                    // the value lies outside its limits
)

// Problem is what is wrong with a call. Index is the position of the value at
// fault, -1 when it was given by name or is missing; Arg is the parameter.
type Problem struct {
	Kind    ProblemKind
	Arg     string
	Index   int
	Message string // "`rotate` wants `degrees` to be a number or an interval a..b"
	Label   string // for behind the caret; may be empty
	Hint    string // one action; may be empty
	Suggest string // UnknownArg: the name that was likely meant; WrongKind: the value; may be empty
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// Resolve matches values with the parameters of a row and fills in defaults. Of
// several problems it returns that of the first value by position, then by name
// in the alphabet, then the first missing one.
func (r *Row) Resolve(pos []Value, named map[string]Value) (map[string]any, *Problem) {
	args := make(map[string]any, len(r.Args))
	for i, v := range pos {
		a := r.Positional(i)
		if a == nil {
			return nil, r.tooMany(i)
		}
		x, p := r.convert(a, v)
		if p != nil {
			p.Index = i
			return nil, p
		}
		args[a.Name] = x
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		a := r.Arg(name)
		if a == nil {
			return nil, r.unknown(name)
		}
		if _, given := args[name]; given {
			return nil, &Problem{
				Kind: Twice, Arg: name, Index: -1,
				Message: fmt.Sprintf("`%s` is given `%s` twice, by position and by name", r.Name, name),
				Hint:    "remove one of the two",
			}
		}
		x, p := r.convert(a, named[name])
		if p != nil {
			p.Arg = name
			return nil, p
		}
		args[name] = x
	}
	for i := range r.Args {
		a := &r.Args[i]
		if _, given := args[a.Name]; given || a.Optional {
			continue
		}
		if a.required() {
			return nil, r.missing(a)
		}
		args[a.Name] = a.Default
	}
	if r.sense != nil {
		if p := r.sense(args); p != nil {
			return nil, p
		}
	}
	return args, nil
}

// names returns the names of the arguments that keep allows.
func (r *Row) names(keep func(*Arg) bool) []string {
	var out []string
	for i := range r.Args {
		if keep(&r.Args[i]) {
			out = append(out, r.Args[i].Name)
		}
	}
	return out
}

func (r *Row) tooMany(i int) *Problem {
	p := &Problem{Kind: TooMany, Index: i}
	rest := r.names(func(a *Arg) bool { return a.ByName })
	switch {
	case len(r.Args) == 0:
		p.Message = fmt.Sprintf("`%s` takes no values", r.Name)
		p.Hint = fmt.Sprintf("write `%s`", r.Name)
	case len(rest) == 0:
		p.Message = fmt.Sprintf("`%s` takes %s", r.Name, count(len(r.Args), "value"))
		p.Hint = fmt.Sprintf("write `%s`", r)
	default:
		p.Message = fmt.Sprintf("`%s` takes %s by position; the rest go by name", r.Name, count(i, "value"))
		p.Label = "this could be " + alternatives(rest)
		p.Hint = fmt.Sprintf("write `%s=...`", rest[0])
	}
	return p
}

func (r *Row) unknown(name string) *Problem {
	all := r.names(func(*Arg) bool { return true })
	p := &Problem{
		Kind: UnknownArg, Arg: name, Index: -1,
		Message: fmt.Sprintf("`%s` has no argument `%s`", r.Name, name),
		Suggest: diag.Closest(name, all),
		Hint:    fmt.Sprintf("it is written `%s`", r),
	}
	if p.Suggest != "" {
		p.Label = fmt.Sprintf("did you mean `%s`?", p.Suggest)
	}
	return p
}

func (r *Row) missing(a *Arg) *Problem {
	return &Problem{
		Kind: Missing, Arg: a.Name, Index: -1,
		Message: fmt.Sprintf("`%s` needs `%s`: %s", r.Name, a.Name, a.Doc),
		Hint:    fmt.Sprintf("it is written `%s`", r),
	}
}

// convert checks one value and returns it as the Go type of the argument's kind.
func (r *Row) convert(a *Arg, v Value) (any, *Problem) {
	if n, ok := v.(Name); ok && slices.Contains(a.Words, string(n)) {
		return string(n), nil
	}
	x, ok := a.accept(v)
	if !ok {
		return nil, r.wrongKind(a, v)
	}
	if a.Limited {
		for _, f := range numbers(x) {
			if !(f >= a.Min && f <= a.Max) || a.Above && f == a.Min || a.Below && f == a.Max {
				return nil, r.outOfRange(a, f)
			}
		}
	}
	switch x := x.(type) {
	case [2]float64:
		if !(x[0] <= x[1]) {
			return nil, r.emptyInterval(a, v, x)
		}
	case []float64:
		if a.Length > 0 && len(x) != a.Length {
			return nil, &Problem{
				Kind: WrongKind, Arg: a.Name, Index: -1,
				Message: fmt.Sprintf("`%s` wants `%s` to hold %s, and this holds %d", r.Name, a.Name, count(a.Length, "number"), len(x)),
			}
		}
	}
	return x, nil
}

// accept converts v to the Go type of a's kind.
func (a *Arg) accept(v Value) (any, bool) {
	f, isNumber := number(v)
	switch a.Kind {
	case Int:
		if isNumber && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f), true
		}
	case Float:
		return f, isNumber
	case Bool:
		b, ok := v.(bool)
		return b, ok
	case String:
		s, ok := v.(string)
		return s, ok
	case Range:
		switch {
		case isNumber && a.Exact:
			return [2]float64{f, f}, true
		case isNumber:
			return [2]float64{a.Center - f, a.Center + f}, true
		}
		iv, ok := v.([2]float64)
		return iv, ok
	case Floats:
		if isNumber {
			return []float64{f}, a.Length <= 1
		}
		list, ok := v.([]float64)
		return list, ok
	case Word:
		n, ok := v.(Name)
		return string(n), ok && len(a.Words) == 0
	case CallOf:
		c, ok := v.(*Resolved)
		return c, ok && c.Row.Kind == a.Of
	case Expr:
		if o, ok := v.(Opaque); ok {
			return o.Value, true
		}
		return v, true
	}
	return nil, false
}

func (r *Row) wrongKind(a *Arg, v Value) *Problem {
	p := &Problem{Kind: WrongKind, Arg: a.Name, Index: -1}
	want := a.Kind.String()
	switch {
	case a.Kind == Word && len(a.Words) > 0:
		want = alternatives(a.Words)
	case a.Kind == CallOf:
		want = "one of " + strings.Join(Names(a.Of), ", ")
	}
	if a.Kind != Word && len(a.Words) > 0 {
		want = alternatives(append([]string{want}, a.Words...))
	}
	if r.Kind == Setting {
		p.Message = fmt.Sprintf("`%s` wants %s, and this is %s", r.Name, want, found(v))
	} else {
		p.Message = fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", r.Name, a.Name, want, found(v))
	}
	switch v := v.(type) {
	case Name:
		words := a.Words
		if a.Kind == CallOf {
			words = append(Names(a.Of), words...)
		}
		p.Suggest = diag.Closest(string(v), words)
	case string:
		if a.acceptsText(v) {
			p.Suggest = v
			p.Hint = "write it without quotes"
		}
	}
	if p.Suggest != "" {
		p.Label = fmt.Sprintf("did you mean `%s`?", p.Suggest)
	}
	return p
}

// acceptsText reports whether the text of a string would be a value of a without
// its quotes.
func (a *Arg) acceptsText(text string) bool {
	if slices.Contains(a.Words, text) {
		return true
	}
	var v Value
	lo, hi, interval := strings.Cut(text, "..")
	low, err := strconv.ParseFloat(lo, 64)
	switch {
	case text == "true" || text == "false":
		v = text == "true"
	case err != nil || math.IsInf(low, 0):
		return false
	case interval:
		high, err := strconv.ParseFloat(hi, 64)
		if err != nil || math.IsInf(high, 0) {
			return false
		}
		v = [2]float64{low, high}
	default:
		v = low
	}
	_, ok := a.accept(v)
	return ok && a.Kind != Expr
}

// found returns what was given in the words of a message.
func found(v Value) string {
	s, ok := v.(string)
	switch {
	case !ok:
		return show(v)
	case len(s) > 40:
		return "a string"
	}
	return "the string " + strconv.Quote(s)
}

// emptyInterval says which end is wrong; of a single number that was given for
// both sides, that it is negative.
func (r *Row) emptyInterval(a *Arg, given Value, x [2]float64) *Problem {
	p := &Problem{
		Kind: OutOfRange, Arg: a.Name, Index: -1,
		Message: fmt.Sprintf("`%s` of `%s` is the empty interval %s", a.Name, r.Name, show(x)),
		Hint:    "the smaller end comes first",
	}
	if f, ok := number(given); ok {
		p.Message = fmt.Sprintf("`%s` of `%s` is %s, and a single number must be at least 0", a.Name, r.Name, show(f))
		p.Hint = fmt.Sprintf("an interval is written `%s`", show([2]float64{x[1], x[0]}))
	}
	return p
}

// technical is the least upper limit that only keeps numbers in their type, so
// that nobody needs to read it who is below the lower one.
const technical = 1 << 16

func (r *Row) outOfRange(a *Arg, f float64) *Problem {
	name := fmt.Sprintf("`%s` of `%s`", a.Name, r.Name)
	if r.Kind == Setting {
		name = fmt.Sprintf("`%s`", r.Name)
	}
	limit := fmt.Sprintf("lie in %s..%s", show(a.Min), show(a.Max))
	switch {
	case a.Above || a.Below:
		low, high := "at least ", " and at most "
		if a.Above {
			low = "above "
		}
		if a.Below {
			high = " and below "
		}
		if limit = "be " + low + show(a.Min); a.Max < technical {
			limit += high + show(a.Max)
		}
	case f < a.Min && a.Max >= technical:
		limit = "be at least " + show(a.Min)
	case f > a.Max && a.Max >= technical || math.IsInf(a.Min, -1):
		limit = "be at most " + show(a.Max)
	}
	return &Problem{
		Kind: OutOfRange, Arg: a.Name, Index: -1,
		Message: fmt.Sprintf("%s is %s, and must %s", name, show(f), limit),
	}
}

func number(v Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	}
	return 0, false
}

// numbers returns the numbers in a converted value, for their limits.
func numbers(x any) []float64 {
	switch x := x.(type) {
	case int64:
		return []float64{float64(x)}
	case float64:
		return []float64{x}
	case [2]float64:
		return x[:]
	case []float64:
		return x
	}
	return nil
}

// show returns a value as the language writes it.
func show(v any) string {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case [2]float64:
		return show(v[0]) + ".." + show(v[1])
	case []float64:
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = show(f)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Name:
		return "`" + string(v) + "`"
	case *Resolved:
		return v.Row.Name
	case Opaque:
		return "an expression"
	}
	return fmt.Sprint(v)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// alternatives joins words as "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
