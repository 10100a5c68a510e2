package passes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/memory"
)

// groupChannels cuts out of training steps the runs of instructions that take channels
// one by one, norms, pools and depthwise convolutions, each done for some channels of all
// images before the next ones. A norm looks across the batch, so that groups of images are no
// way to keep what passes from layer to layer in the caches; groups of channels are
// (decision 0016).
func groupChannels(m *ir.Module, t target.Desc) (string, error) {
	segments, groups, moved := 0, int64(0), 0
	for _, f := range m.Funcs {
		batch := batchOf(f)
		if f.Kind != ir.TrainStep || batch == "" || !memory.Linear(f) {
			continue
		}
		order := slices.Clone(f.Instrs)
		met := meetNorms(f, batch)
		g := channelGrouper{f: f, batch: batch, images: ir.UsualImages(m, f), uses: f.Uses(), cache: int64(t.L2)}
		if t.Group > 0 { // asked for
			g.cache = 0
		}
		for from := 0; from < len(f.Instrs); {
			to, channels := g.run(from)
			if size := g.groupOf(from, to, channels); size < channels {
				f.Segments = append(f.Segments, ir.Segment{First: from, Last: to - 1, Channels: size, Batch: batch})
				segments, groups = segments+1, groups+channels/size
			}
			from = max(to, from+1)
		}
		if limitOf(m, f) > 0 {
			size, err := memory.Size(f, g.images, int64(t.Align))
			if err != nil {
				return "", fmt.Errorf("%s: %w", f.Name, err)
			}
			// Segments keep what passes between them for longer, and have storage for each
			// thread, which is counted now that its size is known; norms that have moved wait for
			// each other.
			if size > limitOf(m, f) {
				f.Segments, f.Instrs, met = nil, order, 0
			}
		}
		moved += met
	}
	return fmt.Sprintf("%d segments, %d groups, %d norms moved to others", segments, groups, moved), nil
}

// limitOf is what the section of a training step leaves for its arena, 0 for any.
func limitOf(m *ir.Module, f *ir.Func) int64 {
	for _, t := range m.Trains {
		if t.Loss == f.Name && t.Memory > 0 {
			return max(1, t.Memory-kernels.RoomOf(f, int64(t.Batch)).Bytes(kernels.Threads))
		}
	}
	return 0
}

// channelGrouper looks for segments of one function.
type channelGrouper struct {
	f      *ir.Func
	batch  string
	images int64 // of a usual step
	uses   map[*ir.Value][]*ir.Instr
	cache  int64 // bytes
}

// run returns the end of the longest run of instructions from from on that take the same
// channels one by one, and how many channels; from itself where there is none.
func (g *channelGrouper) run(from int) (to int, channels int64) {
	for to = from; to < len(g.f.Instrs); to++ {
		in := g.f.Instrs[to]
		c, ok := ir.ByChannel(in, g.batch)
		if !ok || g.unread(in) || to > from && c != channels {
			break
		}
		channels = c
	}
	return to, channels
}

// unread reports whether in writes a result that nobody reads, in storage that several
// groups would share.
func (g *channelGrouper) unread(in *ir.Instr) bool {
	return slices.ContainsFunc(in.Outs, func(v *ir.Value) bool {
		written := in.Op.Name != "bn_dx" || v.Index < 3
		return written && len(g.uses[v]) == 0 && !g.f.IsResult(v)
	})
}

// groupOf returns the channels of a group of instructions from from to to: as many as
// leave the images of every instruction in half of the cache, those of norms and pools, whose
// planes are read one after the other, in all of it, or one block. It returns all channels for a
// run whose instructions share no map.
func (g *channelGrouper) groupOf(from, to int, channels int64) int64 {
	run := g.f.Instrs[min(from, len(g.f.Instrs)):to]
	shared, most, cache := false, int64(0), g.cache
	met := map[*ir.Value]bool{}
	for _, in := range run {
		bytes := int64(0)
		for _, v := range slices.Concat(in.Args, in.Outs) {
			if v != nil && !v.Layout.Plain() {
				bytes += known(v.Map().Bytes())
				shared = shared || met[v]
			}
		}
		most = max(most, bytes)
		if strings.HasPrefix(in.Op.Name, "conv") {
			cache = g.cache / 2
		}
		for _, v := range slices.Concat(in.Args, in.Outs) {
			met[v] = true
		}
	}
	if !shared {
		return channels
	}
	block := int64(ir.Blocked.Block)
	size := block
	for c := block; c <= channels; c += block {
		if channels%c == 0 && g.images*most/channels*c <= cache {
			size = c
		}
	}
	return size
}
