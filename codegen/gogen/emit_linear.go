package gogen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/kernel"
)

func init() {
	register(map[string]emitter{
		"chain":   emitChain,
		"conv":    emitConv,
		"conv_dx": emitConvDX,
		"conv_dw": emitConvDW,
		"matmul":  emitMatmul,
	})
}

// epilogue returns the kernel.Epilogue literal of an instruction with operands
// bias and residual and attributes act and act_args.
func (l *lowering) epilogue(in *ir.Instr, bias, residual *ir.Value) string {
	var parts []string
	if bias != nil {
		parts = append(parts, "Bias: true")
	}
	if residual != nil {
		parts = append(parts, "Residual: true")
	}
	act := in.Attrs.String("act")
	if act != "" && act != "none" {
		name := actNames[act]
		if name == "" || act == "gelu" && len(in.Attrs.Floats("act_args")) > 0 && in.Attrs.Floats("act_args")[0] != 0 {
			l.refuse(in, "no kernel has the activation %s %v as its epilogue", act, in.Attrs.Floats("act_args"))
		}
		parts = append(parts, "Act: kernel."+name)
		if args := in.Attrs.Floats("act_args"); len(args) > 0 {
			text := make([]string, len(args))
			for i, x := range args {
				text[i] = float32Literal(x)
			}
			parts = append(parts, "Args: [2]float32{"+strings.Join(text, ", ")+"}")
		}
	}
	return "kernel.Epilogue{" + strings.Join(parts, ", ") + "}"
}

// actNames are the activations that kernels apply while they store a result.
var actNames = map[string]string{
	"relu": "ActRelu", "tanh": "ActTanh", "sigmoid": "ActSigmoid", "clamp": "ActClamp",
	"leaky": "ActLeaky", "silu": "ActSilu", "gelu": "ActGelu", "hardswish": "ActHardswish",
}

func float32Literal(x float64) string { return strconv.FormatFloat(float64(float32(x)), 'g', -1, 32) }

// operand returns argument i, nil when it is absent.
func operand(in *ir.Instr, i int) *ir.Value {
	if i < len(in.Args) {
		return in.Args[i]
	}
	return nil
}

// convPlan returns the plan of a convolution of images x with filters [out, _, r, s],
// made by constructor from its shape and more arguments: the plan that runs, and the
// one that packs weights. They differ where the size of x is known at run time only.
func (l *lowering) convPlan(in *ir.Instr, x *ir.Value, filters *ir.Value, suffix, constructor, more string) (run, pack string) {
	pack = l.u.plan(in.Stage, suffix, fmt.Sprintf("kernel.New%s(%s%s)", constructor, l.convLiteral(in, x, filters), more), l.where(in))
	h, w := l.dim(x, 2), l.dim(x, 3)
	if h.isConst() && w.isConst() {
		return pack, pack
	}
	return l.sessionPlan(in, suffix, "*kernel."+constructor, fmt.Sprintf("%s.At(%s, %s)", pack, h, w)), pack
}

// convLiteral returns the shape of a convolution of images x, of the smallest size
// where that is known at run time only.
func (l *lowering) convLiteral(in *ir.Instr, x *ir.Value, filters *ir.Value) string {
	return l.convLiteralOf(in, x, filters, constant(l.smallest(l.dim(x, 2))), constant(l.smallest(l.dim(x, 3))))
}

// convLiteralOf is convLiteral for images of height h and width w.
func (l *lowering) convLiteralOf(in *ir.Instr, x *ir.Value, filters *ir.Value, h, w size) string {
	a := in.Attrs
	pair := func(name string) (int64, int64) {
		v := a.Ints(name)
		if len(v) != 2 {
			return 1, 1
		}
		return v[0], v[1]
	}
	sh, sw := pair("stride")
	dh, dw := pair("dilation")
	ins, outs, groups := l.fixed(x, 1), l.fixed(filters, 0), max(a.Int("groups"), 1)
	if c := l.groupChannels(); c > 0 { // each with a filter of its own
		ins, outs, groups = c, c, c
	}
	return fmt.Sprintf("kernel.ConvShape{C: %d, H: %s, W: %s, O: %d, R: %d, S: %d, StrideH: %d, StrideW: %d, %sDilH: %d, DilW: %d, Groups: %d}",
		ins, h, w, outs, l.fixed(filters, 2), l.fixed(filters, 3), sh, sw, padding(a), dh, dw, groups)
}

// padding returns the fields of the padding that there is, each with a comma behind it.
func padding(a op.Attrs) string {
	text := ""
	for i, n := range a.Ints("pad") {
		if n != 0 {
			text += fmt.Sprintf("%s: %d, ", [...]string{"PadTop", "PadLeft", "PadBottom", "PadRight"}[i], n)
		}
	}
	return text
}

func emitConv(l *lowering, in *ir.Instr) {
	x, w, bias, residual := in.Args[0], in.Args[1], operand(in, 2), operand(in, 3)
	if !in.Outs[0].Layout.Plain() {
		l.convMaps(in)
		return
	}
	if kernels.IsProduct(in) && isWeight(w) {
		l.dense(in, x, w, bias, residual, l.dim(x, 0), l.dim(w, 0), l.dim(w, 1), true)
		return
	}
	plan, pack := l.convPlan(in, x, w, "Plan", "Conv", ", "+l.epilogue(in, bias, residual))
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in, epilogueText(in))
	packed := l.h.packed(l, pack, w)
	l.p("%s.Run(c, %s, %s, %s, %s, %s, %s)", plan, n, l.slice(in.Outs[0]), l.slice(x), packed, l.slice(bias), l.slice(residual))
}

// dense multiplies m rows of a by the weights b, packed ahead.
func (l *lowering) dense(in *ir.Instr, a, b, bias, residual *ir.Value, m, n, k size, transposed bool) {
	suffix := "Plan"
	if l.fn.Kind == ir.TrainStep && !transposed {
		suffix = "DX" // the usual product of a backward pass
	}
	plan := l.u.plan(in.Stage, suffix, fmt.Sprintf("kernel.NewDense(%s, %s, %t, %s)", k, n, transposed, l.epilogue(in, bias, residual)), l.where(in))
	l.need(plan, m.String())
	l.u.packers[plan] = kernel.NewDense(int(k.fixed), int(n.fixed), transposed, kernel.Epilogue{})
	l.comment(in, epilogueText(in))
	packed := l.h.packed(l, plan, b)
	l.p("%s.Run(c, %s, %s, %s, %s, %s, %s)", plan, m, l.slice(in.Outs[0]), l.slice(a), packed, l.slice(bias), l.slice(residual))
}

func emitConvDX(l *lowering, in *ir.Instr) {
	dy, w, dx := in.Args[0], in.Args[1], in.Outs[0]
	if !dx.Layout.Plain() {
		l.convDXMaps(in)
		return
	}
	l.refuseEpilogue(in, operand(in, 2))
	plan, pack := l.convPlan(in, dx, w, "DX", "ConvDX", "")
	n := l.dim(dy, 0)
	l.need(plan, n.String())
	l.comment(in)
	packed := l.h.packed(l, pack, w)
	l.p("%s.Run(c, %s, %s, %s, %s)", plan, n, l.slice(dx), l.slice(dy), packed)
}

func emitConvDW(l *lowering, in *ir.Instr) {
	x, dy, dw := in.Args[0], in.Args[1], in.Outs[0]
	if !dy.Layout.Plain() {
		l.convDWMaps(in)
		return
	}
	plan, _ := l.convPlan(in, x, dw, "DW", "ConvDW", "")
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in)
	l.p("%s.Run(c, %s, %s, %s, %s)", plan, n, l.slice(dw), l.slice(x), l.slice(dy))
}

// fewRows is the rows of a product that one block has, so that it reads a matrix once.
const fewRows = 256

// packsOnTheWay reports whether a product of m rows packs its weights for itself: in a step,
// which changes them, few rows read each panel once, and best where it was packed.
func (l *lowering) packsOnTheWay(m size) bool {
	return l.fn.Kind == ir.TrainStep && l.late == nil && m.at(ir.UsualImages(l.u.m, l.fn)) <= fewRows
}

// emitMatmul takes the packed kernel where the right operand is a weight: packed
// once in serving, and once per step in training, unless few rows pack it on the way.
func emitMatmul(l *lowering, in *ir.Instr) {
	a, b, bias, residual := in.Args[0], in.Args[1], operand(in, 2), operand(in, 3)
	ta, tb := in.Attrs.Bool("trans_a"), in.Attrs.Bool("trans_b")
	y := in.Outs[0]
	rank := len(y.Type.Dims)
	batch, m, n := l.count(y, 0, rank-2), l.dim(y, rank-2), l.dim(y, rank-1)
	flat := len(b.Type.Dims) == 2 && (rank == 2 || !ta) // one matrix b serves all rows
	if flat {
		batch, m = constant(1), l.count(y, 0, rank-1)
	}
	inner := len(a.Type.Dims) - 1
	if ta {
		inner--
	}
	k := l.dim(a, inner)
	e := l.epilogue(in, bias, residual)
	if isWeight(b) && flat && !ta && n.isConst() && k.isConst() && !l.packsOnTheWay(m) {
		l.dense(in, a, b, bias, residual, m, n, k, tb)
		return
	}
	if len(b.Type.Dims) == 2 && !flat {
		l.refuse(in, "a product of a transposed batch with one matrix")
	}
	suffix := "Product"
	if l.fn.Kind == ir.TrainStep && ta {
		suffix = "DW"
	}
	plan := l.u.plan(in.Stage, suffix, fmt.Sprintf("kernel.NewMatmul(%t, %t, %s)", ta, tb, e), l.where(in))
	sizes := fmt.Sprintf("%s, %s, %s, %s", batch, m, n, k)
	l.need(plan, sizes)
	l.comment(in, epilogueText(in))
	l.p("%s.Run(c, %s, %s, %s, %s, %s, %s)", plan, sizes, l.slice(y), l.slice(a), l.slice(b), l.slice(bias), l.slice(residual))
}

// isWeight reports whether v depends on the states alone, so that it may be
// packed ahead.
func isWeight(v *ir.Value) bool {
	switch v.Mem.Space {
	case ir.StateSpace, ir.SetupSpace, ir.ConstSpace:
		return true
	}
	return false
}

func epilogueText(in *ir.Instr) string {
	if act := in.Attrs.String("act"); act != "" && act != "none" {
		return "then " + act
	}
	return ""
}

// where names the stage and its place in the source.
func (l *lowering) where(in *ir.Instr) string {
	return strings.TrimSpace(in.Stage + " " + position(in.Pos))
}

// need records that plan wants scratch for the given arguments of its Need.
func (l *lowering) need(plan, args string) {
	need := plan + ".Need(" + args + ")"
	if l.atLoad {
		l.loadNeeds = append(l.loadNeeds, need)
		return
	}
	if l.scratch == "" {
		l.scratch = l.u.top.unique(unexported(l.fn.Name) + "Scratch")
	}
	if l.group != nil {
		l.group.needs = append(l.group.needs, need)
		return
	}
	l.needs = append(l.needs, need)
}
