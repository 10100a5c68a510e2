package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// scaleWeights lets convolutions of one tap take the factors by which the channels of each
// image are multiplied before, as squeeze-and-excite does:
//
//	conv(x · s, w)  =  conv{s}(x, w)
//
// The kernel multiplies the weights of each image in place of its pixels, which is less work
// and less memory to pass where a map has many more pixels than the result has channels.
func scaleWeights(m *ir.Module, _ target.Desc) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		if f.Kind == ir.Infer || f.Kind == ir.PredictFunc {
			n += scaleWeightsOf(f)
		}
	}
	return fmt.Sprintf("%d scales", n), nil
}

// scaleWeightsOf returns how many convolutions of f take factors.
func scaleWeightsOf(f *ir.Func) int {
	readers := edit.Readers(f)
	products, gone := map[*ir.Value]*ir.Instr{}, map[*ir.Instr]bool{}
	for _, in := range f.Instrs {
		if in.Op.Name == "fused" && len(in.Body) == 1 && in.Body[0].Op.Name == "mul" {
			products[in.Outs[0]] = in
		}
		if in.Op.Name != "conv" || in.Outs[0].Layout.Plain() || in.Args[4] != nil {
			continue
		}
		product := products[in.Args[0]]
		if product == nil || readers[in.Args[0]] != 1 {
			continue
		}
		if x, scale := scaleOf(product); x != nil && fewerWeights(in, x) {
			in.Args[0], in.Args[4] = x, scale
			gone[product] = true
		}
	}
	f.Instrs = slices.DeleteFunc(f.Instrs, func(in *ir.Instr) bool { return gone[in] })
	return len(gone)
}

// scaleOf returns the operands of a product of two: a map on blocks of channels and the
// factors of its channels; nil for any other product.
func scaleOf(product *ir.Instr) (x, s *ir.Value) {
	a, b := product.Body[0].Args[0], product.Body[0].Args[1]
	for _, v := range [][2]*ir.Value{{a, b}, {b, a}} {
		if sameImages(v[0], product.Outs[0]) && scalesChannels(v[1], v[0]) {
			return v[0], v[1]
		}
	}
	return nil, nil
}

// scalesChannels reports whether s holds a factor for each channel of each image of x, on
// blocks of channels.
func scalesChannels(s, x *ir.Value) bool {
	if s.Layout.Plain() || s.Type.Rank() != 4 || s.Type.DType != x.Type.DType {
		return false
	}
	pixels, known := s.Map().Pixels()
	return known && pixels == 1 && s.Type.Dims[0].Size.Equal(x.Type.Dims[0].Size) && s.Type.Dims[1].Size.Equal(x.Type.Dims[1].Size)
}

// scaledPixels is how many times more pixels of a map there are than outputs whose weights are
// multiplied in their place. Those weights come from memory for it, not beside the products, and
// one thread multiplies them for all.
const scaledPixels = 4

// fewerWeights reports whether in may multiply its weights, of which there are by far fewer
// than pixels of x.
func fewerWeights(in *ir.Instr, x *ir.Value) bool {
	pixels, known := x.Map().Pixels()
	return known && scaledPixels*in.Outs[0].Map().C < pixels && blocked.ConvConfig.MayScale(kernels.Conv(in, 1, nil))
}
