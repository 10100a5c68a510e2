package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// dxCase is a backward-data convolution with operands.
type dxCase struct {
	ConvDXConfig
	n                       int
	dy, w, bias, resd, gate []float32
}

func newDXCase(r *rand.Rand) *dxCase {
	s := convOfGroups(r, []int{3, 9, 20, 40}[r.IntN(4)])
	if s.StrideH = 1 + r.IntN(3); r.IntN(2) == 0 {
		s.StrideW = s.StrideH
	}
	if r.IntN(4) == 0 {
		s.O = s.C
		s.Groups = s.C
	}
	halving := r.IntN(6) == 0
	if halving { // the shape of codegen/kernel/depthwise_back.go
		s = square(s.C, s.C, 2+2*r.IntN(9), 3, 2)
		s.W, s.Groups = 2+2*r.IntN(9), s.C
	}
	d := dxCaseOf(r, s)
	if halving && r.IntN(4) > 0 {
		d.Epilogue = kernel.Epilogue{}
	}
	if s.Groups != s.C || s.O != s.C {
		d.someGate(r)
	}
	return d
}

// someGate gives every other case a gate.
func (d *dxCase) someGate(r *rand.Rand) {
	s := &d.Shape
	switch r.IntN(4) {
	case 0:
		d.Gate.Bound.Act = kernel.ActRelu
	case 1:
		d.Gate.Bound = kernel.Epilogue{Act: kernel.ActClamp, Args: [2]float32{-2, 3}}
	default:
		return
	}
	d.Epilogue.Act = kernel.ActNone
	d.Gate.Map = randomMap(r, s.C, s.H, s.W)
	values := integers(r, d.n*s.C*s.H*s.W)
	for i := range values {
		if r.IntN(16) == 0 {
			values[i] = float32(math.NaN())
		}
	}
	d.gate = enter(d.Gate.Map, d.n, values)
}

// dxCaseOf chooses maps, an epilogue and operands for a shape.
func dxCaseOf(r *rand.Rand, s kernel.ConvShape) *dxCase {
	d := &dxCase{ConvDXConfig: ConvDXConfig{Shape: s}, n: 1 + r.IntN(3)}
	if r.IntN(3) == 0 {
		d.n = 4 + r.IntN(6)
	}
	d.In = someMap(r, s.O, s.P(), s.Q(), DXHalo(&s))
	d.Out, d.Residual = randomMap(r, s.C, s.H, s.W), randomMap(r, s.C, s.H, s.W)
	d.Epilogue = kernel.Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		d.Epilogue.Act, d.Epilogue.Args = kernel.ActClamp, [2]float32{-5, 100}
	}
	d.dy = enter(d.In, d.n, integers(r, d.n*s.O*s.P()*s.Q()))
	d.resd = enter(d.Residual, d.n, integers(r, d.n*s.C*s.H*s.W))
	d.w, d.bias = integers(r, s.Weights()), integers(r, s.C)
	return d
}

func (d *dxCase) String() string { return fmt.Sprintf("n=%d %+v", d.n, d.ConvDXConfig) }

func (d *dxCase) run(t testing.TB, count int, isa kernel.ISA, algo Algorithm) []float32 {
	f := d.ConvDXConfig
	f.ISA, f.Algo = isa, algo
	return d.runPlan(t, count, NewConvDX(f))
}

// runPlan returns the result of a plan on some threads.
func (d *dxCase) runPlan(t testing.TB, count int, p *ConvDX) []float32 {
	f := &p.ConvDXConfig
	per, shared := p.Need(d.n)
	c := threads(t, count, per, shared)
	packed, dx := poison(make([]float32, p.PackedLen())), poison(make([]float32, f.Out.Len(d.n)))
	p.Pack(packed, d.w)
	var bias, res []float32
	if f.Epilogue.Bias {
		bias = d.bias
	}
	if f.Epilogue.Residual {
		res = d.resd
	}
	p.RunGated(c, d.n, dx, d.dy, packed, bias, res, d.gate)
	checkFrame(t.(*testing.T), f.Out, dx, d.n)
	return imagesOf(f.Out, d.n, dx)
}

// TestConvDXBands holds gradients of a stride whose classes share one run to the definition:
// classes without taps, of unlike heights, of many channels, of groups.
func TestConvDXBands(t *testing.T) {
	for seed, s := range []kernel.ConvShape{
		square(200, 24, 29, 1, 2), square(72, 40, 28, 3, 2), square(330, 16, 9, 1, 2), square(64, 64, 15, 3, 2), square(48, 48, 20, 1, 3),
		{C: 96, O: 64, H: 18, W: 7, R: 1, S: 1, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, Groups: 4},
	} {
		d := dxCaseOf(rand.New(rand.NewPCG(uint64(seed), 31)), s)
		d.n = min(d.n, 1+seed%2)
		want := d.run(t, 1, kernel.Generic, Loops)
		for _, isa := range isas()[1:] {
			for _, count := range []int{1, 2, 3, 8} {
				wantSame(t, fmt.Sprintf("%s, %d threads, %s", isa, count, d), d.run(t, count, isa, Direct), want)
			}
		}
	}
}

func TestConvDXAlgorithms(t *testing.T) {
	for seed := range uint64(60) {
		d := newDXCase(rand.New(rand.NewPCG(seed, 13)))
		want := d.run(t, 1, kernel.Generic, Loops)
		for _, isa := range isas() {
			wantSame(t, fmt.Sprintf("%s seed %d %s", isa, seed, d), d.run(t, 1, isa, Direct), want)
		}
		if seed%8 == 0 {
			for _, n := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%d threads, seed %d %s", n, seed, d), d.run(t, n, kernel.Selected(), Direct), want)
			}
		}
	}
}

// TestConvIsTransposed checks <conv(x), g> = <x, convT(g)> = <w, dw(x, g)> on sizes
// that loops would take long for.
func TestConvIsTransposed(t *testing.T) {
	c := kernel.NewCtx(nil)
	for i, s := range []kernel.ConvShape{
		{C: 64, O: 64, H: 28, W: 28, R: 3, S: 3, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 1},
		{C: 64, O: 136, H: 29, W: 30, R: 3, S: 3, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 1},
		{C: 48, O: 96, H: 17, W: 19, R: 1, S: 1, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, Groups: 1},
		{C: 64, O: 64, H: 16, W: 16, R: 2, S: 2, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, Groups: 1},
		{C: 96, O: 96, H: 14, W: 14, R: 3, S: 3, StrideH: 1, StrideW: 1, DilH: 2, DilW: 2, PadTop: 2, PadLeft: 2, PadBottom: 2, PadRight: 2, Groups: 4},
	} {
		r := rand.New(rand.NewPCG(uint64(i), 14))
		n := 2
		in, out := Map{C: s.C, H: s.H, W: s.W, Halo: s.PadTop}, Map{C: s.O, H: s.P(), W: s.Q(), Halo: DXHalo(&s)}
		x, _ := images(c, r, in, n)
		g, _ := images(c, r, out, n)
		w := random(r, s.Weights())
		for _, isa := range isas()[1:] {
			f := NewConv(ConvConfig{Shape: s, In: in, Out: out, ISA: isa})
			b := NewConvDX(ConvDXConfig{Shape: s, In: out, Out: in, ISA: isa})
			d := NewConvDW(ConvDWConfig{Shape: s, X: in, DY: out, ISA: isa})
			for _, p := range []interface{ Need(int) (int, int) }{f, b, d} {
				c.Reserve(p.Need(n))
			}
			y, dx, dw := make([]float32, out.Len(n)), make([]float32, in.Len(n)), make([]float32, len(w))
			packed := make([]float32, max(f.PackedLen(), b.PackedLen()))
			f.Pack(packed, w)
			f.Run(c, n, y, x, packed, nil, nil)
			b.Pack(packed, w)
			b.Run(c, n, dx, g, packed, nil, nil)
			d.Run(c, n, dw, x, g)
			want, size := dot(y, g)
			for j, pair := range [][2][]float32{{x, dx}, {w, dw}} {
				if got, _ := dot(pair[0], pair[1]); math.Abs(got-want) > 1e-6*size {
					t.Errorf("%s %+v: product %d is %v, want %v", isa, s, j, got, want)
				}
			}
		}
	}
}

// dot returns Σab and Σ|ab|.
func dot(a, b []float32) (sum, size float64) {
	for i := range a {
		v := float64(a[i]) * float64(b[i])
		sum, size = sum+v, size+math.Abs(v)
	}
	return sum, size
}
