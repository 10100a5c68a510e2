package passes

import (
	"fmt"
	"maps"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
)

// foldBN merges a scale or shift per output channel into the weights and bias of
// the conv or matmul before it, where both depend on states only:
//
//	conv(x, w, b) * s  =  conv(x, w*s, b*s)        likewise /
//	conv(x, w, b) + t  =  conv(x, w, b+t)          likewise -
//
// The new weights are instructions on states; setup computes them once, when a
// model is loaded. Training functions are left alone: their weights move.
// Source: Jacob et al. 2018, arXiv:1712.05877, section 3.2.
func foldBN(m *ir.Module, _ target.Desc) (string, error) {
	merged, left := 0, 0
	for _, f := range m.Funcs {
		w := &affineFolder{fixed: edit.Fixed(f), readers: edit.Readers(f)}
		merged += edit.Rebuild(f, w.rewrite)
		left += w.left
		edit.Prune(f)
	}
	return fmt.Sprintf("%d merged, %d left", merged, left), nil
}

type affineFolder struct {
	fixed   map[*ir.Value]bool
	readers map[*ir.Value]int
	left    int
}

func (w *affineFolder) rewrite(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	edit.AddFixed(w.fixed, in)
	var y, v *ir.Value
	switch in.Op.Name {
	case "mul", "add":
		if y, v = in.Args[0], in.Args[1]; w.fixed[y] {
			y, v = v, y
		}
	case "sub", "div":
		y, v = in.Args[0], in.Args[1]
	default:
		return nil, false
	}
	if w.fixed[y] || !w.fixed[v] {
		return nil, false
	}
	out := w.fold(b, in, y, v)
	if out == nil {
		if v.Type.Rank() > 0 {
			w.left++
		}
		return nil, false
	}
	w.readers[out] = w.readers[in.Outs[0]]
	return []*ir.Value{out}, true
}

// fold returns the contraction y with v merged into it, or nil where the law
// does not hold.
func (w *affineFolder) fold(b *ir.Builder, in *ir.Instr, y, v *ir.Value) *ir.Value {
	c := contractionOf(y)
	if c == nil || w.readers[y] != 1 || c.residual() != nil || c.act() != "none" || !w.fixed[c.weight()] || c.bias() != nil && !w.fixed[c.bias()] {
		return nil
	}
	if !in.Outs[0].Type.Equal(y.Type) || !c.perChannel(v.Type) {
		return nil
	}
	emit := func(name string, args ...*ir.Value) *ir.Value {
		out := b.One(name, nil, args...)
		w.fixed[out] = true
		return out
	}
	vector := c.channelVector(b, v)
	w.fixed[vector] = true
	weight, bias := c.weight(), c.bias()
	switch in.Op.Name {
	case "mul", "div":
		along := c.alongWeight(b, vector)
		w.fixed[along] = true
		weight = emit(in.Op.Name, weight, along)
		if bias != nil {
			bias = emit(in.Op.Name, bias, vector)
		}
	case "add", "sub":
		switch {
		case bias != nil:
			bias = emit(in.Op.Name, bias, vector)
		case in.Op.Name == "sub":
			bias = emit("neg", vector)
		default:
			bias = vector
		}
	}
	return c.rebuild(b, weight, bias, nil, "none", nil)
}

// contraction is a conv or matmul with the operands that its epilogue reads.
type contraction struct{ in *ir.Instr }

// contractionOf returns the conv or matmul that y is the result of, or nil.
func contractionOf(y *ir.Value) *contraction {
	if y == nil || y.Def == nil {
		return nil
	}
	switch y.Def.Op.Name {
	case "conv":
		return &contraction{y.Def}
	case "matmul":
		if y.Def.Args[1].Type.Rank() == 2 {
			return &contraction{y.Def}
		}
	}
	return nil
}

func (c *contraction) weight() *ir.Value   { return c.in.Args[1] }
func (c *contraction) bias() *ir.Value     { return c.in.Args[2] }
func (c *contraction) residual() *ir.Value { return c.in.Args[3] }
func (c *contraction) act() string         { return c.in.Attrs.String("act") }

// channelAxis is the axis of the result that the bias counts.
func (c *contraction) channelAxis() int {
	if c.in.Op.Name == "conv" {
		return 1
	}
	return c.in.Outs[0].Type.Rank() - 1
}

func (c *contraction) channels() sym.Expr { return c.in.Outs[0].Type.Dims[c.channelAxis()].Size }

// perChannel reports whether a value of type t, broadcast to the result, varies
// along the channels only.
func (c *contraction) perChannel(t op.Type) bool {
	shift := c.in.Outs[0].Type.Rank() - t.Rank()
	if shift < 0 || t.DType != c.in.Outs[0].Type.DType {
		return false
	}
	for i, d := range t.Dims {
		if one(d.Size) || i+shift == c.channelAxis() && d.Size.Equal(c.channels()) {
			continue
		}
		return false
	}
	return true
}

// channelVector returns v as one value per channel.
func (c *contraction) channelVector(b *ir.Builder, v *ir.Value) *ir.Value {
	dims := []op.Dim{{Size: c.channels()}}
	want := op.Type{DType: v.Type.DType, Dims: dims}
	for v.Def != nil && v.Def.Op.Name == "reshape" { // undo the axes of alongChannels
		v = v.Def.Args[0]
	}
	if v.Type.Rank() == 1 && v.Type.Dims[0].Size.Equal(c.channels()) {
		return v
	}
	if !v.Type.Elems().Equal(c.channels()) {
		if v.Type.Rank() > 0 {
			v = b.One("reshape", op.Attrs{"shape": []op.Dim{}}, v)
		}
		return b.One("broadcast", op.Attrs{"shape": dims}, v)
	}
	if v.Type.Equal(want) {
		return v
	}
	return b.One("reshape", op.Attrs{"shape": dims}, v)
}

// alongWeight gives a channel vector the axes that broadcast it over the weight.
func (c *contraction) alongWeight(b *ir.Builder, vector *ir.Value) *ir.Value {
	n := c.weight().Type.Rank() - 1
	if c.in.Op.Name == "matmul" && !c.in.Attrs.Bool("trans_b") {
		return vector
	}
	dims := []op.Dim{{Size: c.channels()}}
	for range n {
		dims = append(dims, op.Dim{Size: sym.Const(1)})
	}
	return b.One("reshape", op.Attrs{"shape": dims}, vector)
}

// rebuild emits the contraction anew with the given parts.
func (c *contraction) rebuild(b *ir.Builder, weight, bias, residual *ir.Value, act string, args []float64) *ir.Value {
	attrs := maps.Clone(c.in.Attrs)
	attrs["act"], attrs["act_args"] = act, args
	pos, stage := b.Pos, b.Stage
	b.Pos, b.Stage = c.in.Pos, c.in.Stage
	out := b.One(c.in.Op.Name, attrs, c.in.Args[0], weight, bias, residual)
	b.Pos, b.Stage = pos, stage
	return out
}

func one(e sym.Expr) bool {
	n, ok := e.IsConst()
	return ok && n == 1
}
