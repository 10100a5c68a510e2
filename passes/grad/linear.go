package grad

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

func init() {
	register("matmul", matmul)
	register("conv", conv)
	register("conv_dx", convDX)
	register("conv_dw", convDW)
}

// plain refuses an epilogue activation: fuse-epilogue runs after grad.
func plain(in *ir.Instr) {
	if act := in.Attrs.String("act"); act != "" && act != "none" {
		diag.Bugf("grad: %s with fused %s: fuse-epilogue must run after grad", in.Op.Name, act)
	}
}

// matmul: with Y = A·B, dA = dY·Bᵀ and dB = Aᵀ·dY; a transposed operand gets the
// transposed product instead of a transpose. A b of rank 2 under a
// batch takes part in every product: the batch then joins the rows of a.
func matmul(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	plain(in)
	e, out := emitter{b}, make([]*ir.Value, len(in.Args))
	d, x, w := dy[0], in.Args[0], in.Args[1]
	ta, tb := in.Attrs.Bool("trans_a"), in.Attrs.Bool("trans_b")
	product := func(x, y *ir.Value, tx, ty bool) *ir.Value {
		return e.One("matmul", op.Attrs{"trans_a": tx, "trans_b": ty}, x, y, nil, nil)
	}
	if need[0] {
		switch {
		case !ta:
			out[0] = product(d, w, false, !tb)
		case w.Type.Rank() == x.Type.Rank():
			out[0] = product(w, d, tb, true)
		default: // only the second factor may lack the batch
			out[0] = e.swap(product(d, w, false, !tb))
		}
	}
	if need[1] {
		x, d := x, d
		if w.Type.Rank() == 2 && x.Type.Rank() > 2 {
			x, d, ta = e.rows(x, ta), e.rows(d, false), false
		}
		if tb {
			out[1] = product(d, x, true, ta)
		} else {
			out[1] = product(x, d, !ta, false)
		}
	}
	rank := d.Type.Rank()
	e.epilogue(in, d, axesBut(rank, rank-1), out, need)
	return out
}

// rows joins the leading axes of a batch of matrices with their rows: [B…, M, K]
// becomes [B·M, K].
func (e emitter) rows(x *ir.Value, transposed bool) *ir.Value {
	if transposed {
		x = e.swap(x)
	}
	rank, count := x.Type.Rank(), one
	for _, d := range x.Type.Dims[:rank-1] {
		count = count.Mul(d.Size)
	}
	return e.reshape(x, []op.Dim{{Size: count}, x.Type.Dims[rank-1]})
}

// swap exchanges the last two axes.
func (e emitter) swap(x *ir.Value) *ir.Value {
	perm := axesBut(x.Type.Rank())
	n := len(perm)
	perm[n-2], perm[n-1] = perm[n-1], perm[n-2]
	return e.One("transpose", op.Attrs{"perm": perm}, x)
}

// epilogue sets the cotangents of bias (dy summed over axes) and residual (dy).
func (e emitter) epilogue(in *ir.Instr, dy *ir.Value, axes []int64, out []*ir.Value, need []bool) {
	if len(in.Args) > 2 && need[2] {
		out[2] = e.sum(dy, axes)
	}
	if len(in.Args) > 3 && need[3] {
		out[3] = dy
	}
}

// geometry lists the attributes that a convolution shares with its transposes, and how
// exactly it is computed.
var geometry = []string{"stride", "pad", "dilation", "groups", "precision"}

// with returns geometry attributes and one more.
func with(a op.Attrs, names []string, name string, value any) op.Attrs {
	out := keep(a, names...)
	out[name] = value
	return out
}

// kernelOf returns the window [R, S] of weights OIRS.
func kernelOf(w *ir.Value) []int64 {
	return []int64{fixed(w.Type.Dims[2].Size, "conv"), fixed(w.Type.Dims[3].Size, "conv")}
}

// conv, conv_dx and conv_dw are one trilinear sum read in three directions, so that
// each one's derivatives are the other two.

func conv(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	plain(in)
	e, out := emitter{b}, make([]*ir.Value, len(in.Args))
	x, w := in.Args[0], in.Args[1]
	if need[0] {
		out[0] = e.One("conv_dx", with(in.Attrs, geometry, "shape", x.Type.Dims), dy[0], w)
	}
	if need[1] {
		out[1] = e.One("conv_dw", with(in.Attrs, geometry, "kernel", kernelOf(w)), x, dy[0])
	}
	e.epilogue(in, dy[0], []int64{0, 2, 3}, out, need)
	return out
}

// convDX: x' = conv_dx(y', w), which is linear in both.
func convDX(b *ir.Builder, in *ir.Instr, dx []*ir.Value, need []bool) []*ir.Value {
	plain(in)
	e, out := emitter{b}, make([]*ir.Value, len(in.Args))
	y, w := in.Args[0], in.Args[1]
	if need[0] {
		out[0] = e.One("conv", keep(in.Attrs, geometry...), dx[0], w, nil, nil)
	}
	if need[1] {
		out[1] = e.One("conv_dw", with(in.Attrs, geometry, "kernel", kernelOf(w)), dx[0], y)
	}
	if need[2] {
		out[2] = dx[0]
	}
	return out
}

// convDW: w' = conv_dw(x, y'), which is linear in both.
func convDW(b *ir.Builder, in *ir.Instr, dw []*ir.Value, need []bool) []*ir.Value {
	e, out := emitter{b}, make([]*ir.Value, 2)
	x, y := in.Args[0], in.Args[1]
	if need[0] {
		out[0] = e.One("conv_dx", with(in.Attrs, geometry, "shape", x.Type.Dims), y, dw[0])
	}
	if need[1] {
		out[1] = e.One("conv", keep(in.Attrs, geometry...), x, dw[0], nil, nil)
	}
	return out
}
