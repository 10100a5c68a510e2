package kernel

import "math"

// Vector forms of the transcendental functions. Bounds are the largest error in
// units in the last place against the correctly rounded result, measured over
// all arguments by TestElementwiseTwins; each function says where its bound holds.

// reduceExp splits x = n*ln2 + r with |r| <= ln2/2; x lies in [-104, 89].
func (p *lanes) reduceExp(x val) (n, r val) {
	n = p.round(0, p.mul(x, p.f32(math.Log2E)))
	r = p.fnma(n, p.f32(0.693359375), x) // ln2 in two parts: the first has 9 bits, n*it is exact
	return n, p.fnma(n, p.f32(-2.12194440e-4), r)
}

// expm1Poly returns e^r - 1 for |r| <= ln2/2. Source: Cephes expf.
func (p *lanes) expm1Poly(r val) val {
	q := p.horner(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	return p.fma(p.mul(r, r), q, r)
}

// pow2 returns 2^k for lanes of integers in [-126, 127].
func (p *lanes) pow2(k val) val {
	return p.emit("VPSLLD", -1, val{imm, 23}, p.emit("VPADDD", -1, p.bits(127), p.reg(k)))
}

// exp returns e^x: overflow is +Inf, results below 2^-126 are gradual, NaN stays.
// x = n·ln2/8 + r as in expNegParts, with one more coefficient (2^-32); the scale is applied
// in two halves, so that both ends are reached. Bound: 1 ULP; 1.5 ULP where the
// result is subnormal.
func (p *lanes) exp(x val) val {
	x = p.minNum(p.maxNum(x, p.f32(-104)), p.f32(89))
	magic := p.f32(eighthsMagic)
	shifted := p.fma(x, p.f32(8*math.Log2E), magic)
	n := p.sub(shifted, magic)
	r := p.fnma(n, p.f32(0.693359375/8), x)
	r = p.fnma(n, p.f32(-2.12194440e-4/8), r)
	t := p.look(p.table(eighths()), shifted)
	y := p.fma(p.mul(t, r), p.horner(r, 0.0416604309343, 0.16668026152, 0.500000012756, 1), t)
	k := p.emit("VPSRAD", -1, val{imm, 3}, p.emit("VPSUBD", -1, p.f32(eighthsMagic), shifted))
	half := p.emit("VPSRAD", -1, val{imm, 1}, k)
	y = p.mul(y, p.pow2(half))
	return p.mul(y, p.pow2(p.emit("VPSUBD", -1, half, k)))
}

// expm1 returns e^x - 1 for x <= 0, without cancellation near zero.
// Bound: 2 ULP.
func (p *lanes) expm1(x val) val {
	n, r := p.reduceExp(p.maxNum(x, p.f32(-40)))
	s := p.pow2(p.emit("VCVTPS2DQ", -1, n))
	return p.fma(p.expm1Poly(r), s, p.sub(s, p.f32(1)))
}

// sigmoid returns 1/(1+e^-x) with a true division. Bound: 2 ULP for x >= -87.
func (p *lanes) sigmoid(x val) val {
	return p.div(p.f32(1), p.onePlusExpNeg(p.minNum(p.maxNum(x, p.f32(-88)), p.f32(80)), true))
}

// silu returns x/(1+e^-x), and something below 1e-35 for x < -88.
func (p *lanes) silu(x val) val {
	x = p.maxNum(x, p.f32(-88))
	return p.div(x, p.onePlusExpNeg(p.minNum(x, p.f32(80)), false))
}

// onePlusExpNeg returns 1+e^-x for -88 <= x <= 87, with a part of a unit in the last place
// less error if careful.
func (p *lanes) onePlusExpNeg(x val, careful bool) val {
	s, sr, q := p.expNegParts(x, careful)
	return p.fnma(sr, q, p.add(s, p.f32(1)))
}

// expNeg returns e^-x for -88 <= x <= 87.
func (p *lanes) expNeg(x val) val {
	s, sr, q := p.expNegParts(x, false)
	return p.fnma(sr, q, s)
}

// expNegParts returns s, s·r and q such that e^-x = s - s·r·q for -88 <= x <= 87. It
// needs no care for results below 2^-126, and so is shorter than exp: x = r - n·ln2/8,
// where n is the lowest bits of eighthsMagic - 8·x·log2e; s is 2^(n/8), by a table of
// the lowest three bits, to which n is added from the exponent's eighths on.
// 1 - r·q is e^-r within 2^-25 for |r| <= ln2/16, by least largest error. If careful, s has
// 16 bits, so that 1 + s loses nothing, and r takes up the rest.
func (p *lanes) expNegParts(x val, careful bool) (s, sr, q val) {
	magic := p.f32(eighthsMagic)
	shifted := p.fma(x, p.f32(-8*math.Log2E), magic)
	n := p.sub(shifted, magic)
	r := p.fma(n, p.f32(0.693359375/8), x) // ln2 in two parts, as in reduceExp
	r = p.fma(n, p.f32(-2.12194440e-4/8), r)
	bits := 24
	if careful {
		bits = 16
	}
	scale, rest := scaledEighths(bits)
	if careful {
		r = p.sub(r, p.look(p.table(rest), shifted))
	}
	s = p.emit("VPADDD", -1, p.emit("VPSLLD", -1, val{imm, 20}, shifted), p.look(p.table(scale), shifted))
	return s, p.mul(s, r), p.horner(r, 0.166669790137, -0.50006453623, 1)
}

// eighthsMagic is 1.5·2^23: the last bits of a sum with it are the nearest integer.
const eighthsMagic = 3 << 22

// eighths returns the bits of 2^(j/8).
func eighths() (w [8]uint32) {
	for j := range w {
		w[j] = math.Float32bits(float32(math.Exp2(float64(j) / 8)))
	}
	return w
}

// scaledEighths returns t = 2^(j/8) rounded to so many bits, less j eighths of an
// exponent, and the logarithm of 2^(j/8) / t.
func scaledEighths(bits int) (scale, rest [8]uint32) {
	for j := range scale {
		exact := math.Exp2(float64(j) / 8)
		t := math.Ldexp(math.Round(math.Ldexp(exact, bits-1)), 1-bits)
		scale[j] = math.Float32bits(float32(t)) - uint32(j)<<20
		rest[j] = math.Float32bits(float32(math.Log(exact / t)))
	}
	return scale, rest
}

const signBit, absMask = 0x80000000, 0x7fffffff

// tanh is a rational function of degree 13/6, odd, and x itself near zero.
// Bound: 4 ULP. Source: Eigen, MathFunctionsImpl.h, generic_fast_tanh_float.
func (p *lanes) tanh(x val) val {
	x = p.reg(x)
	c := p.minNum(p.maxNum(x, p.f32(-7.99881172180175781)), p.f32(7.99881172180175781))
	z := p.mul(c, c)
	num := p.mul(c, p.horner(z, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
		5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03))
	den := p.horner(z, 1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
	tiny := p.cmp(cmpLT, p.and(x, p.bits(absMask)), p.f32(0.0004))
	return p.choose(tiny, x, p.div(num, den))
}

// log returns the natural logarithm: -Inf at 0, NaN below. x = 2^k * m with m in
// [sqrt(1/2), sqrt(2)). Bound: 1 ULP; subnormal arguments are scaled first.
// Source: Cephes logf.
func (p *lanes) log(x val) val {
	x = p.reg(x)
	small := p.cmp(cmpLT, x, p.bits(0x00800000))
	bits := p.choose(small, p.mul(x, p.f32(1<<23)), x)
	bits = p.emit("VPADDD", -1, p.bits(0x3f800000-0x3f3504f3), bits)
	k := p.emit("VPSUBD", -1, p.bits(127), p.emit("VPSRLD", -1, val{imm, 23}, bits))
	e := p.sub(p.emit("VCVTDQ2PS", -1, k), p.and(small, p.f32(23)))
	m := p.emit("VPADDD", -1, p.bits(0x3f3504f3), p.and(bits, p.bits(0x007fffff)))
	f := p.sub(m, p.f32(1))
	z := p.mul(f, f)
	y := p.horner(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	y = p.mul(p.mul(y, f), z)
	y = p.fma(e, p.f32(-2.12194440e-4), y)
	y = p.add(f, p.fnma(z, p.f32(0.5), y))
	y = p.fma(e, p.f32(0.693359375), y)
	// Special arguments: 0, negative, +Inf and NaN.
	zero := p.cmp(cmpEQ, x, p.f32(0))
	special := p.choose(zero, p.f32(math.Inf(-1)), p.choose(p.cmp(cmpLT, x, p.f32(0)), p.f32(math.NaN()), x))
	regular := p.and(p.cmp(cmpLT, x, p.f32(math.Inf(1))), p.cmp(cmpLT, p.f32(0), x))
	return p.choose(regular, y, special)
}

// log1pExpNeg returns log(1 + e^-|x|) as 2 artanh(t/(2+t)), t = e^-|x|: a series
// in s^2 <= 1/9 without cancellation. Bound: 3 ULP.
func (p *lanes) log1pExpNeg(x val) val {
	t := p.exp(p.or(x, p.bits(signBit)))
	s := p.div(t, p.add(t, p.f32(2)))
	z := p.mul(s, s)
	q := p.horner(z, 2.0/15, 2.0/13, 2.0/11, 2.0/9, 2.0/7, 2.0/5, 2.0/3, 2)
	return p.mul(s, q)
}

// softplus returns log(1+e^x). Bound: 3 ULP.
func (p *lanes) softplus(x val) val {
	x = p.reg(x)
	return p.add(p.maxNum(x, p.f32(0)), p.log1pExpNeg(x))
}

// mish returns x*tanh(log(1+e^x)) = x*w/(w+2) with w = e^2x + 2e^x; above 20 it
// is x. Bound: 4 ULP for x >= -87.
func (p *lanes) mish(x val) val {
	x = p.reg(x)
	e := p.exp(p.minNum(x, p.f32(20)))
	w := p.fma(e, e, p.add(e, e))
	return p.mul(x, p.div(w, p.add(w, p.f32(2))))
}

// erf is a rational function of degree 9/12, odd. Bound: 6 ULP.
// Source: XLA, math.cc, ErfImpl32.
func (p *lanes) erf(x val) val {
	const edge = 3.832506856900711 // erf rounds to one from here
	x = p.minNum(p.maxNum(x, p.f32(-edge)), p.f32(edge))
	z := p.mul(x, x)
	num := p.mul(x, p.horner(z, 2.2905065861350646e-4, 3.4082910107109506e-3, 5.0955695062380861e-2,
		1.8520832239976145e-1, 1.128379143519084))
	den := p.horner(z, -1.1791602954361697e-7, 2.3547966471313185e-5, 1.0179625278914885e-3,
		1.4070470171167667e-2, 1.1098505178285362e-1, 4.9746925110067538e-1, 1)
	return p.div(num, den)
}

// gelu returns x*Phi(x), or with tanhForm its approximation x*sigmoid(2u).
// Bound: 20 ULP for x >= -4 (8 for the exact form); below it the absolute error is under
// 3e-8.
func (p *lanes) gelu(x val, tanhForm bool) val {
	x = p.reg(x)
	if !tanhForm {
		return p.geluExact(x)
	}
	const c = 1.5957691216057308 // 2*sqrt(2/pi)
	x = p.maxNum(x, p.f32(-40))  // below it the result is 0, and u no more than -88
	u := p.mul(x, p.fma(p.mul(x, x), p.f32(c*0.044715), p.f32(c)))
	return p.div(x, p.onePlusExpNeg(p.minNum(p.maxNum(u, p.f32(-88)), p.f32(80)), false))
}

// geluExact returns max(x, 0) - z·Phi(-z) for z = |x|: no cancellation, since the
// second part is at most a third of the first. Phi(-z) = e^(-z²/2)·P(z)/Q(z), where
// P/Q is half of erfcx(z/√2), of least largest relative error on [0, 5.5]: 2^-24. It
// falls as 1/z, as it should, and is off by 5e-5 at z = 13, from where on the result
// is 0 but for 1e-37.
func (p *lanes) geluExact(x val) val {
	z := p.minNum(p.and(x, p.bits(absMask)), p.f32(13))
	num := p.fma(p.fma(p.add(z, p.f32(7.747756894)), z, p.f32(24.97689829)), z, p.f32(37.69121666))
	den := p.horner(z, 2.508413527, 19.37465829, 65.65352841, 110.1000655, 2*37.69121666)
	tail := p.expNeg(p.mul(p.mul(z, p.f32(0.5)), z))
	return p.fnma(tail, p.div(p.mul(z, num), den), p.maxNum(x, p.f32(0)))
}
