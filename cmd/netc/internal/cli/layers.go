package cli

import (
	"fmt"
	"path/filepath"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
)

// layers lists the convolutions and matrix products of a planned module with the
// algorithms that their kernels will take, and what the others would cost.
func layers(m *ir.Module) []viz.Layer {
	var out []viz.Layer
	for _, f := range m.Funcs {
		for _, in := range f.Instrs {
			if in.Op.Cost == nil || in.Op.Name == "fused" || len(in.Outs) == 0 {
				continue
			}
			macs := atOne(f, in.Op.Cost(typesOf(in.Args), typesOf(in.Outs), in.Attrs).MACs)
			if macs == 0 {
				continue
			}
			l := viz.Layer{Func: f.Name, Stage: in.Stage, Op: in.Op.Name, Shape: in.Outs[0].Type.String(), Pos: fmt.Sprintf("%s:%d", filepath.Base(in.Pos.File), in.Pos.Line), MACs: macs}
			for _, vs := range [][]*ir.Value{in.Args, in.Outs} {
				for _, v := range vs {
					if v != nil {
						l.Bytes += atOne(f, v.Bytes())
					}
				}
			}
			decide(&l, m, f, in)
			out = append(out, l)
		}
	}
	return out
}

// atOne is a size for one image; sizes known at run time count as 256.
func atOne(f *ir.Func, e sym.Expr) int64 {
	env := map[string]int64{}
	for _, s := range e.Symbols() {
		env[s] = 256
	}
	env["N"] = 1
	n, err := e.Eval(env)
	if err != nil {
		return 0
	}
	return n
}

// decide finds the algorithm of a layer and the others.
func decide(l *viz.Layer, m *ir.Module, f *ir.Func, in *ir.Instr) {
	c, ok := ir.ContractionOf(in, ir.UsualImages(m, f))
	switch {
	case in.Op.Name == "matmul":
		l.Chosen, l.Why = "gemm", "products of matrices have one algorithm"
		return
	case !ok:
		l.Chosen, l.Why = "plain", "sizes are known at run time"
		return
	case in.Op.Name != "conv_dw" && in.Outs[0].Layout.Plain():
		l.Chosen, l.Why = "plain", "the function stays on plain images"
		return
	}
	names, why := c.Algorithms()
	l.Chosen = chosen(in, c)
	if l.Why = why; len(names) == 0 {
		return
	}
	for _, name := range names {
		l.Ways = append(l.Ways, way(name, c))
	}
	switch {
	case in.Strict():
		l.Why = "precision=strict"
	case in.Attrs.String("algo") != "auto":
		l.Why = "as measured by netc tune"
	}
}

// way is what a 3x3 convolution takes by an algorithm.
func way(name string, c ir.Contraction) viz.Way {
	rows, columns := (c.H+c.Pad[0]+c.Pad[2]-c.R)/c.Stride[0]+1, (c.W+c.Pad[1]+c.Pad[3]-c.S)/c.Stride[1]+1
	if c.Op == "conv_dx" {
		rows, columns = c.H, c.W
	}
	// Of a tile of outputs: its side, its products for a pair of channels, and their weights.
	tile, products, weights := int64(1), int64(9), int64(9)
	switch {
	case name == "winograd2" && c.Stride[0] == 2: // decision 0012
		tile, products, weights = 2, 25, 16
	case name == "winograd2":
		tile, products, weights = 2, 16, 16
	case name == "winograd4":
		tile, products, weights = 4, 36, 36
	}
	up := func(n int64) int64 { return (n + tile - 1) / tile }
	return viz.Way{Name: name, Products: products * up(rows) * up(columns) * c.C * c.O, Weights: weights * c.C * c.O * 4}
}

// chosen is the algorithm of a convolution on blocks of channels: what the pass took, or
// what its kernel will.
func chosen(in *ir.Instr, c ir.Contraction) string {
	if a := in.Attrs.String("algo"); a != "auto" {
		return a
	}
	s := kernel.ConvShape{
		C: int(c.C), H: int(c.H), W: int(c.W), O: int(c.O), R: int(c.R), S: int(c.S), StrideH: int(c.Stride[0]), StrideW: int(c.Stride[1]),
		DilH: int(c.Dilation[0]), DilW: int(c.Dilation[1]), PadTop: int(c.Pad[0]), PadLeft: int(c.Pad[1]), PadBottom: int(c.Pad[2]), PadRight: int(c.Pad[3]),
		Groups: int(c.Groups),
	}
	images := int(c.Images)
	switch c.Op {
	case "conv":
		return blocked.NewConv(blocked.ConvConfig{
			Shape: s, In: physical(in.Args[0]), PlainIn: in.Args[0].Layout.Plain(), Out: physical(in.Outs[0]), Images: images,
		}).Algo.String()
	case "conv_dx":
		return blocked.NewConvDX(blocked.ConvDXConfig{Shape: s, In: physical(in.Args[0]), Out: physical(in.Outs[0]), Images: images}).Algo.String()
	}
	names, _ := c.Algorithms()
	if len(names) == 0 {
		return "direct"
	}
	return fmt.Sprintf("%s, or %s for large batches", names[0], names[len(names)-1])
}

// physical is the map of a value, a plain one as if it were blocked.
func physical(v *ir.Value) blocked.Map {
	m, _ := ir.MapOf(v.Type, v.Layout)
	return blocked.Map{C: int(m.C), H: int(m.H), W: int(m.W), Halo: int(m.Halo)}
}

func typesOf(vs []*ir.Value) []op.Type {
	ts := make([]op.Type, len(vs))
	for i, v := range vs {
		if v != nil {
			ts[i] = v.Type
		}
	}
	return ts
}
