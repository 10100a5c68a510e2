package sym

import "fmt"

// Sample returns the k-th smallest value, from 0, that f lets name have, or the
// largest one where there are fewer; ok is false where there is none.
func (f Facts) Sample(name string, k int64) (value int64, ok bool) {
	lo, hi := f.bounds(name)
	if lo > hi {
		return 0, false
	}
	step, ok := mulInt(f.divisor(name), k)
	if !ok {
		return hi, true
	}
	value, ok = addInt(lo, step)
	if !ok || value > hi {
		return hi, true
	}
	return value, true
}

// Broken returns the clause of f that name = value does not meet, such as
// "H % 16 == 0", or "" when it meets all.
func (f Facts) Broken(name string, value int64) string {
	d := f.divisor(name)
	lo, hi := int64(1), int64(inf)
	if v, ok := f.Min[name]; ok {
		lo = v
	}
	if v, ok := f.Max[name]; ok {
		hi = v
	}
	switch {
	case value < lo:
		return fmt.Sprintf("%s >= %d", name, lo)
	case value > hi:
		return fmt.Sprintf("%s <= %d", name, hi)
	case value%d != 0:
		return fmt.Sprintf("%s %% %d == 0", name, d)
	}
	return ""
}
