package blocked

// resizeRow computes row p of a block of the large side.
func resizeRow(f *ResizeConfig, y, x []float32, image, block, p int) {
	h0, h1, fh := tap(p, f.In.H, f.ScaleH, f.Bilinear)
	r0 := x[f.In.At(image, block, h0, 0):][:f.In.W*Block]
	r1 := x[f.In.At(image, block, h1, 0):][:f.In.W*Block]
	for q := range f.Out.W {
		w0, w1, fw := tap(q, f.In.W, f.ScaleW, f.Bilinear)
		pixel := y[q*Block:][:Block]
		if !f.Bilinear {
			copy(pixel, r0[w0*Block:][:Block])
			continue
		}
		for lane := range pixel {
			top := r0[w0*Block+lane]*(1-fw) + r0[w1*Block+lane]*fw
			bottom := r1[w0*Block+lane]*(1-fw) + r1[w1*Block+lane]*fw
			pixel[lane] = top*(1-fh) + bottom*fh
		}
	}
}

// tap returns the two source positions of enlarged position i and the weight of the
// second. Pixel centres lie at half integers and the border repeats.
func tap(i, size, scale int, bilinear bool) (lo, hi int, f float32) {
	if !bilinear {
		return i / scale, i / scale, 0
	}
	centre := max((float32(i)+0.5)/float32(scale)-0.5, 0)
	lo = int(centre)
	return lo, min(lo+1, size-1), centre - float32(lo)
}
