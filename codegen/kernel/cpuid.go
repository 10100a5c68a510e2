package kernel

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// cpuids adds what asks the processor about itself.
//
// Registers: AX the leaf, CX the subleaf; CPUID writes AX, BX, CX and DX.
func cpuids(c *build.Context) error {
	begin(c, "cpuid", "func(leaf uint32) uint32", "cpuid returns EAX of a leaf of CPUID, whose subleaf is 0, on a processor with AVX.")
	c.Load(c.Param("leaf"), reg.EAX)
	c.XORL(reg.ECX, reg.ECX)
	c.CPUID()
	c.Store(reg.EAX, c.ReturnIndex(0))
	end(c)
	return nil
}
