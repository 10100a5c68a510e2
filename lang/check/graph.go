package check

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// builder records the operations that a body makes.
type builder struct {
	graph    *Graph
	training bool
	counts   bool // the first run of a net: weights are counted for E0304
	reads    map[*State]*Tensor
	consts   map[string]*Tensor
	order    []*State // as first read
	params   int64    // trained weights among them
	held     int64    // elements of all of them
	targets  []Target // what `match` asks of the loader
}

func newBuilder(training bool) *builder {
	return &builder{graph: &Graph{}, training: training, reads: map[*State]*Tensor{}, consts: map[string]*Tensor{}}
}

// emitValue emits an op with one result.
func (f *frame) emitValue(name string, attrs op.Attrs, span diag.Span, args ...*tensorValue) value {
	switch v := f.emit(name, attrs, span, args...).(type) {
	case tuple:
		return v[0]
	default:
		return v
	}
}

// emit appends an op to the graph and returns its result, or a tuple of its
// results. A nil argument is an absent operand.
func (f *frame) emit(name string, attrs op.Attrs, span diag.Span, args ...*tensorValue) value {
	d := op.Lookup(name)
	if d == nil {
		return f.fail(span, "E0601", fmt.Sprintf("the operation `%s` is part of the language, but this version of netc can't compile it yet", name), "", "")
	}
	if f.g == nil {
		return f.fail(span, "E0216", "there are no tensors here to compute with", "", "write this inside a net, a block or a section")
	}
	if !f.labour("", span) {
		return poison{}
	}
	norm, err := op.Normalize(d, attrs)
	if err != nil {
		return f.fail(span, "E0210", err.Error(), "", "")
	}
	types, ts := make([]op.Type, len(args)), make([]*Tensor, len(args))
	for i, a := range args {
		if a != nil {
			if a.t == nil {
				return poison{}
			}
			types[i], ts[i] = a.t.Type, a.t
		}
	}
	outs, err := op.Infer(d, types, norm)
	if err != nil {
		attr, message, hint := f.opProblem(d.Name, err.Error())
		if user, at, ok := f.blame(&syntax.Name{Name: attr}); ok {
			return user.fail(at, "E0210", message, "", hint)
		}
		return f.fail(span, "E0210", message, "", hint)
	}
	for _, t := range outs {
		if !f.countable(t, span) {
			return poison{}
		}
	}
	call := &Call{Op: d, Attrs: norm, Args: ts, Span: f.netSpan(span), Stage: f.stagePath(name), Layer: f.layerName(name)}
	out := make(tuple, len(outs))
	for i, t := range outs {
		r := &Tensor{Type: t, Def: call}
		call.Outs = append(call.Outs, r)
		v := &tensorValue{t: r, made: f.userSpan(span), stage: call.Stage}
		v.counts = f.countsOf(name, i, norm, args)
		out[i] = v
	}
	f.g.graph.Calls = append(f.g.graph.Calls, call)
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// countable reports whether the values of a tensor can be counted in 64 bits.
func (f *frame) countable(t op.Type, span diag.Span) bool {
	if !t.Elems().Overflow() {
		return true
	}
	f.fail(span, "E0602", fmt.Sprintf("%s holds more values than can be counted", f.show(t)), "", "no machine has memory for it")
	return false
}

// countsOf tells what set the elements of an op's result index: positions along
// an axis with names count those names, and moving such values keeps that.
func (f *frame) countsOf(name string, result int, attrs op.Attrs, args []*tensorValue) string {
	if len(args) == 0 || args[0] == nil {
		return ""
	}
	switch name {
	case "argreduce":
		return axisSet(args[0].t.Type, attrs.Int("axis"))
	case "topk":
		if result == 1 {
			return axisSet(args[0].t.Type, attrs.Int("axis"))
		}
		return args[0].counts
	case "reshape", "transpose", "broadcast", "slice", "pad", "concat", "reverse", "gather":
		return args[0].counts
	}
	return ""
}

func axisSet(t op.Type, axis int64) string {
	if axis < 0 {
		axis += int64(t.Rank())
	}
	if axis < 0 || axis >= int64(t.Rank()) {
		return ""
	}
	return t.Dims[axis].Set
}

// stagePath returns the path of the layer that f elaborates; what a user's body
// computes by itself, such as a sum, takes the name of the op.
func (f *frame) stagePath(name string) string {
	if f.names == nil {
		return name
	}
	if f.mod.prelude && f.names.stage != "" {
		return f.names.stage
	}
	return join(f.names.stage, name)
}

// layerName returns the layer of the prelude that a call of op is part of, as a user
// writes it; what a user's body computes by itself has the name of the op.
func (f *frame) layerName(op string) string {
	if !f.mod.prelude || f.block == nil {
		return op
	}
	at := f
	for at.caller != nil && at.caller.mod.prelude && at.caller.block != nil && at.caller.names == at.names {
		at = at.caller
	}
	return at.block.Name.Name
}

// noteBlock remembers which block made a stage: the outermost one of that path.
func (f *frame) noteBlock(b *syntax.Block, names *nameScope) {
	if f.g == nil || names == nil || names.stage == "" || b.Net {
		return
	}
	if f.g.graph.Blocks == nil {
		f.g.graph.Blocks = map[string]string{}
	}
	if _, have := f.g.graph.Blocks[names.stage]; !have {
		f.g.graph.Blocks[names.stage] = b.Name.Name
	}
}

func join(prefix, name string) string {
	switch {
	case prefix == "":
		return name
	case name == "":
		return prefix
	}
	return prefix + "." + name
}

// userSpan returns the place in the nearest file of a user that stands for span.
func (f *frame) userSpan(span diag.Span) diag.Span {
	at := f
	for at.mod.prelude && at.caller != nil {
		span, at = at.site, at.caller
	}
	return span
}

// netSpan returns the place in the file of the outermost net.
func (f *frame) netSpan(span diag.Span) diag.Span {
	best := f.userSpan(span)
	for at := f; at != nil; at = at.caller {
		if at.block != nil && at.block.Net {
			best = span
		}
		if at.caller == nil && at.block == nil && best.File == nil {
			best = span
		}
		span = at.site
	}
	return best
}

// constant returns a constant tensor; equal ones of a graph are one.
func (f *frame) constant(d tensor.DType, shape []int64, values []float64, span diag.Span) (*tensorValue, bool) {
	if shape == nil {
		shape = []int64{}
	}
	key := constantKey(d, shape, values)
	if f.g != nil {
		if t := f.g.consts[key]; t != nil {
			return &tensorValue{t: t, made: span}, true
		}
	}
	v := f.emitValue("const", op.Attrs{"dtype": d.String(), "shape": shape, "values": values}, span)
	t, ok := v.(*tensorValue)
	if ok {
		f.g.consts[key] = t.t
	}
	return t, ok
}

// constantKey tells constants apart.
func constantKey(d tensor.DType, shape []int64, values []float64) string {
	b := make([]byte, 0, 16+8*len(shape)+8*len(values))
	b = append(append(b, d.String()...), byte(len(shape)))
	for _, n := range shape {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return string(b)
}

// read returns the tensor of a state, one read a graph.
func (f *frame) read(s *State, span diag.Span) value {
	if t := f.g.reads[s]; t != nil {
		return &tensorValue{t: t, made: span, stage: s.Path}
	}
	kind := "param"
	if s.Buffer {
		kind = "buffer"
	}
	v := f.emitValue(kind, op.Attrs{"name": s.Path, "dtype": s.Type.DType.String(), "shape": append([]op.Dim{}, s.Type.Dims...)}, span)
	if t, ok := v.(*tensorValue); ok {
		t.t.Def.State = s
		f.g.reads[s] = t.t
		f.g.order = append(f.g.order, s)
		if n, ok := countParams([]*State{s}); ok {
			f.g.params += n
		}
		return f.weigh(s, v, span)
	}
	return v
}

// weigh counts the elements of a state that a graph reads. It returns v, or refuses the one
// that makes the weights more than a program can embed.
func (f *frame) weigh(s *State, v value, span diag.Span) value {
	n, _ := s.Type.Elems().IsConst()
	before := f.g.held
	if f.g.held = before + min(n, maxWeights+1); before > maxWeights || f.g.held <= maxWeights {
		return v
	}
	return f.fail(span, "E0602", fmt.Sprintf("with %s the weights of this net are more than %s numbers", f.show(s.Type), grouped(maxWeights)), "",
		"they are a file inside the program, and Go embeds at most 2 GB")
}

// meet reports whether two tensors broadcast, and if not, which sizes clash.
func (f *frame) meet(a, b *tensorValue) (x, y string, ok bool) {
	s, t := a.t.Type.Dims, b.t.Type.Dims
	for i := 1; i <= min(len(s), len(t)); i++ {
		d, e := s[len(s)-i], t[len(t)-i]
		if isOne(d) || isOne(e) {
			continue
		}
		if !d.Size.Equal(e.Size) || d.Set != "" && e.Set != "" && d.Set != e.Set {
			return f.showDim(d), f.showDim(e), false
		}
	}
	return "", "", true
}

func isOne(d op.Dim) bool {
	n, ok := d.Size.IsConst()
	return ok && n == 1
}

// dimOf turns a size into an axis of a type.
func dimOf(s size) op.Dim {
	d := op.Dim{Size: s.e}
	if s.set != nil {
		d.Set = s.set.Name
	}
	return d
}

// sizeValue turns an axis into a value.
func (c *checker) sizeValue(d op.Dim) value {
	return size{e: d.Size, den: 1, set: c.setNamed(d.Set)}.plain()
}

// countParams sums the sizes of what is trained.
func countParams(states []*State) (int64, bool) {
	sum := sym.Const(0)
	for _, s := range states {
		if !s.Buffer {
			sum = sum.Add(s.Type.Elems())
		}
	}
	return sum.IsConst()
}
