package blocked

import "unsafe"

// generic runs a row kernel in plain loops: the definition.
func (a *mapRowsArgs) generic(k mapRowsKernel) {
	x, y, g, z, w := a.x, a.y, a.g, a.z, a.w
	pixel := 4 * Block
	for range a.images {
		for b := range a.blocks {
			consts, to := along(a.consts, b*a.constStep), along(a.sums, b*a.sumStep)
			var sums [2][Block]float64
			for range a.rows {
				for range a.pixels {
					for lane := range Block {
						a.lane(k, consts, lane, value(x, lane), value(y, lane), value(g, lane), value(z, lane), value(w, lane), &sums)
					}
					x, y, g, z, w = along(x, pixel), along(y, pixel), along(g, pixel), along(z, pixel), along(w, pixel)
				}
				x, y, g, z, w = along(x, a.xSkip), along(y, a.ySkip), along(g, a.gSkip), along(z, a.zSkip), along(w, a.wSkip)
			}
			x, y, g, z, w = along(x, a.xHop), along(y, a.yHop), along(g, a.gHop), along(z, a.zHop), along(w, a.wHop)
			for i := range k.sums() {
				for lane, sum := range sums[i] {
					*value(to, i*Block+lane) += float32(sum)
				}
			}
		}
		x, y, g, z, w = along(x, a.xLeap), along(y, a.yLeap), along(g, a.gLeap), along(z, a.zLeap), along(w, a.wLeap)
	}
}

// sums returns the number of sums of a kernel.
func (k mapRowsKernel) sums() int {
	switch k {
	case rowsMoments, rowsGradSum, rowsGatedSum, rowsAgainSum:
		return 2
	}
	return 0
}

// lane is one element of a kernel.
func (a *mapRowsArgs) lane(k mapRowsKernel, consts *float32, lane int, x, y, g, z, w *float32, sums *[2][Block]float64) {
	c := func(i int) float32 { return *value(consts, i*Block+lane) }
	gate := func(lo int) float32 {
		if *y > c(lo) && *y < c(lo+1) {
			return *g
		}
		return 0
	}
	again := func(shift, lo int) float32 {
		if y := (*x-c(0))*c(1) + c(shift); y > c(lo) && y < c(lo+1) {
			return *g
		}
		return 0
	}
	add := func(g float32) {
		sums[0][lane] += float64(g)
		sums[1][lane] += float64(g) * float64(*x-c(0))
	}
	gradient := func(g float32) { *z = c(1)*g + (c(2)*(*x-c(0)) + c(3)) }
	switch k {
	case rowsMoments:
		sums[0][lane] += float64(*x - c(0))
		sums[1][lane] += float64(*x-c(0)) * float64(*x-c(0))
	case rowsNorm, rowsNormStream, rowsNormFramed:
		*y = min(max((*x-c(0))*c(1)+c(2), c(3)), c(4))
	case rowsNormAdd, rowsNormAddStream:
		*y = min(max((*x-c(0))*c(1)+c(2)+*g, c(3)), c(4))
	case rowsGradSum:
		add(*g)
	case rowsGatedSum:
		add(gate(1))
	case rowsAgainSum:
		add(again(2, 3))
	case rowsAgainGrad, rowsAgainGradFramed:
		gradient(again(6, 4))
	case rowsGrad:
		gradient(*g)
	case rowsGatedGrad:
		gradient(gate(4))
	case rowsGatedGrads:
		v := gate(4)
		*w = v
		gradient(v)
	}
}

// value addresses a float behind p; nil stays nil.
func value(p *float32, i int) *float32 { return along(p, 4*i) }

// along moves a pointer by some bytes; nil stays nil.
func along(p *float32, bytes int) *float32 {
	if p == nil {
		return nil
	}
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}
