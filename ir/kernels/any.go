package kernels

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// AnySized reports whether in is a convolution of plain images whose size is known at run
// time only.
func AnySized(in *ir.Instr) bool {
	if in.Op.Name != "conv" || !in.Outs[0].Layout.Plain() {
		return false
	}
	_, h := in.Args[0].Type.Dims[2].Size.IsConst()
	_, w := in.Args[0].Type.Dims[3].Size.IsConst()
	return !h || !w
}

// AnyConv is the kernel of such a convolution by an algorithm, for pictures of the size of
// its window: what it packs serves all sizes.
func AnyConv(in *ir.Instr, algo blocked.Algorithm) *blocked.AnyConv {
	s := shape(in, in.Args[0], in.Args[1])
	s.H, s.W = (s.R-1)*s.DilH+1, (s.S-1)*s.DilW+1
	return blocked.NewAnyConv(s, epilogue(in), algo)
}
