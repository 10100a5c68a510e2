package kernel

import (
	"bytes"
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// Sizes of the AVX2 target, in f32 elements and bytes.
const (
	vecLanes = 8
	vecBytes = 32
)

// begin opens a function with one pointer argument, or the given signature. The
// frame keeps the stack check, so that the function can be preempted at entry
// (a loop of leaf kernels would hold up the garbage collector), and offers local
// words at its bottom.
func begin(c *build.Context, name, signature string, doc ...string) (locals operand.Mem) {
	c.Function(name)
	c.Pragma("noescape")
	c.SignatureExpr(signature)
	c.Doc(doc...)
	return c.AllocLocal(minFrame)
}

// end leaves a function.
func end(c *build.Context) {
	c.VZEROUPPER()
	c.RET()
}

// at addresses base + disp bytes.
func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// indexed addresses base + index + disp bytes.
func indexed(base, index reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1, Disp: disp}
}

// align16 pads with no-ops so that a loop begins on a fetch boundary.
func align16(c *build.Context) {
	c.Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.U8(16)}})
}

// alignLine is align16 for loops that a call enters often and leaves soon: one that begins
// in the middle of a line is fetched as one line more.
func alignLine(c *build.Context) {
	c.Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.U8(64)}})
}

func imm8(n int) operand.U8 { return operand.U8(n) }

func jump(label string) operand.LabelRef { return operand.LabelRef(label) }

// words writes a read-only table of 32-bit words.
func words(c *build.Context, name string, w []uint32) operand.Mem {
	m := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, v := range w {
		c.AddDatum(4*i, operand.U32(v))
	}
	return m
}

// Print runs avo's passes over what c holds and returns the assembly and the Go
// stubs for package pkg, both for amd64 without the purego tag.
func Print(c *build.Context, pkg string) (asm, stubs []byte, err error) {
	f, err := c.Result()
	if err != nil {
		return nil, nil, fmt.Errorf("kernel: %w", err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		return nil, nil, fmt.Errorf("kernel: %w", err)
	}
	config := printer.Config{Pkg: pkg, Name: "codegen/kernel/gen"}
	if asm, err = printer.NewGoAsm(config).Print(f); err != nil {
		return nil, nil, err
	}
	if stubs, err = printer.NewStubs(config).Print(f); err != nil {
		return nil, nil, err
	}
	return asm, bytes.TrimLeft(stubs, "\n"), nil
}
