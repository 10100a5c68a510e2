package grad

import (
	"math"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// layers counts how far the stage of each state of net is from the output: the stages
// are in the order in which the net first uses them, and the last one has depth 0, as
// have layers that live only in training.
//
// Source: Clark et al. 2020, arXiv:2003.10555; Bao et al. 2021, arXiv:2106.08254.
func (o *rule) layers(m *ir.Module, net string) {
	o.rates = map[int]*ir.Value{}
	if o.layerDecay == 1 {
		return
	}
	o.depth = map[*ir.State]int{}
	number := map[string]int{}
	for _, s := range m.States {
		if s.Net != net || s.Training {
			continue
		}
		stage := stageOf(s.Name)
		if _, known := number[stage]; !known {
			number[stage] = len(number)
		}
		o.depth[s] = number[stage]
	}
	for s, n := range o.depth {
		o.depth[s] = len(number) - 1 - n
	}
}

// stageOf is the stage that a weight belongs to: the element of the innermost list
// that holds it, such as stage[2][0]; outside lists the block around its layer, or
// the layer itself where that is at the top.
func stageOf(path string) string {
	if i := strings.LastIndexByte(path, ']'); i >= 0 {
		return path[:i+1]
	}
	parts := strings.Split(path, ".")
	switch n := len(parts); n {
	case 1, 2:
		return parts[0]
	default:
		return strings.Join(parts[:n-2], ".")
	}
}

// rate is the learning rate of a state.
func (o *rule) rate(b *ir.Builder, s *ir.State, lr *ir.Value) *ir.Value {
	depth := o.depth[s]
	if depth == 0 {
		return lr
	}
	if o.rates[depth] == nil {
		factor := b.One("const", op.Attrs{"dtype": tensor.F32.String(), "shape": []int64{}, "values": []float64{math.Pow(o.layerDecay, float64(depth))}})
		o.rates[depth] = b.One("mul", nil, lr, factor)
	}
	return o.rates[depth]
}
