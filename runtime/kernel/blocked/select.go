package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// choose picks the algorithm of a shape. It must not depend on the processor:
// weights are packed for the algorithm before that is known.
func choose(f *ConvConfig) Algorithm {
	winograd := winogradWins(&f.Shape, max(1, f.Images))
	switch {
	case f.PlainIn && winogradRowFits(&f.Shape) && f.Shape.O >= rowFewest:
		return WinogradRow
	case f.PlainIn && f.Shape.Groups == 1:
		return Stem
	case f.PlainIn:
		return Loops
	case isDepthwise(f):
		return Depthwise
	default:
		return winograd
	}
}

// Chosen returns the algorithm that a plan takes with an instruction set: one of those that read
// the weights of what the shape chooses.
func (f ConvConfig) Chosen(isa kernel.ISA) Algorithm {
	if f.Algo != Auto {
		return f.Algo
	}
	if f.Algo = choose(&f); f.Algo == Direct && strassenWins(&f.Shape, isa, f.Images, f.Epilogue.Residual, f.most) {
		f.Algo = Strassen
	}
	return f.Algo
}

// Chosen is [ConvConfig.Chosen] for the gradient in the input.
func (f ConvDXConfig) Chosen(isa kernel.ISA) Algorithm {
	f.ISA = isa
	dxMethodOf(&f)
	return f.Algo
}

// methodOf makes the algorithm of f ready. Where the processor lacks the
// instruction set, loops do the same sums from weights in the same order.
func methodOf(f *ConvConfig) convMethod {
	switch f.Algo {
	case Depthwise:
		return newDepthwise(f)
	case Direct, Strassen:
		order := newDirectOrder(&f.Shape)
		switch {
		case f.ISA == kernel.Generic || f.PlainIn:
			return &convLoops{f: f, order: order}
		case f.Algo == Strassen:
			return newConvStrassen(newConvDirect(f, order), f.Images)
		}
		return newConvDirect(f, order)
	case Stem:
		order := newStemOrder(&f.Shape)
		if f.ISA == kernel.Generic {
			return &convLoops{f: f, order: order}
		}
		return newConvStem(f, order)
	case WinogradRow:
		return newConvWinogradRow(f)
	case Winograd2, Winograd3, Winograd4:
		return newConvWinograd(f).once(f.Images)
	}
	return &convLoops{f: f, order: plainOrder{&f.Shape}}
}
