package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Between the layers of a chain a band may have double blocks: the pixels of two blocks of channels
// side by side. What writes it by AVX-512 stores a vector at once, and a depthwise convolution of
// stride 2 that reads it has a lane for each of 16 channels and no pairs of pixels to shuffle.
// Results have the bits that they have with blocks. With stride 1 pairs are as fast.

// readsDouble reports whether a depthwise convolution has a kernel of double blocks.
func (d *depthwise) readsDouble() bool {
	switch d.shape {
	case depthwise3s2, depthwise5s2:
		return d.f.ISA == kernel.AVX512 && d.f.In.C%(2*Block) == 0 && !d.f.Epilogue.Residual
	}
	return false
}

// writesDouble reports whether st may write double blocks: tiles of whole vectors do.
func (st *chainStage) writesDouble() bool {
	if st.conv == nil || st.conv.Out.C%(2*Block) != 0 || st.conv.ISA != kernel.AVX512 || st.adds() {
		return false
	}
	switch m := st.conv.method.(type) {
	case *convStem:
		return true
	case *convDirect:
		return st.conv.Shape.Groups == 1 && m.pass() >= m.units[0].blocks // in one pass
	}
	return false
}

// handsDouble reports whether a chain hands double blocks from one stage to the next. Where wide
// vectors run in halves they gain nothing.
func handsDouble(from, to *chainStage, halves bool) bool {
	if halves || to.conv == nil {
		return false
	}
	d, ok := to.conv.method.(*depthwise)
	return ok && d.readsDouble() && from.writesDouble()
}

// double makes a step from block to block one of two.
func (a *depthwiseArgs) double() {
	a.yhalf = a.yblock
	a.blocks, a.yblock, a.wblock, a.biasblock = a.blocks/2, 2*a.yblock, 2*a.wblock, 2*a.biasblock
}
