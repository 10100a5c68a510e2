package kernels

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// Threads is the number of threads whose scratch a limit of memory counts: a package is the
// same on every machine, and more threads than these are rare where memory is scarce.
const Threads = 8

// Room is what the kernels of a training step or an evaluation take beside its arena, in
// floats, on the processor that wants most.
type Room struct {
	Packed    int // the largest weights in the order of the kernel that is about to read them
	PerThread int // scratch of each thread
	Shared    int // scratch of all
	Group     int // what each thread but the first has to itself for groups of channels or images
}

// Bytes returns the bytes of so many threads.
func (r Room) Bytes(threads int) int64 {
	return 4 * (int64(r.Packed) + int64(r.Shared) + int64(threads)*int64(r.PerThread) + int64(threads-1)*int64(r.Group))
}

// RoomOf returns the room of f for a batch. What is not counted, the descriptions of tasks,
// is small and does not grow with the images. Groups count where the sizes of their
// segments are known, which is after the memory pass, or where it has tried. Nothing counts
// where there is no batch.
func RoomOf(f *ir.Func, batch int64) Room {
	var r Room
	if batch < 1 {
		return r
	}
	env := map[string]int64{}
	for _, v := range f.Inputs {
		if v.Type.Rank() > 0 {
			for _, s := range v.Type.Dims[0].Size.Symbols() {
				env[s] = batch
			}
		}
	}
	arena, shared, packed := 0, 0, 0 // of a group
	for i, in := range f.Instrs {
		need, ok := roomOf(in, env, batch)
		if !ok {
			continue
		}
		r.PerThread, r.Shared = max(r.PerThread, need.PerThread), max(r.Shared, need.Shared)
		if s := f.SegmentOf(i); s > 0 {
			shared, packed = max(shared, need.Shared), max(packed, need.Packed)
			if n, err := f.Segments[s-1].ForGroup(f.Segments[s-1].Size).Eval(env); err == nil {
				arena = max(arena, int(n+3)/4)
			}
		}
		r.Packed = max(r.Packed, need.Packed)
	}
	r.Group = arena + shared + packed
	return r
}

// roomOf returns what the kernel of an instruction takes; ok is false where it takes nothing
// or where its sizes are known at run time only.
func roomOf(in *ir.Instr, env map[string]int64, batch int64) (r Room, ok bool) {
	n, at := int(batch), Sizes(env)
	if anySize(in) {
		return r, false
	}
	switch in.Op.Name {
	case "conv":
		switch {
		case !in.Outs[0].Layout.Plain():
			c := Conv(in, batch, at)
			r.PerThread, r.Shared = c.MostNeed(n)
			if p := blocked.NewConv(c); !p.AsStored() {
				r.Packed = p.PackedLen()
			}
			return r, true
		case IsProduct(in):
			return denseRoom(n, sizeOf(in.Args[1], 1, nil), sizeOf(in.Args[1], 0, nil)), true
		}
		c := kernel.NewConv(at.shape(in, in.Args[0], in.Args[1]), epilogue(in))
		r.PerThread, r.Shared = c.Need(n)
		r.Packed = c.PackedLen()
		return r, true
	case "conv_dx":
		if !in.Outs[0].Layout.Plain() {
			c := ConvDX(in, batch, at)
			r.PerThread, r.Shared = c.MostNeed(n)
			if p := blocked.NewConvDX(c); !p.AsStored() {
				r.Packed = p.PackedLen()
			}
			return r, true
		}
		if s := at.shape(in, in.Outs[0], in.Args[1]); s.H > 0 && s.W > 0 {
			c := kernel.NewConvDX(s)
			r.PerThread, r.Shared = c.Need(n)
			r.Packed = c.PackedLen()
			return r, true
		}
	case "conv_dw":
		if !in.Args[1].Layout.Plain() {
			r.PerThread, r.Shared = ConvDW(in, at).MostNeed(n)
			return r, true
		}
		if s := at.shape(in, in.Args[0], in.Outs[0]); s.H > 0 && s.W > 0 {
			r.PerThread, r.Shared = kernel.NewConvDW(s).Need(n)
			return r, true
		}
	case "bn_train", "bn_dx":
		if !in.Args[0].Layout.Plain() {
			r.Shared = blocked.NormNeed(at.MapOf(in.Args[0]), n)
			return r, true
		}
	case "matmul":
		return matmulRoom(in, env)
	}
	return r, false
}

// anySize reports whether images of in have a size that is known at run time only.
func anySize(in *ir.Instr) bool {
	return slices.ContainsFunc(slices.Concat(in.Args, in.Outs), func(v *ir.Value) bool {
		if v == nil {
			return false
		}
		m, ok := ir.MapOf(v.Type, v.Layout)
		_, known := m.Pixels()
		return ok && !known
	})
}

// IsProduct reports whether a convolution of plain images is a product of matrices: images
// and filters of one pixel.
func IsProduct(in *ir.Instr) bool {
	for _, v := range []*ir.Value{in.Args[0], in.Args[1], in.Outs[0]} {
		for axis := 2; axis < 4; axis++ {
			if n, ok := v.Type.Dims[axis].Size.IsConst(); !ok || n != 1 {
				return false
			}
		}
	}
	return in.Attrs.Int("groups") <= 1
}

// matmulRoom counts a right operand that is one matrix as packed weights: what the kernel
// of any other product takes is less.
func matmulRoom(in *ir.Instr, env map[string]int64) (r Room, ok bool) {
	a, b, y := in.Args[0], in.Args[1], in.Outs[0]
	ta, tb := in.Attrs.Bool("trans_a"), in.Attrs.Bool("trans_b")
	rank, inner := y.Type.Rank(), a.Type.Rank()-1
	if ta {
		inner--
	}
	m, n, k := sizeOf(y, rank-2, env), sizeOf(y, rank-1, env), sizeOf(a, inner, env)
	if n < 1 || k < 1 {
		return r, false
	}
	if b.Type.Rank() == 2 && !ta {
		for axis := range rank - 2 {
			m *= sizeOf(y, axis, env)
		}
		if isState(b) {
			return denseRoom(m, k, n), true
		}
	}
	r.PerThread, r.Shared = kernel.NewMatmul(ta, tb, kernel.Epilogue{}).Need(1, m, n, k)
	return r, true
}

func denseRoom(m, k, n int) (r Room) {
	d := kernel.NewDense(k, n, true, kernel.Epilogue{})
	r.PerThread, r.Shared = d.Need(m)
	r.Packed = d.PackedLen()
	return r
}

// isState reports whether v is a weight, in any shape.
func isState(v *ir.Value) bool {
	for v.Def != nil && (v.Def.Op.Name == "reshape" || ir.IsRows(v.Def)) {
		v = v.Def.Args[0]
	}
	return v.Def != nil && ir.OfStates(v.Def) || v.Mem.Space == ir.SetupSpace || v.Mem.Space == ir.ConstSpace
}

// sizeOf is a size of v for the values of env, 0 where it is not known.
func sizeOf(v *ir.Value, axis int, env map[string]int64) int {
	n, err := v.Type.Dims[axis].Size.Eval(env)
	if err != nil {
		return 0
	}
	return int(n)
}
