package cli

import (
	"fmt"
	"path/filepath"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// layers lists the convolutions and matrix products of a planned module with the
// algorithms that their kernels will take, and what the others would cost. t are the
// measured choices that the passes had.
func layers(m *ir.Module, t *target.Tuning) []viz.Layer {
	var out []viz.Layer
	for _, f := range m.Funcs {
		usual := f.UsualSizes()
		for _, in := range f.Instrs {
			for _, in := range in.Parts() {
				if l, ok := layer(f.Name, in, usual); ok {
					decide(&l, t, in, ir.UsualImages(m, f), usual)
					out = append(out, l)
				}
			}
		}
	}
	return out
}

// layer is what in computes for one image of the usual size; false where it multiplies
// nothing.
func layer(name string, in *ir.Instr, usual kernels.Sizes) (viz.Layer, bool) {
	macs := atOne(usual, in.MACs())
	if macs == 0 {
		return viz.Layer{}, false
	}
	l := viz.Layer{Func: name, Stage: in.Stage, Op: in.Op.Name, Shape: in.Outs[0].Type.String(), Pos: fmt.Sprintf("%s:%d", filepath.Base(in.Pos.File), in.Pos.Line), MACs: macs}
	for _, vs := range [][]*ir.Value{in.Args, in.Outs} {
		for _, v := range vs {
			if v != nil {
				l.Bytes += atOne(usual, v.Bytes())
			}
		}
	}
	return l, true
}

// atOne is a size for one image of the usual size.
func atOne(usual kernels.Sizes, e sym.Expr) int64 {
	n, err := e.Eval(usual)
	if err != nil {
		return 0
	}
	return n
}

// decide finds the algorithm of a layer and the others, at the usual sizes where those of
// a call are known at run time only.
func decide(l *viz.Layer, t *target.Tuning, in *ir.Instr, images int64, usual kernels.Sizes) {
	c, ok := ir.ContractionAt(in, images, usual)
	_, known := ir.ContractionOf(in, images)
	switch {
	case in.Op.Name == "matmul":
		l.Chosen, l.Why = "gemm", "products of matrices have one algorithm"
		return
	case !ok:
		l.Chosen, l.Why = "plain", "it has one algorithm"
		return
	case in.Op.Name != "conv_dw" && in.Outs[0].Layout.Plain():
		l.Chosen, l.Why = "plain", "the function stays on plain images"
		return
	}
	names, why := c.Algorithms()
	if c.PictureOnly(in) {
		names, why = nil, "few channels inside a network have one algorithm"
	}
	l.Chosen = chosen(in, c, usual)
	if l.Why = why; len(names) == 0 {
		return
	}
	if !known {
		l.Why = "chosen for pictures of about 256 pixels a side; the sizes of a call are known at run time"
	}
	for _, name := range names {
		l.Ways = append(l.Ways, way(name, c))
	}
	switch _, measured := t.Choose(c.String()); {
	case in.Strict():
		l.Why = "precision=strict"
	case in.Attrs.String("algo") == "auto":
	case measured:
		l.Why = "as measured by netc tune"
	default:
		l.Why = "no room for larger weights"
	}
}

// way is what a convolution takes by an algorithm.
func way(name string, c ir.Contraction) viz.Way {
	rows, columns := (c.H+c.Pad[0]+c.Pad[2]-c.R)/c.Stride[0]+1, (c.W+c.Pad[1]+c.Pad[3]-c.S)/c.Stride[1]+1
	if c.Op == "conv_dx" {
		rows, columns = c.H, c.W
	}
	// Of a tile of outputs: its height and width, its products for a pair of channels, and
	// their weights.
	height, width, products, weights := int64(1), int64(1), c.R*c.S, c.R*c.S
	switch {
	case name == "winogradrow": // F(4, 4) of the even and of the odd columns
		width, products, weights = 4, 14*c.R, 14*c.R
	case name == "winograd2" && c.Stride[0] == 2: // decision 0012
		height, width, products, weights = 2, 2, 25, 16
	case name == "winograd2":
		height, width, products, weights = 2, 2, 16, 16
	case name == "winograd3":
		height, width, products, weights = 3, 3, 25, 25
	case name == "winograd4":
		height, width, products, weights = 4, 4, 36, 36
	}
	up := func(n, to int64) int64 { return (n + to - 1) / to }
	all := products * up(rows, height) * up(columns, width) * c.C * c.O
	if name == "strassen" { // decision 0022
		all = all / 8 * 7
	}
	return viz.Way{Name: name, Products: all, Weights: weights * c.C * c.O * 4}
}

// chosen is the algorithm of a convolution on blocks of channels: what the pass took, or
// what its kernel will.
func chosen(in *ir.Instr, c ir.Contraction, at kernels.Sizes) string {
	if a := in.Attrs.String("algo"); a != "auto" {
		return a
	}
	var by func(kernel.ISA) blocked.Algorithm
	switch c.Op {
	case "conv":
		by = kernels.Conv(in, c.Images, at).Chosen
	case "conv_dx":
		by = kernels.ConvDX(in, c.Images, at).Chosen
	}
	if by != nil {
		avx2, avx512 := by(kernel.AVX2), by(kernel.AVX512)
		if avx2 == avx512 {
			return avx2.String()
		}
		return fmt.Sprintf("%s, or %s with AVX-512", avx2, avx512)
	}
	names, _ := c.Algorithms()
	if len(names) == 0 {
		return "direct"
	}
	return fmt.Sprintf("%s, or %s for large batches", names[0], names[len(names)-1])
}
