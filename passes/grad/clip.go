package grad

import "github.com/netc-lang/netc/ir"

// clipEps keeps the factor finite, as in PyTorch.
const clipEps = 1e-6

// clipped scales the gradients of all states by min(1, limit/(norm + 1e-6)),
// where norm is the Euclidean norm of all of them together, and returns the
// scaled ones. Squares are summed for each state, and the sums in the order of
// m.States, so that the norm repeats bit for bit.
//
// Source: PyTorch, torch.nn.utils.clip_grad_norm_; Pascanu, Mikolov and Bengio
// 2012, arXiv:1211.5063.
func clipped(b *ir.Builder, m *ir.Module, limit float64, gradient func(*ir.State) *ir.Value) func(*ir.State) *ir.Value {
	e := emitter{b}
	gradients := map[*ir.State]*ir.Value{}
	for _, s := range m.States {
		if g := gradient(s); g != nil {
			gradients[s] = g
		}
	}
	b.Stage = "clip"
	var squares *ir.Value
	for _, s := range m.States {
		g := gradients[s]
		if g == nil {
			continue
		}
		b.Pos = s.Pos
		sum := e.mul(g, g)
		if rank := g.Type.Rank(); rank > 0 {
			sum = e.sum(sum, axesBut(rank))
		}
		if squares != nil {
			sum = e.add(squares, sum)
		}
		squares = sum
	}
	if squares == nil {
		return func(*ir.State) *ir.Value { return nil }
	}
	norm := e.One("sqrt", nil, squares)
	factor := e.One("min", nil, e.div(e.scalar(limit, norm), e.shift(norm, clipEps)), e.scalar(1, norm))
	return func(s *ir.State) *ir.Value {
		if gradients[s] == nil {
			return nil
		}
		b.Pos, b.Stage = s.Pos, "clip"
		return e.mul(gradients[s], factor)
	}
}
