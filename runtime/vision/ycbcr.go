package vision

import "image"

// rgbFromYCbCr fills the RGB picture p from a decoded JPEG or WebP. Colour that
// was stored at half resolution is enlarged by a triangle filter, as libjpeg does
// ("fancy upsampling"); repeating it, as image.YCbCr.At does, moves colours by up
// to 96 levels at edges.
//
// Source: libjpeg's jdsample.c and jdcolor.c, as a definition of the numbers.
func rgbFromYCbCr(p *Picture, m *image.YCbCr) {
	b := m.Rect
	wide := m.SubsampleRatio == image.YCbCrSubsampleRatio420 || m.SubsampleRatio == image.YCbCrSubsampleRatio422
	// A window that begins at an odd pixel has no whole chroma samples there.
	if !wide || b.Min.X != 0 || b.Min.Y != 0 {
		for y := range p.H {
			row := p.Row(y)
			for x := range p.W {
				yi, ci := m.YOffset(b.Min.X+x, b.Min.Y+y), m.COffset(b.Min.X+x, b.Min.Y+y)
				ycc(row[3*x:3*x+3], m.Y[yi], m.Cb[ci], m.Cr[ci])
			}
		}
		return
	}
	n, rows := (p.W+1)/2, p.H // chroma samples
	tall := m.SubsampleRatio == image.YCbCrSubsampleRatio420
	if tall {
		rows = (p.H + 1) / 2
	}
	near, sums := make([]int, n), [2][]byte{make([]byte, 2*n), make([]byte, 2*n)}
	for y := range p.H {
		for k, plane := range [2][]byte{m.Cb, m.Cr} {
			if !tall {
				widen2(sums[k], plane[y*m.CStride:][:n])
				continue
			}
			other := y/2 - 1
			if y%2 == 1 {
				other = y/2 + 1
			}
			a, b := plane[y/2*m.CStride:][:n], plane[min(max(other, 0), rows-1)*m.CStride:][:n]
			for i := range near {
				near[i] = 3*int(a[i]) + int(b[i])
			}
			widen4(sums[k], near)
		}
		row, luma := p.Row(y), m.Y[y*m.YStride:]
		for x := range p.W {
			ycc(row[3*x:3*x+3], luma[x], sums[0][x], sums[1][x])
		}
	}
}

// widen2 doubles the samples of a row: each result is 3/4 of the nearer sample and
// 1/4 of the other.
func widen2(dst, src []byte) {
	last := len(src) - 1
	for i, v := range src {
		c := 3 * int(v)
		dst[2*i] = byte((c + int(src[max(i-1, 0)]) + 1) >> 2)
		dst[2*i+1] = byte((c + int(src[min(i+1, last)]) + 2) >> 2)
	}
	dst[0], dst[2*last+1] = src[0], src[last]
}

// widen4 is widen2 for samples that are already four times too large.
func widen4(dst []byte, src []int) {
	last := len(src) - 1
	for i, v := range src {
		dst[2*i] = byte((3*v + src[max(i-1, 0)] + 8) >> 4)
		dst[2*i+1] = byte((3*v + src[min(i+1, last)] + 7) >> 4)
	}
}

// ycc converts one pixel by the integer arithmetic of libjpeg.
func ycc(out []byte, y, cb, cr byte) {
	const half = 1 << 15
	b, r := int(cb)-128, int(cr)-128
	out[0] = clamp8(int(y) + (91881*r+half)>>16)
	out[1] = clamp8(int(y) + (-22554*b-46802*r+half)>>16)
	out[2] = clamp8(int(y) + (116130*b+half)>>16)
}

func clamp8(v int) byte { return byte(min(max(v, 0), 255)) }
