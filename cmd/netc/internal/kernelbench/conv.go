package kernelbench

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// shapeName spells a convolution: 64x56x56->128 3x3 s2 d2 g4 b8, what is one left
// out.
func shapeName(s kernel.ConvShape, batch int) string {
	name := fmt.Sprintf("%dx%dx%d->%d %dx%d s%d", s.C, s.H, s.W, s.O, s.R, s.S, s.StrideH)
	if s.DilH > 1 {
		name += fmt.Sprintf(" d%d", s.DilH)
	}
	if s.Groups > 1 {
		name += fmt.Sprintf(" g%d", s.Groups)
	}
	if batch > 1 {
		name += fmt.Sprintf(" b%d", batch)
	}
	return name
}

// classOf returns the class of a convolution.
func classOf(s kernel.ConvShape) string {
	switch {
	case s.Groups > 1 && s.Groups == s.C:
		return "depthwise"
	case s.C <= 4:
		return "stem"
	case s.R == 1 && s.S == 1:
		return "conv1x1"
	}
	return "direct"
}

// winograd reports whether the transforms of 3x3 kernels serve s.
func winograd(s kernel.ConvShape) bool {
	return s.R == 3 && s.S == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilH == 1 && s.DilW == 1 && s.Groups == 1 && s.C >= 32 && s.O >= 32
}

// strassen reports whether quarters of s are whole vectors.
func strassen(s kernel.ConvShape) bool {
	return classOf(s) == "conv1x1" && s.Groups == 1 && s.PadTop == 0 && s.C%16 == 0 && s.O%32 == 0
}

// knowing is how a net knows the sizes of its pictures.
type knowing struct {
	suffix string // of the names of its rows
	plan   func(f blocked.ConvConfig) *blocked.Conv
}

var (
	knownSizes = knowing{"", blocked.NewConv}
	// At run time only: a plan of the smallest size packs the weights for all, and the one
	// that runs is made of it.
	anySize = knowing{" any size", func(f blocked.ConvConfig) *blocked.Conv {
		small := f
		s := &small.Shape
		s.H, s.W = (s.R-1)*s.DilH+1, (s.S-1)*s.DilW+1
		small.In.H, small.In.W, small.Out.H, small.Out.W = s.H, s.W, s.P(), s.Q()
		return blocked.NewConv(small).At(f.In, f.Out, f.Residual)
	}}
)

// convolutions are the layers of the zoo, each by the algorithm of its class, and
// by Winograd's and Strassen's where they can be, by the latter as in a training step of eight
// images, too; beside each row that of a net whose picture sizes are
// known at run time only, so that both are measured in one minute.
func convolutions(shapes []kernel.ConvShape) []plan {
	var out, transformed []plan
	for _, s := range shapes {
		class := classOf(s)
		both := func(class string, algo blocked.Algorithm) []plan {
			return []plan{forwardOf(class, s, 1, algo, knownSizes), forwardOf(class, s, 1, algo, anySize)}
		}
		algo := map[string]blocked.Algorithm{"depthwise": blocked.Depthwise, "stem": blocked.Stem}[class]
		if class == "conv1x1" || class == "direct" {
			algo = blocked.Direct
		}
		out = append(out, both(class, algo)...)
		if class == "stem" && s.S == 7 && s.StrideW == 2 {
			transformed = append(transformed, both("winograd", blocked.WinogradRow)...)
		}
		if winograd(s) {
			transformed = append(transformed, both("winograd", blocked.Winograd4)...)
			transformed = append(transformed, both("winograd", blocked.Winograd3)...)
			transformed = append(transformed, both("winograd", blocked.Winograd2)...)
		}
		if strassen(s) && s.P()%2 == 0 {
			transformed = append(transformed, both("strassen", blocked.Strassen)...)
		}
		if strassen(s) {
			transformed = append(transformed, forward("strassen", s, 8, blocked.Strassen))
		}
	}
	return append(out, transformed...)
}

// forward is one convolution with bias and relu.
func forward(class string, s kernel.ConvShape, batch int, algo blocked.Algorithm) plan {
	return forwardOf(class, s, batch, algo, knownSizes)
}

func forwardOf(class string, s kernel.ConvShape, batch int, algo blocked.Algorithm, known knowing) plan {
	name := shapeName(s, batch) + known.suffix
	if class == "odd" {
		class = classOf(s)
		name += " odd"
	}
	return plan{class, "forward", name, func(c *kernel.Ctx) *subject {
		halo := max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
		plain := s.C <= 4 && algo != blocked.Direct
		if plain {
			halo = 0
		}
		f := blocked.ConvConfig{
			Shape: s, PlainIn: plain, Algo: algo, ISA: kernel.Selected(),
			In:       blocked.Map{C: s.C, H: s.H, W: s.W, Halo: halo},
			Out:      blocked.Map{C: s.O, H: s.P(), W: s.Q()},
			Epilogue: kernel.Epilogue{Bias: true, Act: kernel.ActRelu},
		}
		if batch > 1 {
			f.Images = batch
		}
		p := known.plan(f)
		x, y := image(f.In, plain, batch), kernel.Aligned(f.Out.Len(batch))
		packed, bias := kernel.Aligned(p.PackedLen()), numbers(s.O)
		p.Pack(packed, numbers(s.Weights()))
		c.Reserve(p.Need(batch))
		return &subject{
			class: class, pass: "forward", shape: name, algo: p.Algo.String(),
			flops: 2 * float64(s.MACs()) * float64(batch), bandwidth: class == "depthwise",
			bytes: convBytes(s, batch),
			run:   func() { p.Run(c, batch, y, x, packed, bias, nil) },
		}
	}}
}

// image returns n pictures of m, plain or as a map with its zeros.
func image(m blocked.Map, plain bool, n int) []float32 {
	x := numbers(n * m.C * m.H * m.W)
	if plain {
		return x
	}
	data := kernel.Aligned(m.Len(n))
	blocked.NewEnter(m).Run(kernel.NewCtx(nil), n, data, x)
	return data
}

// oddShapes are a hundred convolutions that no network was designed around.
func oddShapes(seed uint64) []plan {
	r := rand.New(rand.NewPCG(seed, 100))
	between := func(lo, hi float64) int { return int(math.Round(lo * math.Pow(hi/lo, r.Float64()))) }
	pick := func(v ...int) int { return v[r.IntN(len(v))] }
	var out []plan
	for len(out) < 100 {
		groups, k, stride, dilation := pick(1, 2, 4), pick(1, 3, 5, 7), pick(1, 2), pick(1, 2)
		c, o := between(8, 512), between(8, 512)
		c, o = max(c/groups, 8)*groups, max(o/groups, 8)*groups
		side, pad := between(7, 112), dilation*(k-1)/2
		s := kernel.ConvShape{
			C: c, H: side, W: side, O: o, R: k, S: k, StrideH: stride, StrideW: stride, DilH: dilation, DilW: dilation,
			PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad, Groups: groups,
		}
		if 2*s.MACs() >= 5e6 {
			out = append(out, forward("odd", s, 1, blocked.Auto))
		}
	}
	return out
}
