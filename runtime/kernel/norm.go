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
// weight and bias may be nil (1 and 0). Sums are in float64.
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; Wu and He 2018,
// arXiv:1803.08494.
func Norm(c *Ctx, s NormShape, y, mean, invstd, x, weight, bias []float32, eps float32) {
	checkLen(y, s.len())
	checkLen(x, s.len())
	checkLen(mean, s.Stats())
	checkLen(invstd, s.Stats())
	t := &c.tasks.norm
	*t = normTask{s: s, y: y, x: x, mean: mean, invstd: invstd, weight: weight, bias: bias, eps: float64(eps)}
	c.run(s.Stats(), 8*s.len(), t)
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
	c.run(s.Stats(), 8*s.len(), t)
	*t = normTask{affine: true, s: s, y: dweight, bias: dbias, x: x, dy: dy, mean: mean, invstd: invstd}
	c.run(s.Axis, 8*s.len(), t)
}

// normTask does one group per chunk; with affine, the gradients of one channel.
type normTask struct {
	backward, affine           bool
	s                          NormShape
	y, x, dy                   []float32
	mean, invstd, weight, bias []float32
	eps                        float64
}

func (t *normTask) Chunk(_, k int) {
	switch {
	case t.affine:
		t.channel(k)
	case t.backward:
		t.gradient(k)
	default:
		t.forward(k)
	}
}

func (t *normTask) forward(k int) {
	base, size, step, first, area := t.s.group(k)
	sum := 0.0
	for i := range size {
		sum += float64(t.x[base+i*step])
	}
	mean := sum / float64(size)
	sum = 0
	for i := range size {
		d := float64(t.x[base+i*step]) - mean
		sum += d * d
	}
	invstd := 1 / math.Sqrt(sum/float64(size)+t.eps)
	t.mean[k], t.invstd[k] = float32(mean), float32(invstd)
	for i := range size {
		ch := first + i/area
		v := (t.x[base+i*step] - float32(mean)) * float32(invstd)
		t.y[base+i*step] = v*at(t.weight, ch, 1) + at(t.bias, ch, 0)
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
