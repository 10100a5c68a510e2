package sym

import "math"

// addInt returns a + b, and whether it fits.
func addInt(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

// mulInt returns a * b, and whether it fits.
func mulInt(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	if a == math.MinInt64 || b == math.MinInt64 {
		return 0, false
	}
	c := a * b
	return c, c/b == a
}

// floorInt returns a divided by b > 0, rounded down.
func floorInt(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ceilInt returns a divided by b > 0, rounded up.
func ceilInt(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// gcd returns the greatest common divisor of |a| and b > 0.
func gcd(a, b int64) int64 {
	a %= b
	if a < 0 {
		a = -a
	}
	for a != 0 {
		a, b = b%a, a
	}
	return b
}

// lcm returns the least common multiple of positive numbers, and whether it fits.
func lcm(a, b int64) (int64, bool) { return mulInt(a/gcd(a, b), b) }
