package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwWinogradPanel is a part of S: some groups of outputs by some of inputs.
type dwWinogradPanel struct {
	out, outs int // groups of 16
	in, ins   int
	inBase    int // the group of inputs that V begins with
	outBase   int // and that of outputs of D
	panel     int // floats of S from one group of outputs to the next
	stride    int // and from one point to the next
}

// S of a whole plan is as large as U, many times the weights. Where all tiles are one block
// nothing is added to it later, so that it is made panel by panel, whose points stay in the
// second cache until the weights are made of them.
const (
	dwPanelOuts = 2 // groups of a panel: one register tile wide
	dwPanelIns  = 4
	dwResults   = dwPanelIns * tileOuts * 9 * tileOuts // floats of 3x3 gradients that are turned at a time
)

// all is S as one panel.
func (d *dwWinograd) all() dwWinogradPanel {
	return dwWinogradPanel{outs: d.w.outs, ins: d.w.ins, panel: d.w.panel(), stride: d.w.plane()}
}

// whole is a panel of full size.
func (d *dwWinograd) whole() dwWinogradPanel {
	p := dwWinogradPanel{outs: min(dwPanelOuts, d.w.outs), ins: min(dwPanelIns, d.w.ins)}
	p.panel = p.ins * tileOuts * tileOuts
	p.stride = winoStride(p.outs*p.ins, tileOuts)
	return p
}

// panels returns the number of panels of S.
func (d *dwWinograd) panels() int {
	return ceilDiv(d.w.ins, dwPanelIns) * ceilDiv(d.w.outs, dwPanelOuts)
}

// panel returns a panel of S. Those of the same inputs, whose V is the larger part of what
// a panel reads, follow each other.
func (d *dwWinograd) panel(i int) dwWinogradPanel {
	p, beside := d.whole(), ceilDiv(d.w.outs, dwPanelOuts)
	p.out, p.in = i%beside*dwPanelOuts, i/beside*dwPanelIns
	p.outs, p.ins = min(p.outs, d.w.outs-p.out), min(p.ins, d.w.ins-p.in)
	return p
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

// multiply makes the products of a block of tiles at point xi and writes them to a panel
// of its point of U, which begins at s, or adds them to what is there.
func (t *dwWinogradTask) multiply(p dwWinogradPanel, xi int, v, d, s []float32) {
	from, to := t.w.needing(xi, t.kinds)
	if from == to { // their gradients are zeros, and so are the sums
		from, to = 0, len(t.table)
	}
	v, d, tiles := v[xi*t.areas.xsV+from*tileOuts:], d[xi*t.areas.xsD+from*tileOuts:], len(t.table)
	isa := t.f.ISA
	a := winoDWArgs{as: 4 * tiles * tileOuts, bs: 4 * tiles * tileOuts, sstep: 4 * p.panel, tiles: to - from}
	if t.block > 0 || t.w.shares(xi) {
		a.resume = 1
	}
	full := min(p.ins, t.w.channels/tileOuts-p.in)
	for g := 0; g < p.outs; {
		groups := 1
		if isa == kernel.AVX512 {
			groups = min(2, p.outs-g)
		}
		a.b = &d[(p.out-p.outBase+g)*tiles*tileOuts]
		call := func(first, count, inputs int) {
			if count == 0 {
				return
			}
			a.groups = count
			for _, cut := range dwRuns(isa, inputs) {
				a.a = &v[(p.in-p.inBase+first)*tiles*tileOuts+cut[0]]
				a.s = &s[g*p.panel+(first*tileOuts+cut[0])*tileOuts]
				a.run(isa, cut[1], groups*tileOuts/isa.Lanes())
			}
		}
		call(0, full, tileOuts)
		call(full, p.ins-full, Block)
		g += groups
	}
}

// join adds a panel of the second part's S to that of the first.
func (t *dwWinogradTask) join(p dwWinogradPanel, s, second []float32) {
	floats := (p.outs-1)*p.panel + min(p.ins*tileOuts, t.w.channels-p.in*tileOuts)*tileOuts
	for point := range t.w.weights * t.w.weights {
		addTo(t.f.ISA, s[point*p.stride:][:floats], second[point*p.stride:][:floats])
	}
}

// back writes the gradients of the weights of a panel, which begins at s.
func (t *dwWinogradTask) back(p dwWinogradPanel, results, s []float32) {
	shape, isa := &t.f.Shape, t.f.ISA
	for g := range p.outs {
		o := (p.out + g) * tileOuts
		for first := 0; first < p.ins; first += dwPanelIns {
			i, end := (p.in+first)*tileOuts, (p.in+min(first+dwPanelIns, p.ins))*tileOuts
			a := winoWeightArgs{n: min(end, t.w.channels) - i, xs: 4 * p.stride}
			for b := 0; b < tileOuts; b += isa.Lanes() {
				a.s, a.dw = &s[g*p.panel+first*tileOuts*tileOuts+b], &results[b]
				a.run(isa, t.w.form)
			}
			order := dwOrder[:9*(min(end, shape.C)-i)]
			transpose(t.dw[(o*shape.C+i)*9:], 9*shape.C, min(tileOuts, shape.O-o), results, order)
		}
	}
}

// dwOrder is where the results of an output lie, those of 16 outputs side by side.
var dwOrder = func() (order [dwResults / tileOuts]int32) {
	for e := range order {
		order[e] = int32(e * tileOuts)
	}
	return order
}()
