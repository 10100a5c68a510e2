package vision

import "math"

// Filter is a resampling kernel of [Resample].
type Filter uint8

// The kernels, with their support in source pixels when enlarging.
const (
	Bilinear Filter = iota // triangle, 1
	Box                    // average, 0.5
	Hamming                // 1
	Bicubic                // a = -0.5, 2
	Lanczos                // 3
)

var kernels = [...]struct {
	support float64
	at      func(x float64) float64
}{
	Bilinear: {1, func(x float64) float64 {
		if x = math.Abs(x); x < 1 {
			return 1 - x
		}
		return 0
	}},
	Box: {0.5, func(x float64) float64 {
		if x > -0.5 && x <= 0.5 {
			return 1
		}
		return 0
	}},
	Hamming: {1, func(x float64) float64 {
		switch x = math.Abs(x); {
		case x == 0:
			return 1
		case x >= 1:
			return 0
		}
		x *= math.Pi
		return math.Sin(x) / x * (0.54 + 0.46*math.Cos(x))
	}},
	Bicubic: {2, func(x float64) float64 {
		const a = -0.5
		switch x = math.Abs(x); {
		case x < 1:
			return ((a+2)*x-(a+3))*x*x + 1
		case x < 2:
			return (((x-5)*x+8)*x - 4) * a
		}
		return 0
	}},
	Lanczos: {3, func(x float64) float64 {
		if x < -3 || x >= 3 {
			return 0
		}
		return sinc(x) * sinc(x/3)
	}},
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// precision is the number of fraction bits of a coefficient; with 8 bits a
// channel, 22 leave room for the sum and its sign in 32 bits.
const precision = 32 - 8 - 2

// weights says which source pixels an output pixel is made of.
type weights struct {
	first, count []int   // per output pixel
	k            []int32 // size coefficients per output pixel, fixed point
	size         int
}

// Resample scales src to the size of dst, which must be set and have as many
// channels. When it shrinks, the kernel widens with the scale (antialias). The
// result is that of Pillow's Image.resize bit for bit: one horizontal and one
// vertical pass with 8 bits between them. dst, tmp and src share no memory; tmp is
// scratch.
//
// Source: Pillow 9.4, src/libImaging/Resample.c, as a definition of the numbers.
func Resample(dst, tmp, src *Picture, f Filter) {
	if dst.C != src.C {
		panic("vision: pictures with different numbers of channels")
	}
	horizontal := dst.W != src.W
	vertical := dst.H != src.H
	if !horizontal && !vertical {
		copy(dst.Pix, src.Pix)
		return
	}
	if !vertical {
		resampleRows(dst, src, coefficients(src.W, dst.W, f), 0)
		return
	}
	col := coefficients(src.H, dst.H, f)
	if !horizontal {
		resampleColumns(dst, src, col, 0)
		return
	}
	// Only the rows that the vertical pass reads are made.
	last := dst.H - 1
	lo, hi := col.first[0], col.first[last]+col.count[last]
	tmp.Resize(dst.W, hi-lo, src.C)
	resampleRows(tmp, src, coefficients(src.W, dst.W, f), lo)
	resampleColumns(dst, tmp, col, lo)
}

func coefficients(in, out int, f Filter) weights {
	kernel := kernels[f]
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := kernel.support * stretch
	w := weights{first: make([]int, out), count: make([]int, out), size: int(math.Ceil(support))*2 + 1}
	w.k = make([]int32, out*w.size)
	row := make([]float64, w.size)
	for i := range out {
		centre := (float64(i) + 0.5) * scale
		lo := max(int(centre-support+0.5), 0)
		hi := min(int(centre+support+0.5), in)
		n, sum := hi-lo, 0.0
		for j := range n {
			row[j] = kernel.at((float64(j+lo) - centre + 0.5) * (1 / stretch))
			sum += row[j]
		}
		for j := range n {
			v := row[j]
			if sum != 0 {
				v /= sum
			}
			w.k[i*w.size+j] = int32(math.Trunc(float64(v*(1<<precision)) + math.Copysign(0.5, v)))
		}
		w.first[i], w.count[i] = lo, n
	}
	return w
}

// resampleRows scales the rows of src from row top on; there are as many as dst
// has.
func resampleRows(dst, src *Picture, w weights, top int) {
	const half = int32(1 << (precision - 1))
	c := src.C
	for y := range dst.H {
		in, out := src.Row(top+y), dst.Row(y)
		for x := range dst.W {
			k := w.k[x*w.size : x*w.size+w.count[x]]
			part := in[w.first[x]*c : (w.first[x]+len(k))*c]
			if c == 3 {
				r, g, b := half, half, half
				for _, v := range k {
					r += int32(part[0]) * v
					g += int32(part[1]) * v
					b += int32(part[2]) * v
					part = part[3:]
				}
				out[3*x], out[3*x+1], out[3*x+2] = clip(r), clip(g), clip(b)
				continue
			}
			for ch := range c {
				sum := half
				for j, v := range k {
					sum += int32(part[j*c+ch]) * v
				}
				out[x*c+ch] = clip(sum)
			}
		}
	}
}

// resampleColumns scales the columns of src, whose row 0 is row top of what w
// counts. It adds whole rows, which reads memory in order.
func resampleColumns(dst, src *Picture, w weights, top int) {
	sums := make([]int32, dst.W*dst.C)
	for y := range dst.H {
		for x := range sums {
			sums[x] = 1 << (precision - 1)
		}
		for j, v := range w.k[y*w.size : y*w.size+w.count[y]] {
			in := src.Row(w.first[y] - top + j)[:len(sums)]
			for x := range sums {
				sums[x] += int32(in[x]) * v
			}
		}
		out := dst.Row(y)
		for x := range sums {
			out[x] = clip(sums[x])
		}
	}
}

func clip(v int32) byte { return byte(min(max(v>>precision, 0), 255)) }
