package blocked

// The input gradient of a convolution of stride 1 is a convolution with the weights
// turned by 180 degrees, inputs and outputs swapped, and its padding what the window
// leaves of the forward one.

// rotatedShape returns the convolution that f is, for a 3x3 kernel of stride 1.
func (f *ConvDXConfig) rotatedShape() (s ConvConfig, ok bool) {
	s = ConvConfig{Shape: f.Shape, In: f.In, Out: f.Out, Epilogue: f.Epilogue, Residual: f.Residual, Algo: f.Algo, ISA: f.ISA}
	r := &s.Shape
	r.C, r.O, r.H, r.W = f.Shape.O, f.Shape.C, f.Shape.P(), f.Shape.Q()
	r.PadTop, r.PadBottom = 2-r.PadTop, 2-r.PadBottom
	r.PadLeft, r.PadRight = 2-r.PadLeft, 2-r.PadRight
	return s, winogradFits(&f.Shape) && min(r.PadTop, r.PadBottom, r.PadLeft, r.PadRight) >= 0
}

// dxWinograd returns Winograd's algorithm for a backward-data convolution that asks
// for it, or leaves the choice and gains by it; nil otherwise.
func dxWinograd(f *ConvDXConfig) convMethod {
	s, ok := f.rotatedShape()
	if f.Algo == Auto && ok {
		s.Algo = winogradWins(&s.Shape, max(1, f.Images))
	}
	if s.Algo != Winograd2 && s.Algo != Winograd4 {
		return nil
	}
	if !ok {
		panic("blocked: Winograd's algorithm is for 3x3 kernels of stride 1 that pad by 2 at most")
	}
	f.Algo = s.Algo
	w := newConvWinograd(&s)
	w.rotated, w.weightC = true, f.Shape.C
	return w
}
