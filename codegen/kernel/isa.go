package kernel

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// ISA is an instruction set that a builder writes for. One builder serves both:
// it counts in vectors, and asks the set for lanes and registers.
type ISA struct {
	Name      string // the part of a kernel's name: avx2, avx512
	Lanes     int    // f32 elements of a vector
	Registers int    // vector registers
}

// The sets. AVX2 has FMA3; AVX512 is F, DQ, BW and VL.
var (
	AVX2   = ISA{"avx2", 8, 16}
	AVX512 = ISA{"avx512", 16, 32}
)

// ISAs lists every set, in the order in which files are written.
var ISAs = []ISA{AVX2, AVX512}

// Function is the name of a model's own function for this set: that of its Go twin or
// dispatch, and the set.
func (s ISA) Function(name string) string { return name + strings.ToUpper(s.Name) }

// Bytes is the size of a vector.
func (s ISA) Bytes() int { return 4 * s.Lanes }

// vec returns vector register i.
func (s ISA) vec(i int) reg.VecPhysical {
	if i >= s.Registers {
		panic(fmt.Sprintf("kernel: vector register %d of %s, which has %d", i, s.Name, s.Registers))
	}
	if s.Lanes == 16 {
		return zmms[i]
	}
	return ymms[i]
}

// zero clears register r.
func (s ISA) zero(c *build.Context, r reg.VecPhysical) {
	if s.Lanes == 16 {
		c.VPXORD(r, r, r)
		return
	}
	c.VXORPS(r, r, r)
}

var ymms = [...]reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

var zmms = [...]reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// ymm returns AVX2 register i.
func ymm(i int) reg.VecPhysical { return ymms[i] }
