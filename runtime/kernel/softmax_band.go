package kernel

import "math"

// band is lines that lie beside each other: element k of line j is at + k·inner + j.
// A line whose elements follow each other is a band of its own.
type band struct {
	line, n, at int // number of the first line, lines, its first element
	top         [lineChunk]float32
	sum         [lineChunk]float64
}

// row returns the elements k of a band.
func (t *lineTask) row(x []float32, b *band, k int) []float32 { return x[b.at+k*t.inner:][:b.n] }

// whole returns the one line of a band whose elements follow each other.
func (t *lineTask) whole(x []float32, b *band) []float32 { return x[b.at:][:t.axis] }

// exponentials writes exp(x − top) to y, and sets the largest element and the sum of
// each line.
func (t *lineTask) exponentials(b *band) {
	if t.inner == 1 {
		x, y := t.whole(t.x, b), t.whole(t.y, b)
		b.top[0] = lineMax(x)
		lineExp(y, x, b.top[0])
		b.sum[0] = lineSum(y)
		return
	}
	copy(b.top[:], t.row(t.x, b, 0))
	for k := 1; k < t.axis; k++ {
		for j, v := range t.row(t.x, b, k) {
			b.top[j] = max(b.top[j], v)
		}
	}
	clear(b.sum[:])
	for k := range t.axis {
		y := t.row(t.y, b, k)
		for j, v := range t.row(t.x, b, k) {
			y[j] = v - b.top[j]
		}
		lineExp(y, y, 0)
		for j, v := range y {
			b.sum[j] += float64(v)
		}
	}
}

func (t *lineTask) softmax(b *band) {
	t.exponentials(b)
	if t.inner == 1 {
		y := t.whole(t.y, b)
		lineScale(y, y, float32(1/b.sum[0]))
		return
	}
	var scale [lineChunk]float32
	for j, s := range b.sum[:b.n] {
		scale[j] = float32(1 / s)
	}
	for k := range t.axis {
		y := t.row(t.y, b, k)
		for j := range y {
			y[j] *= scale[j]
		}
	}
}

// logSum returns log Σ exp x of line j, after exponentials.
func (b *band) logSum(j int) float64 { return float64(b.top[j]) + math.Log(b.sum[j]) }

func (t *lineTask) logSoftmax(b *band) {
	t.exponentials(b)
	for j := range b.n {
		lse := b.logSum(j)
		for k := range t.axis {
			i := b.at + k*t.inner + j
			t.y[i] = float32(float64(t.x[i]) - lse)
		}
	}
}

func (t *lineTask) softmaxDX(b *band) {
	if t.inner == 1 {
		dx, y, dy := t.whole(t.y, b), t.whole(t.x, b), t.whole(t.dy, b)
		dot := float32(lineDot(dy, y))
		for k, v := range y {
			dx[k] = v * (dy[k] - dot)
		}
		return
	}
	clear(b.sum[:])
	for k := range t.axis {
		dy := t.row(t.dy, b, k)
		for j, v := range t.row(t.x, b, k) {
			b.sum[j] += float64(dy[j]) * float64(v)
		}
	}
	for k := range t.axis {
		dx, dy := t.row(t.y, b, k), t.row(t.dy, b, k)
		for j, v := range t.row(t.x, b, k) {
			dx[j] = v * (dy[j] - float32(b.sum[j]))
		}
	}
}

func (t *lineTask) logSoftmaxDX(b *band) {
	if t.inner == 1 {
		dx, y, dy := t.whole(t.y, b), t.whole(t.x, b), t.whole(t.dy, b)
		sum := lineSum(dy)
		lineExp(dx, y, 0)
		for k, p := range dx {
			dx[k] = dy[k] - float32(float64(p)*sum)
		}
		return
	}
	clear(b.sum[:])
	for k := range t.axis {
		for j, v := range t.row(t.dy, b, k) {
			b.sum[j] += float64(v)
		}
	}
	for k := range t.axis {
		dx, dy := t.row(t.y, b, k), t.row(t.dy, b, k)
		lineExp(dx, t.row(t.x, b, k), 0)
		for j, p := range dx {
			dx[j] = dy[j] - float32(float64(p)*b.sum[j])
		}
	}
}

func (t *lineTask) xent(b *band) {
	t.softmax(b)
	for j := range b.n {
		line, i := b.line+j, b.at+j
		target := t.label[line]
		if target == t.ignore && t.ignore >= 0 {
			t.loss[line] = 0
			continue
		}
		lse := b.logSum(j)
		loss := (1 - t.smoothing) * (lse - float64(t.x[i+int(target)*t.inner]))
		if t.smoothing != 0 {
			all := 0.0
			for k := range t.axis {
				all += lse - float64(t.x[i+k*t.inner])
			}
			loss += t.smoothing / float64(t.axis) * all
		}
		t.loss[line] = float32(loss)
	}
}

func (t *lineTask) xentDX(b *band) {
	even := float32(t.smoothing / float64(t.axis))
	if t.inner == 1 && even == 0 && t.label[b.line] != t.ignore {
		dx, probs, label, by := t.whole(t.y, b), t.whole(t.x, b), t.label[b.line], t.loss[b.line]
		own := by * (probs[label] - 1)
		lineScale(dx, probs, by)
		dx[label] = own
		return
	}
	for k := range t.axis {
		dx := t.row(t.y, b, k)
		for j, p := range t.row(t.x, b, k) {
			label := t.label[b.line+j]
			if label == t.ignore && t.ignore >= 0 {
				dx[j] = 0
				continue
			}
			g := p - even
			if int(label) == k {
				g -= float32(1 - t.smoothing)
			}
			dx[j] = t.loss[b.line+j] * g
		}
	}
}
