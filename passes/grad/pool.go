package grad

import "github.com/netc-lang/netc/ir"

// poolGeometry lists the attributes that a pooling shares with its transpose.
var poolGeometry = []string{"kernel", "stride", "pad", "ceil"}

var averageGeometry = append([]string{"count_pad"}, poolGeometry...)

var resizeGeometry = []string{"scale", "mode"}

func init() {
	type value = *ir.Value
	register("maxpool", func(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
		attrs := with(in.Attrs, poolGeometry, "shape", in.Args[0].Type.Dims)
		return []*ir.Value{b.One("maxpool_dx", attrs, in.Outs[1], only(in, dy))}
	})
	pointwise("avgpool", func(e emitter, in *ir.Instr, x, _, dy value) value {
		return e.One("avgpool_dx", with(in.Attrs, averageGeometry, "shape", x.Type.Dims), dy)
	})
	pointwise("avgpool_dx", func(e emitter, in *ir.Instr, _, _, d value) value {
		return e.One("avgpool", keep(in.Attrs, averageGeometry...), d)
	})
	pointwise("resize", func(e emitter, in *ir.Instr, _, _, dy value) value {
		return e.One("resize_dx", keep(in.Attrs, resizeGeometry...), dy)
	})
	pointwise("resize_dx", func(e emitter, in *ir.Instr, _, _, d value) value {
		return e.One("resize", keep(in.Attrs, resizeGeometry...), d)
	})
}
