package kernel

// tileArgs is the argument block of the tile kernel, whose law stands in
// codegen/kernel/tile.go:
//
//	C[i,j] (+)= Σ_{c<nc} Σ_{r<nr} Σ_{s<ns} A[c,r,s][i] · B[c,r,s][j]
//
// Distances are in bytes. ar, br are added to the cursors after each row of ns
// steps, ac, bc after nr rows.
type tileArgs struct {
	a, b, c, bias, res *float32
	nc, nr, ns         int
	as, ar, ac         int
	bs, br, bc         int
	bvec               int // between the vectors of one step
	ldc, cvec          int // between rows and vectors of C (and of the residual)
	tiles              int
	ta, tb, tc, tbias  int // from tile to tile
	mask               *int32
	flags              uint64
	lo, _              float32
	hi, _              float32
	alpha, _           float32
}

// steps returns the innermost steps of one tile.
func (t *tileArgs) steps() int { return t.nc * t.nr * t.ns }

// tileSteps bounds the steps of one call, 6 cycles each, so that the garbage
// collector never waits longer than about 100 us.
const tileSteps = 1 << 16

// Flags of tileArgs.
const (
	tileAccumulate = 1 << iota // sums start from C, else from 0
	tileRowBias                // bias[i] is added to row i
	tileColBias                // bias[j] is added to column j
	tileResidual               // res, laid out as C, is added
	tileLow                    // values below lo become lo
	tileHigh                   // values above hi become hi
	tileLeaky                  // negative values are multiplied by alpha
	tileMasked                 // only columns whose mask word is set are touched in C
)

// dotArgs is the argument block of the dot kernel, whose law stands in
// codegen/kernel/dot.go:
//
//	S[t][i][j][lane] (+)= Σ_{r<nr} Σ_{s<ns} A[r,s][i][lane] · B[t][r,s][j][lane]
type dotArgs struct {
	a, b, sums     *float32
	nr, ns         int
	as, ar, bs, br int
	lda, bvec      int
	tiles, tb      int
	resume         int // nonzero: sums start from memory, else from 0
}

// Register tiles: up to tileRows rows by panelCols columns.
const (
	tileRows = 6
	lanes    = 8
)

// colMasks holds, from word 16-n on, the mask of the first n of 16 columns.
var colMasks = [32]int32{
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
}

// maskOf returns the mask of the first n columns, n at most 16.
func maskOf(n int) *int32 { return &colMasks[panelCols-n] }
