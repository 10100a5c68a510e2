package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/sym"
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
		if v.Mem.Whole() && v.Mem.Segment == 0 {
			step = m.Bytes()
		}
		m.C = c
	}
	s := fmt.Sprintf("blocked.Map{C: %d, H: %s, W: %s", m.C, l.extent(m.H), l.extent(m.W))
	if m.Halo > 0 {
		s += fmt.Sprintf(", Halo: %d", m.Halo)
	}
	if floats := l.floats(step); !floats.equal(constant(0)) {
		s += fmt.Sprintf(", Image: %s", floats)
	}
	return s + "}"
}

// extent is a size of the images of a map.
func (l *lowering) extent(e sym.Expr) size {
	if l.late != nil {
		return l.late.size(e)
	}
	n, known := e.IsConst()
	if !known {
		l.bug("a map of %s has the size %v", l.fn.Name, e)
	}
	return constant(n)
}

// floats is a number of bytes that images of a map take, in floats.
func (l *lowering) floats(bytes sym.Expr) size { return l.extent(bytes.FloorDiv(4)) }

// mapPlan returns the variable of a plan of runtime/kernel/blocked, which each session
// makes where the sizes of images are known at run time only.
func (l *lowering) mapPlan(in *ir.Instr, suffix, build string) string {
	if !l.anySize(in) {
		return l.u.plan(in.Stage, suffix, "blocked."+build, l.where(in))
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(build, "New"), "(")
	if name == "Enter" || name == "Leave" {
		name = "Relayout"
	}
	return l.sessionPlan(in, suffix, "*blocked."+name, "blocked."+build)
}

// anySize reports whether the size of images of in is known at run time only.
func (l *lowering) anySize(in *ir.Instr) bool {
	return slices.ContainsFunc(slices.Concat(in.Args, in.Outs), func(v *ir.Value) bool {
		if v == nil {
			return false
		}
		m, ok := ir.MapOf(v.Type, v.Layout)
		_, known := m.Pixels()
		return ok && !known
	})
}

// atUsual writes with sizes of pictures that are usual in place of those of a call: for
// the plan that chooses an algorithm and packs weights.
func (l *lowering) atUsual(write func() string) string {
	late := l.late
	usual := *late
	usual.at = l.fn.UsualSizes()
	l.late = &usual
	defer func() { l.late = late }()
	return write()
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
	name, ok := map[string]string{"direct": "Direct", "winograd2": "Winograd2", "winograd3": "Winograd3", "winograd4": "Winograd4", "stem": "Stem", "winogradrow": "WinogradRow", "strassen": "Strassen"}[in.Attrs.String("algo")]
	if !ok {
		return ""
	}
	return "Algo: blocked." + name + ", "
}

// convMaps runs a convolution whose result is a map.
func (l *lowering) convMaps(in *ir.Instr) {
	x, bias, residual := in.Args[0], operand(in, 2), operand(in, 3)
	plan, pack := l.convPlanOfMaps(in)
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in, epilogueText(in))
	packed := l.h.packed(l, pack, in.Args[1])
	run, scale := "Run", ""
	if s := operand(in, 4); s != nil {
		run, scale = "RunScaled", ", "+l.slice(s)
	}
	l.p("%s.%s(c, %s, %s, %s, %s, %s, %s%s)", plan, run, n, l.slice(in.Outs[0]), l.slice(x), packed, l.slice(bias), l.slice(residual), scale)
}

// convPlanOfMaps returns the plan of a convolution whose result is a map, and the one that
// packs its weights.
func (l *lowering) convPlanOfMaps(in *ir.Instr) (plan, pack string) {
	x, w, y, bias, residual := in.Args[0], in.Args[1], in.Outs[0], operand(in, 2), operand(in, 3)
	plan, pack = l.convMapPlan(in, "Plan", "Conv", x, y, residual, func() string {
		var f strings.Builder
		fmt.Fprintf(&f, "Shape: %s, In: %s, ", l.convLiteralOf(in, x, w, l.dim(x, 2), l.dim(x, 3)), l.mapLiteral(x))
		if x.Layout.Plain() {
			f.WriteString("PlainIn: true, ")
		}
		fmt.Fprintf(&f, "Out: %s, Epilogue: %s, ", l.mapLiteral(y), l.epilogue(in, bias, residual))
		if residual != nil {
			fmt.Fprintf(&f, "Residual: %s, ", l.mapLiteral(residual))
		}
		if scale := operand(in, 4); scale != nil {
			fmt.Fprintf(&f, "Scale: %s, ", l.mapLiteral(scale))
		}
		switch in.Split {
		case ir.ByRows:
			f.WriteString("Split: blocked.ByRows, ")
		case ir.ByChannels:
			f.WriteString("Split: blocked.ByChannels, ")
		}
		return f.String()
	})
	l.u.packers[pack] = blocked.NewConv(kernels.Conv(in, ir.UsualImages(l.u.m, l.fn), l.fn.UsualSizes()))
	return plan, pack
}

// convMapPlan returns the plan of a convolution from maps like x to maps like y, kind and
// configuration as in runtime/kernel/blocked: the one that runs, and the one that packs
// weights. They differ where the size of images is known at run time only.
func (l *lowering) convMapPlan(in *ir.Instr, suffix, kind string, x, y, residual *ir.Value, config func() string) (run, pack string) {
	build := func() string {
		return fmt.Sprintf("New%s(blocked.%sConfig{%s%s%s})", kind, kind, config(), l.usualImages(in), selectedISA)
	}
	if !l.anySize(in) {
		run = l.mapPlan(in, suffix, build())
		return run, run
	}
	pack = l.u.plan(in.Stage, suffix, "blocked."+l.atUsual(build), l.where(in))
	add := "blocked.Map{}"
	if residual != nil {
		add = l.mapLiteral(residual)
	}
	return l.sessionPlan(in, suffix, "*blocked."+kind, fmt.Sprintf("%s.At(%s, %s, %s)", pack, l.mapLiteral(x), l.mapLiteral(y), add)), pack
}

// emitChain runs layers that follow each other, some rows at a time.
func emitChain(l *lowering, in *ir.Instr) {
	var plans, operands []string
	var residual *ir.Value
	for _, b := range in.Body {
		if ir.Pools(b) {
			plans, operands = append(plans, l.poolPlanOfMaps(b, "Plan", b.Args[0], b.Outs[0])), append(operands, "blocked.ChainWeights{}")
			l.comment(b)
			continue
		}
		plan, pack := l.convPlanOfMaps(b)
		plans = append(plans, plan)
		weights := fmt.Sprintf("Packed: %s, Bias: %s", l.h.packed(l, pack, b.Args[1]), l.slice(operand(b, 2)))
		if scale := operand(b, 4); scale != nil {
			weights += ", Scale: " + l.slice(scale)
		}
		operands = append(operands, "blocked.ChainWeights{"+weights+"}")
		residual = operand(b, 3)
		l.comment(b, epilogueText(b))
	}
	plan := l.mapPlan(in, "Chain", "NewChain("+strings.Join(plans, ", ")+")")
	n := l.dim(in.Args[0], 0)
	l.need(plan, n.String())
	l.mark(in)
	l.p("%s.Run(c, %s, %s, %s, %s, %s)", plan, n, l.slice(in.Outs[0]), l.slice(in.Args[0]), l.slice(residual), strings.Join(operands, ", "))
}

// convDXMaps runs a transposed convolution of maps.
func (l *lowering) convDXMaps(in *ir.Instr) {
	dy, w, residual, gate, dx := in.Args[0], in.Args[1], operand(in, 2), operand(in, 3), in.Outs[0]
	if gate != nil && l.anySize(in) {
		l.bug("an input gradient of images of any size has a gate")
	}
	plan, pack := l.convMapPlan(in, "DX", "ConvDX", dy, dx, residual, func() string {
		add := ""
		if residual != nil {
			add = fmt.Sprintf("Epilogue: kernel.Epilogue{Residual: true}, Residual: %s, ", l.mapLiteral(residual))
		}
		if gate != nil {
			add += fmt.Sprintf("Gate: blocked.Gate{Map: %s, Bound: %s}, ", l.mapLiteral(gate), l.epilogue(in, nil, nil))
		}
		return fmt.Sprintf("Shape: %s, In: %s, Out: %s, %s", l.convLiteralOf(in, dx, w, l.dim(dx, 2), l.dim(dx, 3)), l.mapLiteral(dy), l.mapLiteral(dx), add)
	})
	n := l.dim(dy, 0)
	l.need(plan, n.String())
	l.u.packers[pack] = blocked.NewConvDX(kernels.ConvDX(in, ir.UsualImages(l.u.m, l.fn), l.fn.UsualSizes()))
	l.comment(in, epilogueText(in))
	packed := l.h.packed(l, pack, w)
	if gate != nil {
		l.p("%s.RunGated(c, %s, %s, %s, %s, nil, %s, %s)", plan, n, l.slice(dx), l.slice(dy), packed, l.slice(residual), l.slice(gate))
		return
	}
	l.p("%s.Run(c, %s, %s, %s, %s, nil, %s)", plan, n, l.slice(dx), l.slice(dy), packed, l.slice(residual))
}

// poolMaps runs a pool of maps.
func (l *lowering) poolMaps(in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	plan := l.poolPlanOfMaps(in, "Plan", x, y)
	l.comment(in)
	if len(in.Outs) > 1 && l.read[in.Outs[1]] > 0 {
		l.p("%s.RunAt(c, %s, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(in.Outs[1]), l.slice(x))
		return
	}
	l.p("%s.Run(c, %s, %s, %s)", plan, l.dim(x, 0), l.slice(y), l.slice(x))
}

// poolDXMaps runs the gradient of a pool of maps; at is the places of the maxima, nil for
// means.
func (l *lowering) poolDXMaps(in *ir.Instr, dy, at *ir.Value) {
	dx := in.Outs[0]
	plan := l.poolPlanOfMaps(in, "DX", dx, dy)
	l.comment(in)
	l.p("%s.RunDX(c, %s, %s, %s, %s)", plan, l.dim(dx, 0), l.slice(dx), l.slice(at), l.slice(dy))
}

// positionsOf returns the positions of the maxima that a pool in training writes, or that the
// gradient of one reads.
func positionsOf(in *ir.Instr) *ir.Value {
	if in.Op.Name == "maxpool" {
		return in.Outs[1]
	}
	return in.Args[0]
}

// poolPlanOfMaps returns the plan of a pool, or of the gradient of one, from maps like x to
// maps like y.
func (l *lowering) poolPlanOfMaps(in *ir.Instr, suffix string, x, y *ir.Value) string {
	kind, at := "", ""
	if strings.HasPrefix(in.Op.Name, "maxpool") {
		kind = "Max: true, "
		if positions := positionsOf(in); l.groupChannels() > 0 && positions.Mem.Segment == 0 {
			at = fmt.Sprintf("At: %s, ", l.floats(positions.Map().Bytes()))
		}
	}
	return l.mapPlan(in, suffix, fmt.Sprintf("NewPool(blocked.PoolConfig{Shape: %s, %sIn: %s, Out: %s, %s%s})",
		l.poolLiteral(in, x), kind, l.mapLiteral(x), l.mapLiteral(y), at, selectedISA))
}

// meanMap takes the mean or the sum of each plane: its result is plain.
func (l *lowering) meanMap(in *ir.Instr) {
	x := in.Args[0]
	kind, sum := in.Attrs.String("kind"), ""
	if kind == "sum" {
		sum = "Sum: true, "
	}
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewMean(blocked.MeanConfig{In: %s, %s%s})", l.mapLiteral(x), sum, selectedISA))
	l.comment(in, kind)
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
	if x.Mem.Space != ir.ArenaSpace || y.Mem.Space != ir.ArenaSpace || x.Mem.Segment != y.Mem.Segment || x.Mem.Block != y.Mem.Block || channel%8 != 0 {
		return false
	}
	step := y.Mem.Step
	m := y.Map()
	if y.Mem.Whole() {
		step = m.Bytes()
	}
	distance := m.Plane().Mul(sym.Const(channel / 8))
	return x.Mem.Step.Equal(step) && x.Layout == y.Layout && x.Mem.Offset.Sub(y.Mem.Offset).Equal(distance)
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
