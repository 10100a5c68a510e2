package blocked

// pairing says which pixels of a result are mates: neighbours in a row or, where rows are odd,
// in a column or, where these are odd too, the same pixels of images that are neighbours. Both
// halves are the same vectors of the same lines of the same pictures.
type pairing struct {
	kind         mateKind
	lines, width int // of a picture, vectors of a line
}

type mateKind uint8

const (
	mateless mateKind = iota
	mateColumns
	mateRows
	mateImages
)

// pairingOf returns the mates of a result. Images are mates in training steps only: elsewhere one
// would depend on another.
func pairingOf(out *Map, images int) pairing {
	switch {
	case out.W%2 == 0:
		return pairing{mateColumns, out.H, out.W / 2}
	case out.H%2 == 0:
		return pairing{mateRows, out.H / 2, out.W}
	case images > 1:
		return pairing{mateImages, out.H, out.W}
	}
	return pairing{}
}

// mates says where the first half of the pixels lies in a map, in floats from one to the next,
// and how far from a pixel its mate.
type mates struct{ picture, line, pixel, mate int }

// every returns where the pixels of m lie in so many rows and columns.
func (p pairing) every(m *Map, rows, columns int) mates {
	a := mates{picture: m.Step(), line: rows * m.Row(), pixel: columns * Block}
	switch p.kind {
	case mateColumns:
		a.mate, a.pixel = a.pixel, 2*a.pixel
	case mateRows:
		a.mate, a.line = a.line, 2*a.line
	case mateImages:
		a.mate, a.picture = a.picture, 2*a.picture
	}
	return a
}

// images returns those of a picture, pictures how many there are in n of them.
func (p pairing) images() int {
	if p.kind == mateImages {
		return 2
	}
	return 1
}

func (p pairing) pictures(n int) int { return n / p.images() }

// rows returns the rows of the result that lines lie in.
func (p pairing) rows(line, lines int) (from, to int) {
	if p.kind == mateRows {
		return 2 * line, 2 * (line + lines)
	}
	return line, line + lines
}

// at returns where a line of a picture begins in a block of m.
func (a *mates) at(m *Map, picture, block, line int) int {
	return m.At(0, block, 0, 0) + picture*a.picture + line*a.line
}
