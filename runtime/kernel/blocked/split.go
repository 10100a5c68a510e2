package blocked

// Split says which parts of an image threads share out among themselves when they work
// on one together. Layers that follow each other find in a core's cache what it wrote
// where they are split alike. No result depends on it.
type Split uint8

const (
	// AnySplit is what the size of the result suggests.
	AnySplit Split = iota
	// ByRows gives each thread neighbouring rows of all channels.
	ByRows
	// ByChannels gives each thread neighbouring channels of all rows.
	ByChannels
)

// of returns how threads share n images: by images, which is by rows of them all, where
// there are enough.
func (s Split) of(n, threads int) Split {
	if n >= threads {
		return ByRows
	}
	return s
}

// work returns that of one image in the unit of [kernel.Ctx.Run]: multiply-adds, or the
// floats that pass by where there are few, and an activation that takes time.
func (f *ConvConfig) work() int {
	work := max(f.Shape.MACs(), 4*(f.In.Size()+f.Out.Size()))
	if endingOf(&f.Epilogue).after {
		work += actWork * f.Out.Size()
	}
	return work
}

const (
	actWork   = 12      // of a transcendental function
	planeWork = 1 << 10 // of going to another plane: as much as small ones take
)

// passWork returns the work of a pass over n images of m, of whose floats each counts so
// much.
func (m Map) passWork(n, each int) int { return n * (each*m.Size() + planeWork*m.Blocks()) }

// How threads share a map unless they are told.
const (
	splitRows  = 14      // the fewest rows that they share evenly enough
	splitPlane = 6 << 10 // bytes out of the other's cache that a plane costs of which each writes some rows
	splitEven  = 1.05    // of an even share, for the busier of two that share strips of channels
)

// or returns s, or what suits a convolution from in to out. The processor fetches lines past
// the end of the rows that a thread writes, which are those of the other; a thread that writes
// whole planes reads all of the input, of which the other may have written half.
func (s Split) or(in, out Map) Split {
	strips := ceilDiv(out.C, tileOuts)
	even := float64(strips+strips%2) <= splitEven*float64(strips)
	switch {
	case s != AnySplit:
		return s
	case out.H < splitRows, even && 4*in.Size()/2 < splitPlane*out.Blocks():
		return ByChannels
	}
	return ByRows
}
