//go:build !amd64 || purego

package tiles

// Drain is called where there are vector kernels only.
func (s *Side) Drain(ISA) {
	panic("tiles: a vector kernel was called on a machine without one")
}
