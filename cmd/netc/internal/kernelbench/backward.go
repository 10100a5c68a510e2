package kernelbench

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// gradients are the backward passes of the layers of the zoo: every one by the
// algorithm of its class, for one image and where maps are small for eight, and by
// Winograd's where they can be.
func gradients(shapes []kernel.ConvShape) []plan {
	var out []plan
	for _, s := range shapes {
		class, algo := classOf(s), blocked.Direct
		if class == "depthwise" {
			algo = blocked.Depthwise
		}
		if class != "stem" {
			out = append(out, backwardData(class, s, 1, algo))
		}
		out = append(out, backwardWeights(class, s, 1, algo))
		if s.P() <= 7 && class != "stem" {
			out = append(out, backwardWeights(class, s, 8, algo))
		}
		if winograd(s) {
			out = append(out, backwardData("winograd", s, 1, blocked.Winograd4), backwardWeights("winograd", s, 1, blocked.Winograd4), backwardWeights("winograd", s, 8, blocked.Winograd4))
		}
	}
	return out
}

// backwardData is the gradient of a convolution in its input.
func backwardData(class string, s kernel.ConvShape, batch int, algo blocked.Algorithm) plan {
	name := shapeName(s, batch)
	return plan{class, "bwd_data", name, func(c *kernel.Ctx) *subject {
		p := blocked.NewConvDX(blocked.ConvDXConfig{
			Shape: s, Algo: algo, ISA: kernel.Selected(),
			In:  blocked.Map{C: s.O, H: s.P(), W: s.Q(), Halo: blocked.DXHalo(&s)},
			Out: blocked.Map{C: s.C, H: s.H, W: s.W},
		})
		dy, dx, packed := image(p.In, false, batch), kernel.Aligned(p.Out.Len(batch)), kernel.Aligned(p.PackedLen())
		p.Pack(packed, numbers(s.Weights()))
		c.Reserve(p.Need(batch))
		return &subject{
			class: class, pass: "bwd_data", shape: name, algo: p.Algo.String(),
			flops: 2 * float64(s.MACs()) * float64(batch), bytes: convBytes(s, batch),
			run: func() { p.Run(c, batch, dx, dy, packed, nil, nil) },
		}
	}}
}

// backwardWeights is the gradient of a convolution in its weights.
func backwardWeights(class string, s kernel.ConvShape, batch int, algo blocked.Algorithm) plan {
	name := shapeName(s, batch)
	return plan{class, "bwd_weights", name, func(c *kernel.Ctx) *subject {
		plain := class == "stem"
		halo := max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
		if plain {
			halo = 0
		}
		p := blocked.NewConvDW(blocked.ConvDWConfig{
			Shape: s, PlainX: plain, Algo: algo, ISA: kernel.Selected(),
			X:  blocked.Map{C: s.C, H: s.H, W: s.W, Halo: halo},
			DY: blocked.Map{C: s.O, H: s.P(), W: s.Q()},
		})
		x, dy, dw := image(p.X, plain, batch), image(p.DY, false, batch), kernel.Aligned(s.Weights())
		c.Reserve(p.Need(batch))
		return &subject{
			class: class, pass: "bwd_weights", shape: name, algo: algo.String(),
			flops: 2 * float64(s.MACs()) * float64(batch), bytes: convBytes(s, batch),
			run: func() { p.Run(c, batch, dw, x, dy) },
		}
	}}
}

// convBytes counts images and weights once each.
func convBytes(s kernel.ConvShape, batch int) float64 {
	return 4 * float64(batch*(s.C*s.H*s.W+s.O*s.P()*s.Q())+s.Weights())
}
