package restructure

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// Strides lets what reads single pixels with a stride read them side by side, in training
// steps: a convolution and the gradient of its weights, which share them.
//
//	conv(x, w)     =  conv(x', w)        x' = the pixels of x that both read, in blocks of
//	conv_dw(x, y)  =  conv_dw(x', y)     channels as x is
//
// Of each line of x they use half, and the gradient reads them more than once: a pass that
// writes them anew is a tenth of what the two save.
func Strides(m *ir.Module) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		if f.Kind == ir.TrainStep {
			n += gatherStrides(f)
		}
	}
	return fmt.Sprintf("%d maps", n), nil
}

// stridedMap is a map of which every so manyth row and column is read.
type stridedMap struct {
	x             *ir.Value
	rows, columns int64
}

// stridedOf returns the map that a convolution over single pixels, or the gradient of its
// weights, reads with a stride.
func stridedOf(in *ir.Instr) (s stridedMap, ok bool) {
	var w *ir.Value
	switch in.Op.Name {
	case "conv":
		w = in.Args[1]
	case "conv_dw":
		w = in.Outs[0]
	default:
		return s, false
	}
	r, known1 := w.Type.Dims[2].Size.IsConst()
	q, known2 := w.Type.Dims[3].Size.IsConst()
	stride := in.Attrs.Ints("stride")
	s = stridedMap{in.Args[0], stride[0], stride[1]}
	return s, known1 && known2 && r == 1 && q == 1 && s.rows*s.columns > 1 && in.Attrs.Int("groups") == 1 &&
		slices.Max(in.Attrs.Ints("pad")) == 0 && !s.x.Layout.Plain()
}

// gatherStrides returns how many maps of f are gathered.
func gatherStrides(f *ir.Func) int {
	reads := map[stridedMap]map[string]bool{} // the names of its readers
	for _, in := range f.Instrs {
		if s, ok := stridedOf(in); ok {
			if reads[s] == nil {
				reads[s] = map[string]bool{}
			}
			reads[s][in.Op.Name] = true
		}
	}
	gathered := map[stridedMap]*ir.Value{}
	old := f.Instrs
	f.Instrs = make([]*ir.Instr, 0, len(old))
	b := ir.NewBuilder(f)
	for _, in := range old {
		if s, ok := stridedOf(in); ok && len(reads[s]) == 2 {
			if gathered[s] == nil {
				b.Pos, b.Stage = in.Pos, in.Stage
				gathered[s] = b.One("avgpool", op.Attrs{"kernel": []int64{1, 1}, "stride": []int64{s.rows, s.columns}}, s.x)
				gathered[s].Layout = s.x.Layout
			}
			in.Args[0], in.Attrs = gathered[s], maps.Clone(in.Attrs)
			in.Attrs["stride"] = []int64{1, 1}
		}
		f.Instrs = append(f.Instrs, in)
	}
	return len(gathered)
}
