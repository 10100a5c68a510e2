package vision

// blend moves v away from base: base + factor*(v - base), cut to 8 bits as
// Pillow's Image.blend does in single precision.
func blend(base, v byte, factor float32) byte {
	t := float32(base) + float32(factor*(float32(v)-float32(base)))
	switch {
	case t <= 0:
		return 0
	case t >= 255:
		return 255
	}
	return byte(t)
}

// blendAll applies blend against one base to every value, by a table.
func blendAll(p *Picture, base byte, factor float64) {
	var table [256]byte
	for v := range table {
		table[v] = blend(base, byte(v), float32(factor))
	}
	apply(p, &table)
}

func apply(p *Picture, table *[256]byte) {
	for i, v := range p.Pix {
		p.Pix[i] = table[v]
	}
}

// Brightness multiplies p by factor, in place.
func Brightness(p *Picture, factor float64) { blendAll(p, 0, factor) }

// Contrast stretches p about the mean of its gray picture, in place.
func Contrast(p *Picture, factor float64) {
	n, sum := p.W*p.H, 0
	for i := range n {
		sum += int(p.luma(i))
	}
	mean := byte((float64(sum) / float64(n)) + 0.5)
	blendAll(p, mean, factor)
}

// luma returns the gray value of pixel i.
func (p *Picture) luma(i int) byte {
	if p.C < 3 {
		return p.Pix[i*p.C]
	}
	var out [1]byte
	toGray(out[:], p.Pix[i*p.C:])
	return out[0]
}

// Saturation moves colours away from their gray value by factor, in place; 0
// leaves a gray picture with the same channels.
func Saturation(p *Picture, factor float64) {
	if p.C < 3 {
		return
	}
	for i := range p.W * p.H {
		base := p.luma(i)
		for c := range 3 {
			v := &p.Pix[i*p.C+c]
			*v = blend(base, *v, float32(factor))
		}
	}
}

// Invert replaces v by 255 - v, in place.
func Invert(p *Picture) {
	for i, v := range p.Pix {
		p.Pix[i] = 255 - v
	}
}

// Posterize keeps the upper bits of every value, in place.
func Posterize(p *Picture, bits int) {
	mask := byte(0xff << (8 - bits))
	for i := range p.Pix {
		p.Pix[i] &= mask
	}
}

// Solarize inverts the values at or above threshold, in place.
func Solarize(p *Picture, threshold int) {
	for i, v := range p.Pix {
		if int(v) >= threshold {
			p.Pix[i] = 255 - v
		}
	}
}

// Equalize spreads each channel's values so that they become equally frequent, in
// place, as Pillow's ImageOps.equalize does.
func Equalize(p *Picture) {
	for c := range p.C {
		var count [256]int
		for i := c; i < len(p.Pix); i += p.C {
			count[p.Pix[i]]++
		}
		last, used := 0, 0
		for _, n := range count {
			if n > 0 {
				last, used = n, used+1
			}
		}
		step := (p.W*p.H - last) / 255
		if used <= 1 || step == 0 {
			continue
		}
		var table [256]byte
		at := step / 2
		for v, n := range count {
			table[v] = byte(min(at/step, 255))
			at += n
		}
		for i := c; i < len(p.Pix); i += p.C {
			p.Pix[i] = table[p.Pix[i]]
		}
	}
}
