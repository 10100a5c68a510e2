package kernel

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
	var b band
	for l, end := chunk*lineChunk, min((chunk+1)*lineChunk, t.outer*t.inner); l < end; l += b.n {
		i := l % t.inner
		b.line, b.n, b.at = l, min(end-l, t.inner-i), l/t.inner*t.axis*t.inner+i
		switch t.kind {
		case softmaxLine:
			t.softmax(&b)
		case logSoftmaxLine:
			t.logSoftmax(&b)
		case softmaxDXLine:
			t.softmaxDX(&b)
		case logSoftmaxDXLine:
			t.logSoftmaxDX(&b)
		case xentLine:
			t.xent(&b)
		case xentDXLine:
			t.xentDX(&b)
		}
	}
}
