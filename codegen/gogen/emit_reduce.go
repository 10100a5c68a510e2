package gogen

import (
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	register(map[string]emitter{
		"reduce":    emitReduce,
		"argreduce": emitArgReduce,
		"topk":      emitTopK,
		"cumsum":    emitCumSum,
	})
}

// axis resolves an axis attribute, which may count from the end.
func axisOf(v *ir.Value, axis int64) int {
	if axis < 0 {
		axis += int64(len(v.Type.Dims))
	}
	return int(axis)
}

// count returns the elements of v along the axes [from, to).
func (l *lowering) count(v *ir.Value, from, to int) size {
	n := constant(1)
	for i := from; i < to; i++ {
		n = l.product(n, l.dim(v, i))
	}
	return n
}

// lines returns v as [outer, axis, inner].
func (l *lowering) along(v *ir.Value, axis int) (outer, along, inner size) {
	return l.count(v, 0, axis), l.dim(v, axis), l.count(v, axis+1, len(v.Type.Dims))
}

// dims returns the sizes of v as a Go literal.
func (l *lowering) dims(v *ir.Value) string {
	text := make([]string, len(v.Type.Dims))
	for i := range text {
		text[i] = l.dim(v, i).String()
	}
	return "[]int{" + strings.Join(text, ", ") + "}"
}

// maxRank is the number of axes that the runtime's kernels take.
const maxRank = 8

func (l *lowering) checkRank(in *ir.Instr, v *ir.Value) {
	if len(v.Type.Dims) > maxRank {
		l.refuse(in, "%s has more than %d axes", v.Type, maxRank)
	}
}

// numbers refuses element types that arithmetic kernels do not take.
func (l *lowering) numbers(in *ir.Instr, v *ir.Value) {
	if v.Type.DType == tensor.Bool {
		l.refuse(in, "%s holds truth values, not numbers", v.Type)
	}
}

var reduceNames = map[string]string{
	"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd",
}

// emitReduce takes the sum over all axes but the second, the gradient of a bias,
// to its own kernel.
func emitReduce(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	if !x.Layout.Plain() {
		l.meanMap(in)
		return
	}
	l.numbers(in, x)
	l.checkRank(in, x)
	kind := in.Attrs.String("kind")
	rank := len(x.Type.Dims)
	over := make([]bool, rank)
	mask := 0
	for _, a := range in.Attrs.Ints("axes") {
		over[axisOf(x, a)] = true
		mask |= 1 << axisOf(x, a)
	}
	if len(in.Attrs.Ints("axes")) == 0 { // no axes means all
		for i := range over {
			over[i] = true
			mask |= 1 << i
		}
	}
	l.comment(in, kind)
	if kind == "sum" && rank >= 2 && x.Type.DType == tensor.F32 && mask == 1<<rank-1-2 {
		l.p("kernel.BiasGrad(c, %s, %s, %s, %s, %s)", l.dim(x, 0), l.dim(x, 1), l.count(x, 2, rank), l.slice(y), l.slice(x))
		return
	}
	l.p("kernel.Reduce(c, kernel.%s, %s, %s, %s, %#b)", reduceNames[kind], l.slice(y), l.slice(x), l.dims(x), mask)
}

func emitArgReduce(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	l.numbers(in, x)
	outer, along, inner := l.along(x, axisOf(x, in.Attrs.Int("axis")))
	l.comment(in, in.Attrs.String("kind"))
	l.p("kernel.ArgReduce(c, %t, %s, %s, %s, %s, %s)", in.Attrs.String("kind") == "max", outer, along, inner, l.slice(y), l.slice(x))
}

func emitTopK(l *lowering, in *ir.Instr) {
	x := in.Args[0]
	l.numbers(in, x)
	outer, along, inner := l.along(x, axisOf(x, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.TopK(c, %d, %s, %s, %s, %s, %s, %s)", in.Attrs.Int("k"), outer, along, inner, l.slice(in.Outs[0]), l.slice(in.Outs[1]), l.slice(x))
}

func emitCumSum(l *lowering, in *ir.Instr) {
	x := in.Args[0]
	l.numbers(in, x)
	outer, along, inner := l.along(x, axisOf(x, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.CumSum(c, %s, %s, %s, %s, %s)", outer, along, inner, l.slice(in.Outs[0]), l.slice(x))
}
