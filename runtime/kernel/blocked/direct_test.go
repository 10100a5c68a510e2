package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// convCase is a convolution with its operands in maps.
type convCase struct {
	f               ConvConfig
	n               int
	x, w, bias, res []float32
}

func (c *convCase) String() string { return fmt.Sprintf("n=%d %+v", c.n, c.f) }

// someConv returns a random convolution that fits in a test.
func someConv(r *rand.Rand) ConvConfig {
	groups := []int{1, 1, 1, 2, 4}[r.IntN(5)]
	channels := func() int { return groups * (1 + r.IntN([]int{3, 20, 70}[r.IntN(3)]/groups+1)) }
	s := kernel.ConvShape{
		C: channels(), O: channels(), Groups: groups,
		H: 1 + r.IntN(15), W: 1 + r.IntN(20),
		R: 1 + r.IntN(4), S: 1 + r.IntN(4),
		StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3),
		DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2),
	}
	s.PadTop, s.PadBottom = r.IntN(3), r.IntN(3)
	s.PadLeft, s.PadRight = r.IntN(3), r.IntN(3)
	s.H = max(s.H, (s.R-1)*s.DilH+1-s.PadTop-s.PadBottom)
	s.W = max(s.W, (s.S-1)*s.DilW+1-s.PadLeft-s.PadRight)
	return configOf(r, s)
}

// configOf chooses maps and an epilogue for a shape.
func configOf(r *rand.Rand, s kernel.ConvShape) ConvConfig {
	pad := max(s.PadTop, s.PadBottom, s.PadLeft, s.PadRight)
	gap := func(m Map) Map {
		if r.IntN(3) == 0 {
			m.Image = m.Size() + Block*r.IntN(20)
		}
		return m
	}
	f := ConvConfig{Shape: s}
	f.In = gap(Map{C: s.C, H: s.H, W: s.W, Halo: pad + r.IntN(2)})
	f.Out = gap(Map{C: s.O, H: s.P(), W: s.Q(), Halo: r.IntN(3)})
	f.Residual = gap(Map{C: s.O, H: s.P(), W: s.Q(), Halo: r.IntN(3)})
	f.Epilogue = kernel.Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(2) == 0}
	switch r.IntN(6) {
	case 0:
		f.Epilogue.Act = kernel.ActRelu
	case 1:
		f.Epilogue.Act, f.Epilogue.Args = kernel.ActClamp, [2]float32{1, 6}
	case 2:
		f.Epilogue.Act, f.Epilogue.Args = kernel.ActLeaky, [2]float32{0.25, 0}
	case 3:
		f.Epilogue.Act = []kernel.Act{kernel.ActSilu, kernel.ActSigmoid, kernel.ActHardswish}[r.IntN(3)]
	}
	return f
}

// mapOf returns n images of m filled by fill, frame included.
func mapOf(m Map, n int, fill func(*rand.Rand, int) []float32, r *rand.Rand) []float32 {
	data := make([]float32, m.Len(n))
	NewEnter(m).Run(kernel.NewCtx(nil), n, data, fill(r, n*m.C*m.H*m.W))
	return data
}

func newConvCase(r *rand.Rand, f ConvConfig, n int, fill func(*rand.Rand, int) []float32) *convCase {
	c := &convCase{f: f, n: n, x: mapOf(f.In, n, fill, r), w: fill(r, f.Shape.Weights())}
	if f.PlainIn {
		c.x = fill(r, n*f.In.C*f.In.H*f.In.W)
	}
	if f.Epilogue.Bias {
		c.bias = fill(r, f.Shape.O)
	}
	if f.Epilogue.Residual {
		c.res = mapOf(f.Residual, n, fill, r)
	}
	return c
}

// run convolves with one algorithm on some threads.
func (c *convCase) run(algo Algorithm, isa kernel.ISA, threads int) []float32 {
	f := c.f
	f.Algo, f.ISA = algo, isa
	p := NewConv(f)
	pool := parallel.New(threads)
	defer pool.Close()
	ctx := kernel.NewCtx(pool)
	ctx.Reserve(p.Need(c.n))
	packed := poison(make([]float32, p.PackedLen()))
	p.Pack(packed, c.w)
	y := poison(make([]float32, f.Out.Len(c.n)))
	p.Run(ctx, c.n, y, c.x, packed, c.bias, c.res)
	return y
}

// visit calls op for every pixel and channel of n images of m.
func visit(m Map, n int, op func(at, o int)) {
	for image := range n {
		for o := range m.C {
			for y := range m.H {
				for x := range m.W {
					op(m.At(image, o/Block, y, x)+o%Block, o)
				}
			}
		}
	}
}

// exact reports whether the epilogue keeps whole numbers exact.
func exact(e kernel.Epilogue) bool {
	return e.Act == kernel.ActNone || e.Act == kernel.ActRelu || e.Act == kernel.ActClamp || e.Act == kernel.ActLeaky
}

// checkExact compares with the definition, bit by bit where the epilogue allows.
func (c *convCase) checkExact(t *testing.T, got, want []float32) {
	t.Helper()
	bound := 0.0
	if !exact(c.f.Epilogue) {
		bound = 4e-6
	}
	visit(c.f.Out, c.n, func(at, o int) {
		if d := math.Abs(float64(got[at]) - float64(want[at])); !(d <= bound*max(1, math.Abs(float64(want[at])))) {
			t.Fatalf("%v\nchannel %d, position %d: got %v, want %v", c, o, at, got[at], want[at])
		}
	})
	checkFrame(t, c.f.Out, got, c.n)
}

func TestDirectIsExact(t *testing.T) {
	for _, isa := range isas()[1:] {
		for seed := range uint64(250) {
			r := rand.New(rand.NewPCG(seed, 7))
			c := newConvCase(r, someConv(r), 1+r.IntN(2), integers)
			c.checkExact(t, c.run(Direct, isa, 1), c.run(Direct, kernel.Generic, 1))
		}
	}
}
