package passes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/runtime/tensor"
)

// choose gives the values between kernels of images the blocked layout, in which
// convolutions run fastest, and puts a relayout where a kernel that has no such form
// reads or writes one of them. Convolutions bring the layout in, and what follows
// them (pools, sums, concatenations, regions) stays in it; a function stays plain
// where its convolutions are too few to win the relayouts back or were measured to be
// faster so. Convolutions on blocks take the algorithm that was measured for them; the
// others leave it to the kernels.
func choose(m *ir.Module, t target.Desc) (string, error) {
	ops, moves, tuned, forbidden := 0, 0, 0, 0
	for _, f := range m.Funcs {
		if t.Layouts == target.OnlyPlain {
			continue
		}
		if t.Layouts == target.BestLayouts && (!worthBlocking(f) || fasterPlain(m, f, t.Tuning)) {
			continue
		}
		c := newChooser(f)
		if c.decide(); len(c.ops) > 0 {
			c.rewrite()
			ops, moves = ops+len(c.ops), moves+c.moves
		}
		forbidden += forbidFewerProducts(f)
		n, err := takeTuned(m, f, t.Tuning)
		if err != nil {
			return "", err
		}
		tuned += n
	}
	note := fmt.Sprintf("%d ops on blocks of channels, %d relayouts", ops, moves)
	if t.Tuning != nil {
		note += fmt.Sprintf(", %d algorithms as measured", tuned)
	}
	if forbidden > 0 {
		note += fmt.Sprintf(", %d kept direct by precision=strict", forbidden)
	}
	return note, nil
}

// forbidFewerProducts asks for the direct algorithm where precision=strict wants it and the
// kernels could choose otherwise. It returns how many.
func forbidFewerProducts(f *ir.Func) (n int) {
	for _, in := range f.Instrs {
		if in.Strict() && ir.FewerProducts(in) {
			in.Attrs["algo"] = "direct"
			n++
		}
	}
	return n
}

// smallNet is the number of multiply-adds of a picture below which the plain kernels
// are as fast: the whole net lies in the first cache then, and the relayouts cost
// more than blocks win.
const smallNet = 4_000_000

// worthBlocking reports whether the convolutions of f are worth relayouts, for pictures of
// a usual size where it is not known.
func worthBlocking(f *ir.Func) bool {
	var total int64
	usual := f.UsualSizes()
	for _, in := range f.Instrs {
		if name := in.Op.Name; name != "conv" && name != "conv_dx" {
			continue
		}
		// Operands of known sizes times the pixels of one picture.
		weights, ok1 := in.Args[1].Type.Elems().IsConst()
		big := in.Outs[0]
		if in.Op.Name == "conv_dx" {
			big = in.Args[0]
		}
		if y, ok2 := ir.MapOf(big.Type, ir.Blocked); ok1 && ok2 {
			pixels, _ := y.H.Mul(y.W).Eval(usual)
			total += weights * pixels
		}
	}
	return total >= smallNet
}

// chooser decides for one function.
type chooser struct {
	f       *ir.Func
	late    bool // the arena is laid out when the sizes are known
	readers map[*ir.Value]int
	ops     map[*ir.Instr]bool      // computed on blocks of channels
	blocked map[*ir.Value]bool      // and their results
	plain   map[*ir.Value]*ir.Value // a blocked value, row by row
	blocks  map[*ir.Value]*ir.Value // a plain value, in blocks
	moves   int
}

func newChooser(f *ir.Func) *chooser {
	return &chooser{
		f: f, late: !memory.Linear(f), readers: edit.Readers(f), ops: map[*ir.Instr]bool{}, blocked: map[*ir.Value]bool{},
		plain: map[*ir.Value]*ir.Value{}, blocks: map[*ir.Value]*ir.Value{},
	}
}

// mapOf returns the physical shape that v has in blocks, if it may: its size has to be
// known before its place in the arena.
func (c *chooser) mapOf(v *ir.Value) (m ir.Map, ok bool) {
	m, ok = ir.MapOf(v.Type, ir.Blocked)
	_, known := m.Pixels()
	return m, ok && (known || c.late)
}

// decide finds the instructions that run on blocks, in order.
func (c *chooser) decide() {
	for _, in := range c.f.Instrs {
		if !c.takes(in) {
			continue
		}
		c.ops[in] = true
		for _, v := range c.results(in) {
			c.blocked[v] = true
		}
	}
}

// results returns the results of in that are blocked if in is.
func (c *chooser) results(in *ir.Instr) []*ir.Value {
	switch in.Op.Name {
	case "reduce":
		return nil
	case "conv_dw":
		return nil
	case "maxpool":
		if c.readers[in.Outs[1]] > 0 { // the places of the maxima, for a gradient
			return in.Outs
		}
		return in.Outs[:1]
	case "bn_train":
		return in.Outs[:1]
	case "bn_dx":
		return []*ir.Value{in.Outs[0], in.Outs[3]}
	}
	return in.Outs
}

// takes reports whether in shall run on blocks.
func (c *chooser) takes(in *ir.Instr) bool {
	image := func(v *ir.Value) bool {
		_, ok := c.mapOf(v)
		return ok && v.Type.Rank() == 4
	}
	switch in.Op.Name {
	case "conv", "conv_dx":
		x, y := in.Args[0], in.Outs[0]
		if !image(x) || !image(y) {
			return false
		}
		a, _ := c.mapOf(x)
		b, _ := c.mapOf(y)
		if a.OnePixel() && b.OnePixel() { // a product of matrices
			return false
		}
		_, bounded := memory.Halo(in, c.f.Facts)
		return bounded && (in.Op.Name == "conv" || c.strided(in))
	case "conv_dw":
		return image(in.Args[0]) && c.blocked[in.Args[1]]
	case "bn_train":
		return c.blocked[in.Args[0]]
	case "bn_dx":
		return image(in.Args[0]) && (c.blocked[in.Args[0]] || c.blocked[in.Args[1]])
	case "maxpool":
		return c.blocked[in.Args[0]] && c.onlyGradients(in.Outs[1])
	case "maxpool_dx":
		return c.blocked[in.Args[0]]
	case "avgpool", "avgpool_dx", "resize":
		return c.blocked[in.Args[0]]
	case "broadcast":
		return ir.SpreadsPlanes(in) && c.meetsBlocks(in.Outs[0])
	case "slice": // which then lies in its operand
		return c.blocked[in.Args[0]] && ir.CutsBlocks(in) && len(in.Outs[0].Type.Elems().Symbols()) > 0
	case "reduce":
		return c.blocked[in.Args[0]] && (ir.ReducesPlanes(in) || ir.ReducesChannels(in))
	case "concat":
		return in.Attrs.Int("axis") == 1 && !slices.ContainsFunc(in.Args, func(v *ir.Value) bool { return !image(v) }) &&
			slices.ContainsFunc(in.Args, func(v *ir.Value) bool { return c.blocked[v] })
	case "fused":
		return c.takesRegion(in)
	}
	return false
}

// strided reports whether the transposed convolution in has results at each step of its
// stride: its weights lie in their order.
func (c *chooser) strided(in *ir.Instr) bool {
	for axis, stride := range in.Attrs.Ints("stride") {
		if _, known := in.Outs[0].Type.Dims[2+axis].Size.IsConst(); known {
			continue
		}
		if least, _, ok := sym.Range(in.Outs[0].Type.Dims[2+axis].Size, c.f.Facts); !ok || least < stride {
			return false
		}
	}
	return true
}

// onlyGradients reports whether the places of maxima are read by gradients of pools
// alone, which find them in the order of blocks too.
func (c *chooser) onlyGradients(at *ir.Value) bool {
	for _, in := range c.f.Instrs {
		if in.Op.Name != "maxpool_dx" && slices.Contains(in.Args, at) {
			return false
		}
	}
	return !c.f.IsResult(at)
}

// meetsBlocks reports whether all that reads v, images of a gradient, reads images in
// blocks beside them.
func (c *chooser) meetsBlocks(v *ir.Value) bool {
	some := false
	for _, in := range c.f.Instrs {
		if !slices.Contains(in.Args, v) {
			continue
		}
		some = true
		switch in.Op.Name {
		case "bn_dx", "conv_dw", "fused":
			if !slices.ContainsFunc(in.Args, func(a *ir.Value) bool { return c.blocked[a] }) {
				return false
			}
		default:
			return false
		}
	}
	return some && !c.f.IsResult(v)
}

// takesRegion reports whether the results of a region are images and its operands
// are blocked images of their size, images of one pixel, or numbers.
func (c *chooser) takesRegion(in *ir.Instr) bool {
	y := in.Outs[0]
	size, ok := c.mapOf(y)
	if !ok || y.Type.Rank() != 4 || size.OnePixel() {
		return false
	}
	for _, v := range in.Outs { // masks live inside regions only
		if v.Type.DType != tensor.F32 {
			return false
		}
	}
	for _, b := range in.Body {
		for _, v := range b.Outs {
			if m, ok := c.mapOf(v); !ok || !m.Equal(size) || !v.Type.Dims[0].Size.Equal(y.Type.Dims[0].Size) {
				return false
			}
		}
	}
	some := false
	for _, a := range in.Args {
		if n, ok := a.Type.Elems().IsConst(); ok && n == 1 && !c.blocked[a] {
			continue
		}
		m, ok := c.mapOf(a)
		switch {
		case !ok || m.C != size.C || a.Type.DType != tensor.F32:
			return false
		case m.OnePixel():
		case !m.Equal(size) || a.Type.Rank() != 4 || !a.Type.Dims[0].Size.Equal(y.Type.Dims[0].Size):
			return false
		}
		some = some || c.blocked[a]
	}
	return some
}

// rewrite sets the layouts and writes the relayouts.
func (c *chooser) rewrite() {
	old := c.f.Instrs
	c.f.Instrs = make([]*ir.Instr, 0, len(old))
	for _, in := range old {
		if c.ops[in] && ir.ReducesChannels(in) {
			c.splitReduce(in)
		}
		for i, a := range in.Args {
			if a != nil {
				in.Args[i] = c.operand(in, i, a)
			}
		}
		c.f.Instrs = append(c.f.Instrs, in)
		if !c.ops[in] {
			continue
		}
		for _, v := range c.results(in) {
			v.Layout = ir.Blocked
		}
		for _, b := range in.Body {
			b.Outs[0].Layout = ir.Blocked
		}
	}
	for i, r := range c.f.Results {
		if c.blocked[r.Value] {
			c.f.Results[i].Value = c.move(r.Value, c.plain, r.Value.Def, ir.Layout{})
		}
	}
}

// splitReduce makes in, over images and their planes, one over images alone of what a
// reduction of planes leaves: the gradient of a bias reads blocks where they lie.
func (c *chooser) splitReduce(in *ir.Instr) {
	b := ir.NewBuilder(c.f)
	b.Pos, b.Stage = in.Pos, in.Stage
	in.Args[0] = b.One("reduce", op.Attrs{"kind": in.Attrs.String("kind"), "axes": []int64{2, 3}, "keep": in.Attrs.Bool("keep")}, in.Args[0])
	in.Attrs = maps.Clone(in.Attrs)
	in.Attrs["axes"] = []int64{0}
	delete(c.ops, in)
	c.ops[in.Args[0].Def] = true
}

// operand returns a in the layout that operand i of in has, and puts it in the place
// of a in the body of a region.
func (c *chooser) operand(in *ir.Instr, i int, a *ir.Value) *ir.Value {
	to := a
	switch want := c.ops[in] && c.wantsBlocks(in, i, a); {
	case want && !c.blocked[a]:
		to = c.move(a, c.blocks, in, ir.Blocked)
	case !want && c.blocked[a]:
		to = c.move(a, c.plain, a.Def, ir.Layout{})
	}
	if to != a {
		for _, b := range in.Body {
			for k, x := range b.Args {
				if x == a {
					b.Args[k] = to
				}
			}
		}
	}
	return to
}

// wantsBlocks reports whether operand i of an instruction on blocks is blocked.
func (c *chooser) wantsBlocks(in *ir.Instr, i int, a *ir.Value) bool {
	switch in.Op.Name {
	case "conv":
		if i == 0 { // the first convolution reads the picture as it comes
			n, _ := a.Type.Dims[1].Size.IsConst()
			return c.blocked[a] || n > ir.StemChannels
		}
		return i == 3
	case "broadcast":
		return false
	case "conv_dx", "bn_train":
		return i == 0
	case "bn_dx":
		return i < 2
	case "conv_dw": // of the picture, as it comes
		n, _ := a.Type.Dims[1].Size.IsConst()
		return i == 1 || c.blocked[a] || n > ir.StemChannels
	case "fused":
		n, ok := a.Type.Elems().IsConst()
		return c.blocked[a] || !ok || n != 1
	}
	return true
}

// move returns v in another layout: what an earlier relayout made, or a new one. Its
// place in the source is that of near.
func (c *chooser) move(v *ir.Value, done map[*ir.Value]*ir.Value, near *ir.Instr, to ir.Layout) *ir.Value {
	if have := done[v]; have != nil {
		return have
	}
	b := ir.NewBuilder(c.f)
	b.Pos, b.Stage = near.Pos, near.Stage
	out := b.One("relayout", op.Attrs{}, v)
	out.Layout = to
	done[v] = out
	c.moves++
	return out
}
