package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwPartsTask adds parts of a sum, each as long as the sum, in their order, some
// floats a chunk; or it turns a sum of rows, a block of columns a chunk.
type dwPartsTask struct {
	isa    kernel.ISA
	sum    []float32
	parts  []float32
	turned []float32
	rows   int
}

const dwPartRun = 1 << 12 // floats of a chunk: its sum stays in L1

// Chunk adds or turns one chunk.
func (t *dwPartsTask) Chunk(_, chunk int) {
	if t.turned == nil {
		from := chunk * dwPartRun
		sum := t.sum[from:min(from+dwPartRun, len(t.sum))]
		for part := from; part < len(t.parts); part += len(t.sum) {
			addTo(t.isa, sum, t.parts[part:])
		}
		return
	}
	// Rows of the result are columns of the sum.
	columns := len(t.sum) / t.rows
	var order [Block]int32
	for row := 0; row < t.rows; row += Block {
		for e := range order {
			order[e] = int32((row + e) * columns)
		}
		transpose(t.turned[chunk*Block*t.rows+row:], t.rows, Block, t.sum[chunk*Block:], order[:])
	}
}
