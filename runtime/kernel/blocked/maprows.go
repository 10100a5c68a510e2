package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// mapRowsArgs is the argument block of the row kernels of
// codegen/kernel/maprows.go. Distances are in bytes.
type mapRowsArgs struct {
	x, y, g, z, w                     *float32
	xSkip, ySkip, gSkip, zSkip, wSkip int
	xLeap, yLeap, gLeap, zLeap, wLeap int
	images, rows, pixels              int
	consts, sums                      *float32
	constStep                         int
}

// mapRowsKernel names a row kernel; c0, c1, ... are its constants, s0, s1 its sums.
type mapRowsKernel uint8

const (
	rowsSum        mapRowsKernel = iota // s0 = Σx
	rowsSquares                         // s0 = Σ(x−c0)²
	rowsFill                            // y = c0
	rowsNorm                            // y = min(max((x−c0)·c1 + c2, c3), c4)
	rowsNormEach                        // the same, every image by constants of its own, constStep apart
	rowsNormAdd                         // y = min(max((x−c0)·c1 + c2 + g, c3), c4)
	rowsGradSum                         // s0 = Σg; s1 = Σg·(x−c0)
	rowsGatedSum                        // the same for g where c1 < y < c2, else 0
	rowsAgainSum                        // s0 = Σg; s1 = Σg·(x−c0), for g where c3 < (x−c0)·c1 + c2 < c4
	rowsAgainGrad                       // z = c1·g + c2·(x−c0) + c3 for g where c4 < (x−c0)·c1 + c6 < c5
	rowsGrad                            // z = c1·g + c2·(x−c0) + c3
	rowsGatedGrad                       // the same for g where c4 < y < c5, else 0
	rowsGatedGrads                      // and w = that g
	rowsGate                            // z = g where c0 < y < c1, else 0
	rowsAdd                             // y = x + g
)

// pixelUnit is some rows of one image, or some whole images.
type pixelUnit struct{ image, images, row, rows int }

// pixelUnits cuts the pixels of n images into units of about the given number, by
// the sizes alone.
type pixelUnits struct{ n, h, images, rows, bands, count int }

func unitsOf(n int, m Map, pixels int) pixelUnits {
	u := pixelUnits{n: n, h: m.H, images: 1, rows: m.H, bands: 1}
	if m.H*m.W > pixels {
		u.rows = ceilDiv(m.H, ceilDiv(m.H, max(1, pixels/m.W)))
		u.bands = ceilDiv(m.H, u.rows)
		u.count = n * u.bands
		return u
	}
	u.images = min(max(n, 1), pixels/(m.H*m.W))
	u.count = ceilDiv(n, u.images)
	return u
}

func (u *pixelUnits) unit(i int) pixelUnit {
	if u.bands > 1 {
		row := i % u.bands * u.rows
		return pixelUnit{i / u.bands, 1, row, min(u.rows, u.h-row)}
	}
	return pixelUnit{i * u.images, min(u.images, u.n-i*u.images), 0, u.h}
}

// rowsOver begins the arguments of a row kernel over the pixels of a unit of some maps
// of one size. Without halos the rows of an image are one.
func rowsOver(u pixelUnit, maps ...Map) mapRowsArgs {
	a := mapRowsArgs{images: u.images, rows: u.rows, pixels: maps[0].W}
	if haloless(maps...) {
		a.rows, a.pixels = 1, a.rows*a.pixels
	}
	return a
}

func haloless(maps ...Map) bool {
	for i := range maps {
		if maps[i].Halo != 0 {
			return false
		}
	}
	return true
}

// way returns where a block of a unit lies in a map and the steps through it.
func (m Map) way(data []float32, u pixelUnit, block int) (at *float32, skip, leap int) {
	return &data[m.At(u.image, block, u.row, 0)], 4 * (m.Row() - m.W*Block), 4 * (m.Step() - u.rows*m.Row())
}

// zeroUnit writes the halo around the rows of a unit.
func (m Map) zeroUnit(data []float32, u pixelUnit, block int) {
	m.zeroPlanes(data[u.image*m.Step()+block*m.Plane():], u.images, m.Step(), 0, u.row, u.row+u.rows)
}

// boundsOf returns the values between which an activation passes its argument.
func boundsOf(e *kernel.Epilogue) (lo, hi float32) {
	switch e.Act {
	case kernel.ActNone:
		return -inf, inf
	case kernel.ActRelu:
		return 0, inf
	case kernel.ActClamp:
		return e.Args[0], e.Args[1]
	}
	panic("blocked: an activation that is no bound")
}
