package blocked

import (
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// images makes a map of random sizes, sometimes a slice of a larger one, with n
// random images in it, and the same images in the plain layout.
func images(c *kernel.Ctx, r *rand.Rand, m Map, n int) (data, plain []float32) {
	plain = random(r, n*m.C*m.H*m.W)
	data = poison(make([]float32, m.Len(n)))
	NewEnter(m).Run(c, n, data, plain)
	return data, plain
}

func randomMap(r *rand.Rand, c, h, w int) Map {
	m := Map{C: c, H: h, W: w, Halo: r.IntN(4)}
	if r.IntN(2) == 0 {
		m.Image = m.Size() + Block*r.IntN(30)
	}
	return m
}

// checkPlain compares the images of a map with plain ones.
func checkPlain(t *testing.T, c *kernel.Ctx, m Map, n int, data, want []float32, tolerance float64) {
	t.Helper()
	checkFrame(t, m, data, n)
	got := make([]float32, len(want))
	NewLeave(m).Run(c, n, got, data)
	for i := range want {
		if d := float64(got[i] - want[i]); !(d <= tolerance && -d <= tolerance) {
			t.Fatalf("%+v: element %d is %v, want %v", m, i, got[i], want[i])
		}
	}
}

func TestPool(t *testing.T) {
	c := kernel.NewCtx(nil)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := kernel.PoolShape{C: 1 + r.IntN(20), H: 4 + r.IntN(9), W: 4 + r.IntN(9), R: 1 + r.IntN(3), S: 1 + r.IntN(3),
			StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0}
		s.PadTop, s.PadBottom, s.PadLeft, s.PadRight = r.IntN(s.R), r.IntN(s.R), r.IntN(s.S), r.IntN(s.S)
		in, out := randomMap(r, s.C, s.H, s.W), randomMap(r, s.C, s.P(), s.Q())
		n := 1 + r.IntN(3)
		x, plain := images(c, r, in, n)
		y, want := poison(make([]float32, out.Len(n))), make([]float32, n*s.C*s.P()*s.Q())
		for _, largest := range []bool{true, false} {
			NewPool(PoolConfig{Shape: s, Max: largest, In: in, Out: out, ISA: kernel.Selected()}).Run(c, n, y, x)
			if largest {
				kernel.MaxPool(c, &s, n, want, nil, plain)
			} else {
				kernel.AvgPool(c, &s, n, want, plain)
			}
			checkPlain(t, c, out, n, y, want, 1e-6)
		}
	}
}

func TestMean(t *testing.T) {
	c := kernel.NewCtx(nil)
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 3))
		m, n := randomMap(r, 1+r.IntN(20), 1+r.IntN(9), 1+r.IntN(9)), 1+r.IntN(3)
		x, plain := images(c, r, m, n)
		y, sum := poison(make([]float32, n*m.C)), seed%3 == 0
		NewMean(MeanConfig{In: m, Sum: sum, ISA: kernel.Selected()}).Run(c, n, y, x)
		for i := range y {
			want := 0.0
			for _, v := range plain[i*m.H*m.W:][:m.H*m.W] {
				want += float64(v)
			}
			area := float64(m.H * m.W)
			bound := 1e-6 * area
			if !sum {
				want, bound = want/area, 1e-6
			}
			if d := float64(y[i]) - want; !(d < bound && d > -bound) {
				t.Fatalf("%+v, sum %v: result %d is %v, want %v", m, sum, i, y[i], want)
			}
		}
	}
}

func TestResize(t *testing.T) {
	c := kernel.NewCtx(nil)
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		f := ResizeConfig{In: randomMap(r, 1+r.IntN(20), 1+r.IntN(6), 1+r.IntN(6)), ScaleH: 1 + r.IntN(3), ScaleW: 1 + r.IntN(3), Bilinear: r.IntN(2) == 0}
		f.Out = randomMap(r, f.In.C, f.In.H*f.ScaleH, f.In.W*f.ScaleW)
		n := 1 + r.IntN(3)
		x, plain := images(c, r, f.In, n)
		y, want := poison(make([]float32, f.Out.Len(n))), make([]float32, n*f.Out.C*f.Out.H*f.Out.W)
		NewResize(f).Run(c, n, y, x)
		kernel.Resize(c, kernel.ResizeShape{Planes: n * f.In.C, H: f.In.H, W: f.In.W, ScaleH: f.ScaleH, ScaleW: f.ScaleW, Bilinear: f.Bilinear}, want, plain)
		checkPlain(t, c, f.Out, n, y, want, 1e-6)
	}
}

// TestCopyConcatenates writes maps side by side, at channels that are multiples of a
// block and at others.
func TestCopyConcatenates(t *testing.T) {
	c := kernel.NewCtx(nil)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		h, w, n := 1+r.IntN(5), 1+r.IntN(5), 1+r.IntN(3)
		sizes := make([]int, 1+r.IntN(4))
		total := 0
		for i := range sizes {
			if sizes[i] = 1 + r.IntN(20); seed%2 == 0 {
				sizes[i] = Block * (1 + r.IntN(3))
			}
			total += sizes[i]
		}
		out := randomMap(r, total, h, w)
		y, want := poison(make([]float32, out.Len(n))), make([]float32, n*total*h*w)
		at := 0
		for _, size := range sizes {
			in := randomMap(r, size, h, w)
			x, plain := images(c, r, in, n)
			NewCopy(CopyConfig{In: in, Out: out, At: at}).Run(c, n, y, x)
			for image := range n {
				copy(want[(image*total+at)*h*w:], plain[image*size*h*w:][:size*h*w])
			}
			at += size
		}
		checkPlain(t, c, out, n, y, want, 0)
	}
}

func TestConvDX(t *testing.T) {
	for seed := range uint64(60) {
		c := kernel.NewCtx(nil)
		r := rand.New(rand.NewPCG(seed, 6))
		g := 1 + r.IntN(2)
		s := kernel.ConvShape{C: g * (1 + r.IntN(9)), O: g * (1 + r.IntN(9)), H: 5 + r.IntN(6), W: 5 + r.IntN(6), R: 1 + r.IntN(3), S: 1 + r.IntN(3),
			StrideH: 1 + r.IntN(2), StrideW: 1 + r.IntN(2), DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2), Groups: g,
			PadTop: r.IntN(3), PadLeft: r.IntN(3), PadBottom: r.IntN(3), PadRight: r.IntN(3)}
		in, out := randomMap(r, s.O, s.P(), s.Q()), randomMap(r, s.C, s.H, s.W)
		in.Halo, in.Image = DXHalo(&s), 0
		n := 1 + r.IntN(2)
		dy, plain := images(c, r, in, n)
		w, bias := random(r, s.Weights()), random(r, s.C)
		p := NewConvDX(ConvDXConfig{Shape: s, In: in, Out: out, Epilogue: kernel.Epilogue{Bias: true, Act: kernel.ActRelu}, ISA: kernel.Selected()})
		packed, dx := make([]float32, p.PackedLen()), poison(make([]float32, out.Len(n)))
		p.Pack(packed, w)
		c.Reserve(p.Need(n))
		p.Run(c, n, dx, dy, packed, bias, nil)

		old := kernel.NewConvDX(s)
		oldPacked, want := make([]float32, old.PackedLen()), make([]float32, n*s.C*s.H*s.W)
		old.Pack(oldPacked, w)
		c.Reserve(old.Need(n))
		old.Run(c, n, want, plain, oldPacked)
		for i := range want {
			want[i] = max(want[i]+bias[i/(s.H*s.W)%s.C], 0)
		}
		checkPlain(t, c, out, n, dx, want, 1e-5)
	}
}
