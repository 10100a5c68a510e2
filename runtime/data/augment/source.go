package augment

import "math/rand/v2"

// Source draws the random numbers of one sample.
type Source struct {
	pcg rand.PCG
	*rand.Rand
}

// NewSource returns a source that must be seeded before use.
func NewSource() *Source {
	s := &Source{}
	s.Rand = rand.New(&s.pcg)
	return s
}

// Seed makes the draws a function of (seed, epoch, index): which goroutine
// prepares a sample, and when, changes nothing.
func (s *Source) Seed(seed int64, epoch, index int) {
	s.pcg.Seed(uint64(seed), uint64(epoch)<<32|uint64(uint32(index)))
}

// between draws uniformly from an interval.
func (s *Source) between(iv [2]float64) float64 {
	return iv[0] + float64((iv[1]-iv[0])*s.Float64())
}
