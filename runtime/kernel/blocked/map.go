package blocked

// Block is the number of channels that lie side by side.
const Block = 8

// Map describes a batch of images in the blocked layout. The data of a map is a
// slice that begins at the halo of block 0 of the first image; for a slice of the
// channels of a larger map it begins at the slice's first block, and Image is the
// larger map's.
type Map struct {
	C, H, W int
	Halo    int  // zeros on each side of every plane
	Image   int  // floats from one image to the next; 0: no gap
	Apart   int  // floats from one channel block to the next, or from one double block; 0: no gap
	Double  bool // pixels of two blocks lie side by side: bands between layers of a chain
}

// Blocks returns the channel blocks of an image.
func (m Map) Blocks() int { return ceilDiv(m.C, Block) }

// pixel returns the floats from one pixel to the next.
func (m *Map) pixel() int {
	if m.Double {
		return 2 * Block
	}
	return Block
}

// planes returns the blocks of an image, or its double blocks.
func (m *Map) planes() int { return ceilDiv(m.C, m.pixel()) }

// Row returns the floats from one row to the next.
func (m Map) Row() int { return (m.W + 2*m.Halo) * m.pixel() }

// Plane returns the floats from one channel block to the next, or from one double block.
func (m Map) Plane() int {
	if m.Apart != 0 {
		return m.Apart
	}
	return (m.H + 2*m.Halo) * m.Row()
}

// Size returns the floats of one image, halo and padding channels included.
func (m Map) Size() int { return m.planes() * m.Plane() }

// Step returns the floats from one image to the next.
func (m Map) Step() int {
	if m.Image != 0 {
		return m.Image
	}
	return m.Size()
}

// Len returns the floats that n images span.
func (m Map) Len(n int) int {
	if n == 0 {
		return 0
	}
	return (n-1)*m.Step() + m.Size()
}

// At returns the position of pixel (y, x) of a block of an image; coordinates may
// reach Halo beyond the picture.
func (m *Map) At(image, block, y, x int) int {
	return image*m.Step() + m.block(block) + (y+m.Halo)*m.Row() + (x+m.Halo)*m.pixel()
}

// block returns the floats from block 0 to another.
func (m *Map) block(block int) int {
	if m.Double {
		return block/2*m.Plane() + block%2*Block
	}
	return block * m.Plane()
}

// grid says where the pixels of one channel of an image lie: pixel (y, x) at
// at + y*row + x*col. Its channels are those of a map, or of plain images.
type grid struct{ at, row, col int }

func (m Map) grid(image, ch int, plain bool) grid {
	if plain {
		return grid{(image*m.C + ch) * m.H * m.W, m.W, 1}
	}
	return grid{m.At(image, ch/Block, 0, 0) + ch%Block, m.Row(), Block}
}

// ZeroHalo writes the zeros around blocks [b0, b1) of one image.
func (m Map) ZeroHalo(data []float32, image, b0, b1 int) {
	m.zeroBands(data, image, b0, b1, 0, m.H)
}

// zeroBands writes the zeros on both sides of rows [p0, p1) of blocks [b0, b1), and
// those above the first row and below the last of the picture where the band has
// them.
func (m Map) zeroBands(data []float32, image, b0, b1, p0, p1 int) {
	m.zeroBandsBelow(data, 0, image, b0, b1, p0, p1)
}

// zeroBandsBelow is zeroBands of data that begins below so many rows of the map.
func (m Map) zeroBandsBelow(data []float32, above, image, b0, b1, p0, p1 int) {
	if m.Halo > 0 && b0 < b1 {
		planes := (b1 - b0) * Block / m.pixel()
		m.zeroPlanes(data[image*m.Step()+m.block(b0):], planes, m.Plane(), above, p0, p1)
	}
}

// zeroPlanes is zeroBands of planes step floats apart, from the first of data on.
func (m Map) zeroPlanes(data []float32, planes, step, above, p0, p1 int) {
	if m.Halo == 0 || p0 >= p1 {
		return
	}
	row, each := m.Row()/Block, m.pixel()/Block
	// The right side of a row and the left side of the next are neighbours.
	f := frame{planes: planes, step: step, head: each * m.Halo, rows: p1 - p0 - 1, width: each * m.W, side: 2 * each * m.Halo, tail: each * m.Halo}
	at := (m.Halo + p0 - above) * row * Block
	if p0 == 0 {
		at -= m.Halo * row * Block
		f.head += m.Halo * row
	}
	if p1 == m.H {
		f.tail += m.Halo * row
	}
	f.zero(data[at:])
}

// frame is what surrounds rows of planes, in pixels of a block; step is in floats. A plane is
// head zeros, then rows times width pixels and side zeros, then width pixels and tail
// zeros.
type frame struct {
	planes, step            int
	head, rows, width, side int
	tail                    int
}

// zeroGeneric clears the frame in plain loops: the definition.
func (f *frame) zeroGeneric(dst []float32) {
	for b := range f.planes {
		plane := dst[b*f.step:]
		clear(plane[:f.head*Block])
		at := f.head * Block
		for range f.rows {
			at += f.width * Block
			clear(plane[at : at+f.side*Block])
			at += f.side * Block
		}
		at += f.width * Block
		clear(plane[at : at+f.tail*Block])
	}
}

// end returns the floats from the first zero to behind the last one.
func (f *frame) end() int {
	return (f.planes-1)*f.step + (f.head+f.rows*(f.width+f.side)+f.width+f.tail)*Block
}

// ZeroFrame is ZeroHalo, and writes the zeros of padding channels.
func (m Map) ZeroFrame(data []float32, image, b0, b1 int) {
	m.ZeroHalo(data, image, b0, b1)
	if channels := m.C - (b1-1)*Block; channels < Block {
		for y := range m.H {
			row := data[m.At(image, b1-1, y, 0):][:m.W*Block]
			for at := 0; at < len(row); at += Block {
				clear(row[at+channels : at+Block])
			}
		}
	}
}

// Parts returns how many parts an image has for elementwise work, each some blocks.
func (m Map) Parts() int { return ceilDiv(m.Blocks(), m.partBlocks()) }

// Part returns the image and the blocks [b0, b1) of part i of a batch.
func (m Map) Part(i int) (image, b0, b1 int) {
	parts, blocks := m.Parts(), m.partBlocks()
	image, b0 = i/parts, i%parts*blocks
	return image, b0, min(b0+blocks, m.Blocks())
}

// partBlocks is the blocks of a part.
func (m Map) partBlocks() int { return max(1, min(m.Blocks(), groupFloats/m.Plane())) }

func (m Map) check() {
	if m.C < 1 || m.H < 1 || m.W < 1 || m.Halo < 0 || m.Image != 0 && m.Image < m.Size() {
		panic("blocked: a size of a map is out of range")
	}
}

// pixelOf reports whether m is one pixel without a halo, of the channels of o.
func (m Map) pixelOf(o Map) bool { return m.C == o.C && m.H == 1 && m.W == 1 && m.Halo == 0 }

// checkLen panics unless data holds n images of m.
func (m Map) checkLen(data []float32, n int) {
	if len(data) < m.Len(n) {
		panic("blocked: a slice is shorter than its images")
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(n, to int) int { return ceilDiv(n, to) * to }
