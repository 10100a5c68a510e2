package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
)

func init() {
	register(map[string]emitter{
		"maxpool":    emitMaxPool,
		"maxpool_dx": emitMaxPoolDX,
		"avgpool":    emitAvgPool,
		"avgpool_dx": emitAvgPoolDX,
		"resize":     emitResize,
		"resize_dx":  emitResize,
	})
}

// poolShape returns the variable that holds the shape of pooling x.
func (l *lowering) poolShape(in *ir.Instr, x *ir.Value) string {
	shape := "&" + l.poolLiteral(in, x)
	if l.dim(x, 2).isConst() && l.dim(x, 3).isConst() {
		return l.u.plan(in.Stage, "Shape", shape, l.where(in))
	}
	return l.sessionPlan(in, "Shape", "*kernel.PoolShape", shape)
}

// poolLiteral returns the shape of pooling x.
func (l *lowering) poolLiteral(in *ir.Instr, x *ir.Value) string {
	a := in.Attrs
	kernel, stride := a.Ints("kernel"), a.Ints("stride")
	if len(stride) != 2 {
		stride = kernel
	}
	channels := int64(l.fixed(x, 1))
	if c := l.groupChannels(); c > 0 {
		channels = c
	}
	return fmt.Sprintf("kernel.PoolShape{C: %d, H: %s, W: %s, R: %d, S: %d, StrideH: %d, StrideW: %d, %sCeil: %t, CountPad: %t}",
		channels, l.dim(x, 2), l.dim(x, 3), kernel[0], kernel[1], stride[0], stride[1],
		padding(a), a.Bool("ceil"), a.Bool("count_pad"))
}

func emitMaxPool(l *lowering, in *ir.Instr) {
	x := in.Args[0]
	if !x.Layout.Plain() {
		l.poolMaps(in)
		return
	}
	at := "nil"
	if len(in.Outs) > 1 && l.read[in.Outs[1]] > 0 {
		at = l.slice(in.Outs[1])
	}
	shape := l.poolShape(in, x)
	l.comment(in)
	l.p("kernel.MaxPool(c, %s, %s, %s, %s, %s)", shape, l.dim(x, 0), l.slice(in.Outs[0]), at, l.slice(x))
}

func emitMaxPoolDX(l *lowering, in *ir.Instr) {
	at, dy, dx := in.Args[0], in.Args[1], in.Outs[0]
	if !dx.Layout.Plain() {
		l.poolDXMaps(in, dy, at)
		return
	}
	shape := l.poolShape(in, dx)
	l.comment(in)
	l.p("kernel.MaxPoolDX(c, %s, %s, %s, %s, %s)", shape, l.dim(dx, 0), l.slice(dx), l.slice(at), l.slice(dy))
}

func emitAvgPool(l *lowering, in *ir.Instr) {
	x := in.Args[0]
	if !x.Layout.Plain() {
		l.poolMaps(in)
		return
	}
	shape := l.poolShape(in, x)
	l.comment(in)
	l.p("kernel.AvgPool(c, %s, %s, %s, %s)", shape, l.dim(x, 0), l.slice(in.Outs[0]), l.slice(x))
}

func emitAvgPoolDX(l *lowering, in *ir.Instr) {
	dy, dx := in.Args[0], in.Outs[0]
	if !dx.Layout.Plain() {
		l.poolDXMaps(in, dy, nil)
		return
	}
	shape := l.poolShape(in, dx)
	l.comment(in)
	l.p("kernel.AvgPoolDX(c, %s, %s, %s, %s)", shape, l.dim(dx, 0), l.slice(dx), l.slice(dy))
}

// emitResize serves both directions: the shape is that of the small side.
func emitResize(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	if !x.Layout.Plain() {
		l.resizeMaps(in)
		return
	}
	small, call := x, "kernel.Resize"
	if in.Op.Name == "resize_dx" {
		small, call = y, "kernel.ResizeDX"
	}
	scale := in.Attrs.Ints("scale")
	planes, ok := l.dim(x, 0).mul(constant(l.fixed(x, 1)))
	if !ok || len(scale) != 2 {
		l.refuse(in, "resizing %s", x.Type)
	}
	shape := fmt.Sprintf("kernel.ResizeShape{Planes: %s, H: %s, W: %s, ScaleH: %d, ScaleW: %d, Bilinear: %t}",
		planes, l.dim(small, 2), l.dim(small, 3), scale[0], scale[1], in.Attrs.String("mode") == "bilinear")
	l.comment(in)
	l.p("%s(c, %s, %s, %s)", call, shape, l.slice(y), l.slice(x))
}
