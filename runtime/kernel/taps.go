package kernel

// tapRun describes neighbouring results along one axis of a correlation that read
// the same taps of the filter: result number i of n lies at out + i·step and
// reads, for t < taps, tap first + t·tapStep at source position
// src + i·srcStep + t·srcTap. A run without taps is a run of zeros.
type tapRun struct {
	out, n, step         int
	first, taps, tapStep int
	src, srcTap, srcStep int
}

// forwardTaps returns the runs of a convolution along one axis.
func forwardTaps(size, out, kernel, stride, pad, dil int) []tapRun {
	var runs []tapRun
	for i := range out {
		off := i*stride - pad
		r := tapRun{out: i, n: 1, step: 1, tapStep: 1, srcTap: dil, srcStep: stride}
		r.first, r.taps = between(off, dil, size, kernel)
		r.src = off + r.first*dil
		runs = appendRun(runs, r)
	}
	return runs
}

// between returns the taps t < kernel with 0 <= off + t·dil < size.
func between(off, dil, size, kernel int) (first, count int) {
	if off < 0 {
		first = ceilDiv(-off, dil)
	}
	if last := size - 1 - off; last >= 0 {
		count = max(0, min(kernel, last/dil+1)-first)
	}
	return first, count
}

// backwardTaps returns the runs of the transposed convolution along one axis:
// results are the size positions of the input, sources the out positions of the
// output. Tap t reaches input h from output (h + pad − t·dil) / stride where that
// is whole; the taps that do so for one h are tapStep apart.
func backwardTaps(size, out, kernel, stride, pad, dil int) []tapRun {
	tapStep := stride / gcd(stride, dil)
	var runs []tapRun
	for rest := range min(stride, size) {
		var line []tapRun
		for h := rest; h < size; h += stride {
			r := tapRun{out: h, n: 1, step: stride, tapStep: tapStep, srcTap: -dil * tapStep / stride, srcStep: 1}
			for t := range kernel {
				if p := h + pad - t*dil; p >= 0 && p%stride == 0 && p/stride < out {
					if r.taps == 0 {
						r.first, r.src = t, p/stride
					}
					r.taps++
				}
			}
			line = appendRun(line, r)
		}
		runs = append(runs, line...)
	}
	return runs
}

// appendRun adds r, which has one result, to the last run when it continues it.
func appendRun(runs []tapRun, r tapRun) []tapRun {
	if len(runs) > 0 {
		l := &runs[len(runs)-1]
		if l.taps == r.taps && l.first == r.first && l.out+l.n*l.step == r.out && (r.taps == 0 || l.src+l.n*l.srcStep == r.src) {
			l.n++
			return runs
		}
	}
	return append(runs, r)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
