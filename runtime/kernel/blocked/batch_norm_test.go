package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// normCase is a batch norm with operands in the plain layout and as maps.
type normCase struct {
	n                  int
	x, y, residual, dy Map
	e                  kernel.Epilogue
	px, pres, pdy      []float32 // plain
	mx, mres, mdy      []float32 // maps
	weight, bias       []float32
	runMean, runVar    []float32
	dx, dres           Map
	again              bool // the gradient computes its gate of x
}

func newNormCase(r *rand.Rand) *normCase {
	c, h, w := 1+r.IntN(44), 1+r.IntN(9), 1+r.IntN(13)
	if r.IntN(5) == 0 {
		c, h, w = 1+r.IntN(9), 20+r.IntN(30), 30+r.IntN(9)
	}
	d := &normCase{n: 1 + r.IntN(5), x: randomMap(r, c, h, w), y: randomMap(r, c, h, w), residual: randomMap(r, c, h, w), dy: randomMap(r, c, h, w),
		dx: randomMap(r, c, h, w), dres: randomMap(r, c, h, w)}
	switch r.IntN(3) {
	case 0:
		d.e.Act = kernel.ActRelu
	case 1:
		d.e.Act, d.e.Args = kernel.ActClamp, [2]float32{-0.5, 1}
	}
	d.e.Residual = d.e.Act != kernel.ActNone && r.IntN(2) == 0
	ctx := kernel.NewCtx(nil)
	d.mx, d.px = images(ctx, r, d.x, d.n)
	d.mres, d.pres = images(ctx, r, d.residual, d.n)
	d.mdy, d.pdy = images(ctx, r, d.dy, d.n)
	d.weight, d.bias, d.runMean, d.runVar = random(r, c), random(r, c), random(r, c), random(r, c)
	return d
}

func (d *normCase) String() string { return fmt.Sprintf("n=%d %+v %+v", d.n, d.x, d.e) }

// normResult is all that forward and backward write.
type normResult struct {
	y, mean, invstd, newMean, newVar, dx, dres, dw, db []float32
}

func (r *normResult) all() [][]float32 {
	return [][]float32{r.y, r.mean, r.invstd, r.newMean, r.newVar, r.dx, r.dres, r.dw, r.db}
}

func (d *normCase) run(t testing.TB, count int, isa kernel.ISA) *normResult {
	p := NewBatchNorm(BatchNormConfig{X: d.x, Y: d.y, Residual: d.residual, Epilogue: d.e, Eps: 1e-5, Momentum: 0.1, ISA: isa})
	c := threads(t, count, 0, max(second(p.Need(d.n)), 1))
	vec := func() []float32 { return poison(make([]float32, d.x.C)) }
	out := &normResult{y: poison(make([]float32, d.y.Len(d.n))), mean: vec(), invstd: vec(), newMean: vec(), newVar: vec(), dw: vec(), db: vec(),
		dx: poison(make([]float32, d.dx.Len(d.n)))}
	a := BatchNormArgs{Y: out.y, Mean: out.mean, InvStd: out.invstd, NewMean: out.newMean, NewVar: out.newVar,
		X: d.mx, Weight: d.weight, Bias: d.bias, RunMean: d.runMean, RunVar: d.runVar}
	if d.e.Residual {
		a.Residual = d.mres
		out.dres = poison(make([]float32, d.dres.Len(d.n)))
	}
	p.Run(c, d.n, a)
	if !d.e.Residual {
		p := NewBatchNormAgain(BatchNormAgainConfig{X: d.x, Y: d.y, Epilogue: d.e, ISA: isa})
		y := poison(make([]float32, d.y.Len(d.n)))
		p.Run(c, d.n, BatchNormAgainArgs{Y: y, X: d.mx, Weight: d.weight, Bias: d.bias, Mean: out.mean, InvStd: out.invstd})
		for i, v := range y {
			if math.Float32bits(v) != math.Float32bits(out.y[i]) && !(math.IsNaN(float64(v)) && math.IsNaN(float64(out.y[i]))) {
				t.Fatalf("%s, %s: element %d is %v when computed again, want %v", isa, d, i, v, out.y[i])
			}
		}
	}
	q := NewBatchNormDX(BatchNormDXConfig{X: d.x, Y: d.y, DY: d.dy, DX: d.dx, DResidual: d.dres, Epilogue: d.e, Again: d.again, ISA: isa})
	b := BatchNormDXArgs{DX: out.dx, DResidual: out.dres, DWeight: out.dw, DBias: out.db,
		X: d.mx, Y: out.y, DY: d.mdy, Weight: d.weight, Mean: out.mean, InvStd: out.invstd}
	if d.again {
		b.Y, b.Bias = nil, d.bias
	}
	q.Run(c, d.n, b)
	return out
}

func second(_, b int) int { return b }

// reference computes the same by the kernels of the plain layout.
func (d *normCase) reference() *normResult {
	c := kernel.NewCtx(nil)
	ch, area := d.x.C, d.x.H*d.x.W
	vec := func() []float32 { return make([]float32, ch) }
	r := &normResult{y: make([]float32, len(d.px)), mean: vec(), invstd: vec(), newMean: vec(), newVar: vec(), dw: vec(), db: vec(), dx: make([]float32, len(d.px))}
	kernel.BatchNormTrain(c, d.n, ch, area, r.y, r.mean, r.invstd, r.newMean, r.newVar, d.px, d.weight, d.bias, d.runMean, d.runVar, 1e-5, 0.1)
	g := append([]float32(nil), d.pdy...)
	lo, hi := boundsOf(&d.e)
	for i, v := range r.y {
		if d.e.Residual {
			v += d.pres[i]
		}
		r.y[i] = d.e.Apply(v)
		if v <= lo || v >= hi {
			g[i] = 0
		}
	}
	if d.e.Residual {
		r.dres = g
	}
	kernel.BatchNormDX(c, d.n, ch, area, r.dx, r.dw, r.db, d.px, g, d.weight, r.mean, r.invstd)
	return r
}

func TestBatchNorm(t *testing.T) {
	for _, isa := range isas() {
		for seed := range uint64(50) {
			d := newNormCase(rand.New(rand.NewPCG(seed, 11)))
			got, want := d.run(t, 1, isa), d.reference()
			c := kernel.NewCtx(nil)
			what := fmt.Sprintf("%s seed %d %s", isa, seed, d)
			for _, v := range []struct {
				name string
				got  []float32
				want []float32
				size float64
			}{{"mean", got.mean, want.mean, 1}, {"invstd", got.invstd, want.invstd, 10}, {"newMean", got.newMean, want.newMean, 1},
				{"newVar", got.newVar, want.newVar, 1}, {"dbias", got.db, want.db, 10}, {"dweight", got.dw, want.dw, 30}} {
				for i := range v.want {
					if e := math.Abs(float64(v.got[i] - v.want[i])); !(e <= 1e-5*v.size*max(1, math.Abs(float64(v.want[i])))) {
						t.Fatalf("%s: %s %d is %v, want %v", what, v.name, i, v.got[i], v.want[i])
					}
				}
			}
			checkPlain(t, c, d.y, d.n, got.y, want.y, 1e-3)
			checkPlain(t, c, d.dx, d.n, got.dx, want.dx, 1e-2)
			if d.e.Residual {
				checkPlain(t, c, d.dres, d.n, got.dres, want.dres, 0)
			}
		}
	}
}

// TestBatchNormGateOfX: without a residual the gradient may compute the result of the
// norm anew instead of reading it, and is the same bit for bit.
func TestBatchNormGateOfX(t *testing.T) {
	seen := 0
	for _, isa := range isas() {
		for seed := range uint64(50) {
			d := newNormCase(rand.New(rand.NewPCG(seed, 14)))
			if d.e.Act == kernel.ActNone || d.e.Residual {
				continue
			}
			seen++
			want := d.run(t, 1, isa).all()
			d.again = true
			for i, got := range d.run(t, 1, isa).all() {
				for j := range got {
					if math.Float32bits(got[j]) != math.Float32bits(want[i][j]) && !(math.IsNaN(float64(got[j])) && math.IsNaN(float64(want[i][j]))) {
						t.Fatalf("%s, seed %d, %s: result %d element %d is %v, want %v", isa, seed, d, i, j, got[j], want[i][j])
					}
				}
			}
		}
	}
	if least := 10 * len(isas()); seen < least {
		t.Errorf("%d cases had an activation and no residual, expected at least %d", seen, least)
	}
}

func TestBatchNormThreads(t *testing.T) {
	for _, isa := range isas() {
		for seed := range uint64(8) {
			d := newNormCase(rand.New(rand.NewPCG(seed, 12)))
			want := d.run(t, 1, isa).all()
			for _, n := range []int{2, 3, 8} {
				for i, got := range d.run(t, n, isa).all() {
					for j := range got {
						if math.Float32bits(got[j]) != math.Float32bits(want[i][j]) && !math.IsNaN(float64(got[j])) {
							t.Fatalf("%s, %d threads, %s: result %d element %d is %v, want %v", isa, n, d, i, j, got[j], want[i][j])
						}
					}
				}
			}
		}
	}
}

// TestBatchNormHardSums: statistics keep their digits where the values are far from zero,
// and where the pixel that sums begin from is far from all others.
func TestBatchNormHardSums(t *testing.T) {
	r := newRand(t)
	for _, isa := range isas() {
		for _, outlier := range []float32{0, 5000} {
			m := Map{C: 16, H: 20, W: 25}
			d := &normCase{n: 3, x: m, y: m, residual: m, dy: m, dx: m, dres: m}
			ctx := kernel.NewCtx(nil)
			d.mx, d.px = images(ctx, r, m, d.n)
			for i := range d.px {
				d.px[i] = 1000 + d.px[i]/16
			}
			for ch := range m.C {
				d.px[ch*m.H*m.W] += outlier
			}
			for n := range d.n {
				for ch := range m.C {
					at := m.grid(n, ch, false)
					for i := range m.H * m.W {
						d.mx[at.at+i/m.W*at.row+i%m.W*at.col] = d.px[(n*m.C+ch)*m.H*m.W+i]
					}
				}
			}
			d.mdy, d.pdy = images(ctx, r, m, d.n)
			d.weight, d.bias, d.runMean, d.runVar = random(r, m.C), random(r, m.C), random(r, m.C), random(r, m.C)
			got, want := d.run(t, 1, isa), d.reference()
			for i := range want.invstd {
				if e := math.Abs(float64(got.invstd[i]/want.invstd[i] - 1)); !(e <= 1e-5) {
					t.Errorf("%s, outlier %v: 1/std of channel %d is %v, want %v", isa, outlier, i, got.invstd[i], want.invstd[i])
				}
				if e := math.Abs(float64(got.mean[i] - want.mean[i])); !(e <= 1e-3) {
					t.Errorf("%s, outlier %v: mean of channel %d is %v, want %v", isa, outlier, i, got.mean[i], want.mean[i])
				}
			}
		}
	}
}

// TestBatchNormDXInPlace writes the gradient over what the norm was given, and that of the
// residual over dy.
func TestBatchNormDXInPlace(t *testing.T) {
	for _, isa := range isas() {
		for seed := range uint64(40) {
			d := newNormCase(rand.New(rand.NewPCG(seed, 16)))
			d.again = d.e.Act != kernel.ActNone && !d.e.Residual && seed%2 == 0
			d.dx, d.dres = d.x, d.dy
			want := d.run(t, 1, isa)
			f := BatchNormDXConfig{X: d.x, Y: d.y, DY: d.dy, DX: d.x, DResidual: d.dy, Epilogue: d.e, Again: d.again, ISA: isa}
			a := BatchNormDXArgs{X: d.mx, DX: d.mx, Y: want.y, DY: d.mdy, DWeight: make([]float32, d.x.C), DBias: make([]float32, d.x.C),
				Weight: d.weight, Mean: want.mean, InvStd: want.invstd}
			if d.e.Residual {
				a.DResidual = d.mdy
			}
			if d.again {
				a.Y, a.Bias = nil, d.bias
			}
			p := NewBatchNormDX(f)
			p.Run(threads(t, 1, 0, max(second(p.Need(d.n)), 1)), d.n, a)
			what := fmt.Sprintf("%s seed %d %s", isa, seed, d)
			wantSame(t, what+" dx", imagesOf(d.x, d.n, d.mx), imagesOf(d.x, d.n, want.dx))
			if d.e.Residual {
				wantSame(t, what+" dres", imagesOf(d.dy, d.n, d.mdy), imagesOf(d.dy, d.n, want.dres))
			}
		}
	}
}

// TestBatchNormStreams: a result that no cache keeps passes by them, and is the same, line by
// line, as one that lies over what it is made of.
func TestBatchNormStreams(t *testing.T) {
	for _, isa := range isas() {
		for _, width := range []int{192, 191} { // of lines that are whole, or not
			for _, residual := range []bool{false, true} {
				m, e := Map{C: 2 * Block, H: 191, W: width}, kernel.Epilogue{Act: kernel.ActRelu, Residual: residual}
				r := rand.New(rand.NewPCG(2, 29))
				vec := func() []float32 { return random(r, m.C) }
				a := BatchNormArgs{Y: make([]float32, m.Len(1)), X: random(r, m.Len(1)), Weight: vec(), Bias: vec(), RunMean: vec(), RunVar: vec(),
					Mean: vec(), InvStd: vec(), NewMean: vec(), NewVar: vec()}
				if residual {
					a.Residual = random(r, m.Len(1))
				}
				p := NewBatchNorm(BatchNormConfig{X: m, Y: m, Residual: m, Epilogue: e, Eps: 1e-5, Momentum: 0.1, ISA: isa})
				c := threads(t, 2, 0, second(p.Need(1)))
				p.Run(c, 1, a)
				over := a
				over.Y = a.X
				if !p.streams(1, a) || p.streams(1, over) {
					t.Fatalf("a result of its own streams: %v, one over its operand: %v; want the first only", p.streams(1, a), p.streams(1, over))
				}
				p.Run(c, 1, over)
				wantSame(t, fmt.Sprintf("%s width %d residual %v", isa, width, residual), a.Y, over.Y)
			}
		}
	}
}

// TestNormsFramed: results with a halo that no cache keeps pass by them, and are the same as
// those whose rows are no whole lines, zeros around them.
func TestNormsFramed(t *testing.T) {
	const n = 2
	m, e := Map{C: 2 * Block, H: 133, W: 132}, kernel.Epilogue{Act: kernel.ActRelu}
	framed := m
	framed.Halo = 1
	for _, isa := range isas() {
		r := rand.New(rand.NewPCG(2, 30))
		vec := func() []float32 { return random(r, m.C) }
		x, dy, weight, bias := random(r, m.Len(n)), random(r, m.Len(n)), vec(), vec()
		a := BatchNormArgs{X: x, Weight: weight, Bias: bias, RunMean: vec(), RunVar: vec(), Mean: vec(), InvStd: vec(), NewMean: vec(), NewVar: vec()}
		for _, workers := range []int{1, 2} {
			c := threads(t, workers, 0, NormNeed(m, n))
			for name, pass := range map[string]func(data []float32){
				"norm": func(data []float32) {
					a := a
					a.Y = data
					NewBatchNorm(BatchNormConfig{X: m, Y: framed, Epilogue: e, Eps: 1e-5, Momentum: 0.1, ISA: isa}).Run(c, n, a)
				},
				"again": func(data []float32) {
					NewBatchNormAgain(BatchNormAgainConfig{X: m, Y: framed, Epilogue: e, ISA: isa}).Run(c, n,
						BatchNormAgainArgs{Y: data, X: x, Weight: weight, Bias: bias, Mean: weight, InvStd: bias})
				},
				"gradient": func(data []float32) {
					NewBatchNormDX(BatchNormDXConfig{X: m, DY: m, DX: framed, Epilogue: e, Again: true, ISA: isa}).Run(c, n,
						BatchNormDXArgs{DX: data, DWeight: vec(), DBias: vec(), X: x, DY: dy, Weight: weight, Bias: bias, Mean: bias, InvStd: weight})
				},
			} {
				got := poison(kernel.Aligned(framed.Len(n)))
				want := poison(kernel.Aligned(framed.Len(n) + Block)[Block:])
				pass(got)
				pass(want)
				what := fmt.Sprintf("%s %s, %d threads", isa, name, workers)
				if framed.framed(got, n, isa) != (isa != kernel.Generic) || framed.framed(want, n, isa) {
					t.Fatalf("%s: only rows of whole lines should pass by the caches, and not without vectors", what)
				}
				wantSame(t, what, got, want)
				wantSame(t, what+", with zeros around", got, enter(framed, n, leave(framed, n, got)))
			}
		}
	}
}

// TestNormsStream: results that no cache keeps pass by them, unless they lie over an operand or
// are the blocks of a group, which are read at once.
func TestNormsStream(t *testing.T) {
	const n = 2
	whole := Map{C: 2 * Block, H: 133, W: 132}
	block := Map{C: Block, H: 266, W: 132}
	slice := block
	slice.Image = 2 * block.Size()
	small := Map{C: 2 * Block, H: 13, W: 12}
	for name, row := range map[string]struct {
		y    Map
		over bool // y lies over x
		want bool
	}{
		"a map":                 {whole, false, true},
		"over its operand":      {whole, true, false},
		"small":                 {small, false, false},
		"a group's own":         {block, false, false},
		"channels of a map":     {slice, false, true},
		"channels over a map's": {slice, true, false},
	} {
		x, y := make([]float32, row.y.Len(n)), make([]float32, row.y.Len(n))
		if row.over {
			y = x
		}
		p := NewBatchNorm(BatchNormConfig{X: row.y, Y: row.y, ISA: kernel.Generic})
		if got := p.streams(n, BatchNormArgs{Y: y, X: x}); got != row.want {
			t.Errorf("%s: got %v, want %v", name, got, row.want)
		}
	}
}
