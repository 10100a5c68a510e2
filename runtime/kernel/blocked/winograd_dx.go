package blocked

import "github.com/netc-lang/netc/runtime/kernel"

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
	if spreads(&f.Shape) {
		return dxSpread(f)
	}
	s, ok := f.rotatedShape()
	if f.Algo == Auto && ok {
		s.Algo = winogradWins(&s.Shape, max(1, f.Images))
	}
	if _, transforms := s.Algo.transforms(); !transforms {
		return nil
	}
	if !ok {
		panic("blocked: Winograd's algorithm is for 3x3 kernels of stride 1 that pad by 2 at most")
	}
	f.Algo = s.Algo
	w := newConvWinograd(&s)
	w.rotated, w.weightC = true, f.Shape.C
	return w.once(f.Images)
}

// spreads reports whether Winograd's algorithm computes the input gradient of a convolution
// of stride 2: tiles begin where a window has its middle.
func spreads(s *kernel.ConvShape) bool {
	return winogradHalves(s) && s.PadTop == 1 && s.PadLeft == 1
}

// dxSpread is dxWinograd for stride 2: every tile of 4 x 4 results is made of 3 x 3 pixels.
func dxSpread(f *ConvDXConfig) convMethod {
	s := ConvConfig{Shape: f.Shape, In: f.In, Out: f.Out, Epilogue: f.Epilogue, Residual: f.Residual, Algo: Winograd2, ISA: f.ISA}
	r := &s.Shape
	r.C, r.O, r.H, r.W, r.StrideH, r.StrideW = f.Shape.O, f.Shape.C, f.Shape.P(), f.Shape.Q(), 1, 1
	w := newConvWinograd(&s)
	r.PadTop, r.PadLeft = 0, 0 // tiles begin with the pixel that they are made of
	w.take(winoSpread)
	w.cover(f.Out.H, f.Out.W)
	w.rotated, w.weightC = true, f.Shape.C
	switch {
	case f.Algo == Winograd3 || f.Algo == Winograd4:
		panic("blocked: Winograd's algorithm is F(2, 3) for a stride of 2")
	case f.Algo == Auto && w.spreadWins(max(1, f.Images)):
		f.Algo = Winograd2
	case f.Algo != Winograd2:
		return nil
	}
	return w.once(f.Images)
}

// spreadWins is winogradWins for the gradient of stride 2.
func (w *convWinograd) spreadWins(images int) bool {
	s := &w.f.Shape
	few := min(s.C, s.O)
	cost := float64(max(images*w.line(w.f.Out.H)*w.line(w.f.Out.W), w.weights*w.weights*winoMade)) * (1 + float64(halvedWays[0].transforms)/float64(few))
	return few >= winogradFew && cost < float64(9*images*w.f.In.H*w.f.In.W)/winoWorth
}
