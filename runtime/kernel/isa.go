package kernel

import "os"

// vector selects the blocked algorithms with assembly inside; false selects the
// plain loops that define the results. Plans read it when they are made.
var vector = hasAVX2 && os.Getenv("NETC_ISA") != "generic"

// ISA returns the name of the instruction set that kernels use: "avx2" or
// "generic". The environment variable NETC_ISA=generic turns assembly off, and
// so does GODEBUG=cpu.avx2=off.
func ISA() string {
	if vector {
		return "avx2"
	}
	return "generic"
}
