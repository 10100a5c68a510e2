package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// How kernels come by their arguments. DI holds the argument block of those that have one,
// whose fields are 8 bytes each; what is not read where it lies is kept in a register or in
// a word of the frame.

// field addresses a field of the argument block.
func field(fields []string, name string) operand.Mem {
	for i, f := range fields {
		if f == name {
			return at(reg.RDI, 8*i)
		}
	}
	panic("kernel: no field " + name)
}

// kept is an argument, or a field of the argument block, and where a kernel keeps it: a
// register or a word of the frame.
type kept struct {
	name string
	at   operand.Op
}

// keep brings fields of the argument block to where they are kept; AX carries those of
// the frame.
func (s asm) keep(fields []string, all ...kept) {
	for _, k := range all {
		if word, ok := k.at.(operand.Mem); ok {
			s.move(field(fields, k.name), word)
			continue
		}
		s.MOVQ(field(fields, k.name), k.at)
	}
}

// load brings arguments of a function to registers.
func load(c *build.Context, all ...kept) {
	for _, k := range all {
		c.Load(c.Param(k.name), k.at.(reg.Register))
	}
}

// move copies a word by way of AX, and increase adds one to another.
func (s asm) move(from, to operand.Mem) {
	s.MOVQ(from, reg.RAX)
	s.MOVQ(reg.RAX, to)
}

func (s asm) increase(word, by operand.Mem) {
	s.MOVQ(by, reg.RAX)
	s.ADDQ(reg.RAX, word)
}

// eachRow writes the loops of a weight gradient over the rows of images. R13 and R14 are
// the rows of X and Y, which go on by xr and yr, and behind an image by xi and yi; left
// counts rows down in a register or, by way of SI, in a word of the frame.
func (s asm) eachRow(fields []string, left operand.Op, images operand.Mem, row func()) {
	s.Label("image")
	if word, ok := left.(operand.Mem); ok {
		s.MOVQ(field(fields, "rows"), reg.RSI)
		s.MOVQ(reg.RSI, word)
	} else {
		s.MOVQ(field(fields, "rows"), left)
	}
	s.Label("row")
	row()
	for _, loop := range []struct {
		x, y, label string
		left        operand.Op
	}{{"xr", "yr", "row", left}, {"xi", "yi", "image", images}} {
		s.ADDQ(field(fields, loop.x), reg.R13)
		s.ADDQ(field(fields, loop.y), reg.R14)
		s.DECQ(loop.left)
		s.JNZ(jump(loop.label))
	}
}
