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

// splitRows is the fewest rows that threads share evenly enough.
const splitRows = 14

// or returns s, or what suits maps m.
func (s Split) or(m Map) Split {
	switch {
	case s != AnySplit:
		return s
	case m.H >= splitRows:
		return ByRows
	}
	return ByChannels
}
