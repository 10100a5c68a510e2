package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The tile kernel is the inner loop of every contraction: a block of rows x cols
// results in registers, each step adding the outer product of rows values of A
// and cols values of B.
//
//	C[i,j] (+)= Σ_{c<nc} Σ_{r<nr} Σ_{s<ns} A[c,r,s][i] · B[c,r,s][j]
//	C = act(C + bias + residual)
//
// Three loops with steps of their own make it serve packed panels (one loop over
// k), rows of an image (channel, row and column of a filter) and images laid side
// by side in the lanes, forward and backward, with any stride or dilation. The
// tile loop around them runs a whole row of tiles in one call.
//
//	A   rows values at a, then at every step      [k][rows], dense
//	B   vecs vectors at b, bvec bytes apart       [k][8·vecs], or two lane blocks
//	C   rows at ldc bytes, vectors cvec bytes apart
//
// Each C[i,j] is one chain of fused multiply-adds in the order of (c, r, s), so
// results do not depend on how tiles were chosen, and a sum continued from memory
// has the same bits as an unbroken one.
//
// Twin: tileGeneric of runtime/kernel's tests; the whole law is convTask and
// matmulTask there. Design: Goto and van de Geijn 2008,
// doi:10.1145/1356052.1356053.
//
// Registers:
//
//	DI  arguments          AX BX  cursors in A and B     CX DX SI  trips of s, r, c
//	R8 R9  steps of A, B   R10    bvec                   R12 R13 R14  tile bases of A, B, C
//	Y0..  sums, row by row        Y12 Y13  vectors of B, then store masks    Y14 Y15  scratch

// TileFields are the fields of the argument block, 8 bytes each, in order. Counts
// are of loop trips, distances in bytes; ar, ac, br, bc are what is added after a
// whole row of s steps and after all rows.
var TileFields = []string{
	"a", "b", "c", "bias", "res",
	"nc", "nr", "ns",
	"as", "ar", "ac",
	"bs", "br", "bc", "bvec",
	"ldc", "cvec",
	"tiles", "ta", "tb", "tc", "tbias",
	"mask", "flags",
	"lo", "hi", "alpha",
}

// Flags of a tile call.
const (
	TileAccumulate = 1 << iota // sums start from C, else from 0
	TileRowBias                // bias[i] is added to row i
	TileColBias                // bias[j] is added to column j
	TileResidual               // res, laid out as C, is added
	TileLow                    // values below lo become lo
	TileHigh                   // values above hi become hi
	TileLeaky                  // negative values are multiplied by alpha
	TileMasked                 // only columns whose mask word is set are touched in C
)

// TileName returns the name of the tile kernel of a size.
func TileName(rows, vecs int) string {
	return fmt.Sprintf("tile_f32_avx2_%dx%d", rows, vecs*vecLanes)
}

type tile struct {
	asm
	rows, vecs int
	local      operand.Mem
	fields     []string // of the argument block
	oneBias    bool     // all rows have the same bias
}

// Tile adds the kernel for rows x 8·vecs results; rows·vecs is at most 12.
func Tile(c *build.Context, rows, vecs int) error {
	if rows < 1 || vecs < 1 || vecs > 2 || rows*vecs > 12 {
		return fmt.Errorf("kernel: found a tile of %d rows and %d vectors, expected at most 12 sums", rows, vecs)
	}
	t := &tile{asm: asm{c}, rows: rows, vecs: vecs, fields: TileFields}
	t.local = begin(c, TileName(rows, vecs), "func(t *byte)",
		fmt.Sprintf("%s computes tiles of %d rows and %d columns.", TileName(rows, vecs), rows, vecs*vecLanes))
	c.Load(c.Param("t"), reg.RDI)
	t.enter()
	c.Label("tile")
	t.start()
	t.contract()
	t.epilogue()
	t.store()
	t.advance()
	return nil
}

// arg addresses a field of the argument block.
func (t *tile) arg(name string) operand.Mem { return field(t.fields, name) }

func (t *tile) acc(i, j int) reg.VecPhysical { return ymm(i*t.vecs + j) }

// Words of the frame.
func (t *tile) tiles() operand.Mem   { return t.local }
func (t *tile) bias() operand.Mem    { return t.local.Offset(8) }
func (t *tile) resDiff() operand.Mem { return t.local.Offset(16) } // residual - C

func (t *tile) enter() {
	t.Comment("Bases and steps that stay in registers; the tile count, the bias cursor and the", "distance from C to the residual live in the frame.")
	t.keep(t.fields, kept{"a", reg.R12}, kept{"b", reg.R13}, kept{"c", reg.R14}, kept{"as", reg.R8}, kept{"bs", reg.R9}, kept{"bvec", reg.R10},
		kept{"tiles", t.tiles()}, kept{"bias", t.bias()})
	t.MOVQ(t.arg("res"), reg.RAX)
	t.SUBQ(reg.R14, reg.RAX)
	t.MOVQ(reg.RAX, t.resDiff())
}

// masks loads the store masks.
func (t *tile) masks() {
	t.MOVQ(t.arg("mask"), reg.RAX)
	for j := range t.vecs {
		t.VMOVUPS(at(reg.RAX, j*vecBytes), ymm(12+j))
	}
}

// rowsOf visits every vector of a tile that begins at RDX: op gets the row, the
// vector and its address.
func (t *tile) rowsOf(op func(i, j int, m operand.Mem)) {
	if t.vecs > 1 {
		t.MOVQ(t.arg("cvec"), reg.RCX)
	}
	for i := range t.rows {
		if i > 0 {
			t.ADDQ(t.arg("ldc"), reg.RDX)
		}
		op(i, 0, at(reg.RDX, 0))
		if t.vecs > 1 {
			op(i, 1, indexed(reg.RDX, reg.RCX, 0))
		}
	}
}

func (t *tile) start() {
	t.Comment("Sums start from zero or from C.")
	t.MOVQ(reg.R12, reg.RAX)
	t.MOVQ(reg.R13, reg.RBX)
	t.TESTQ(operand.U32(TileAccumulate), t.arg("flags"))
	t.JNZ(jump("resume"))
	for i := range t.rows * t.vecs {
		t.VXORPS(ymm(i), ymm(i), ymm(i))
	}
	t.Label("started")
}

// resume is the other way into the loops, placed after them.
func (t *tile) resume() {
	t.Label("resume")
	t.MOVQ(reg.R14, reg.RDX)
	t.TESTQ(operand.U32(TileMasked), t.arg("flags"))
	t.JNZ(jump("resumeMasked"))
	t.rowsOf(func(i, j int, m operand.Mem) { t.VMOVUPS(m, t.acc(i, j)) })
	t.JMP(jump("started"))
	t.Label("resumeMasked")
	t.MOVQ(reg.RAX, reg.RSI)
	t.masks()
	t.MOVQ(reg.RSI, reg.RAX)
	t.rowsOf(func(i, j int, m operand.Mem) { t.VMASKMOVPS(m, ymm(12+j), t.acc(i, j)) })
	t.JMP(jump("started"))
}

func (t *tile) contract() {
	t.Comment("Contraction: channels, rows and steps of the filter, or k alone.")
	t.MOVQ(t.arg("nc"), reg.RSI)
	t.TESTQ(reg.RSI, reg.RSI)
	t.JLE(jump("contracted"))
	t.Label("channel")
	t.MOVQ(t.arg("nr"), reg.RDX)
	t.Label("row")
	t.MOVQ(t.arg("ns"), reg.RCX)
	align16(t.Context)
	t.Label("step")
	t.VMOVUPS(at(reg.RBX, 0), reg.Y12)
	if t.vecs > 1 {
		t.VMOVUPS(indexed(reg.RBX, reg.R10, 0), reg.Y13)
	}
	for i := range t.rows {
		scratch := ymm(14 + i%2)
		t.VBROADCASTSS(at(reg.RAX, 4*i), scratch)
		for j := range t.vecs {
			t.VFMADD231PS(ymm(12+j), scratch, t.acc(i, j))
		}
	}
	t.ADDQ(reg.R8, reg.RAX)
	t.ADDQ(reg.R9, reg.RBX)
	t.DECQ(reg.RCX)
	t.JNZ(jump("step"))
	t.ADDQ(t.arg("ar"), reg.RAX)
	t.ADDQ(t.arg("br"), reg.RBX)
	t.DECQ(reg.RDX)
	t.JNZ(jump("row"))
	t.ADDQ(t.arg("ac"), reg.RAX)
	t.ADDQ(t.arg("bc"), reg.RBX)
	t.DECQ(reg.RSI)
	t.JNZ(jump("channel"))
	t.Label("contracted")
}

// epilogue adds bias and residual and applies the activations that take a
// compare or two.
func (t *tile) epilogue() {
	t.MOVQ(t.arg("flags"), reg.RSI)
	t.TESTQ(operand.U32(^uint32(TileAccumulate)&0xff), reg.RSI)
	t.JZ(jump("store"))
	t.masks()
	t.when(TileRowBias, "rowBias", func() {
		step := 4
		if t.oneBias {
			step = 0
		}
		t.MOVQ(t.bias(), reg.RDX)
		for i := range t.rows {
			if !t.oneBias || i < 2 {
				t.VBROADCASTSS(at(reg.RDX, step*i), ymm(14+i%2))
			}
			for j := range t.vecs {
				t.VADDPS(ymm(14+i%2), t.acc(i, j), t.acc(i, j))
			}
		}
	})
	t.when(TileColBias, "colBias", func() {
		t.MOVQ(t.bias(), reg.RDX)
		for j := range t.vecs {
			t.VMASKMOVPS(at(reg.RDX, j*vecBytes), ymm(12+j), ymm(14+j))
			for i := range t.rows {
				t.VADDPS(ymm(14+j), t.acc(i, j), t.acc(i, j))
			}
		}
	})
	t.when(TileResidual, "residual", func() {
		t.MOVQ(reg.R14, reg.RDX)
		t.ADDQ(t.resDiff(), reg.RDX)
		t.rowsOf(func(i, j int, m operand.Mem) {
			t.VMASKMOVPS(m, ymm(12+j), ymm(14+j))
			t.VADDPS(ymm(14+j), t.acc(i, j), t.acc(i, j))
		})
	})
	// The value stands second in the machine's order, so that a NaN stays NaN.
	t.when(TileLow, "low", func() {
		t.VBROADCASTSS(t.arg("lo"), reg.Y14)
		for i := range t.rows * t.vecs {
			t.VMAXPS(ymm(i), reg.Y14, ymm(i))
		}
	})
	t.when(TileHigh, "high", func() {
		t.VBROADCASTSS(t.arg("hi"), reg.Y14)
		for i := range t.rows * t.vecs {
			t.VMINPS(ymm(i), reg.Y14, ymm(i))
		}
	})
	t.when(TileLeaky, "leaky", func() {
		t.VBROADCASTSS(t.arg("alpha"), reg.Y14)
		for i := range t.rows * t.vecs {
			t.VMULPS(reg.Y14, ymm(i), reg.Y15)
			t.VBLENDVPS(ymm(i), reg.Y15, ymm(i), ymm(i))
		}
	})
}

// when writes code that runs if a flag is set.
func (t *tile) when(flag uint32, name string, body func()) {
	t.Comment(name)
	t.TESTQ(operand.U32(flag), reg.RSI)
	t.JZ(jump("no_" + name))
	body()
	t.Label("no_" + name)
}

func (t *tile) store() {
	t.TESTQ(operand.U32(TileMasked), reg.RSI)
	t.JNZ(jump("storeMasked"))
	t.Label("store")
	t.MOVQ(reg.R14, reg.RDX)
	t.rowsOf(func(i, j int, m operand.Mem) { t.VMOVUPS(t.acc(i, j), m) })
}

func (t *tile) advance() {
	t.Label("next")
	t.ADDQ(t.arg("ta"), reg.R12)
	t.ADDQ(t.arg("tb"), reg.R13)
	t.ADDQ(t.arg("tc"), reg.R14)
	t.MOVQ(t.arg("tbias"), reg.RAX)
	t.ADDQ(reg.RAX, t.bias())
	t.DECQ(t.tiles())
	t.JNZ(jump("tile"))
	end(t.Context)
	t.resume()
	t.storeMasked()
}

func (t *tile) storeMasked() {
	t.Label("storeMasked")
	t.MOVQ(reg.R14, reg.RDX)
	t.rowsOf(func(i, j int, m operand.Mem) { t.VMASKMOVPS(t.acc(i, j), ymm(12+j), m) })
	t.JMP(jump("next"))
}
