package tensor

import (
	"math"
	"testing"
)

// TestRandomLaw pins the numbers: a trained network must not change when the
// library does.
func TestRandomLaw(t *testing.T) {
	// SplitMix64 itself, by the first outputs of Vigna's splitmix64.c from state 0.
	for i, want := range []uint64{0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F} {
		if got := RandomWord(0, uint64(i)); got != want {
			t.Errorf("RandomWord(0, %d) = %#x, want %#x", i, got, want)
		}
	}
	for _, c := range []struct {
		seed, stream, i uint64
		uniform, normal float32
	}{
		{0, 0, 0, 0.080216825, -2.1604645},
		{1, 0, 0, 0.19983912, -1.3056928},
		{1, 2, 3, 0.09715289, 0.3997353},
		{math.MaxUint64, 7, 1 << 40, 0.5656411, 0.95584065},
	} {
		if got := Uniform(c.seed, c.stream, c.i); got != c.uniform {
			t.Errorf("Uniform(%d, %d, %d) = %v, want %v", c.seed, c.stream, c.i, got, c.uniform)
		}
		if got := Normal(c.seed, c.stream, c.i); math.Abs(float64(got-c.normal)) > 1e-6 {
			t.Errorf("Normal(%d, %d, %d) = %v, want %v", c.seed, c.stream, c.i, got, c.normal)
		}
	}
}

// TestNormalPair: a pair is two numbers of the stream.
func TestNormalPair(t *testing.T) {
	const seed, stream = 3, 4
	for k := range uint64(1000) {
		even, odd := NormalPair(RandomKey(seed, stream), k)
		if want, next := Normal(seed, stream, 2*k), Normal(seed, stream, 2*k+1); even != want || odd != next {
			t.Errorf("pair %d: got %v and %v, want %v and %v", k, even, odd, want, next)
		}
	}
}

// TestUniformDistribution bounds mean, variance, the chi-square statistic over
// 256 cells and the correlation of neighbours, of streams and of seeds.
func TestUniformDistribution(t *testing.T) {
	const n = 1 << 18
	type draw func(i uint64) float64
	var cells [256]float64
	var sum, sum2 float64
	for i := range uint64(n) {
		u := float64(Uniform(42, 3, i))
		if u < 0 || u >= 1 || u*(1<<24) != math.Trunc(u*(1<<24)) {
			t.Fatalf("Uniform(42, 3, %d) = %v, want a multiple of 2^-24 in [0, 1)", i, u)
		}
		sum += u
		sum2 += u * u
		cells[int(u*256)]++
	}
	mean := sum / n
	if sigma := math.Sqrt(1.0 / 12 / n); math.Abs(mean-0.5) > 4*sigma {
		t.Errorf("mean %v, want 0.5 within %v", mean, 4*sigma)
	}
	if v := sum2/n - mean*mean; math.Abs(v-1.0/12) > 0.001 {
		t.Errorf("variance %v, want 1/12", v)
	}
	chi2 := 0.0
	for _, c := range cells {
		d := c - n/256
		chi2 += d * d / (n / 256)
	}
	// 255 degrees of freedom: 99.99 % of samples lie in 175..350.
	if chi2 < 170 || chi2 > 355 {
		t.Errorf("chi-square over 256 cells %v, want about 255", chi2)
	}
	base := func(i uint64) float64 { return float64(Uniform(42, 3, i)) }
	for name, other := range map[string]draw{
		"next number": func(i uint64) float64 { return base(i + 1) },
		"next stream": func(i uint64) float64 { return float64(Uniform(42, 4, i)) },
		"next seed":   func(i uint64) float64 { return float64(Uniform(43, 3, i)) },
		"swapped":     func(i uint64) float64 { return float64(Uniform(3, 42, i)) },
	} {
		if r := correlation(n, base, other); math.Abs(r) > 4.5/math.Sqrt(n) {
			t.Errorf("correlation with the %s is %v, want about 0", name, r)
		}
	}
}

// TestNormalDistribution bounds the first four moments, the share within one and
// two sigma, and the correlation inside a Box-Muller pair.
func TestNormalDistribution(t *testing.T) {
	const n = 1 << 18
	var m1, m2, m3, m4, one, two float64
	for i := range uint64(n) {
		x := float64(Normal(7, 1, i))
		m1 += x / n
		m2 += x * x / n
		m3 += x * x * x / n
		m4 += x * x * x * x / n
		if math.Abs(x) < 1 {
			one += 1.0 / n
		}
		if math.Abs(x) < 2 {
			two += 1.0 / n
		}
	}
	for _, c := range []struct {
		name           string
		got, want, tol float64
	}{
		{"mean", m1, 0, 0.01}, {"variance", m2, 1, 0.015}, {"third moment", m3, 0, 0.04},
		{"fourth moment", m4, 3, 0.1}, {"within 1 sigma", one, 0.6827, 0.005}, {"within 2 sigma", two, 0.9545, 0.003},
	} {
		if math.Abs(c.got-c.want) > c.tol {
			t.Errorf("%s: got %v, want %v within %v", c.name, c.got, c.want, c.tol)
		}
	}
	even := func(i uint64) float64 { return float64(Normal(7, 1, 2*i)) }
	odd := func(i uint64) float64 { return float64(Normal(7, 1, 2*i+1)) }
	if r := correlation(n/2, even, odd); math.Abs(r) > 4.5/math.Sqrt(n/2) {
		t.Errorf("correlation inside a pair is %v, want about 0", r)
	}
}

func correlation(n int, f, g func(uint64) float64) float64 {
	var sf, sg, sff, sgg, sfg float64
	for i := range uint64(n) {
		a, b := f(i), g(i)
		sf, sg, sff, sgg, sfg = sf+a, sg+b, sff+a*a, sgg+b*b, sfg+a*b
	}
	m := float64(n)
	return (sfg - sf*sg/m) / math.Sqrt((sff-sf*sf/m)*(sgg-sg*sg/m))
}

func BenchmarkUniform(b *testing.B) {
	key := RandomKey(1, 2)
	var s float32
	for i := range b.N {
		s += UniformOf(RandomWord(key, uint64(i)))
	}
	if s < 0 {
		b.Fatal(s)
	}
}
