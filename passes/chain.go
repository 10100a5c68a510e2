package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/passes/memory"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// chain makes one instruction of layers that follow each other, expand, depthwise and
// project say, or a stem and its pool, where the maps between them are larger than the
// second cache: their kernels hand on some rows at a time, and the maps between have no
// storage (decision 0009).
func chain(m *ir.Module, t target.Desc) (string, error) {
	chains, layers := 0, 0
	for _, f := range m.Funcs {
		if f.Kind != ir.Infer && f.Kind != ir.PredictFunc || !memory.Linear(f) {
			continue
		}
		c := chainer{f: f, readers: edit.Readers(f), images: ir.UsualImages(m, f), least: chainCaches * int64(t.L2), most: int64(t.L2) / 4}
		if t.Layouts == target.OnlyBlocked { // small nets too
			c.least = 0
		}
		c.rewrite()
		chains, layers = chains+c.chains, layers+c.layers
	}
	return fmt.Sprintf("%d layers in %d chains", layers, chains), nil
}

// chainCaches is how many times the second cache the maps between the layers of a chain
// are at least. Smaller ones would be found there anyway.
const chainCaches = 3

// chainer makes the chains of one function.
type chainer struct {
	f              *ir.Func
	readers        map[*ir.Value]int
	images         int64
	least          int64 // bytes of an image between the layers of a chain
	most           int64 // bytes of the weights of one, which are read for every few rows
	chains, layers int
}

// rewrite finds the chains of f and puts each where its last layer was.
func (c *chainer) rewrite() {
	becomes := map[*ir.Instr]*ir.Instr{} // a layer to its chain, or to nil before the last
	var run []*ir.Instr
	flush := func() {
		if len(run) > 1 && c.between(run) > c.least {
			for _, in := range run {
				becomes[in] = nil
			}
			becomes[run[len(run)-1]] = newChain(run)
			c.chains, c.layers = c.chains+1, c.layers+len(run)
		}
		run = nil
	}
	for _, in := range c.f.Instrs {
		if ir.OfStates(in) {
			continue
		}
		if len(run) > 0 && !c.follows(run, in) {
			flush()
		}
		if len(run) > 0 || c.convolves(in) {
			run = append(run, in)
		}
	}
	flush()
	var instrs []*ir.Instr
	for _, in := range c.f.Instrs {
		if chain, ok := becomes[in]; !ok {
			instrs = append(instrs, in)
		} else if chain != nil {
			instrs = append(instrs, chain)
		}
	}
	c.f.Instrs = instrs
}

// convolves reports whether in is a convolution that can be a part of a chain, and was not
// measured to be faster by an algorithm that no chain has.
func (c *chainer) convolves(in *ir.Instr) bool {
	if in.Op.Name != "conv" || !inBlocks(in) || in.Args[1].Def == nil || !ir.OfStates(in.Args[1].Def) {
		return false
	}
	weights, _ := in.Args[1].Type.Bytes().IsConst()
	return weights <= c.most && kernels.Algorithm(in) != blocked.Strassen && blocked.NewConv(kernels.Conv(in, c.images, nil)).Chains()
}

// pools reports whether in is a pool that can be a part of a chain: nothing reads where its
// maxima were.
func (c *chainer) pools(in *ir.Instr) bool {
	return ir.Pools(in) && inBlocks(in) && (len(in.Outs) == 1 || c.readers[in.Outs[1]] == 0)
}

// inBlocks reports whether the result of in is blocks of channels of a known size.
func inBlocks(in *ir.Instr) bool {
	if in.Outs[0].Layout.Plain() {
		return false
	}
	_, ok := in.Outs[0].Map().Pixels()
	return ok
}

// follows reports whether in goes on with run: it fits, reads the last result, which has
// no other reader, as it is, and nothing is added to that.
func (c *chainer) follows(run []*ir.Instr, in *ir.Instr) bool {
	last := run[len(run)-1]
	y := last.Outs[0]
	if len(run) == blocked.MostChained || in.Args[0] != y || c.readers[y] != 1 || last.Op.Name == "conv" && last.Args[3] != nil {
		return false
	}
	return c.convolves(in) && in.Args[4] == nil || c.pools(in)
}

// between returns the bytes of an image of the maps between the layers of run.
func (c *chainer) between(run []*ir.Instr) int64 {
	total := int64(0)
	for _, in := range run[:len(run)-1] {
		n, _ := in.Outs[0].Map().Bytes().IsConst()
		total += n
	}
	return total
}

// newChain is the instruction of a run of layers.
func newChain(run []*ir.Instr) *ir.Instr {
	first, last := run[0], run[len(run)-1]
	in := newRegion(op.Lookup("chain"), run)
	in.Outs = []*ir.Value{last.Outs[0]}
	if first.Stage != last.Stage {
		in.Stage = first.Stage + ".." + last.Stage
	}
	return in
}
