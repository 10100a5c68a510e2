package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The depthwise kernel correlates planes with a filter each, a tile of rows x 8·vecs
// results in registers:
//
//	C[p][i,j] = Σ_{t<taps} W[p][t] · B[p][off[t] + i·bs + j]
//	C = act(C + bias[p] + residual)
//
// The taps are a list of offsets, so that one kernel serves any window, dilation
// and direction. B is a plane with the zeros around it already in place: no tap
// needs a test. A call does tiles one below the other, plane after plane.
//
// A tap is one broadcast and an FMA from memory for every sum, which keeps both
// multipliers busy where three vectors are loaded in a cycle.
//
// The ends of the loop are those of the tile kernel. Twin: depthGeneric of
// runtime/kernel's tests; the whole law is convTask there.
//
// Registers: those of the tile kernel, but
//
//	AX cursor in W   BX B of the tile   CX cursor in off   DX BX+off   R11 DX+bvec   SI taps left
//	R8 R9 R12  bs, 3·bs, 5·bs   R10 bvec, or 7·bs with one vector   R13 R14 B, C of the tile

// DepthFields are the fields of the argument block, 8 bytes each, in order.
// Distances are in bytes. pb and pc are what is added after the last tile of a
// plane, pw and pbias from plane to plane.
var DepthFields = []string{
	"w", "off", "b", "c", "bias", "res",
	"taps", "bs", "bvec",
	"ldc", "cvec",
	"tiles", "tb", "tc",
	"planes", "pw", "pb", "pc", "pbias",
	"mask", "flags",
	"lo", "hi", "alpha",
}

// DepthName returns the name of the depthwise kernel of a size.
func DepthName(rows, vecs int) string {
	return fmt.Sprintf("depth_f32_avx2_%dx%d", rows, vecs*vecLanes)
}

// depth is the depthwise kernel: a tile with another contraction.
type depth struct{ tile }

// Depth adds the depthwise kernel for rows x 8·vecs results: at most 8 rows of one
// vector or 6 of two.
func Depth(c *build.Context, rows, vecs int) error {
	if rows < 1 || vecs < 1 || vecs > 2 || rows > 8 || rows*vecs > 12 {
		return fmt.Errorf("kernel: found a depthwise tile of %d rows and %d vectors, expected at most 8 x 1 or 6 x 2", rows, vecs)
	}
	d := &depth{tile{asm: asm{c}, rows: rows, vecs: vecs, fields: DepthFields, oneBias: true}}
	d.local = begin(c, DepthName(rows, vecs), "func(t *byte)",
		fmt.Sprintf("%s computes tiles of %d rows and %d columns of planes that have a filter each.", DepthName(rows, vecs), rows, vecs*vecLanes))
	c.Load(c.Param("t"), reg.RDI)
	d.enter()
	c.Label("tile")
	d.start()
	d.contract()
	d.epilogue()
	d.store()
	d.advance()
	return nil
}

// Words of the frame behind those of the tile kernel.
func (d *depth) weights() operand.Mem { return d.local.Offset(24) }
func (d *depth) planes() operand.Mem  { return d.local.Offset(32) }

func (d *depth) enter() {
	d.keep(DepthFields, kept{"tiles", d.tiles()}, kept{"bias", d.bias()}, kept{"w", d.weights()}, kept{"planes", d.planes()},
		kept{"b", reg.R13}, kept{"c", reg.R14})
	d.MOVQ(d.arg("res"), reg.RAX)
	d.SUBQ(reg.R14, reg.RAX)
	d.MOVQ(reg.RAX, d.resDiff())
	d.MOVQ(d.arg("bs"), reg.R8)
	d.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R9)
	d.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 4}, reg.R12)
	if d.vecs > 1 {
		d.MOVQ(d.arg("bvec"), reg.R10)
	} else {
		d.LEAQ(operand.Mem{Base: reg.R9, Index: reg.R8, Scale: 4}, reg.R10)
	}
}

func (d *depth) start() {
	d.MOVQ(d.weights(), reg.R11)
	for i := range d.rows * d.vecs {
		d.VXORPS(ymm(i), ymm(i), ymm(i))
	}
}

// rowAt addresses row i of a tile that begins at base.
func rowAt(base reg.Register, i int) operand.Mem {
	switch i {
	case 0:
		return at(base, 0)
	case 1, 2, 4:
		return operand.Mem{Base: base, Index: reg.R8, Scale: uint8(i)}
	case 3, 6:
		return operand.Mem{Base: base, Index: reg.R9, Scale: uint8(i / 3)}
	case 5:
		return indexed(base, reg.R12, 0)
	}
	return indexed(base, reg.R10, 0)
}

func (d *depth) contract() {
	d.Comment("Taps of the filter.")
	d.MOVQ(reg.R11, reg.RAX)
	d.MOVQ(reg.R13, reg.RBX)
	d.MOVQ(d.arg("off"), reg.RCX)
	d.MOVQ(d.arg("taps"), reg.RSI)
	align16(d.Context)
	d.Label("tap")
	d.MOVLQSX(at(reg.RCX, 0), reg.RDX)
	d.ADDQ(reg.RBX, reg.RDX)
	if d.vecs > 1 {
		d.LEAQ(indexed(reg.RDX, reg.R10, 0), reg.R11)
	}
	d.VBROADCASTSS(at(reg.RAX, 0), reg.Y15)
	for i := range d.rows {
		d.VFMADD231PS(rowAt(reg.RDX, i), reg.Y15, d.acc(i, 0))
		if d.vecs > 1 {
			d.VFMADD231PS(rowAt(reg.R11, i), reg.Y15, d.acc(i, 1))
		}
	}
	d.ADDQ(imm8(4), reg.RAX)
	d.ADDQ(imm8(4), reg.RCX)
	d.DECQ(reg.RSI)
	d.JNZ(jump("tap"))
}

func (d *depth) advance() {
	d.Label("next")
	d.ADDQ(d.arg("tb"), reg.R13)
	d.ADDQ(d.arg("tc"), reg.R14)
	d.DECQ(d.tiles())
	d.JNZ(jump("tile"))
	d.Comment("The next plane.")
	d.ADDQ(d.arg("pb"), reg.R13)
	d.ADDQ(d.arg("pc"), reg.R14)
	d.increase(d.weights(), d.arg("pw"))
	d.increase(d.bias(), d.arg("pbias"))
	d.keep(DepthFields, kept{"tiles", d.tiles()})
	d.DECQ(d.planes())
	d.JNZ(jump("tile"))
	end(d.Context)
	d.storeMasked()
}
