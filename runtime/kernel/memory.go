package kernel

import "github.com/netc-lang/netc/runtime/internal/memory"

// lineFloats is one cache line, the alignment of every scratch area.
const lineFloats = memory.LineFloats

// Aligned returns n zeros that begin on a cache line, in pages that are mapped already, large
// ones where they are many.
func Aligned(n int) []float32 { return memory.Floats(n) }
