package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwWinograd is the weight gradient of F(m x m, 3 x 3), the transpose of its law in
// the weights: with D = A dy Aᵀ for each tile,
//
//	S[xi][i][o] = Σ_tile V[xi][tile][i] · D[xi][tile][o]      dw = Gᵀ S G
//
// Blocks of tiles follow each other and add to one S, each in three steps that the
// threads share: transforms by groups of channels, products by points. Every sum is
// one chain over the tiles, so its bits do not depend on the threads.
type dwWinograd struct {
	w *convWinograd
	f *ConvDWConfig
}

// winoDWTiles bounds the tiles of a block: enough of them pay for reading and
// writing S, which is as large as U.
const winoDWTiles = winoTiles

// dwWithWinograd returns Winograd's algorithm for a weight gradient that asks for it
// or, where the choice is left, for batches that gain by it, and direct otherwise.
func dwWithWinograd(f *ConvDWConfig, direct dwMethod) dwMethod {
	if f.PlainX || f.ISA == kernel.Generic || !winogradFits(&f.Shape) {
		return direct
	}
	c := ConvConfig{Shape: f.Shape, In: f.X, Out: f.DY, Algo: f.Algo, ISA: f.ISA}
	switch f.Algo {
	case Winograd2, Winograd4:
		return &dwWinograd{w: newConvWinograd(&c), f: f}
	case Auto:
		// Tiles must not reach too far beyond the image.
		tiles := ceilDiv(f.Shape.P(), 4) * ceilDiv(f.Shape.Q(), 4)
		if s := &f.Shape; 36*tiles*4/3 < 9*s.P()*s.Q() && min(s.C, s.O) >= winogradFew {
			c.Algo = Winograd4
			return &dwByBatch{few: direct, many: &dwWinograd{w: newConvWinograd(&c), f: f}}
		}
	}
	return direct
}

// dwByBatch chooses by the number of tiles: few of them do not pay for reading and
// writing S.
type dwByBatch struct {
	few  dwMethod
	many *dwWinograd
}

// dwMany is the fewest tiles of a batch that Winograd's algorithm is faster for.
const dwMany = 24

func (d *dwByBatch) need(n int) (perWorker, shared int) {
	perWorker, shared = d.few.need(n)
	own, all := d.many.need(n)
	return max(perWorker, own), max(shared, all)
}

func (d *dwByBatch) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	d.of(n).run(c, n, dw, x, dy)
}

// of returns the method of a batch of n images.
func (d *dwByBatch) of(n int) dwMethod {
	if d.many.w.tilesOf(n) < dwMany {
		return d.few
	}
	return d.many
}

// dwAreas are the floats of V, D and S, and of their points.
type dwAreas struct{ tiles, v, d, xsV, xsD int }

func (d *dwWinograd) areas(n int) dwAreas {
	a := dwAreas{tiles: min(d.w.tilesOf(n), winoDWTiles)}
	a.xsV, a.xsD = winoStride(d.w.ins, a.tiles), winoStride(d.w.outs, a.tiles)
	a.v, a.d = d.w.points()*a.xsV, d.w.points()*a.xsD
	return a
}

// results is the floats of the 3x3 gradients of 16 outputs.
func (d *dwWinograd) results() int { return d.w.channels * 9 * tileOuts }

func (d *dwWinograd) need(n int) (perWorker, shared int) {
	a := d.areas(n)
	return d.results(), a.v + a.d + d.w.packedLen()
}

type dwWinogradTask struct {
	*dwWinograd
	ctx          *kernel.Ctx
	areas        dwAreas
	n            int
	block, phase int
	dw, x, dy    []float32
	table        []winoTile
	tiles        [winoTiles]winoTile // behind table
}

// Phases of a task.
const (
	dwTransform = iota
	dwMultiply
	dwBack
)

func (d *dwWinograd) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwWinogradTask](c)
	*t = dwWinogradTask{dwWinograd: d, ctx: c, areas: d.areas(n), n: n, dw: dw, x: x, dy: dy}
	blocks := ceilDiv(d.w.tilesOf(n), t.areas.tiles)
	work := n * d.f.Shape.MACs() * d.w.points() / (9 * d.w.m * d.w.m) / blocks
	for t.block = range blocks {
		first := t.block * t.areas.tiles
		t.table = t.tiles[:min(t.areas.tiles, d.w.tilesOf(n)-first)]
		d.w.tiles(t.table, first)
		t.phase = dwTransform
		c.Run(d.w.ins+d.w.outs, work, t)
		t.phase = dwMultiply
		c.Run(d.w.points(), work, t)
	}
	t.phase = dwBack
	c.Run(d.w.outs, 8*d.f.Shape.Weights(), t)
}

// Chunk does one group of channels or one point of a block, or the weights of 16
// outputs.
func (t *dwWinogradTask) Chunk(worker, chunk int) {
	a := &t.areas
	shared := t.ctx.Shared(a.v + a.d + t.w.packedLen())
	v, d, s := shared[:a.v], shared[a.v:][:a.d], shared[a.v+a.d:]
	switch t.phase {
	case dwTransform:
		t.transform(v, d, chunk)
	case dwMultiply:
		t.multiply(v[chunk*a.xsV:], d[chunk*a.xsD:], s[chunk*t.w.plane():], len(t.table))
	case dwBack:
		t.back(t.ctx.Scratch(worker, t.results()), s, chunk)
	}
}

// transform fills one group of channels of V or, after those, of D.
func (t *dwWinogradTask) transform(v, d []float32, group int) {
	tiles := len(t.table)
	if group < t.w.ins {
		a := winoInArgs{table: &t.table[0], tiles: tiles, row: 4 * t.f.X.Row(), xs: 4 * t.areas.xsV}
		a.groups(t.f.X, t.x, v[group*tiles*tileOuts:], group, t.f.ISA, t.w.t, false)
		return
	}
	group -= t.w.ins
	a := winoInArgs{table: &t.table[0], tiles: tiles, row: 4 * t.f.DY.Row(), xs: 4 * t.areas.xsD}
	a.groups(t.f.DY, t.dy, d[group*tiles*tileOuts:], group, t.f.ISA, t.w.m, true)
}

// groups transforms the blocks of one group of channels of a map, tiles of so many pixels a
// side. (A transform that were handed over as a function would put a on the heap.)
func (a *winoInArgs) groups(m Map, data, v []float32, group int, isa kernel.ISA, side int, gradient bool) {
	blocks, width := min(2, m.Blocks()-2*group), isa.Lanes()/Block
	if blocks == 2 && width == 2 {
		a.plane = 4 * m.Plane()
	}
	for b := 0; b < blocks; b += width {
		a.x, a.v = &data[(2*group+b)*m.Plane()], &v[b*Block]
		if gradient {
			a.gradient(isa, side)
		} else {
			a.run(isa, side)
		}
	}
}

// dwRuns cuts the inputs of a group into register tiles: where they begin and their
// inputs.
func dwRuns(isa kernel.ISA, inputs int) [][2]int {
	switch {
	case isa == kernel.AVX512 && inputs == Block:
		return dwCuts[:1]
	case isa == kernel.AVX512:
		return dwCuts[:2]
	case inputs == Block:
		return dwCuts[2:4]
	}
	return dwCuts[4:]
}

var dwCuts = [][2]int{{0, 8}, {8, 8}, {0, 4}, {4, 4}, {0, 6}, {6, 5}, {11, 5}}

// multiply adds a block of tiles to S of one point.
func (t *dwWinogradTask) multiply(v, d, s []float32, tiles int) {
	isa := t.f.ISA
	a := winoDWArgs{as: 4 * tiles * tileOuts, bs: 4 * tiles * tileOuts, sstep: 4 * t.w.panel(), tiles: tiles}
	if t.block > 0 {
		a.resume = 1
	}
	full := t.w.channels / tileOuts
	for g := 0; g < t.w.outs; {
		groups := 1
		if isa == kernel.AVX512 {
			groups = min(2, t.w.outs-g)
		}
		a.b = &d[g*tiles*tileOuts]
		call := func(first, count, inputs int) {
			if count == 0 {
				return
			}
			a.groups = count
			for _, cut := range dwRuns(isa, inputs) {
				a.a = &v[first*tiles*tileOuts+cut[0]]
				a.s = &s[g*t.w.panel()+(first*tileOuts+cut[0])*tileOuts]
				a.run(isa, cut[1], groups*tileOuts/isa.Lanes())
			}
		}
		call(0, full, tileOuts)
		call(full, t.w.ins-full, Block)
		g += groups
	}
}

// back writes the gradients of the weights of 16 outputs.
func (t *dwWinogradTask) back(results, s []float32, group int) {
	shape, isa := &t.f.Shape, t.f.ISA
	a := winoWeightArgs{n: t.w.channels, xs: 4 * t.w.plane()}
	for b := 0; b < tileOuts; b += isa.Lanes() {
		a.s, a.dw = &s[group*t.w.panel()+b], &results[b]
		a.run(isa, t.w.m)
	}
	for o := group * tileOuts; o < min((group+1)*tileOuts, shape.O); o++ {
		for i := range shape.C {
			from := results[i*9*tileOuts+o%tileOuts:]
			to := t.dw[(o*shape.C+i)*9:][:9]
			for k := range to {
				to[k] = from[k*tileOuts]
			}
		}
	}
}
