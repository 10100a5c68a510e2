package grad

import (
	"github.com/netc-lang/netc/ir"
)

func init() {
	type value = *ir.Value
	register("bn_train", bnTrain)
	register("batch_norm", batchNorm)
	register("norm", norm)
	pointwise("softmax", func(e emitter, in *ir.Instr, _, y, dy value) value {
		return e.One("softmax_dx", keep(in.Attrs, "axis"), y, dy)
	})
	pointwise("log_softmax", func(e emitter, in *ir.Instr, _, y, dy value) value {
		return e.One("log_softmax_dx", keep(in.Attrs, "axis"), y, dy)
	})
	register("softmax_xent", softmaxXent)
}

// affine returns the cotangents of (x, weight, bias) from the three results of a
// normalisation's backward operation, leaving out what is not needed.
func affine(in *ir.Instr, d []*ir.Value, need []bool) []*ir.Value {
	out := make([]*ir.Value, len(in.Args))
	for i := range 3 {
		if i < len(in.Args) && in.Args[i] != nil && need[i] {
			out[i] = d[i]
		}
	}
	return out
}

// bnTrain: the running statistics only feed updates, and mean and invstd only the
// backward operation, so that the cotangent of y is the only one.
func bnTrain(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	plain(in)
	d := b.Emit("bn_dx", nil, in.Args[0], only(in, dy), in.Args[1], in.Outs[1], in.Outs[2])
	return affine(in, d, need)
}

func norm(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	attrs := keep(in.Attrs, "axes", "groups", "eps")
	d := b.Emit("norm_dx", attrs, in.Args[0], only(in, dy), in.Args[1], in.Outs[1], in.Outs[2])
	return affine(in, d, need)
}

// batchNorm with stored statistics is y = (x − m)·s·w + c with s = (v+eps)^−½:
//
//	dx = dy·s·w;  dw = Σ dy·(x−m)·s;  dc = Σ dy;  dm = −Σ dy·s·w;  dv = −½·s³·w·Σ dy·(x−m)
func batchNorm(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	e, out := emitter{b}, make([]*ir.Value, 5)
	x, weight, mean, variance, d := in.Args[0], in.Args[1], in.Args[3], in.Args[4], dy[0]
	s := e.One("rsqrt", nil, e.shift(variance, in.Attrs.Float("eps")))
	gain := s
	if weight != nil {
		gain = e.mul(s, weight)
	}
	rest := axesBut(x.Type.Rank(), 1)
	total := func() *ir.Value { return e.sum(d, rest) }
	centred := func() *ir.Value {
		return e.sum(e.mul(d, e.sub(x, e.perChannel(mean, x.Type))), rest)
	}
	if need[0] {
		out[0] = e.mul(d, e.perChannel(gain, x.Type))
	}
	if need[1] {
		out[1] = e.mul(centred(), s)
	}
	if need[2] {
		out[2] = total()
	}
	if need[3] {
		out[3] = e.neg(e.mul(total(), gain))
	}
	if need[4] {
		cube := e.mul(e.mul(s, s), gain)
		out[4] = e.scale(e.mul(centred(), cube), -0.5)
	}
	return out
}

// softmaxXent: the loss has its own product, which needs probs alone; a loss that
// also reads probs goes through softmax.
func softmaxXent(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	e, label, probs := emitter{b}, in.Args[1], in.Outs[1]
	var d *ir.Value
	if dy[0] != nil {
		d = e.One("softmax_xent_dx", keep(in.Attrs, "axis", "smoothing", "ignore"), probs, label, dy[0])
	}
	if dy[1] != nil {
		through := e.One("softmax_dx", keep(in.Attrs, "axis"), probs, dy[1])
		if d == nil {
			d = through
		} else {
			d = e.add(d, through)
		}
	}
	return []*ir.Value{d, nil}
}
