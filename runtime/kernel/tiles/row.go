package tiles

// Row is the argument block of the row kernels, whose law stands in
// codegen/kernel/product_row.go: one row times packed weights, panels of 16 columns
// side by side in a group.
//
//	y[16·p + j] = act(bias[16·p + j] + Σ_{i<k} x[i] · w[p][i][j])
//
// Distances are in bytes; BiasStep is 64, or 0 where all panels share one of zeros.
// Flags are Low and High.
type Row struct {
	X, W, Y, Bias   *float32
	LastY, LastBias *float32 // of the last group, where its columns do not fill its panels
	K, Groups       int
	Stream          int // from the weights of a panel to those of the next
	BiasStep        int
	Flags           uint64
	Lo, _           float32
	Hi, _           float32
}

// RowPanels is the most panels of a group.
const RowPanels = 4

// Run computes groups of the given number of panels, one after the other.
func (r *Row) Run(isa ISA, panels int) { r.run(isa, panels) }
