package gogen

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// The instructions here work on images in blocks of channels: their plans are those
// of runtime/kernel/blocked.

// mapLiteral returns the physical shape of a blocked value, or of a plain picture as
// if it were one; in a segment of channels that of the channels of a group.
func (l *lowering) mapLiteral(v *ir.Value) string {
	m, _ := ir.MapOf(v.Type, v.Layout)
	step := v.Mem.Step
	if c := l.groupChannels(); c > 0 {
		if step == 0 && v.Mem.Segment == 0 {
			step = m.Bytes()
		}
		m.C = c
	}
	s := fmt.Sprintf("blocked.Map{C: %d, H: %d, W: %d", m.C, m.H, m.W)
	if m.Halo > 0 {
		s += fmt.Sprintf(", Halo: %d", m.Halo)
	}
	if step > 0 {
		s += fmt.Sprintf(", Image: %d", step/4)
	}
	return s + "}"
}

// mapPlan returns the variable of a plan of runtime/kernel/blocked.
func (l *lowering) mapPlan(in *ir.Instr, suffix, build string) string {
	return l.u.plan(in.Stage, suffix, "blocked."+build, l.where(in))
}

const selectedISA = "ISA: kernel.Selected()"

// usualImages says how many images a call has as a rule, from which convolutions
// choose their algorithm, and the algorithm where it was measured.
func (l *lowering) usualImages(in *ir.Instr) string {
	text := ""
	if n := ir.UsualImages(l.u.m, l.fn); n > 1 {
		text = fmt.Sprintf("Images: %d, ", n)
	}
	return text + algorithm(in)
}

// algorithm is the field of a plan for the algorithm that was measured to be fastest,
// or nothing.
func algorithm(in *ir.Instr) string {
	name, ok := map[string]string{"direct": "Direct", "winograd2": "Winograd2", "winograd4": "Winograd4"}[in.Attrs.String("algo")]
	if !ok {
		return ""
	}
	return "Algo: blocked." + name + ", "
}

// convMaps runs a convolution whose result is a map.
func (l *lowering) convMaps(in *ir.Instr) {
	x, w, bias, residual := in.Args[0], in.Args[1], operand(in, 2), operand(in, 3)
	var f strings.Builder
	fmt.Fprintf(&f, "Shape: %s, In: %s, ", l.convLiteral(in, x, w), l.mapLiteral(x))
	if x.Layout.Plain() {
		f.WriteString("PlainIn: true, ")
	}
	fmt.Fprintf(&f, "Out: %s, Epilogue: %s, ", l.mapLiteral(in.Outs[0]), l.epilogue(in, bias, residual))
	if residual != nil {
		fmt.Fprintf(&f, "Residual: %s, ", l.mapLiteral(residual))
	}
	switch in.Split {
	case ir.ByRows:
		f.WriteString("Split: blocked.ByRows, ")
	case ir.ByChannels:
		f.WriteString("Split: blocked.ByChannels, ")
	}
	plan := l.mapPlan(in, "Plan", "NewConv(blocked.ConvConfig{"+f.String()+l.usualImages(in)+selectedISA+"})")
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.u.packers[plan] = blocked.NewConv(kernels.Conv(in, ir.UsualImages(l.u.m, l.fn)))
	l.comment(in, epilogueText(in))
	packed := l.h.packed(l, plan, w)
	l.p("%s.Run(c, %s, %s, %s, %s, %s, %s)", plan, n, l.slice(in.Outs[0]), l.slice(x), packed, l.slice(bias), l.slice(residual))
}

// convDXMaps runs a transposed convolution of maps.
func (l *lowering) convDXMaps(in *ir.Instr) {
	dy, w, residual, dx := in.Args[0], in.Args[1], operand(in, 2), in.Outs[0]
	add := ""
	if residual != nil {
		add = fmt.Sprintf("Epilogue: kernel.Epilogue{Residual: true}, Residual: %s, ", l.mapLiteral(residual))
	}
	plan := l.mapPlan(in, "DX", fmt.Sprintf("NewConvDX(blocked.ConvDXConfig{Shape: %s, In: %s, Out: %s, %s%s%s})",
		l.convLiteral(in, dx, w), l.mapLiteral(dy), l.mapLiteral(dx), add, l.usualImages(in), selectedISA))
	n := l.dim(dy, 0)
	l.need(plan, n.String())
	l.u.packers[plan] = blocked.NewConvDX(kernels.ConvDX(in, ir.UsualImages(l.u.m, l.fn)))
	l.comment(in)
	packed := l.h.packed(l, plan, w)
	l.p("%s.Run(c, %s, %s, %s, %s, nil, %s)", plan, n, l.slice(dx), l.slice(dy), packed, l.slice(residual))
}

// poolMaps runs a pool of maps; kind is a field of its configuration.
func (l *lowering) poolMaps(in *ir.Instr, kind string) {
	x, y := in.Args[0], in.Outs[0]
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewPool(blocked.PoolConfig{Shape: %s, %sIn: %s, Out: %s, %s})",
		l.poolLiteral(in, x), kind, l.mapLiteral(x), l.mapLiteral(y), selectedISA))
	l.comment(in)
	if len(in.Outs) > 1 && l.read[in.Outs[1]] > 0 {
		l.p("%s.RunAt(c, %s, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(in.Outs[1]), l.slice(x))
		return
	}
	l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(x))
}

// poolDXMaps runs the gradient of a pool of maps; at is the places of the maxima, nil for
// means.
func (l *lowering) poolDXMaps(in *ir.Instr, kind string, dy, at *ir.Value) {
	dx := in.Outs[0]
	plan := l.mapPlan(in, "DX", fmt.Sprintf("NewPool(blocked.PoolConfig{Shape: %s, %sIn: %s, Out: %s, %s})",
		l.poolLiteral(in, dx), kind, l.mapLiteral(dx), l.mapLiteral(dy), selectedISA))
	l.comment(in)
	l.p("%s.RunDX(c, %s, %s, %s, %s)", plan, l.dim(dx, 0), l.slice(dx), l.slice(at), l.slice(dy))
}

// meanMap takes the mean of each plane: its result is plain.
func (l *lowering) meanMap(in *ir.Instr) {
	x := in.Args[0]
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewMean(%s, kernel.Selected())", l.mapLiteral(x)))
	l.comment(in, "mean")
	l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(x, 0), l.slice(in.Outs[0]), l.slice(x))
}

// resizeMaps enlarges maps.
func (l *lowering) resizeMaps(in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	scale := in.Attrs.Ints("scale")
	bilinear := ""
	if in.Attrs.String("mode") == "bilinear" {
		bilinear = "Bilinear: true, "
	}
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewResize(blocked.ResizeConfig{In: %s, Out: %s, ScaleH: %d, ScaleW: %d, %s%s})",
		l.mapLiteral(x), l.mapLiteral(y), scale[0], scale[1], bilinear, selectedISA))
	l.comment(in)
	l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(x))
}

// concatMaps copies the operands that were not computed inside the result.
func (l *lowering) concatMaps(in *ir.Instr) {
	y := in.Outs[0]
	l.comment(in)
	at := int64(0)
	for i, x := range in.Args {
		if !insideMap(x, y, at) {
			plan := l.mapPlan(in, fmt.Sprintf("Copy%d", i), fmt.Sprintf("NewCopy(blocked.CopyConfig{In: %s, Out: %s, At: %d, %s})",
				l.mapLiteral(x), l.mapLiteral(y), at, selectedISA))
			l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(x))
		}
		at += x.Map().C
	}
}

// insideMap reports whether x lies at the given channel of the images of y.
func insideMap(x, y *ir.Value, channel int64) bool {
	if x.Mem.Space != ir.ArenaSpace || y.Mem.Space != ir.ArenaSpace || x.Mem.Segment != y.Mem.Segment || channel%8 != 0 {
		return false
	}
	step := y.Mem.Step
	m := y.Map()
	if step == 0 {
		step = m.Bytes()
	}
	distance, ok := x.Mem.Offset.Sub(y.Mem.Offset).IsConst()
	return ok && x.Mem.Step == step && x.Layout == y.Layout && distance == channel/8*m.Plane()
}

// emitRelayout moves images into blocks of channels or out of them.
func emitRelayout(l *lowering, in *ir.Instr) {
	if isView(in) {
		return
	}
	x, y := in.Args[0], in.Outs[0]
	kind, suffix, m := "NewEnter", "Enter", y
	if y.Layout.Plain() {
		kind, suffix, m = "NewLeave", "Leave", x
	}
	plan := l.mapPlan(in, suffix, fmt.Sprintf("%s(%s)", kind, l.mapLiteral(m)))
	l.comment(in)
	l.p("%s.Run(c, %s, %s, %s)", plan, l.images(x), l.slice(y), l.slice(x))
}
