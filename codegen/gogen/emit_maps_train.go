package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
)

// The instructions of a training step on images in blocks of channels.

// convDWMaps runs the weight gradient of a convolution over maps.
func (l *lowering) convDWMaps(in *ir.Instr) {
	x, dy, dw := in.Args[0], in.Args[1], in.Outs[0]
	plain := ""
	if x.Layout.Plain() {
		plain = "PlainX: true, "
	}
	plan := l.mapPlan(in, "DW", fmt.Sprintf("NewConvDW(blocked.ConvDWConfig{Shape: %s, X: %s, %sDY: %s, %s%s})",
		l.convLiteralOf(in, x, dw, l.dim(x, 2), l.dim(x, 3)), l.mapLiteral(x), plain, l.mapLiteral(dy), algorithm(in), selectedISA))
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in)
	l.p("%s.Run(c, %s, %s, %s, %s)", plan, n, l.slice(dw), l.slice(x), l.slice(dy))
}

// batchNormMaps normalises maps by the statistics of the batch.
func (l *lowering) batchNormMaps(in *ir.Instr) {
	x, y, residual := in.Args[0], in.Outs[0], operand(in, 5)
	end := ""
	if residual != nil {
		end = "Residual: " + l.mapLiteral(residual) + ", "
	}
	if e := l.epilogue(in, nil, residual); e != "kernel.Epilogue{}" {
		end += "Epilogue: " + e + ", "
	}
	plan := l.mapPlan(in, "Plan", fmt.Sprintf("NewBatchNorm(blocked.BatchNormConfig{X: %s, Y: %s, %sEps: %s, Momentum: %s, %s})",
		l.mapLiteral(x), l.mapLiteral(y), end, float32Literal(in.Attrs.Float("eps")), float32Literal(in.Attrs.Float("momentum")), selectedISA))
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in, epilogueText(in))
	l.p("%s.Run(c, %s, blocked.BatchNormArgs{Y: %s, Mean: %s, InvStd: %s, NewMean: %s, NewVar: %s, X: %s, Residual: %s, Weight: %s, Bias: %s, RunMean: %s, RunVar: %s})",
		plan, n, l.slice(y), l.slice(in.Outs[1]), l.slice(in.Outs[2]), l.slice(in.Outs[3]), l.slice(in.Outs[4]),
		l.slice(x), l.slice(residual), l.slice(in.Args[1]), l.slice(in.Args[2]), l.slice(in.Args[3]), l.slice(in.Args[4]))
}

// batchNormAgainMaps computes the result of a batch norm once more.
func (l *lowering) batchNormAgainMaps(in *ir.Instr) {
	x, y := in.Args[0], in.Outs[0]
	plan := l.mapPlan(in, "Again", fmt.Sprintf("NewBatchNormAgain(blocked.BatchNormAgainConfig{X: %s, Y: %s, Epilogue: %s, %s})",
		l.mapLiteral(x), l.mapLiteral(y), l.epilogue(in, nil, nil), selectedISA))
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in, epilogueText(in))
	l.p("%s.Run(c, %s, blocked.BatchNormAgainArgs{Y: %s, X: %s, Weight: %s, Bias: %s, Mean: %s, InvStd: %s})",
		plan, n, l.slice(y), l.slice(x), l.slice(in.Args[1]), l.slice(in.Args[2]), l.slice(in.Args[3]), l.slice(in.Args[4]))
}

// batchNormDXMaps runs the gradient of a batch norm over maps.
func (l *lowering) batchNormDXMaps(in *ir.Instr) {
	x, dy, gate, dx := in.Args[0], in.Args[1], operand(in, 5), in.Outs[0]
	var g *ir.Value // the gradient behind the activation, where somebody reads it
	maps := fmt.Sprintf("X: %s, DY: %s, DX: %s, ", l.mapLiteral(x), l.mapLiteral(dy), l.mapLiteral(dx))
	var bias *ir.Value
	switch {
	case in.Attrs.Bool("again"): // the kernel computes the gate of x
		maps += "Again: true, "
		// The bias changes by the gradient that the reader of gate computes, hence after it.
		bias, gate = gate.Def.Args[2], nil
	case gate != nil:
		maps += "Y: " + l.mapLiteral(gate) + ", "
	}
	if l.read[in.Outs[3]] > 0 {
		g = in.Outs[3]
		maps += "DResidual: " + l.mapLiteral(g) + ", "
	}
	if e := l.epilogue(in, nil, g); e != "kernel.Epilogue{}" {
		maps += "Epilogue: " + e + ", "
	}
	plan := l.mapPlan(in, "DX", fmt.Sprintf("NewBatchNormDX(blocked.BatchNormDXConfig{%s%s})", maps, selectedISA))
	n := l.dim(x, 0)
	l.need(plan, n.String())
	l.comment(in, epilogueText(in))
	l.p("%s.Run(c, %s, blocked.BatchNormDXArgs{DX: %s, DResidual: %s, DWeight: %s, DBias: %s, X: %s, Y: %s, DY: %s, Weight: %s, Mean: %s, InvStd: %s, Bias: %s})",
		plan, n, l.slice(dx), l.slice(g), l.slice(in.Outs[1]), l.slice(in.Outs[2]), l.slice(x), l.slice(gate), l.slice(dy),
		l.slice(in.Args[2]), l.slice(in.Args[3]), l.slice(in.Args[4]), l.slice(bias))
}
