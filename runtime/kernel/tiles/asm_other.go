//go:build !amd64 || purego

package tiles

// Without assembly no processor offers the sets that select these kernels.
func (a *Args) run(isa ISA, steps, blocks, pixels int) {
	panic("tiles: a vector kernel was called on a machine without one")
}

func (r *Row) run(isa ISA, panels int) {
	panic("tiles: a vector kernel was called on a machine without one")
}
