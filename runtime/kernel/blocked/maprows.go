package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// mapRowsArgs is the argument block of the row kernels of
// codegen/kernel/maprows.go. Distances are in bytes.
type mapRowsArgs struct {
	x, y, g, z, w                     *float32
	xSkip, ySkip, gSkip, zSkip, wSkip int
	xHop, yHop, gHop, zHop, wHop      int
	xLeap, yLeap, gLeap, zLeap, wLeap int
	images, blocks, rows, pixels      int
	consts, sums                      *float32
	constStep, sumStep                int
}

// mapRowsKernel names a row kernel; c0, c1, ... are the constants of a block, s0, s1 its
// sums.
type mapRowsKernel uint8

const (
	rowsMoments    mapRowsKernel = iota // s0 += Σ(x−c0); s1 += Σ(x−c0)²
	rowsNorm                            // y = min(max((x−c0)·c1 + c2, c3), c4)
	rowsNormAdd                         // y = min(max((x−c0)·c1 + c2 + g, c3), c4)
	rowsGradSum                         // s0 += Σg; s1 += Σg·(x−c0)
	rowsGatedSum                        // the same for g where c1 < y < c2, else 0
	rowsAgainSum                        // s0 += Σg; s1 += Σg·(x−c0), for g where c3 < (x−c0)·c1 + c2 < c4
	rowsAgainGrad                       // z = c1·g + c2·(x−c0) + c3 for g where c4 < (x−c0)·c1 + c6 < c5
	rowsGrad                            // z = c1·g + c2·(x−c0) + c3
	rowsGatedGrad                       // the same for g where c4 < y < c5, else 0
	rowsGatedGrads                      // and w = that g
	rowsNormStream                      // rowsNorm and rowsNormAdd of whole lines, which pass by the caches
	rowsNormAddStream
	rowsNormFramed // rowsNorm and rowsAgainGrad of rows that are whole lines with a zero on either side, which pass by the caches
	rowsAgainGradFramed
)

// pixelUnit is some rows of one image, or some whole images.
type pixelUnit struct{ image, images, row, rows int }

// blockRun is blocks [first, first+count) of a map.
type blockRun struct{ first, count int }

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

// over sets the pixels that a row kernel passes: those of some blocks of a unit of maps
// of width w. Without halos the rows of an image are one.
func (a *mapRowsArgs) over(u pixelUnit, r blockRun, w int, halos bool) {
	a.images, a.blocks, a.rows, a.pixels = u.images, r.count, u.rows, w
	if !halos {
		a.rows, a.pixels = 1, u.rows*w
	}
}

// wholeLines reports whether y is made of whole lines, none of which is written in parts.
func (a *mapRowsArgs) wholeLines() bool {
	const line = 64
	return (int(uintptr(unsafe.Pointer(a.y)))|4*Block*a.pixels|a.ySkip|a.yHop|a.yLeap)%line == 0
}

// framed reports whether n images of m are so large that they pass by the caches, and have rows
// that are whole lines with a pixel on either side. Groups of channels that are that large are
// single blocks, and are read soon.
func (m *Map) framed(data []float32, n int, isa kernel.ISA) bool {
	const line = 64
	return isa != kernel.Generic && m.Halo == 1 && m.Blocks() > 1 && 4*n*m.Step() > streamFrom &&
		(int(uintptr(unsafe.Pointer(&data[0])))|4*m.Row()|4*m.Plane())%line == 0
}

// halos reports whether one of some maps has a halo.
func halos(maps ...Map) bool {
	for i := range maps {
		if maps[i].Halo != 0 {
			return true
		}
	}
	return false
}

// way returns where some blocks of a unit lie in a map and the steps through them.
func (m *Map) way(data []float32, u pixelUnit, r blockRun) (at *float32, skip, hop, leap int) {
	row, plane, step := m.Row(), m.Plane(), m.Step()
	first := u.image*step + r.first*plane + (u.row+m.Halo)*row + m.Halo*Block
	return &data[first], 4 * (row - m.W*Block), 4 * (plane - u.rows*row), 4 * (step - r.count*plane)
}

// zeroUnit writes the halo around the rows of some blocks of a unit.
func (m *Map) zeroUnit(data []float32, u pixelUnit, r blockRun) {
	if m.Halo == 0 {
		return
	}
	data = data[u.image*m.Step()+r.first*m.Plane():]
	if r.count > u.images {
		for i := range u.images {
			m.zeroPlanes(data[i*m.Step():], r.count, m.Plane(), 0, u.row, u.row+u.rows)
		}
		return
	}
	for b := range r.count {
		m.zeroPlanes(data[b*m.Plane():], u.images, m.Step(), 0, u.row, u.row+u.rows)
	}
}

// zeroOutside writes the rows above and below those of some blocks of a unit, where they are not
// of the map.
func (m *Map) zeroOutside(data []float32, u pixelUnit, r blockRun) {
	row := m.Halo * m.Row()
	for i := u.image; i < u.image+u.images; i++ {
		for b := r.first; b < r.first+r.count; b++ {
			plane := data[i*m.Step()+b*m.Plane():][:m.Plane()]
			if u.row == 0 {
				clear(plane[:row])
			}
			if u.row+u.rows == m.H {
				clear(plane[len(plane)-row:])
			}
		}
	}
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
