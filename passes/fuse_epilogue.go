package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
)

// fuseEpilogue moves what follows a conv or matmul into it, where nothing else
// reads the value between: first a bias per channel, then the residual of the
// same shape, then the activation. In a training step it applies where the
// backward of the activation reads its result only.
func fuseEpilogue(m *ir.Module, _ target.Desc) (string, error) {
	w := &epilogueFuser{}
	for _, f := range m.Funcs {
		w.readers = edit.Readers(f)
		w.at = map[*ir.Value]int{}
		edit.Rebuild(f, w.rewrite)
		edit.Prune(f)
	}
	return fmt.Sprintf("%d bias, %d residual, %d activation", w.bias, w.residual, w.act), nil
}

type epilogueFuser struct {
	readers             map[*ir.Value]int
	at                  map[*ir.Value]int // order of definition
	bias, residual, act int
}

func (w *epilogueFuser) rewrite(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	for _, v := range in.Outs {
		w.at[v] = len(w.at)
	}
	if len(in.Outs) != 1 {
		return nil, false
	}
	var out *ir.Value
	if in.Op.Name == "add" {
		// Of two contractions the later one takes the other as its residual.
		first, second := in.Args[0], in.Args[1]
		if w.at[first] > w.at[second] {
			first, second = second, first
		}
		if out = w.add(b, in, second, first); out == nil {
			out = w.add(b, in, first, second)
		}
	} else if name, args, ok := epilogueAct(in); ok {
		if c := w.open(in.Args[0]); c != nil {
			w.act++
			out = c.rebuild(b, c.weight(), c.bias(), c.residual(), name, args)
		}
	}
	if out == nil {
		return nil, false
	}
	w.readers[out] = w.readers[in.Outs[0]]
	w.at[out] = len(w.at)
	return []*ir.Value{out}, true
}

// open returns the contraction that y comes from if its epilogue can still grow.
func (w *epilogueFuser) open(y *ir.Value) *contraction {
	c := contractionOf(y)
	if c == nil || w.readers[y] != 1 || c.act() != "none" {
		return nil
	}
	return c
}

// add merges y + v into y, as bias or as residual.
func (w *epilogueFuser) add(b *ir.Builder, in *ir.Instr, y, v *ir.Value) *ir.Value {
	c := w.open(y)
	if c == nil || !in.Outs[0].Type.Equal(y.Type) {
		return nil
	}
	switch {
	case c.bias() == nil && c.residual() == nil && c.perChannel(v.Type) && !v.Type.Equal(y.Type):
		w.bias++
		return c.rebuild(b, c.weight(), c.channelVector(b, v), nil, "none", nil)
	case c.residual() == nil && v.Type.Equal(y.Type):
		w.residual++
		return c.rebuild(b, c.weight(), c.bias(), v, "none", nil)
	}
	return nil
}

// epilogueAct returns the activation of in as an epilogue knows it. The gelu of
// an epilogue is the exact one.
func epilogueAct(in *ir.Instr) (name string, args []float64, ok bool) {
	switch n := in.Op.Name; n {
	case "relu", "tanh", "sigmoid", "silu", "hardswish":
		return n, nil, true
	case "clamp":
		return n, []float64{in.Attrs.Float("lo"), in.Attrs.Float("hi")}, true
	case "leaky":
		return n, []float64{in.Attrs.Float("alpha")}, true
	case "gelu":
		return n, nil, in.Attrs.String("approx") == "none"
	}
	return "", nil, false
}
