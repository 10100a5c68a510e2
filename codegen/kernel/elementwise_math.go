package kernel

import "math"

// Vector forms of the transcendental functions. Bounds are the largest error in
// units in the last place against the correctly rounded result, measured over
// all arguments by TestElementwiseULP; each function says where its bound holds.

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
// The scale 2^n is applied in two halves, so that both ends are reached.
// Bound: 1 ULP; 1.5 ULP where the result is subnormal.
func (p *lanes) exp(x val) val {
	x = p.minNum(p.maxNum(x, p.f32(-104)), p.f32(89))
	n, r := p.reduceExp(x)
	y := p.add(p.expm1Poly(r), p.f32(1))
	k := p.emit("VCVTPS2DQ", -1, n)
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
	x = p.minNum(p.maxNum(x, p.f32(-88)), p.f32(80))
	// The integer steps of onePlusExpNeg may lose a NaN; 1 + 0·x does not.
	return p.div(p.fma(x, p.f32(0), p.f32(1)), p.onePlusExpNeg(x))
}

// silu returns x/(1+e^-x), and something below 1e-35 for x < -88.
func (p *lanes) silu(x val) val {
	x = p.maxNum(x, p.f32(-88))
	return p.div(x, p.onePlusExpNeg(p.minNum(x, p.f32(80))))
}

// onePlusExpNeg returns 1+e^-x for -88 <= x <= 80. It needs no care for small results of
// e^-x, which the sum loses, and so is shorter than exp: x = -n·ln2 + r, where n is
// the lowest bits of x·log2e + 1.5·2^23 and goes into the exponent as it stands.
// The polynomial is e^-r by interpolation at the Chebyshev nodes of |r| <= ln2/2,
// within 2^-31.
func (p *lanes) onePlusExpNeg(x val) val {
	magic := p.f32(3 << 22)
	shifted := p.fma(x, p.f32(-math.Log2E), magic)
	n := p.sub(shifted, magic)
	r := p.fma(n, p.f32(0.693359375), x)
	r = p.fma(n, p.f32(-2.12194440e-4), r)
	y := p.horner(r, 0.00139411189, -0.00837513477, 0.0416663528, -0.166664154, 0.500000005, -1.00000004, 1)
	y = p.emit("VPADDD", -1, p.emit("VPSLLD", -1, val{imm, 23}, shifted), y)
	return p.add(y, p.f32(1))
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

// normalCDF returns Phi(x) = erfc(-x/sqrt2)/2 through e^-z^2, which keeps the
// negative tail. Bound: 32 ULP for x >= -4, more as z^2 grows.
// Source: Press et al., Numerical Recipes in C, 2nd ed., erfcc.
func (p *lanes) normalCDF(x val) val {
	z := p.mul(p.and(x, p.bits(absMask)), p.f32(math.Sqrt2/2))
	t := p.div(p.f32(1), p.fma(z, p.f32(0.5), p.f32(1)))
	q := p.horner(t, 0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806,
		0.09678418, 0.37409196, 1.00002368, -1.26551223)
	tail := p.mul(p.mul(t, p.f32(0.5)), p.exp(p.fnma(z, z, q)))
	return p.choose(p.cmp(cmpLT, x, p.f32(0)), tail, p.sub(p.f32(1), tail))
}

// gelu returns x*Phi(x), or with tanhForm its approximation x*sigmoid(2u).
// Bound: 20 ULP for x >= -4 (32 for the exact form); below it the absolute error is under 3e-8.
func (p *lanes) gelu(x val, tanhForm bool) val {
	x = p.reg(x)
	if !tanhForm {
		return p.mul(x, p.normalCDF(x))
	}
	const c = 1.5957691216057308 // 2*sqrt(2/pi)
	x = p.maxNum(x, p.f32(-40))  // below it the result is 0, and u no more than -88
	u := p.mul(x, p.fma(p.mul(x, x), p.f32(c*0.044715), p.f32(c)))
	return p.div(x, p.onePlusExpNeg(p.minNum(p.maxNum(u, p.f32(-88)), p.f32(80))))
}
