package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
)

// recomputeNorms computes the result of a norm once more where the gradients of weights
// read it on the way back. What the norm read is there for its own gradient, and is
// fetched anyway: to store its result on the way forward and to fetch that too costs more
// than to compute it again where it stays in the caches until it is read. Right before a
// depthwise gradient it does, by groups of channels; before another, if all of it fits. Of a norm
// that only a pool reads, the gradient of the norm itself is the one reader on the way back: it
// computes the result where it needs it, and nothing is stored at all.
func recomputeNorms(m *ir.Module, t target.Desc) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		batch := batchOf(f)
		if f.Kind != ir.TrainStep || batch == "" {
			continue
		}
		images := ir.UsualImages(m, f)
		for _, norm := range slices.Clone(f.Instrs) {
			if againFits(f, norm, batch) {
				bytes, constant := norm.Outs[0].Map().Bytes().IsConst()
				fits := constant && images*bytes <= int64(t.L3)
				n += recomputeNorm(f, norm, fits)
			}
		}
	}
	return fmt.Sprintf("%d norms", n), nil
}

// againFits reports whether norm is a batch norm whose result follows from its operand
// and its statistics, channel by channel.
func againFits(f *ir.Func, norm *ir.Instr, batch string) bool {
	if norm.Op.Name != "bn_train" || norm.Args[5] != nil || f.IsResult(norm.Outs[0]) {
		return false
	}
	_, ok := ir.ByChannel(norm, batch)
	return ok
}

// recomputeNorm makes what reads the result of norm on the way back read another one,
// computed right before; any gradient of weights if all of the result fits the caches,
// else of depthwise ones only. It returns the number of norms computed again, one or none:
// beside these the readers on the way back have to be the gradient of norm, so that
// nothing is stored in the end.
func recomputeNorm(f *ir.Func, norm *ir.Instr, fits bool) int {
	y, first, fetched := norm.Outs[0], -1, false
	for i, in := range f.Instrs {
		fetched = fetched || in.Op.Name == "bn_dx" && in.Args[0] == norm.Args[0]
		if !slices.Contains(in.Args, y) {
			continue
		}
		switch {
		case (in.Op.Name == "conv" || in.Op.Name == "maxpool") && first < 0:
		case in.Op.Name == "conv_dw" && in.Args[0] == y && (fits || in.Attrs.Int("groups") == y.Map().C),
			in.Op.Name == "bn_dx" && in.Args[5] == y && in.Args[0] == norm.Args[0]:
			if first < 0 {
				first = i
			}
		default:
			return 0
		}
	}
	if first < 0 || !fetched {
		return 0
	}
	attrs := op.Attrs{"act": norm.Attrs.String("act")}
	if args := norm.Attrs.Floats("act_args"); len(args) > 0 {
		attrs["act_args"] = args
	}
	end := f.Instrs[first:]
	f.Instrs = f.Instrs[:first:first]
	b := ir.NewBuilder(f)
	b.Pos, b.Stage = norm.Pos, norm.Stage
	again := b.One("bn_again", attrs, norm.Args[0], norm.Args[1], norm.Args[2], norm.Outs[1], norm.Outs[2])
	again.Layout = y.Layout
	for _, in := range end {
		replaceArgs(in, y, again)
	}
	f.Instrs = append(f.Instrs, end...)
	return 1
}
