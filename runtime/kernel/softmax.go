package kernel

import "math"

// The kernels of this file work along one axis of a tensor seen as
// [outer, axis, inner]; a line is the axis at one (outer, inner).

// Softmax is y = exp(x − log Σ exp x) along the axis.
func Softmax(c *Ctx, outer, axis, inner int, y, x []float32) {
	c.lines(lineTask{kind: softmaxLine, outer: outer, axis: axis, inner: inner, y: y, x: x})
}

// SoftmaxDX is dx = y·(dy − Σ dy·y) along the axis.
func SoftmaxDX(c *Ctx, outer, axis, inner int, dx, y, dy []float32) {
	c.lines(lineTask{kind: softmaxDXLine, outer: outer, axis: axis, inner: inner, y: dx, x: y, dy: dy})
}

// LogSoftmax is y = x − log Σ exp x along the axis.
func LogSoftmax(c *Ctx, outer, axis, inner int, y, x []float32) {
	c.lines(lineTask{kind: logSoftmaxLine, outer: outer, axis: axis, inner: inner, y: y, x: x})
}

// LogSoftmaxDX is dx = dy − exp(y)·Σ dy along the axis.
func LogSoftmaxDX(c *Ctx, outer, axis, inner int, dx, y, dy []float32) {
	c.lines(lineTask{kind: logSoftmaxDXLine, outer: outer, axis: axis, inner: inner, y: dx, x: y, dy: dy})
}

// SoftmaxXent is cross entropy against labels [outer, inner] smoothed by s over
// K classes:
//
//	probs = softmax(logits);  loss = −(1−s)·log probs[label] − s/K·Σ log probs
//
// A label equal to ignore has loss 0, unless ignore is negative. It panics when a
// label names no class.
func SoftmaxXent(c *Ctx, outer, axis, inner int, loss, probs, logits []float32, label []int32, smoothing float32, ignore int32) {
	checkLen(loss, outer*inner)
	checkLabels(label, outer*inner, axis, ignore)
	c.lines(lineTask{kind: xentLine, outer: outer, axis: axis, inner: inner, y: probs, x: logits, loss: loss, label: label, smoothing: float64(smoothing), ignore: ignore})
}

// SoftmaxXentDX is dlogits = dloss·(probs − (1−s)·onehot(label) − s/K), and 0
// where the label is ignored.
func SoftmaxXentDX(c *Ctx, outer, axis, inner int, dx, probs []float32, label []int32, dloss []float32, smoothing float32, ignore int32) {
	checkLen(dloss, outer*inner)
	checkLabels(label, outer*inner, axis, ignore)
	c.lines(lineTask{kind: xentDXLine, outer: outer, axis: axis, inner: inner, y: dx, x: probs, loss: dloss, label: label, smoothing: float64(smoothing), ignore: ignore})
}

func checkLabels(label []int32, n, classes int, ignore int32) {
	checkLen(label, n)
	for _, l := range label[:n] {
		if uint32(l) >= uint32(classes) && (ignore < 0 || l != ignore) {
			panic("kernel: a label names no class")
		}
	}
}

type lineKind uint8

const (
	softmaxLine lineKind = iota
	softmaxDXLine
	logSoftmaxLine
	logSoftmaxDXLine
	xentLine
	xentDXLine
)

// lineTask does lineChunk lines per chunk.
type lineTask struct {
	kind               lineKind
	outer, axis, inner int
	y, x, dy, loss     []float32
	label              []int32
	smoothing          float64
	ignore             int32
}

// lineChunk is the number of lines of one chunk.
const lineChunk = 32

func (c *Ctx) lines(t lineTask) {
	n := t.outer * t.axis * t.inner
	checkLen(t.y, n)
	checkLen(t.x, n)
	if t.kind == softmaxDXLine || t.kind == logSoftmaxDXLine {
		checkLen(t.dy, n)
	}
	c.tasks.line = t
	c.run(ceilDiv(t.outer*t.inner, lineChunk), 32*n, &c.tasks.line)
}

func (t *lineTask) Chunk(_, chunk int) {
	for l := chunk * lineChunk; l < min((chunk+1)*lineChunk, t.outer*t.inner); l++ {
		at := l/t.inner*t.axis*t.inner + l%t.inner
		switch t.kind {
		case softmaxLine:
			t.softmax(at)
		case logSoftmaxLine:
			t.logSoftmax(at)
		case softmaxDXLine:
			t.softmaxDX(at)
		case logSoftmaxDXLine:
			t.logSoftmaxDX(at)
		case xentLine:
			t.xent(l, at)
		case xentDXLine:
			t.xentDX(l, at)
		}
	}
}

// largest returns the maximum of the line that begins at i.
func (t *lineTask) largest(i int) float32 {
	m := t.x[i]
	for k := 1; k < t.axis; k++ {
		m = max(m, t.x[i+k*t.inner])
	}
	return m
}

// exponentials writes exp(x − max) to y and returns max and the sum.
func (t *lineTask) exponentials(i int) (top float32, sum float64) {
	top = t.largest(i)
	for k := range t.axis {
		at := i + k*t.inner
		e := float32(math.Exp(float64(t.x[at] - top)))
		t.y[at] = e
		sum += float64(e)
	}
	return top, sum
}

func (t *lineTask) softmax(i int) (top float32, sum float64) {
	top, sum = t.exponentials(i)
	scale := float32(1 / sum)
	for k := range t.axis {
		t.y[i+k*t.inner] *= scale
	}
	return top, sum
}

func (t *lineTask) logSoftmax(i int) {
	top, sum := t.largest(i), 0.0
	for k := range t.axis {
		sum += math.Exp(float64(t.x[i+k*t.inner] - top))
	}
	lse := float64(top) + math.Log(sum)
	for k := range t.axis {
		t.y[i+k*t.inner] = float32(float64(t.x[i+k*t.inner]) - lse)
	}
}

func (t *lineTask) softmaxDX(i int) {
	dot := 0.0
	for k := range t.axis {
		at := i + k*t.inner
		dot += float64(t.dy[at]) * float64(t.x[at])
	}
	for k := range t.axis {
		at := i + k*t.inner
		t.y[at] = t.x[at] * (t.dy[at] - float32(dot))
	}
}

func (t *lineTask) logSoftmaxDX(i int) {
	sum := 0.0
	for k := range t.axis {
		sum += float64(t.dy[i+k*t.inner])
	}
	for k := range t.axis {
		at := i + k*t.inner
		t.y[at] = t.dy[at] - float32(math.Exp(float64(t.x[at]))*sum)
	}
}

func (t *lineTask) xent(line, i int) {
	top, sum := t.softmax(i)
	target := t.label[line]
	if target == t.ignore && t.ignore >= 0 {
		t.loss[line] = 0
		return
	}
	lse := float64(top) + math.Log(sum)
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

func (t *lineTask) xentDX(line, i int) {
	target := int(t.label[line])
	if int32(target) == t.ignore && t.ignore >= 0 {
		for k := range t.axis {
			t.y[i+k*t.inner] = 0
		}
		return
	}
	d, even := t.loss[line], float32(t.smoothing/float64(t.axis))
	for k := range t.axis {
		g := t.x[i+k*t.inner] - even
		if k == target {
			g -= float32(1 - t.smoothing)
		}
		t.y[i+k*t.inner] = d * g
	}
}
