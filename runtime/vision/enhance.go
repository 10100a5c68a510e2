package vision

// Sharpness moves p away from its smoothed picture by factor, in place; 0 leaves the
// smoothed one. tmp is memory. Smoothing weighs a pixel 5 and its eight neighbours 1
// each, and leaves the border as it is.
//
// Source: Pillow's ImageEnhance.Sharpness with ImageFilter.SMOOTH, with which the
// result agrees bit for bit.
func Sharpness(p, tmp *Picture, factor float64) {
	if p.W < 3 || p.H < 3 {
		return
	}
	tmp.CopyFrom(p)
	n, line := p.C, p.W*p.C
	for y := 1; y < p.H-1; y++ {
		for x := n; x < line-n; x++ {
			at := y*line + x
			sum := 5 * int(tmp.Pix[at])
			for _, d := range [8]int{-line - n, -line, -line + n, -n, n, line - n, line, line + n} {
				sum += int(tmp.Pix[at+d])
			}
			p.Pix[at] = blend(byte((2*sum+13)/26), tmp.Pix[at], float32(factor))
		}
	}
}

// AutoContrast stretches each channel so that its darkest value becomes 0 and its
// brightest 255, in place, as Pillow's ImageOps.autocontrast does.
func AutoContrast(p *Picture) {
	for c := range p.C {
		low, high := byte(255), byte(0)
		for i := c; i < len(p.Pix); i += p.C {
			low, high = min(low, p.Pix[i]), max(high, p.Pix[i])
		}
		if high <= low {
			continue
		}
		scale := 255 / float64(high-low)
		offset := float64(-float64(low) * scale)
		for i := c; i < len(p.Pix); i += p.C {
			p.Pix[i] = byte(min(max(int(float64(float64(p.Pix[i])*scale)+offset), 0), 255))
		}
	}
}
