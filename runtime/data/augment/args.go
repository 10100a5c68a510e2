package augment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Args reads the arguments of a call. The first problem is kept and every later
// read returns a zero, so that a constructor reads all and asks Err once.
type Args struct {
	of   Call
	used map[string]bool
	err  error
}

// Read begins reading the arguments of c.
func Read(c Call) *Args { return &Args{of: c, used: map[string]bool{}} }

// Err returns the first problem: an argument of the wrong kind or out of range,
// one that is missing, one that nothing reads.
func (a *Args) Err() error {
	if a.err != nil {
		return a.err
	}
	for _, name := range slices.Sorted(maps.Keys(a.of.Args)) {
		if !a.used[name] {
			return fmt.Errorf("%s has no argument %s", a.of.Name, name)
		}
	}
	return nil
}

// Has reports whether an argument is given.
func (a *Args) Has(name string) bool {
	_, ok := a.of.Args[name]
	return ok
}

func (a *Args) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%s: %s", a.of.Name, fmt.Sprintf(format, args...))
	}
}

func (a *Args) get(name string) (any, bool) {
	a.used[name] = true
	v, ok := a.of.Args[name]
	return v, ok
}

// Float returns a number, or missing when it is not given.
func (a *Args) Float(name string, missing float64) float64 {
	v, ok := a.get(name)
	if !ok {
		return missing
	}
	f, ok := number(v)
	if !ok {
		a.fail("%s is %v, and should be a number", name, v)
	}
	return f
}

// Positive is Float that refuses numbers below or at 0.
func (a *Args) Positive(name string, missing float64) float64 {
	f := a.Float(name, missing)
	if !(f > 0) {
		a.fail("%s is %v, and should be above 0", name, f)
	}
	return f
}

// Probability is Float that refuses numbers outside 0..1.
func (a *Args) Probability(name string, missing float64) float64 {
	f := a.Float(name, missing)
	if !(f >= 0 && f <= 1) {
		a.fail("%s is %v, and should lie in 0..1", name, f)
	}
	return f
}

// Int returns a whole number of at least low, or missing when it is not given.
func (a *Args) Int(name string, low, missing int) int {
	v, ok := a.get(name)
	if !ok {
		return missing
	}
	f, ok := number(v)
	if n := int(f); ok && float64(n) == f && n >= low && n <= 1<<20 {
		return n
	}
	a.fail("%s is %v, and should be a whole number of at least %d", name, v, low)
	return low
}

// Text returns a string, or missing when it is not given.
func (a *Args) Text(name, missing string) string {
	v, ok := a.get(name)
	if !ok {
		return missing
	}
	s, ok := v.(string)
	if !ok {
		a.fail("%s is %v, and should be a word", name, v)
	}
	return s
}

// Choice returns one of the words of the table, or missing when it is not given.
func Choice[T any](a *Args, name, missing string, words map[string]T) T {
	w := a.Text(name, missing)
	v, ok := words[w]
	if !ok {
		a.fail("%s is %q, and should be one of %s", name, w, strings.Join(slices.Sorted(maps.Keys(words)), ", "))
	}
	return v
}

// Interval returns a range lo..hi. A single number d stands for around-d to
// around+d.
func (a *Args) Interval(name string, around float64, missing [2]float64) [2]float64 {
	v, ok := a.get(name)
	if !ok {
		return missing
	}
	iv := [2]float64{}
	switch v := v.(type) {
	case [2]float64:
		iv = v
	case []float64:
		if len(v) != 2 {
			a.fail("%s has %d numbers, and should have 2", name, len(v))
			return missing
		}
		iv = [2]float64{v[0], v[1]}
	default:
		d, ok := number(v)
		if !ok {
			a.fail("%s is %v, and should be an interval a..b", name, v)
			return missing
		}
		iv = [2]float64{around - d, around + d}
	}
	if !(iv[0] <= iv[1]) {
		a.fail("%s is the empty interval %v..%v", name, iv[0], iv[1])
	}
	return iv
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
