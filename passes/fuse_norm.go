package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
)

// fuseNorm takes what surrounds a batch norm in training into it, on images in blocks
// of channels, whose kernels do it on the way: forward a sum with a residual and an
// activation that is a bound; backward the choice of gradients by the result of that
// activation, whose own result other readers then take from the norm. A sum of
// gradients goes into the input gradient of a convolution that is one of its terms, and so
// does the choice, where the kernels of that gradient make it and the norm would have to
// read the result of the activation: what the norm adds up it reads twice.
func fuseNorm(m *ir.Module, _ target.Desc) (string, error) {
	w := &normFuser{}
	for _, f := range m.Funcs {
		if f.Kind != ir.TrainStep {
			continue
		}
		w.f, w.readers = f, edit.Readers(f)
		w.at = map[*ir.Value]int{}
		for i, in := range f.Instrs {
			for _, v := range in.Outs {
				w.at[v] = i
			}
		}
		w.gone = map[*ir.Instr]bool{}
		for i, in := range f.Instrs {
			if in.Op.Name == "fused" && len(in.Outs) == 1 && !in.Outs[0].Layout.Plain() {
				w.region(i, in)
			}
		}
		f.Instrs = slices.DeleteFunc(f.Instrs, func(in *ir.Instr) bool { return w.gone[in] })
		edit.Prune(f)
	}
	return fmt.Sprintf("%d norms with their activation, %d gradients, %d sums, %d gates of convolutions", w.forward, w.backward, w.sums, w.gates), nil
}

type normFuser struct {
	f       *ir.Func
	readers map[*ir.Value]int
	at      map[*ir.Value]int // instruction that computes a value
	gone    map[*ir.Instr]bool

	forward, backward, sums, gates int
}

func (w *normFuser) region(i int, in *ir.Instr) {
	body := in.Body
	if g := gateOf(body); g != nil {
		w.intoGradient(i, in, g)
		return
	}
	act, args, y := boundOf(body[len(body)-1])
	if act != "none" {
		body = body[:len(body)-1]
	}
	switch {
	case len(body) == 0:
		w.intoNorm(i, in, y, nil, act, args)
	case len(body) == 1 && body[0].Op.Name == "add" && (act == "none" || body[0].Outs[0] == y):
		a, b := body[0].Args[0], body[0].Args[1]
		if w.at[a] < w.at[b] {
			a, b = b, a
		}
		if !w.intoNorm(i, in, a, b, act, args) && !w.intoNorm(i, in, b, a, act, args) && act == "none" {
			w.intoConvolution(in, a, b)
		}
	}
}

// boundOf returns the activation that in is as a norm knows it, none for another
// operation, and its operand.
func boundOf(in *ir.Instr) (act string, args []float64, x *ir.Value) {
	switch in.Op.Name {
	case "relu":
		return "relu", nil, in.Args[0]
	case "clamp":
		return "clamp", []float64{in.Attrs.Float("lo"), in.Attrs.Float("hi")}, in.Args[0]
	}
	return "none", nil, nil
}

// intoNorm makes a region act(y + residual), the only reader of the result y of a
// norm, that norm.
func (w *normFuser) intoNorm(i int, in *ir.Instr, y, residual *ir.Value, act string, args []float64) bool {
	norm := y.Def
	if norm == nil || norm.Op.Name != "bn_train" || y.Index != 0 || w.readers[y] != 1 || norm.Attrs.String("act") != "none" || norm.Args[5] != nil {
		return false
	}
	if residual != nil && (!sameImages(residual, y) || residual == y) {
		return false
	}
	for _, between := range w.f.Instrs[w.at[y]+1 : i] { // the norm moves behind them
		if slices.ContainsFunc(between.Args, func(a *ir.Value) bool { return slices.Contains(norm.Outs, a) }) {
			return false
		}
	}
	norm.Attrs = bounded(norm.Attrs, act, args)
	norm.Args[5] = residual
	out := in.Outs[0]
	out.Def, norm.Outs[0] = norm, out
	w.f.Instrs[w.at[y]], w.f.Instrs[i] = in, norm
	w.gone[in] = true
	for _, v := range norm.Outs {
		w.at[v] = i
	}
	w.forward++
	return true
}

// bounded returns attributes with an activation.
func bounded(a op.Attrs, act string, args []float64) op.Attrs {
	out := op.Attrs{}
	for k, v := range a {
		out[k] = v
	}
	out["act"] = act
	if args != nil {
		out["act_args"] = args
	}
	return out
}

// sameImages reports whether both are images on blocks of one size.
func sameImages(a, b *ir.Value) bool {
	return !a.Layout.Plain() && a.Type.Rank() == 4 && a.Type.DType == b.Type.DType && sameSizes(a.Type, b.Type)
}

// gate is a choice of gradients: dy where act passed its argument, as its result y
// tells, else 0.
type gate struct {
	act   string
	args  []float64
	y, dy *ir.Value
	sum   *ir.Instr // of the body, whose result dy is; nil where it comes from outside
}

// gateOf returns the choice that a body is, nil for another body.
func gateOf(body []*ir.Instr) *gate {
	last := body[len(body)-1]
	if last.Op.Name != "select" || !isNumber(last.Args[2], 0) {
		return nil
	}
	g := &gate{dy: last.Args[1]}
	used := 1
	var lo, hi *ir.Value
	mask := last.Args[0].Def
	switch {
	case mask == nil || !slices.Contains(body, mask):
		return nil
	case mask.Op.Name == "lt":
		lo, g.y, used = mask.Args[0], mask.Args[1], used+1
	case mask.Op.Name == "and":
		above, below := mask.Args[0].Def, mask.Args[1].Def
		if !slices.Contains(body, above) || !slices.Contains(body, below) || above.Op.Name != "lt" || below.Op.Name != "lt" || above.Args[1] != below.Args[0] {
			return nil
		}
		lo, g.y, hi, used = above.Args[0], above.Args[1], below.Args[1], used+3
	default:
		return nil
	}
	if in := g.dy.Def; in != nil && slices.Contains(body, in) {
		if in.Op.Name != "add" {
			return nil
		}
		g.sum, used = in, used+1
	}
	if used != len(body) || g.y.Def != nil && slices.Contains(body, g.y.Def) {
		return nil
	}
	if hi == nil {
		if !isNumber(lo, 0) {
			return nil
		}
		g.act = "relu"
		return g
	}
	a, ok1 := numberOf(lo)
	b, ok2 := numberOf(hi)
	g.act, g.args = "clamp", []float64{a, b}
	if !ok1 || !ok2 {
		return nil
	}
	return g
}

// numberOf returns the one number that v is.
func numberOf(v *ir.Value) (float64, bool) {
	if v.Def == nil || v.Def.Op.Name != "const" {
		return 0, false
	}
	values := v.Def.Attrs.Floats("values")
	return values[0], len(values) == 1
}

func isNumber(v *ir.Value, want float64) bool {
	x, ok := numberOf(v)
	return ok && x == want
}

// intoGradient makes a choice of gradients part of the input gradient of a convolution that
// it is made of, or of the gradient of the norm that is the first to read it; a sum of
// gradients stays a region of its own then, or becomes part of a convolution.
func (w *normFuser) intoGradient(i int, in *ir.Instr, g *gate) {
	out := in.Outs[0]
	var norm *ir.Instr
	for _, reader := range w.f.Instrs[i+1:] {
		if slices.Contains(reader.Args, out) {
			norm = reader
			break
		}
	}
	again := norm != nil && followsFrom(g.y, norm)
	if !again && w.gateConvolution(in, g) {
		return
	}
	if norm == nil || norm.Op.Name != "bn_dx" || norm.Args[1] != out || norm.Args[5] != nil || norm.Args[0] == out || !sameImages(g.y, out) {
		return
	}
	if g.sum != nil {
		sum := newRegion(in.Op, []*ir.Instr{g.sum})
		sum.Pos, sum.Stage = in.Pos, in.Stage
		for _, a := range sum.Args {
			if !sameImages(a, out) {
				return
			}
		}
		w.f.Instrs[i] = sum
		w.at[g.dy], w.readers[g.dy] = i, 1
		w.region(i, sum)
	} else if !sameImages(g.dy, out) {
		return
	} else {
		w.gone[in] = true
	}
	norm.Attrs = bounded(norm.Attrs, g.act, g.args)
	norm.Args[1], norm.Args[5] = g.dy, g.y
	if again {
		norm.Attrs["again"] = true
	}
	if w.readers[out] > 1 {
		passed := norm.Outs[3]
		for _, reader := range w.f.Instrs[i+1:] {
			replaceArgs(reader, out, passed)
		}
	}
	w.backward++
}

// followsFrom reports whether y is the result of the forward norm whose gradient is norm, and
// follows from what that read.
func followsFrom(y *ir.Value, norm *ir.Instr) bool {
	made := y.Def
	return norm.Op.Name == "bn_dx" && made != nil && y.Index == 0 && made.Op.Name == "bn_train" &&
		made.Args[0] == norm.Args[0] && made.Args[2] != nil && made.Args[5] == nil
}

// gateConvolution makes a choice of gradients part of the input gradient of a convolution
// that is what it chooses from, or the later term of it.
func (w *normFuser) gateConvolution(in *ir.Instr, g *gate) bool {
	out, a := in.Outs[0], g.dy
	var b *ir.Value
	if g.sum != nil {
		if a, b = g.sum.Args[0], g.sum.Args[1]; w.at[a] < w.at[b] {
			a, b = b, a
		}
	}
	dx := a.Def
	if dx == nil || !ir.GatesResults(dx) || w.readers[a] != 1 || a == b || !sameImages(a, out) || !sameImages(g.y, out) || w.at[g.y] > w.at[a] {
		return false
	}
	if b != nil && (dx.Args[2] != nil || w.at[b] > w.at[a] || !sameImages(b, out)) {
		return false
	}
	if _, known := out.Map().Pixels(); !known || dx.Args[3] != nil {
		return false
	}
	if b != nil {
		dx.Args[2] = b
		w.sums++
	}
	dx.Args[3], dx.Attrs = g.y, bounded(dx.Attrs, g.act, g.args)
	out.Def, dx.Outs[0] = dx, out
	w.at[out] = w.at[a]
	w.gone[in] = true
	w.gates++
	return true
}

// replaceArgs puts one value in the place of another, in the body of a region too.
func replaceArgs(in *ir.Instr, old, v *ir.Value) {
	for k, a := range in.Args {
		if a == old {
			in.Args[k] = v
		}
	}
	for _, b := range in.Body {
		replaceArgs(b, old, v)
	}
}

// intoConvolution makes a region a + b the residual of the input gradient that a is.
func (w *normFuser) intoConvolution(in *ir.Instr, a, b *ir.Value) {
	dx := a.Def
	if dx == nil || dx.Op.Name != "conv_dx" || w.readers[a] != 1 || dx.Args[2] != nil || a == b || w.at[b] > w.at[a] || a.Layout.Plain() || !sameImages(b, a) {
		return
	}
	out := in.Outs[0]
	dx.Args[2] = b
	out.Def, dx.Outs[0] = dx, out
	w.at[out] = w.at[a]
	w.gone[in] = true
	w.sums++
}
