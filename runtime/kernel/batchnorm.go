package kernel

import "math"

// BatchNormTrain normalises x[n, channels, area] by the statistics of each
// channel over images and positions, m = n·area elements:
//
//	mean = Σx/m;  var = Σ(x−mean)²/m;  invstd = 1/√(var+eps)
//	y = (x − mean)·invstd·weight + bias
//	newMean = (1−momentum)·runMean + momentum·mean
//	newVar  = (1−momentum)·runVar + momentum·var·m/max(m−1, 1)
//
// weight and bias may be nil (1 and 0). newMean and newVar may share storage with
// runMean and runVar. Sums are in float64.
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
func BatchNormTrain(c *Ctx, n, channels, area int, y, mean, invstd, newMean, newVar, x, weight, bias, runMean, runVar []float32, eps, momentum float32) {
	checkLen(y, n*channels*area)
	checkLen(x, n*channels*area)
	t := &c.tasks.batchNorm
	*t = batchNormTask{n: n, channels: channels, area: area, y: y, mean: mean, invstd: invstd, newMean: newMean, newVar: newVar,
		x: x, weight: weight, bias: bias, runMean: runMean, runVar: runVar, eps: float64(eps), momentum: float64(momentum)}
	c.run(channels, 8*n*channels*area, t)
}

// BatchNormDX is the gradient of BatchNormTrain, with x̂ = (x − mean)·invstd:
//
//	dbias = Σdy;  dweight = Σdy·x̂
//	dx = weight·invstd·(dy − dbias/m − x̂·dweight/m)
//
// weight may be nil (1).
func BatchNormDX(c *Ctx, n, channels, area int, dx, dweight, dbias, x, dy, weight, mean, invstd []float32) {
	checkLen(dx, n*channels*area)
	checkLen(x, n*channels*area)
	checkLen(dy, n*channels*area)
	t := &c.tasks.batchNorm
	*t = batchNormTask{backward: true, n: n, channels: channels, area: area, y: dx, x: x, dy: dy, weight: weight,
		mean: mean, invstd: invstd, newMean: dweight, newVar: dbias}
	c.run(channels, 8*n*channels*area, t)
}

// batchNormTask does one channel per chunk. Backward, newMean and newVar are
// dweight and dbias.
type batchNormTask struct {
	backward                      bool
	n, channels, area             int
	y, x, dy                      []float32
	mean, invstd, newMean, newVar []float32
	weight, bias, runMean, runVar []float32
	eps, momentum                 float64
}

func (t *batchNormTask) plane(s []float32, n, ch int) []float32 {
	return s[(n*t.channels+ch)*t.area:][:t.area]
}

func at(s []float32, i int, otherwise float32) float32 {
	if s == nil {
		return otherwise
	}
	return s[i]
}

func (t *batchNormTask) Chunk(_, ch int) {
	if t.backward {
		t.gradient(ch)
		return
	}
	m := float64(t.n * t.area)
	sum := 0.0
	for n := range t.n {
		part := 0.0
		for _, v := range t.plane(t.x, n, ch) {
			part += float64(v)
		}
		sum += part
	}
	mean := sum / m
	sum = 0
	for n := range t.n {
		part := 0.0
		for _, v := range t.plane(t.x, n, ch) {
			d := float64(v) - mean
			part += d * d
		}
		sum += part
	}
	variance := sum / m
	invstd := 1 / math.Sqrt(variance+t.eps)
	t.mean[ch], t.invstd[ch] = float32(mean), float32(invstd)
	t.newMean[ch] = float32((1-t.momentum)*float64(t.runMean[ch]) + t.momentum*mean)
	t.newVar[ch] = float32((1-t.momentum)*float64(t.runVar[ch]) + t.momentum*variance*m/max(m-1, 1))
	scale := float32(invstd) * at(t.weight, ch, 1)
	shift, centre := at(t.bias, ch, 0), float32(mean)
	for n := range t.n {
		y := t.plane(t.y, n, ch)
		for i, v := range t.plane(t.x, n, ch) {
			y[i] = (v-centre)*scale + shift
		}
	}
}

func (t *batchNormTask) gradient(ch int) {
	mean, invstd := t.mean[ch], t.invstd[ch]
	db, dw := 0.0, 0.0
	for n := range t.n {
		x := t.plane(t.x, n, ch)
		partB, partW := 0.0, 0.0
		for i, g := range t.plane(t.dy, n, ch) {
			partB += float64(g)
			partW += float64(g) * float64((x[i]-mean)*invstd)
		}
		db += partB
		dw += partW
	}
	t.newMean[ch], t.newVar[ch] = float32(dw), float32(db)
	m := float64(t.n * t.area)
	scale := at(t.weight, ch, 1) * invstd
	meanB, meanW := float32(db/m), float32(dw/m)
	for n := range t.n {
		x, dx := t.plane(t.x, n, ch), t.plane(t.y, n, ch)
		for i, g := range t.plane(t.dy, n, ch) {
			hat := (x[i] - mean) * invstd
			dx[i] = scale * (g - meanB - hat*meanW)
		}
	}
}
