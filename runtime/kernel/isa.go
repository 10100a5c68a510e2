package kernel

// ISA returns the name of the instruction set that kernels use: "avx2" or
// "generic". The environment variable NETC_ISA=generic turns assembly off, and
// so does GODEBUG=cpu.avx2=off.
func ISA() string { return "generic" }
