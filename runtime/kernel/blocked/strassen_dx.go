package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convDXStrassen is the gradient of the input of a convolution of one tap, which is one with
// inputs and outputs swapped.
type convDXStrassen struct {
	*convDXDirect
	method convMethod
}

// dxStrassenShape returns that convolution.
func dxStrassenShape(s *kernel.ConvShape) kernel.ConvShape {
	r := *s
	r.C, r.O, r.H, r.W = s.O, s.C, s.P(), s.Q()
	return r
}

func dxStrassenWins(f *ConvDXConfig) bool {
	s := dxStrassenShape(&f.Shape)
	return s.StrideH == 1 && s.StrideW == 1 && strassenWins(&s, f.ISA, f.Images, f.Epilogue.Residual || f.Gate.present(), f.most)
}

func newConvDXStrassen(d *convDXDirect) convMethod {
	f := d.f
	if s := dxStrassenShape(&f.Shape); !strassenFits(&s) || s.StrideH != 1 || s.StrideW != 1 {
		panic("blocked: Strassen's algorithm is for windows of one tap, of stride 1 in a gradient")
	}
	return &convDXStrassen{d, newConvStrassen(d.classes[0].convDirect, f.Images)}
}

func (d *convDXStrassen) need(n int) (perWorker, shared int) { return d.method.need(n) }

func (d *convDXStrassen) run(c *kernel.Ctx, call convCall) { d.method.run(c, call) }

func (d *convDXStrassen) loads(n, threads int) [][]int {
	return d.method.(interface{ loads(n, threads int) [][]int }).loads(n, threads)
}
