package passes

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/runtime/tensor"
)

// mode expands what depends on training into what it means in each function:
//
//	            training                                    otherwise
//	batch_norm  bn_train, running statistics updated        x*s + t, s = weight/sqrt(var+eps), t = bias - mean*s
//	dropout     x * mask / (1-p), mask drawn from `seed`    x
//	random      drawn from `seed`                           drawn from seed 0
//	detach      stays, for grad                             x
//
// A norm whose running statistics belong to a frozen stage is what it is otherwise,
// also in training: nothing of a frozen stage changes, and what stands behind it is
// trained on the maps that it will see when the net is served.
//
// A function that draws numbers gets the scalar i64 input `seed`. A norm whose
// result nobody reads leaves its statistics alone.
func mode(m *ir.Module, _ target.Desc) (string, error) {
	norms, drops, draws := 0, 0, 0
	for _, f := range m.Funcs {
		edit.Prune(f)
		w := &modeWriter{f: f, training: f.Kind == ir.Loss || f.Kind == ir.TrainStep, current: map[string]*ir.Value{}, frozen: frozenIn(m, f)}
		for _, in := range f.Instrs {
			if in.Op.Name == "rng" {
				w.stream = max(w.stream, in.Attrs.Int("stream")+1)
			}
		}
		edit.Rebuild(f, w.rewrite)
		w.updates()
		edit.Prune(f)
		norms += w.norms
		drops += w.drops
		draws += w.draws
	}
	return fmt.Sprintf("%d batch_norm, %d dropout, %d random", norms, drops, draws), nil
}

// modeWriter rewrites one function.
type modeWriter struct {
	f        *ir.Func
	training bool
	stream   int64 // number of the next random stream
	norms    int
	drops    int
	draws    int
	frozen   map[string]bool // states that the step leaves as they are

	states  []string             // buffers with a new value, in order
	current map[string]*ir.Value // buffer -> its newest running statistic
	last    *ir.Instr            // where the updates come from in the source
}

func (w *modeWriter) rewrite(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	switch in.Op.Name {
	case "batch_norm":
		w.norms++
		if w.training && !w.still(in) {
			return w.trainNorm(b, in), true
		}
		return []*ir.Value{inferNorm(b, in)}, true
	case "dropout":
		w.drops++
		return []*ir.Value{w.dropout(b, in)}, true
	case "random":
		w.draws++
		return []*ir.Value{w.random(b, in)}, true
	case "detach":
		if !w.training {
			return in.Args, true
		}
	}
	return nil, false
}

// frozenIn returns the states that the train section of f leaves as they are, and those
// that never train.
func frozenIn(m *ir.Module, f *ir.Func) map[string]bool {
	out := map[string]bool{}
	for _, s := range m.States {
		if s.Frozen {
			out[m.Ref(f.Net, s)] = true
		}
	}
	for _, t := range m.Trains {
		if t.Loss != f.Name {
			continue
		}
		for _, name := range t.Frozen {
			out[name] = true
		}
	}
	return out
}

// still reports whether a norm belongs to a frozen stage.
func (w *modeWriter) still(in *ir.Instr) bool {
	for _, state := range in.Args[3:5] {
		if state == nil || state.Def == nil || !w.frozen[state.Def.Attrs.String("name")] {
			return false
		}
	}
	return true
}

// inferNorm is the affine form with the running statistics.
func inferNorm(b *ir.Builder, in *ir.Instr) *ir.Value {
	x, weight, bias, mean, variance := in.Args[0], in.Args[1], in.Args[2], in.Args[3], in.Args[4]
	scale := b.One("rsqrt", nil, b.One("add", nil, variance, scalar(b, in.Attrs.Float("eps"))))
	if weight != nil {
		scale = b.One("mul", nil, weight, scale)
	}
	shift := b.One("mul", nil, mean, scale)
	if bias != nil {
		shift = b.One("sub", nil, bias, shift)
	} else {
		shift = b.One("neg", nil, shift)
	}
	y := b.One("mul", nil, x, alongChannels(b, scale, x.Type.Rank()))
	return b.One("add", nil, y, alongChannels(b, shift, x.Type.Rank()))
}

// trainNorm normalises by the statistics of the batch. A net that applies one
// norm twice updates its running statistics once per application, in order.
func (w *modeWriter) trainNorm(b *ir.Builder, in *ir.Instr) []*ir.Value {
	args := append([]*ir.Value(nil), in.Args...)
	var names [2]string
	for i := range names {
		state := args[3+i]
		if state.Def == nil || state.Def.Op.Name != "buffer" {
			diag.Bugf("batch_norm at %v: running statistic %d is not a buffer", in.Pos, i)
		}
		names[i] = state.Def.Attrs.String("name")
		if v := w.current[names[i]]; v != nil {
			args[3+i] = v
		}
	}
	outs := b.Emit("bn_train", op.Attrs{"eps": in.Attrs.Float("eps"), "momentum": in.Attrs.Float("momentum")}, args...)
	for i, name := range names {
		if w.current[name] == nil {
			w.states = append(w.states, name)
		}
		w.current[name] = outs[3+i]
	}
	w.last = in
	return outs[:1]
}

// updates writes the running statistics back, after everything that reads them.
func (w *modeWriter) updates() {
	if len(w.states) == 0 {
		return
	}
	b := ir.NewBuilder(w.f)
	b.Pos, b.Stage = w.last.Pos, w.last.Stage
	for _, name := range w.states {
		b.Emit("update", op.Attrs{"state": name, "rule": "assign"}, w.current[name], nil)
	}
}

// dropout keeps each element with probability 1-p and scales it by 1/(1-p), so
// that its expectation stays. Source: Srivastava et al. 2014, JMLR 15.
func (w *modeWriter) dropout(b *ir.Builder, in *ir.Instr) *ir.Value {
	x, p := in.Args[0], in.Attrs.Float("p")
	if !w.training || p == 0 {
		return x
	}
	if p >= 1 {
		return b.One("mul", nil, x, scalar(b, 0))
	}
	mask := b.One("rng", op.Attrs{"kind": "bernoulli", "p": 1 - p, "stream": w.stream, "shape": x.Type.Dims}, w.seed())
	w.stream++
	return b.One("mul", nil, x, b.One("mul", nil, mask, scalar(b, 1/(1-p))))
}

// random draws what the source asks for. Outside of training a draw is the same each
// time, so that two measurements of one model agree.
func (w *modeWriter) random(b *ir.Builder, in *ir.Instr) *ir.Value {
	var seed *ir.Value
	if w.training {
		seed = w.seed()
	} else {
		seed = b.One("const", op.Attrs{"dtype": "i64", "shape": []int64{}, "values": []float64{0}})
	}
	attrs := op.Attrs{"kind": in.Attrs.String("kind"), "p": in.Attrs.Float("p"), "stream": w.stream, "shape": in.Attrs.Dims("shape")}
	w.stream++
	return b.One("rng", attrs, seed)
}

// seed returns the input that random numbers come from.
func (w *modeWriter) seed() *ir.Value {
	for _, v := range w.f.Inputs {
		if v.Name == "seed" {
			return v
		}
	}
	return w.f.AddInput("seed", op.Tensor(tensor.I64))
}

// scalar emits an f32 constant without axes.
func scalar(b *ir.Builder, x float64) *ir.Value {
	return b.One("const", op.Attrs{"dtype": "f32", "shape": []int64{}, "values": []float64{x}})
}

// alongChannels gives a value per channel the axes that broadcast it over
// N, C, ... of a tensor of the given rank.
func alongChannels(b *ir.Builder, v *ir.Value, rank int) *ir.Value {
	if rank <= 2 {
		return v
	}
	dims := append([]op.Dim(nil), v.Type.Dims...)
	for len(dims) < rank-1 {
		dims = append(dims, op.Dim{Size: sym.Const(1)})
	}
	return b.One("reshape", op.Attrs{"shape": dims}, v)
}
