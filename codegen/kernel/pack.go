package kernel

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Packing kernels lay operands out for the tile and dot kernels.

// TransposeName returns the name of the transposing packer of some rows.
func TransposeName(rows int) string { return fmt.Sprintf("transpose_f32_avx2_%d", rows) }

// Transpose adds the packer that turns rows (1 to 8) rows of floats into columns:
//
//	dst[k·dstStep + i] = src[i·srcStride + k],  k < 8·n, i < 8; rows <= i give 0
//
// Steps are in bytes. Every column is stored as 8 floats in ascending order, so
// columns closer than 32 bytes overlap: what a store writes too much the next one
// corrects, and the caller leaves room after the last.
//
// Twin: TestPackTwins of runtime/kernel. Source: the 8 x 8 network of unpack,
// shuffle and permute; Intel optimization manual, section "8x8 transpose".
//
// Registers: SI source, DX source + 4·stride, R8 stride, R9 3·stride, DI
// destination, R10 step, R11 3·step, BX 4·step, CX blocks; Y0-Y7 rows, Y8-Y15
// columns.
func Transpose(c *build.Context, rows int) error {
	if rows < 1 || rows > 8 {
		return fmt.Errorf("kernel: found a transposition of %d rows, expected 1 to 8", rows)
	}
	begin(c, TransposeName(rows), "func(dst *float32, dstStep int, src *float32, srcStride int, n int)",
		fmt.Sprintf("%s turns %d rows of 8*n floats into columns.", TransposeName(rows), rows))
	load(c, kept{"dst", reg.RDI}, kept{"dstStep", reg.R10}, kept{"src", reg.RSI}, kept{"srcStride", reg.R8}, kept{"n", reg.RCX})
	c.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R9)
	c.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.R11)
	c.Label("block")
	c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 4}, reg.RDX)
	for i := range 8 {
		if i < rows {
			c.VMOVUPS(strided(reg.RSI, reg.RDX, reg.R8, reg.R9, i), ymm(i))
		} else {
			c.VXORPS(ymm(i), ymm(i), ymm(i))
		}
	}
	transpose8x8(c)
	c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.R10, Scale: 4}, reg.RBX)
	for k := range 8 {
		c.VMOVUPS(ymm(8+k), strided(reg.RDI, reg.RBX, reg.R10, reg.R11, k))
	}
	c.ADDQ(operand.U8(vecBytes), reg.RSI)
	c.LEAQ(operand.Mem{Base: reg.RBX, Index: reg.R10, Scale: 4}, reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("block"))
	end(c)
	return nil
}

// TransposePanel adds the packer that turns 16 rows of floats into a panel of 16 columns:
//
//	dst[k·16 + i] = src[i·srcStride + k],  k < 8·n, i < 16
//
// The stride is in bytes. The lines of a panel are written whole, one after the other, and
// what lies ahead bytes after the rows is fetched at the pace at which they are read: the
// rows of the next panel, where rows follow each other.
//
// Twin: TestPackTwins of runtime/kernel.
//
// Registers: as in Transpose for the first 8 rows, R12 and R13 for the others; BX what is
// fetched.
func TransposePanel(c *build.Context) {
	const name = "transposepanel_f32_avx2"
	begin(c, name, "func(dst *float32, src *float32, srcStride int, n int, ahead int)",
		name+" turns 16 rows of 8*n floats into a panel of 16 columns.")
	load(c, kept{"dst", reg.RDI}, kept{"src", reg.RSI}, kept{"srcStride", reg.R8}, kept{"n", reg.RCX}, kept{"ahead", reg.RBX})
	c.ADDQ(reg.RSI, reg.RBX)
	c.LEAQ(operand.Mem{Base: reg.R8, Index: reg.R8, Scale: 2}, reg.R9)
	c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 8}, reg.R12)
	c.LEAQ(operand.Mem{Base: reg.RSI, Index: reg.R8, Scale: 4}, reg.RDX)
	c.LEAQ(operand.Mem{Base: reg.R12, Index: reg.R8, Scale: 4}, reg.R13)
	align16(c)
	c.Label("block")
	for half, rows := range [][2]reg.GPPhysical{{reg.RSI, reg.RDX}, {reg.R12, reg.R13}} {
		for i := range 4 {
			c.PREFETCHT0(at(reg.RBX, (4*half+i)*2*vecBytes))
		}
		for i := range 8 {
			c.VMOVUPS(strided(rows[0], rows[1], reg.R8, reg.R9, i), ymm(i))
		}
		transpose8x8(c)
		for k := range 8 {
			c.VMOVUPS(ymm(8+k), at(reg.RDI, (2*k+half)*vecBytes))
		}
	}
	for _, p := range []reg.GPPhysical{reg.RSI, reg.RDX, reg.R12, reg.R13} {
		c.ADDQ(operand.U8(vecBytes), p)
	}
	c.ADDQ(operand.U32(16*vecBytes), reg.RBX)
	c.ADDQ(operand.U32(16*vecBytes), reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("block"))
	end(c)
}

// UntransposeName returns the name of the packer back into some rows.
func UntransposeName(rows int) string { return fmt.Sprintf("untranspose_f32_avx2_%d", rows) }

// Untranspose adds the packer for the way back from lanes: n blocks of 8 columns
// of 8 floats become 8 floats of each of rows (1 to 8) rows,
//
//	dst[i·dstStride + k] = src[k·8 + i],  k < 8·n, i < rows
//
// with dstStride in bytes. It writes nothing else.
//
// Twin: TestLanesThereAndBack of runtime/kernel. Registers as in Transpose.
func Untranspose(c *build.Context, rows int) {
	begin(c, UntransposeName(rows), "func(dst *float32, dstStride int, src *float32, n int)",
		fmt.Sprintf("%s turns 8*n columns of 8 floats into %d rows.", UntransposeName(rows), rows))
	load(c, kept{"dst", reg.RDI}, kept{"dstStride", reg.R10}, kept{"src", reg.RSI}, kept{"n", reg.RCX})
	c.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.R11)
	c.Label("block")
	for k := range 8 {
		c.VMOVUPS(at(reg.RSI, k*vecBytes), ymm(k))
	}
	transpose8x8(c)
	c.LEAQ(operand.Mem{Base: reg.RDI, Index: reg.R10, Scale: 4}, reg.RBX)
	for i := range rows {
		c.VMOVUPS(ymm(8+i), strided(reg.RDI, reg.RBX, reg.R10, reg.R11, i))
	}
	c.ADDQ(operand.U32(8*vecBytes), reg.RSI)
	c.ADDQ(operand.U8(vecBytes), reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("block"))
	end(c)
}

// strided addresses low + i·step, i below 8, given high = low + 4·step and
// triple = 3·step.
func strided(low, high, step, triple reg.Register, i int) operand.Mem {
	base := low
	if i >= 4 {
		base = high
	}
	switch i % 4 {
	case 1:
		return operand.Mem{Base: base, Index: step, Scale: 1}
	case 2:
		return operand.Mem{Base: base, Index: step, Scale: 2}
	case 3:
		return operand.Mem{Base: base, Index: triple, Scale: 1}
	}
	return at(base, 0)
}

// transpose8x8 turns rows Y0-Y7 into columns Y8-Y15; the rows are lost.
func transpose8x8(c *build.Context) {
	c.Comment("8x8 transposition: pairs, fours, halves.")
	for i := range 4 {
		c.VUNPCKLPS(ymm(2*i+1), ymm(2*i), ymm(8+2*i))
		c.VUNPCKHPS(ymm(2*i+1), ymm(2*i), ymm(9+2*i))
	}
	for h := range 2 { // rows 0-3, rows 4-7
		for k := range 2 { // columns 0 1, columns 2 3 of each half
			lo, hi := ymm(8+4*h+k), ymm(10+4*h+k)
			c.VSHUFPS(operand.U8(0x44), hi, lo, ymm(4*h+2*k))
			c.VSHUFPS(operand.U8(0xee), hi, lo, ymm(4*h+2*k+1))
		}
	}
	for k := range 4 {
		c.VPERM2F128(operand.U8(0x20), ymm(4+k), ymm(k), ymm(8+k))
		c.VPERM2F128(operand.U8(0x31), ymm(4+k), ymm(k), ymm(12+k))
	}
}

// CopyRowsName returns the name of the row packer of some vectors.
func CopyRowsName(vecs int) string { return fmt.Sprintf("copyrows_f32_avx2_%d", vecs*vecLanes) }

// CopyRows adds the packer that copies n rows of up to 8·vecs floats:
//
//	dst[k·dstStep + j] = mask[j] ? src[k·srcStride + j] : 0,  k < n, j < 8·vecs
//
// Steps are in bytes. Masked floats of the source are not read; every row is
// stored whole, so rows may overlap as in Transpose.
//
// Twin: TestPackTwins of runtime/kernel.
//
// Registers: SI source, R8 stride, DI destination, R10 step, CX rows; Y12 Y13
// masks, Y0 Y1 data.
func CopyRows(c *build.Context, vecs int) {
	name := CopyRowsName(vecs)
	begin(c, name, "func(dst *float32, dstStep int, src *float32, srcStride int, n int, mask *int32)",
		fmt.Sprintf("%s copies n rows of up to %d floats.", name, vecs*vecLanes))
	c.Load(c.Param("mask"), reg.RAX)
	for j := range vecs {
		c.VMOVUPS(at(reg.RAX, j*vecBytes), ymm(12+j))
	}
	load(c, kept{"dst", reg.RDI}, kept{"dstStep", reg.R10}, kept{"src", reg.RSI}, kept{"srcStride", reg.R8}, kept{"n", reg.RCX})
	align16(c)
	c.Label("row")
	for j := range vecs {
		c.VMASKMOVPS(at(reg.RSI, j*vecBytes), ymm(12+j), ymm(j))
		c.VMOVUPS(ymm(j), at(reg.RDI, j*vecBytes))
	}
	c.ADDQ(reg.R8, reg.RSI)
	c.ADDQ(reg.R10, reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("row"))
	end(c)
}

// CopyPanels adds the packer that deals rows out to panels of 16 columns:
//
//	dst[p·dstStep + l·dstRow + j] = src[l·srcStride + 16·p + j],  l < n, p < panels, j < 16
//
// Steps are in bytes. (Panels that follow each other within a row make it a copy of rows.)
// Rows go by one after the other, so that each page of a wide
// source is met once; what lies 8 rows ahead is fetched, since no processor foresees
// such strides. (A fetch past the end of the source does nothing.)
//
// Twin: TestPackTwins of runtime/kernel.
//
// Registers: SI source, R8 stride, R9 8·stride, DI destination, R10 step, R11 step of rows,
// CX rows, DX panels; AX BX cursors in source and destination; Y0 Y1 data.
func CopyPanels(c *build.Context) {
	begin(c, "copypanels_f32_avx2", "func(dst *float32, dstStep int, dstRow int, src *float32, srcStride int, n int, panels int)",
		"copypanels_f32_avx2 deals n rows of 16*panels floats out to panels.")
	load(c, kept{"dst", reg.RDI}, kept{"dstStep", reg.R10}, kept{"dstRow", reg.R11}, kept{"src", reg.RSI}, kept{"srcStride", reg.R8}, kept{"n", reg.RCX})
	c.MOVQ(reg.R8, reg.R9)
	c.SHLQ(imm8(3), reg.R9)
	c.Label("row")
	c.MOVQ(reg.RSI, reg.RAX)
	c.MOVQ(reg.RDI, reg.RBX)
	c.Load(c.Param("panels"), reg.RDX)
	align16(c)
	c.Label("panel")
	c.PREFETCHT1(indexed(reg.RAX, reg.R9, 0))
	for j := range 2 {
		c.VMOVUPS(at(reg.RAX, j*vecBytes), ymm(j))
	}
	for j := range 2 {
		c.VMOVUPS(ymm(j), at(reg.RBX, j*vecBytes))
	}
	c.ADDQ(operand.U8(2*vecBytes), reg.RAX)
	c.ADDQ(reg.R10, reg.RBX)
	c.DECQ(reg.RDX)
	c.JNZ(jump("panel"))
	c.ADDQ(reg.R8, reg.RSI)
	c.ADDQ(reg.R11, reg.RDI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("row"))
	end(c)
}

// CopyTapsName returns the name of the tap packer of some vectors; merge names
// the one that adds to a panel.
func CopyTapsName(vecs int, merge bool) string {
	name := "copytaps"
	if merge {
		name = "mergetaps"
	}
	return fmt.Sprintf("%s_f32_avx2_%d", name, vecs*vecLanes)
}

// CopyTaps adds the packer of image patches (im2col): a run of neighbouring
// pixels, for every channel and every tap of a filter.
//
//	dst[(c·taps + t)·16 + j] = src[from + c·srcStep + offset[t] + j],  lo <= j < hi
//
// from, steps and offsets are in bytes; hi and lo are masks of the first columns.
// Nothing outside [lo, hi) is read, so from may point before the source; the other
// columns become 0, or with merge stay as they are (they were 0): a panel that
// spans rows of the image is packed once and merged once per further row.
//
// Twin: TestPatchTwin of runtime/kernel.
//
// Registers: SI source, R8 channel step, R9 offsets, R11 taps, DI destination,
// CX channels, DX tap, AX offset; Y0 Y1 data, Y12 Y13 masks.
func CopyTaps(c *build.Context, vecs int, merge bool) {
	name := CopyTapsName(vecs, merge)
	begin(c, name, "func(dst *float32, src *float32, from int, srcStep int, channels int, offsets *int32, taps int, lo *int32, hi *int32)",
		fmt.Sprintf("%s packs up to %d neighbouring pixels for every channel and tap.", name, vecs*vecLanes))
	c.Load(c.Param("lo"), reg.RAX)
	c.Load(c.Param("hi"), reg.RDX)
	for j := range vecs {
		c.VMOVUPS(at(reg.RAX, j*vecBytes), ymm(12+j))
		c.VANDNPS(at(reg.RDX, j*vecBytes), ymm(12+j), ymm(12+j))
	}
	load(c, kept{"dst", reg.RDI}, kept{"src", reg.RSI}, kept{"from", reg.RAX})
	c.ADDQ(reg.RAX, reg.RSI)
	load(c, kept{"srcStep", reg.R8}, kept{"channels", reg.RCX}, kept{"offsets", reg.R9}, kept{"taps", reg.R11})
	c.Label("channel")
	c.XORQ(reg.RDX, reg.RDX)
	align16(c)
	c.Label("tap")
	c.MOVLQSX(operand.Mem{Base: reg.R9, Index: reg.RDX, Scale: 4}, reg.RAX)
	for j := range vecs {
		c.VMASKMOVPS(indexed(reg.RSI, reg.RAX, j*vecBytes), ymm(12+j), ymm(j))
		if merge {
			c.VORPS(at(reg.RDI, j*vecBytes), ymm(j), ymm(j))
		}
		c.VMOVUPS(ymm(j), at(reg.RDI, j*vecBytes))
	}
	c.ADDQ(operand.U8(2*vecBytes), reg.RDI)
	c.INCQ(reg.RDX)
	c.CMPQ(reg.RDX, reg.R11)
	c.JLT(jump("tap"))
	c.ADDQ(reg.R8, reg.RSI)
	c.DECQ(reg.RCX)
	c.JNZ(jump("channel"))
	end(c)
}
