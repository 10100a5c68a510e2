package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// From where on Strassen's algorithm is the faster one: sums of pixels are shared by all
// outputs, those of weights by all pixels, and results by all inputs.
const (
	strassenFewest = 192               // pixels
	strassenWork   = 64 * 64 * 56 * 56 // pixels times the square of the fewer channels
	strassenBeside = 128               // channels where results have a residual or a gate, which take longer
)

// strassenWins reports whether Strassen's algorithm is faster than Direct for a call of some images:
// where there is enough of everything that the sums and results find time beside the products,
// and a tile has some to spare. It has none with AVX2, since it reads twice as much for its
// products, nor where a core runs vectors of AVX-512 whole; most asks as if it did not.
func strassenWins(s *kernel.ConvShape, isa kernel.ISA, images int, more, most bool) bool {
	channels, pixels := min(s.C, s.O), max(1, images)*s.P()*s.Q()
	if pairingOf(&Map{H: s.P(), W: s.Q()}, images).kind == mateless {
		return false
	}
	return isa == kernel.AVX512 && (most || kernel.DoublePumped()) && strassenFits(s) &&
		pixels >= strassenFewest && channels*channels*pixels >= strassenWork && (!more || channels >= strassenBeside)
}
