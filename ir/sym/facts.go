package sym

// Facts are what a where-clause promises about symbols.
type Facts struct {
	Divides  map[string]int64 // H % 16 == 0
	Min, Max map[string]int64 // N >= 1, N <= 64
}
