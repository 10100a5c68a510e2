package kernel

import "math"

// NormShape says what a normalisation joins.
//
// With Groups = 0, x is [Outer, Axis, Inner] and each line along the axis is
// normalised; weight and bias have Axis elements. This is layer normalisation, over
// the last axis (Inner = 1) or over the channels of an image (Inner = H·W).
// With Groups > 0, x is [Outer, Axis channels, Inner positions] and the channels of
// each sample form Groups groups; weight and bias are per channel. This is group
// and, with one channel a group, instance normalisation.
type NormShape struct {
	Outer, Axis, Inner, Groups int
}

func (s *NormShape) len() int { return s.Outer * s.Axis * s.Inner }

// Stats returns the number of groups that have a mean.
func (s *NormShape) Stats() int {
	if s.Groups > 0 {
		return s.Outer * s.Groups
	}
	return s.Outer * s.Inner
}

// group returns where group k begins, its elements, their distance, and how an
// element's index gives its channel: first + index/area.
func (s *NormShape) group(k int) (base, size, step, first, area int) {
	if s.Groups > 0 {
		per := s.Axis / s.Groups
		return k * per * s.Inner, per * s.Inner, 1, k % s.Groups * per, s.Inner
	}
	return k/s.Inner*s.Axis*s.Inner + k%s.Inner, s.Axis, s.Inner, 0, 1
}

// Norm normalises each group to mean 0 and variance 1, then scales and shifts:
//
//	y = (x − mean)·invstd·weight + bias, invstd = 1/√(var+eps)
//
// weight and bias may be nil (1 and 0), and so may mean and invstd where nobody reads
// them. Sums are in float64.
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; Wu and He 2018,
// arXiv:1803.08494.
func Norm(c *Ctx, s NormShape, y, mean, invstd, x, weight, bias []float32, eps float32) {
	checkLen(y, s.len())
	checkLen(x, s.len())
	for _, stats := range [][]float32{mean, invstd} {
		if stats != nil {
			checkLen(stats, s.Stats())
		}
	}
	t := &c.tasks.norm
	*t = normTask{s: s, y: y, x: x, mean: mean, invstd: invstd, weight: weight, bias: bias, eps: float64(eps)}
	c.run(ceilDiv(s.Stats(), normChunk), 8*s.len(), t)
}

// NormDX is the gradient of Norm, with x̂ = (x − mean)·invstd, u = dy·weight and
// means over a group:
//
//	dx = invstd·(u − mean(u) − x̂·mean(u·x̂));  dweight = Σdy·x̂;  dbias = Σdy
//
// weight may be nil (1); dweight and dbias are overwritten.
func NormDX(c *Ctx, s NormShape, dx, dweight, dbias, x, dy, weight, mean, invstd []float32) {
	checkLen(dx, s.len())
	checkLen(x, s.len())
	checkLen(dy, s.len())
	checkLen(dweight, s.Axis)
	checkLen(dbias, s.Axis)
	t := &c.tasks.norm
	*t = normTask{backward: true, s: s, y: dx, x: x, dy: dy, mean: mean, invstd: invstd, weight: weight}
	c.run(ceilDiv(s.Stats(), normChunk), 8*s.len(), t)
	*t = normTask{affine: true, s: s, y: dweight, bias: dbias, x: x, dy: dy, mean: mean, invstd: invstd}
	c.run(s.Axis, 8*s.len(), t)
}

// normTask does normChunk groups per chunk; with affine, the gradients of one channel.
type normTask struct {
	backward, affine           bool
	s                          NormShape
	y, x, dy                   []float32
	mean, invstd, weight, bias []float32
	eps                        float64
}

// normChunk is the number of groups of one chunk.
const normChunk = 32

func (t *normTask) Chunk(_, chunk int) {
	if t.affine {
		t.channel(chunk)
		return
	}
	for k, end := chunk*normChunk, min((chunk+1)*normChunk, t.s.Stats()); k < end; k++ {
		switch {
		case t.backward:
			t.gradient(k)
		case t.s.Groups == 0 && t.s.Inner > 1:
			n := min(end-k, t.s.Inner-k%t.s.Inner)
			t.beside(k, n)
			k += n - 1
		default:
			t.forward(k)
		}
	}
}

// forward normalises a group whose elements follow each other.
func (t *normTask) forward(k int) {
	base, size, _, first, area := t.s.group(k)
	x, y := t.x[base:][:size], t.y[base:][:size]
	mean := lineSum(x) / float64(size)
	m, invstd := t.stats(k, mean, lineDeviation(x, mean)/float64(size))
	if area == 1 {
		lineStandard(y, x, m, invstd, from(t.weight, first), from(t.bias, first))
		return
	}
	lineStandard(y, x, m, invstd, nil, nil)
	for ch := range size / area {
		w, b := at(t.weight, first+ch, 1), at(t.bias, first+ch, 0)
		plane := y[ch*area:][:area]
		for i, v := range plane {
			plane[i] = v*w + b
		}
	}
}

// from returns v from element first on, nil of nil.
func from(v []float32, first int) []float32 {
	if v == nil {
		return nil
	}
	return v[first:]
}

// stats returns the mean of group k and what its deviations are multiplied by, and
// keeps both where they are wanted.
func (t *normTask) stats(k int, mean, variance float64) (m, invstd float32) {
	m, invstd = float32(mean), float32(1/math.Sqrt(variance+t.eps))
	if t.mean != nil {
		t.mean[k] = m
	}
	if t.invstd != nil {
		t.invstd[k] = invstd
	}
	return m, invstd
}

// beside normalises n groups, from k on, that lie beside each other: the channels of
// pixels in a row.
func (t *normTask) beside(k, n int) {
	var sums, means [normChunk]float64
	var mean, invstd [normChunk]float32
	s := &t.s
	base, size, step, _, _ := s.group(k)
	row := func(x []float32, i int) []float32 { return x[base+i*step:][:n] }
	for i := range size {
		for j, v := range row(t.x, i) {
			means[j] += float64(v)
		}
	}
	for j := range n {
		means[j] /= float64(size)
	}
	for i := range size {
		for j, v := range row(t.x, i) {
			d := float64(v) - means[j]
			sums[j] += d * d
		}
	}
	for j := range n {
		mean[j], invstd[j] = t.stats(k+j, means[j], sums[j]/float64(size))
	}
	for i := range size {
		w, b := at(t.weight, i, 1), at(t.bias, i, 0)
		y := row(t.y, i)
		for j, v := range row(t.x, i) {
			y[j] = (v-mean[j])*invstd[j]*w + b
		}
	}
}

func (t *normTask) gradient(k int) {
	base, size, step, first, area := t.s.group(k)
	mean, invstd := t.mean[k], t.invstd[k]
	sum, sumHat := 0.0, 0.0
	for i := range size {
		u := float64(t.dy[base+i*step] * at(t.weight, first+i/area, 1))
		sum += u
		sumHat += u * float64((t.x[base+i*step]-mean)*invstd)
	}
	meanU, meanHat := float32(sum/float64(size)), float32(sumHat/float64(size))
	for i := range size {
		u := t.dy[base+i*step] * at(t.weight, first+i/area, 1)
		hat := (t.x[base+i*step] - mean) * invstd
		t.y[base+i*step] = invstd * (u - meanU - hat*meanHat)
	}
}

// channel sums the gradients of weight and bias number ch over all groups.
func (t *normTask) channel(ch int) {
	dw, db := 0.0, 0.0
	s := &t.s
	for o := range s.Outer {
		for i := range s.Inner {
			at := (o*s.Axis+ch)*s.Inner + i
			k := o*s.Inner + i
			if s.Groups > 0 {
				k = o*s.Groups + ch/(s.Axis/s.Groups)
			}
			g := float64(t.dy[at])
			db += g
			dw += g * float64((t.x[at]-t.mean[k])*t.invstd[k])
		}
	}
	t.y[ch], t.bias[ch] = float32(dw), float32(db)
}
