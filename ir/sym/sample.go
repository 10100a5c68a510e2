package sym

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
