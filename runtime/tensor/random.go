package tensor

import "math"

// The random numbers of a network are a function of a counter: number i of a
// stream depends on (seed, stream, i) and on nothing computed before it. So a
// loop may be split among threads, run backwards or be compiled to assembly and
// still draw the same numbers.
//
//	mix(z)  = the finaliser of SplitMix64
//	key     = mix(seed + φ) ^ mix(stream·φ + ψ), then mix once more
//	word(i) = mix(key + (i+1)·φ)
//
// that is, every stream is one SplitMix64 sequence that begins at its own key.
//
// Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
// generators", doi:10.1145/2660193.2660195; constants of Vigna's splitmix64.c.
const (
	golden    = 0x9E3779B97F4A7C15 // φ: 2^64 divided by the golden ratio, odd
	silver    = 0x6A09E667F3BCC909 // ψ: 2^64·(√2 − 1), odd; keeps stream 0 apart from seed 0
	mixFirst  = 0xBF58476D1CE4E5B9
	mixSecond = 0x94D049BB133111EB
)

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * mixFirst
	z = (z ^ z>>27) * mixSecond
	return z ^ z>>31
}

// RandomKey joins a seed and a stream to the key of one sequence; loops compute
// it once and call [RandomWord] for each element.
func RandomKey(seed, stream uint64) uint64 {
	return mix(mix(seed+golden) ^ mix(stream*golden+silver))
}

// RandomWord returns number i of the sequence of key: 64 uniform bits.
func RandomWord(key, i uint64) uint64 { return mix(key + (i+1)*golden) }

// Uniform returns number i of a stream, uniform over the 2^24 multiples of 2^-24
// in [0, 1): the upper 24 bits of the word.
func Uniform(seed, stream, i uint64) float32 {
	return UniformOf(RandomWord(RandomKey(seed, stream), i))
}

// UniformOf returns the uniform number that the upper 24 bits of a word hold.
// Every value is exact in float32, and 1 is never reached.
func UniformOf(word uint64) float32 { return float32(word>>40) * (1.0 / (1 << 24)) }

// Normal returns number i of a stream of independent standard normal numbers, by
// Box and Muller's transform of the words 2k and 2k+1 with k = i/2:
//
//	r = sqrt(−2 ln u), u = (word(2k)>>11 + ½) / 2^53;  θ = 2π · (word(2k+1)>>11) / 2^53
//	Normal(2k) = r cos θ,  Normal(2k+1) = r sin θ
//
// computed in float64 and rounded once; |Normal| < 8.7.
//
// Source: Box and Muller 1958, doi:10.1214/aoms/1177706645.
func Normal(seed, stream, i uint64) float32 {
	r, theta := polar(RandomKey(seed, stream), i/2)
	if i&1 == 0 {
		return float32(r * math.Cos(theta))
	}
	return float32(r * math.Sin(theta))
}

// NormalPair returns the numbers 2k and 2k+1 that [Normal] takes from the sequence of key,
// for less than two calls of it.
func NormalPair(key, k uint64) (even, odd float32) {
	r, theta := polar(key, k)
	return float32(r * math.Cos(theta)), float32(r * math.Sin(theta))
}

// polar returns r and θ of pair k of normal numbers.
func polar(key, k uint64) (r, theta float64) {
	const unit = 1.0 / (1 << 53)
	u := (float64(RandomWord(key, 2*k)>>11) + 0.5) * unit
	return math.Sqrt(-2 * math.Log(u)), 2 * math.Pi * float64(RandomWord(key, 2*k+1)>>11) * unit
}
