package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
)

func init() {
	register(map[string]emitter{
		"bn_train":        emitBatchNorm,
		"bn_again":        emitBatchNormAgain,
		"bn_dx":           emitBatchNormDX,
		"norm":            emitNorm,
		"norm_dx":         emitNormDX,
		"softmax":         emitLine("Softmax"),
		"log_softmax":     emitLine("LogSoftmax"),
		"softmax_dx":      emitLine("SoftmaxDX"),
		"log_softmax_dx":  emitLine("LogSoftmaxDX"),
		"softmax_xent":    emitSoftmaxXent,
		"softmax_xent_dx": emitSoftmaxXentDX,
	})
}

// emitLine serves the operations that work along one axis, with operands in the
// order of their kernel.
func emitLine(name string) emitter {
	return func(l *lowering, in *ir.Instr) {
		y := in.Outs[0]
		outer, along, inner := l.along(y, axisOf(y, in.Attrs.Int("axis")))
		l.comment(in)
		args := ""
		for _, a := range in.Args {
			args += ", " + l.slice(a)
		}
		l.p("kernel.%s(c, %s, %s, %s, %s%s)", name, outer, along, inner, l.slice(y), args)
	}
}

func emitSoftmaxXent(l *lowering, in *ir.Instr) {
	logits, label, loss, probs := in.Args[0], in.Args[1], in.Outs[0], in.Outs[1]
	outer, along, inner := l.along(logits, axisOf(logits, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.SoftmaxXent(c, %s, %s, %s, %s, %s, %s, %s, %s, %d)", outer, along, inner,
		l.slice(loss), l.slice(probs), l.slice(logits), l.slice(label), float32Literal(in.Attrs.Float("smoothing")), in.Attrs.Int("ignore"))
}

func emitSoftmaxXentDX(l *lowering, in *ir.Instr) {
	probs, label, dloss, dx := in.Args[0], in.Args[1], in.Args[2], in.Outs[0]
	outer, along, inner := l.along(probs, axisOf(probs, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.SoftmaxXentDX(c, %s, %s, %s, %s, %s, %s, %s, %s, %d)", outer, along, inner,
		l.slice(dx), l.slice(probs), l.slice(label), l.slice(dloss), float32Literal(in.Attrs.Float("smoothing")), in.Attrs.Int("ignore"))
}

func emitBatchNorm(l *lowering, in *ir.Instr) {
	x, weight, bias, runMean, runVar := in.Args[0], in.Args[1], in.Args[2], in.Args[3], in.Args[4]
	if !x.Layout.Plain() {
		l.batchNormMaps(in)
		return
	}
	l.refuseEpilogue(in, operand(in, 5))
	y, mean, invstd, newMean, newVar := in.Outs[0], in.Outs[1], in.Outs[2], in.Outs[3], in.Outs[4]
	rank := len(x.Type.Dims)
	l.comment(in)
	l.p("kernel.BatchNormTrain(c, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
		l.dim(x, 0), l.dim(x, 1), l.count(x, 2, rank), l.slice(y), l.slice(mean), l.slice(invstd), l.slice(newMean), l.slice(newVar),
		l.slice(x), l.slice(weight), l.slice(bias), l.slice(runMean), l.slice(runVar),
		float32Literal(in.Attrs.Float("eps")), float32Literal(in.Attrs.Float("momentum")))
}

func emitBatchNormAgain(l *lowering, in *ir.Instr) {
	if in.Args[0].Layout.Plain() {
		l.refuse(in, "it is for images in blocks of channels")
	}
	if l.onlyNamed(in.Outs[0]) {
		return
	}
	l.batchNormAgainMaps(in)
}

// onlyNamed reports whether the readers of y, the result of a norm, are gradients that compute
// it of what the norm read, so that it need not be there.
func (l *lowering) onlyNamed(y *ir.Value) bool {
	for _, in := range l.fn.Instrs {
		for k, a := range in.Args {
			if a == y && !(in.Op.Name == "bn_dx" && k == 5 && in.Attrs.Bool("again")) {
				return false
			}
		}
	}
	return !l.fn.IsResult(y)
}

func emitBatchNormDX(l *lowering, in *ir.Instr) {
	x, dy, weight, mean, invstd := in.Args[0], in.Args[1], in.Args[2], in.Args[3], in.Args[4]
	if !x.Layout.Plain() {
		l.batchNormDXMaps(in)
		return
	}
	l.refuseEpilogue(in, operand(in, 5))
	dx, dweight, dbias := in.Outs[0], in.Outs[1], in.Outs[2]
	l.comment(in)
	l.p("kernel.BatchNormDX(c, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
		l.dim(x, 0), l.dim(x, 1), l.count(x, 2, len(x.Type.Dims)), l.slice(dx), l.slice(dweight), l.slice(dbias),
		l.slice(x), l.slice(dy), l.slice(weight), l.slice(mean), l.slice(invstd))
}

// refuseEpilogue refuses what only kernels on blocks of channels take in.
func (l *lowering) refuseEpilogue(in *ir.Instr, residual *ir.Value) {
	if act := in.Attrs.String("act"); residual != nil || act != "" && act != "none" {
		l.refuse(in, "its residual and activation %s are for images in blocks of channels", act)
	}
}

// normShape returns the kernel.NormShape literal of a normalisation of x: over
// groups of channels, or along neighbouring axes.
func (l *lowering) normShape(in *ir.Instr, x *ir.Value) string {
	rank := len(x.Type.Dims)
	if groups := in.Attrs.Int("groups"); groups > 0 {
		return fmt.Sprintf("kernel.NormShape{Outer: %s, Axis: %s, Inner: %s, Groups: %d}", l.dim(x, 0), l.dim(x, 1), l.count(x, 2, rank), groups)
	}
	axes := in.Attrs.Ints("axes")
	if len(axes) == 0 {
		l.refuse(in, "it names neither axes nor groups")
	}
	first := axisOf(x, axes[0])
	for i, a := range axes {
		if axisOf(x, a) != first+i {
			l.refuse(in, "the axes %v are not neighbours", axes)
		}
	}
	last := first + len(axes)
	return fmt.Sprintf("kernel.NormShape{Outer: %s, Axis: %s, Inner: %s}", l.count(x, 0, first), l.count(x, first, last), l.count(x, last, rank))
}

func emitNorm(l *lowering, in *ir.Instr) {
	x, weight, bias := in.Args[0], operand(in, 1), operand(in, 2)
	shape := l.normShape(in, x)
	l.comment(in)
	l.p("kernel.Norm(c, %s, %s, %s, %s, %s, %s, %s, %s)", shape, l.slice(in.Outs[0]), l.wanted(in.Outs[1]), l.wanted(in.Outs[2]),
		l.slice(x), l.slice(weight), l.slice(bias), float32Literal(in.Attrs.Float("eps")))
}

// wanted returns the place of a result that a kernel leaves out where it is nil.
func (l *lowering) wanted(v *ir.Value) string {
	if v.Mem.Space == ir.ElidedSpace {
		return "nil"
	}
	return l.slice(v)
}

func emitNormDX(l *lowering, in *ir.Instr) {
	x, dy, weight, mean, invstd := in.Args[0], in.Args[1], in.Args[2], in.Args[3], in.Args[4]
	shape := l.normShape(in, x)
	l.comment(in)
	l.p("kernel.NormDX(c, %s, %s, %s, %s, %s, %s, %s, %s, %s)", shape, l.slice(in.Outs[0]), l.slice(in.Outs[1]), l.slice(in.Outs[2]),
		l.slice(x), l.slice(dy), l.slice(weight), l.slice(mean), l.slice(invstd))
}
