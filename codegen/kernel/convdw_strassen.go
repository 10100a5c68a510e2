package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What Strassen's algorithm adds to the tiles of a weight gradient: sums of the quarters of x
// and dy, and the quarters of W. Elements are vectors of 8 floats, quarters of a map lie half and
// mate bytes apart,
//
//	a = x     b = x + half     c = x + mate     d = x + mate + half
//
// in lines of planes. As a core stores 32 bytes a cycle with both sets, there is one kernel for
// both.
//
// Twin: dwLoops of runtime/kernel/blocked, the definition of the whole.

// DWSumsFields are the fields of the argument block of the sums, 8 bytes each, in order.
// Distances are in bytes. The four sums of a vector lie each bytes apart, those of a plane
// one after the other.
var DWSumsFields = []string{"x", "s", "half", "mate", "each", "planes", "xPlane", "sPlane", "lines", "xLine", "width", "xPixel"}

// DWQuartersFields are those of the quarters of W. The seven products of a vector lie each bytes
// apart, those of all lines one after the other. What is in W is added unless add is 0.
var DWQuartersFields = []string{"m", "w", "each", "planes", "wPlane", "lines", "wLine", "width", "half", "mate", "add"}

type dwStrassen struct{ asm }

// dwStrassens adds the kernels.
func dwStrassens(c *build.Context, s ISA) error {
	if s.Lanes != vecLanes {
		return nil
	}
	k := dwStrassen{asm{c}}
	k.sums("dwsumsleft_f32_avx2", "c+d, c+d-a, a-c and b-(c+d-a)", func(a, b, x, d, sum reg.VecPhysical) [4]reg.VecPhysical {
		k.VADDPS(d, x, d)   // c + d
		k.VSUBPS(a, d, sum) // c + d - a
		k.VSUBPS(x, a, a)   // a - c
		k.VSUBPS(sum, b, b)
		return [4]reg.VecPhysical{d, sum, a, b}
	})
	k.sums("dwsumsright_f32_avx2", "c-a, d-(c-a), d-c and b-(d-(c-a))", func(a, b, x, d, sum reg.VecPhysical) [4]reg.VecPhysical {
		k.VSUBPS(a, x, a)   // c - a
		k.VSUBPS(a, d, sum) // d - (c - a)
		k.VSUBPS(x, d, d)   // d - c
		k.VSUBPS(sum, b, b)
		return [4]reg.VecPhysical{a, sum, d, b}
	})
	k.quarters()
	return nil
}

// sums adds a kernel of four sums.
//
// Registers: DI arguments, R12 line of x, SI vector, AX its mate, BX sums, R8 half, R9 mate,
// R10 each, DX 3·each, R11 xPixel, CX vectors left, R13 lines left, R14 plane of the sums;
// words of the frame: planes left, plane of x.
func (k dwStrassen) sums(name, what string, sums func(a, b, c, d, sum reg.VecPhysical) [4]reg.VecPhysical) {
	local := begin(k.Context, name, "func(t *byte)", name+" writes the sums "+what+" of quarters a, b, c and d.")
	planes, x := local, local.Offset(8)
	arg := func(name string) operand.Mem { return field(DWSumsFields, name) }
	k.Load(k.Param("t"), reg.RDI)
	k.keep(DWSumsFields, kept{"planes", planes}, kept{"x", x}, kept{"half", reg.R8}, kept{"mate", reg.R9}, kept{"each", reg.R10},
		kept{"xPixel", reg.R11}, kept{"s", reg.R14})
	k.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.RDX)
	k.Label("plane")
	k.MOVQ(x, reg.R12)
	k.MOVQ(reg.R14, reg.RBX)
	k.MOVQ(arg("lines"), reg.R13)
	k.Label("line")
	k.MOVQ(reg.R12, reg.RSI)
	k.MOVQ(arg("width"), reg.RCX)
	align16(k.Context)
	k.Label("vector")
	k.LEAQ(indexed(reg.RSI, reg.R9, 0), reg.RAX)
	for i, m := range quarterAt(reg.RSI, reg.RAX) {
		k.VMOVUPS(m, ymm(i))
	}
	for i, v := range sums(reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4) {
		k.VMOVUPS(v, []operand.Mem{at(reg.RBX, 0), indexed(reg.RBX, reg.R10, 0), {Base: reg.RBX, Index: reg.R10, Scale: 2}, indexed(reg.RBX, reg.RDX, 0)}[i])
	}
	k.ADDQ(reg.R11, reg.RSI)
	k.ADDQ(operand.U8(vecBytes), reg.RBX)
	k.DECQ(reg.RCX)
	k.JNZ(jump("vector"))
	k.ADDQ(arg("xLine"), reg.R12)
	k.DECQ(reg.R13)
	k.JNZ(jump("line"))
	k.increase(x, arg("xPlane"))
	k.ADDQ(arg("sPlane"), reg.R14)
	k.DECQ(planes)
	k.JNZ(jump("plane"))
	end(k.Context)
}

// quarterAt addresses the quarters of a vector; half is R8.
func quarterAt(vector, mate reg.Register) [4]operand.Mem {
	return [4]operand.Mem{at(vector, 0), indexed(vector, reg.R8, 0), at(mate, 0), indexed(mate, reg.R8, 0)}
}

// quarters adds the kernel that makes the four quarters of W of the seven products,
//
//	a = m0 + m1              b = m0 + m5 + m4 + m2
//	c = m0 + m5 + m6 + m3    d = m0 + m5 + m6 + m4
//
// Each line asks for that of the next plane, a line of 64 bytes for two vectors: rows of W lie
// far apart.
//
// Registers: DI arguments, BX products, R10 each, DX 3·each, R11 5·each, R12 line of W, SI
// vector, AX its mate, R8 half, R9 mate, CX vectors left, R13 lines left, R14 plane of W; the
// frame holds the planes left.
func (k dwStrassen) quarters() {
	const name = "dwquarters_f32_avx2"
	planes := begin(k.Context, name, "func(t *byte)", name+" makes the quarters of W of the seven products.")
	arg := func(name string) operand.Mem { return field(DWQuartersFields, name) }
	k.Load(k.Param("t"), reg.RDI)
	k.keep(DWQuartersFields, kept{"planes", planes}, kept{"m", reg.RBX}, kept{"each", reg.R10}, kept{"half", reg.R8}, kept{"mate", reg.R9}, kept{"w", reg.R14})
	k.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.RDX)
	k.LEAQ(operand.Mem{Base: reg.R10, Index: reg.R10, Scale: 4}, reg.R11)
	product := [7]operand.Mem{
		at(reg.RBX, 0), indexed(reg.RBX, reg.R10, 0), {Base: reg.RBX, Index: reg.R10, Scale: 2}, indexed(reg.RBX, reg.RDX, 0),
		{Base: reg.RBX, Index: reg.R10, Scale: 4}, indexed(reg.RBX, reg.R11, 0), {Base: reg.RBX, Index: reg.RDX, Scale: 2},
	}
	k.Label("plane")
	k.MOVQ(reg.R14, reg.R12)
	k.MOVQ(arg("lines"), reg.R13)
	k.Label("line")
	k.MOVQ(reg.R12, reg.RSI)
	k.ADDQ(arg("wPlane"), reg.RSI)
	k.MOVQ(arg("width"), reg.RCX)
	k.Label("ask")
	k.LEAQ(indexed(reg.RSI, reg.R9, 0), reg.RAX)
	for _, m := range quarterAt(reg.RSI, reg.RAX) {
		k.PREFETCHT0(m)
	}
	k.ADDQ(operand.U8(64), reg.RSI)
	k.SUBQ(operand.U8(2), reg.RCX)
	k.JGT(jump("ask"))
	k.MOVQ(reg.R12, reg.RSI)
	k.MOVQ(arg("width"), reg.RCX)
	align16(k.Context)
	k.Label("vector")
	k.VMOVUPS(product[0], reg.Y0)
	k.VMOVUPS(product[4], reg.Y2)
	k.VADDPS(product[1], reg.Y0, reg.Y4)
	k.VADDPS(product[5], reg.Y0, reg.Y0)
	k.VADDPS(reg.Y2, reg.Y0, reg.Y5)
	k.VADDPS(product[2], reg.Y5, reg.Y5)
	k.VADDPS(product[6], reg.Y0, reg.Y0)
	k.VADDPS(product[3], reg.Y0, reg.Y6)
	k.VADDPS(reg.Y2, reg.Y0, reg.Y7)
	k.LEAQ(indexed(reg.RSI, reg.R9, 0), reg.RAX)
	k.CMPQ(arg("add"), imm8(0))
	k.JEQ(jump("store"))
	for i, m := range quarterAt(reg.RSI, reg.RAX) {
		k.VADDPS(m, ymm(4+i), ymm(4+i))
	}
	k.Label("store")
	for i, m := range quarterAt(reg.RSI, reg.RAX) {
		k.VMOVUPS(ymm(4+i), m)
	}
	k.ADDQ(operand.U8(vecBytes), reg.RBX)
	k.ADDQ(operand.U8(vecBytes), reg.RSI)
	k.DECQ(reg.RCX)
	k.JNZ(jump("vector"))
	k.ADDQ(arg("wLine"), reg.R12)
	k.DECQ(reg.R13)
	k.JNZ(jump("line"))
	k.ADDQ(arg("wPlane"), reg.R14)
	k.DECQ(planes)
	k.JNZ(jump("plane"))
	end(k.Context)
}
