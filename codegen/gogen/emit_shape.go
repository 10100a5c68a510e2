package gogen

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	register(map[string]emitter{
		"reshape":     emitReshape,
		"transpose":   emitTranspose,
		"broadcast":   emitBroadcast,
		"slice":       emitSlice,
		"pad":         emitPad,
		"concat":      emitConcat,
		"gather":      emitGather,
		"scatter_add": emitScatterAdd,
		"reverse":     emitReverse,
		"relayout":    emitRelayout,
	})
}

// isView reports whether in only gives another shape to storage that its operand
// and its result share.
func isView(in *ir.Instr) bool {
	if !ir.IsView(in) {
		return false
	}
	x, y := in.Args[0].Mem, in.Outs[0].Mem
	switch y.Space {
	case ir.SetupSpace, ir.InputSpace, ir.StateSpace, ir.GradientSpace:
		return true
	case ir.ArenaSpace:
		return x.SamePlace(y)
	}
	return false
}

func emitReshape(l *lowering, in *ir.Instr) {
	if isView(in) {
		return
	}
	l.comment(in)
	l.p("copy(%s, %s)", l.slice(in.Outs[0]), l.slice(in.Args[0]))
}

func intsLiteral(v []int64) string {
	text := make([]string, len(v))
	for i, x := range v {
		text[i] = fmt.Sprint(x)
	}
	return "[]int{" + strings.Join(text, ", ") + "}"
}

func emitTranspose(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	l.checkRank(in, x)
	l.comment(in)
	l.p("kernel.Transpose(c, %s, %s, %s, %s)", l.slice(y), l.slice(x), l.dims(x), intsLiteral(in.Attrs.Ints("perm")))
}

func emitBroadcast(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	if !y.Layout.Plain() {
		plan := l.mapPlan(in, "Spread", fmt.Sprintf("NewSpread(%s)", l.mapLiteral(y)))
		l.comment(in)
		l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(y, 0), l.slice(y), l.slice(x))
		return
	}
	l.checkRank(in, y)
	l.comment(in)
	l.p("kernel.Broadcast(c, %s, %s, %s, %s)", l.slice(y), l.slice(x), l.dims(y), l.dims(x))
}

func emitReverse(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	l.checkRank(in, x)
	mask := 0
	for _, a := range in.Attrs.Ints("axes") {
		mask |= 1 << axisOf(x, a)
	}
	l.comment(in)
	l.p("kernel.Reverse(c, %s, %s, %s, %#b)", l.slice(y), l.slice(x), l.dims(x), mask)
}

func emitSlice(l *lowering, in *ir.Instr) {
	if ir.IsPart(in) || in.Outs[0].Mem.Space == ir.StateSpace { // it lies in its operand
		return
	}
	x, y := in.Args[0], in.Outs[0]
	axis := axisOf(x, in.Attrs.Int("axis"))
	outer, along, inner := l.along(x, axis)
	step := in.Attrs.Int("step")
	if step == 0 {
		step = 1
	}
	start := in.Attrs.Int("start")
	if start < 0 {
		start += l.fixed(x, axis)
	}
	l.comment(in)
	l.p("kernel.Slice(c, %s, %s, %s, %d, %d, %s, %s, %s)", outer, along, inner, start, step, l.dim(y, axis), l.slice(y), l.slice(x))
}

func emitPad(l *lowering, in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	l.checkRank(in, x)
	l.comment(in)
	l.p("kernel.Pad(c, %s, %s, %s, %s, %s, %s)", l.slice(y), l.slice(x), l.dims(x),
		intsLiteral(in.Attrs.Ints("lo")), intsLiteral(in.Attrs.Ints("hi")), literal(in.Attrs.Float("value"), x.Type.DType))
}

// emitConcat copies each operand to its place; one that the memory plan made
// inside the result is there already.
func emitConcat(l *lowering, in *ir.Instr) {
	y := in.Outs[0]
	if !y.Layout.Plain() {
		l.concatMaps(in)
		return
	}
	axis := axisOf(y, in.Attrs.Int("axis"))
	outer, total, inner := l.along(y, axis)
	l.comment(in)
	at := constant(0)
	for _, x := range in.Args {
		along := l.dim(x, axis)
		if !l.inside(x, y, at, inner) {
			l.p("kernel.Concat(c, %s, %s, %s, %s, %s, %s, %s)", outer, along, total, inner, at, l.slice(y), l.slice(x))
		}
		at = at.add(along)
	}
}

// inside reports whether x already lies at position at of the concatenation y:
// possible only where everything before the axis is one element.
func (l *lowering) inside(x, y *ir.Value, at, inner size) bool {
	if h, ok := l.h.(*training); ok && h.partOf[x] == y {
		return true
	}
	if x.Mem.Space != ir.ArenaSpace || y.Mem.Space != ir.ArenaSpace || x.Mem.Segment != y.Mem.Segment || l.late != nil {
		return false
	}
	ox, ok1 := sizeOf(x.Mem.Offset, l.batch)
	oy, ok2 := sizeOf(y.Mem.Offset, l.batch)
	skip, ok3 := at.mul(inner)
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	bytes, ok := skip.mul(constant(int64(x.Type.DType.Size())))
	return ok && ox == oy.add(bytes)
}

func emitGather(l *lowering, in *ir.Instr) {
	x, index, y := in.Args[0], in.Args[1], in.Outs[0]
	l.indices(in, index)
	outer, along, inner := l.along(x, axisOf(x, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.Gather(c, %s, %s, %s, %s, %s, %s)", outer, along, inner, l.slice(y), l.slice(x), l.slice(index))
}

func emitScatterAdd(l *lowering, in *ir.Instr) {
	index, dy, dx := in.Args[0], in.Args[1], in.Outs[0]
	l.numbers(in, dy)
	l.indices(in, index)
	outer, along, inner := l.along(dx, axisOf(dx, in.Attrs.Int("axis")))
	l.comment(in)
	l.p("kernel.ScatterAdd(c, %s, %s, %s, %s, %s, %s)", outer, along, inner, l.slice(dx), l.slice(dy), l.slice(index))
}

// indices refuses index tensors that kernels do not take.
func (l *lowering) indices(in *ir.Instr, v *ir.Value) {
	if v.Type.DType != tensor.I32 {
		l.refuse(in, "indices are %s, expected i32", v.Type.DType)
	}
}
