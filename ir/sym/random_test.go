package sym

import (
	"math/rand/v2"
	"testing"
)

// formula is an expression built twice: as an Expr and as plain arithmetic.
type formula struct {
	e    Expr
	eval func(v [2]int64) int64
}

var names = [2]string{"H", "W"}

func number(n int64) formula {
	return formula{Const(n), func([2]int64) int64 { return n }}
}

func sum(a, b formula, sign int64) formula {
	e := a.e.Add(b.e)
	if sign < 0 {
		e = a.e.Sub(b.e)
	}
	return formula{e, func(v [2]int64) int64 { return a.eval(v) + sign*b.eval(v) }}
}

func times(a, b formula) formula {
	return formula{a.e.Mul(b.e), func(v [2]int64) int64 { return a.eval(v) * b.eval(v) }}
}

func floor(a formula, d int64) formula {
	return formula{a.e.FloorDiv(d), func(v [2]int64) int64 { return quotient(a.eval(v), d) }}
}

// quotient rounds down; written unlike floorInt on purpose.
func quotient(n, d int64) int64 {
	r := ((n % d) + d) % d
	return (n - r) / d
}

func extremeOf(a, b formula, least bool) formula {
	if least {
		return formula{Min(a.e, b.e), func(v [2]int64) int64 { return min(a.eval(v), b.eval(v)) }}
	}
	return formula{Max(a.e, b.e), func(v [2]int64) int64 { return max(a.eval(v), b.eval(v)) }}
}

// random draws a formula of at most the given depth over the first n symbols.
func random(r *rand.Rand, depth, n int) formula {
	if depth == 0 || r.IntN(6) == 0 {
		if r.IntN(5) == 0 {
			return number(r.Int64N(12) - 4)
		}
		i := r.IntN(n)
		return formula{Symbol(names[i]), func(v [2]int64) int64 { return v[i] }}
	}
	a := random(r, depth-1, n)
	switch r.IntN(9) {
	case 0:
		return sum(a, random(r, depth-1, n), 1)
	case 1:
		return sum(a, random(r, depth-1, n), -1)
	case 2:
		return times(a, number(r.Int64N(7)-2))
	case 3:
		return floor(a, 1+r.Int64N(6))
	case 4:
		d := 1 + r.Int64N(6)
		return formula{a.e.CeilDiv(d), func(v [2]int64) int64 { return -quotient(-a.eval(v), d) }}
	case 5:
		d := 1 + r.Int64N(6)
		return formula{a.e.Mod(d), func(v [2]int64) int64 { x := a.eval(v); return x - d*quotient(x, d) }}
	case 6:
		return extremeOf(a, random(r, depth-1, n), r.IntN(2) == 0)
	case 7:
		// the size of a convolution
		k, s, p := 1+r.Int64N(7), 1+r.Int64N(3), r.Int64N(4)
		return sum(floor(sum(a, number(2*p-k), 1), s), number(1), 1)
	}
	if r.IntN(3) == 0 {
		return times(a, random(r, min(depth-1, 1), n))
	}
	return sum(a, number(r.Int64N(9)-4), 1)
}

// disguise returns a formula that equals a but is built otherwise, or nearly so.
func disguise(r *rand.Rand, a formula, n int) formula {
	d := 2 + r.Int64N(5)
	x := random(r, 2, n)
	switch r.IntN(6) {
	case 0: // a = d*floor(a/d) + a mod d
		return sum(times(floor(a, d), number(d)), formula{a.e.Mod(d), func(v [2]int64) int64 { y := a.eval(v); return y - d*quotient(y, d) }}, 1)
	case 1: // floors of a/d shifted by all residues add up to a
		s := number(0)
		for i := range d {
			s = sum(s, floor(sum(a, number(i), 1), d), 1)
		}
		return s
	case 2: // min + max = sum
		return sum(sum(extremeOf(a, x, true), extremeOf(a, x, false), 1), x, -1)
	case 3: // differs only where x is a multiple of d
		return sum(sum(a, floor(x, d), 1), floor(sum(x, number(-1), 1), d), -1)
	case 4:
		return floor(sum(times(a, number(d)), number(r.Int64N(d)), 1), d)
	}
	return sum(sum(a, x, 1), x, -1)
}

// randomFacts draws facts that some values meet.
func randomFacts(r *rand.Rand) Facts {
	for {
		if f := anyFacts(r); f.consistent(names[:]) {
			return f
		}
	}
}

func anyFacts(r *rand.Rand) Facts {
	f := Facts{Divides: map[string]int64{}, Min: map[string]int64{}, Max: map[string]int64{}}
	for _, n := range names {
		if r.IntN(3) == 0 {
			f.Divides[n] = 1 + r.Int64N(8)
		}
		if r.IntN(4) == 0 {
			f.Min[n] = r.Int64N(20) - 4
		}
		if r.IntN(4) == 0 {
			f.Max[n] = 5 + r.Int64N(40)
		}
	}
	return f
}

func (f Facts) allow(v [2]int64) bool {
	for i, n := range names {
		least, ok := f.Min[n]
		if !ok {
			least = 1
		}
		most, bounded := f.Max[n]
		if v[i] < least || bounded && v[i] > most || f.Divides[n] > 0 && v[i]%f.Divides[n] != 0 {
			return false
		}
	}
	return true
}

// box calls visit for many values that f allows until it returns false.
func box(r *rand.Rand, f Facts, n int, visit func(v [2]int64) bool) {
	for range 60 {
		v := [2]int64{r.Int64N(70) - 4, 1}
		if n > 1 {
			v[1] = r.Int64N(70) - 4
		}
		if r.IntN(8) == 0 {
			v[0] += r.Int64N(3000)
		}
		for i, name := range names {
			v[i] -= v[i] % f.divisor(name)
		}
		if f.allow(v) && !visit(v) {
			return
		}
	}
}

// TestProveEqualRandom holds the prover against arithmetic: nothing proved may
// fail, and each counterexample must be one.
func TestProveEqualRandom(t *testing.T) {
	rounds := 105_000
	if testing.Short() {
		rounds = 20_000
	}
	var proved, refuted, undecided, repaired int
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rounds {
		n := 1 + r.IntN(2)
		a := random(r, 1+r.IntN(4), n)
		b := disguise(r, a, n)
		if r.IntN(8) == 0 {
			b = random(r, 1+r.IntN(3), n)
		}
		f := Facts{}
		if r.IntN(2) == 0 {
			f = randomFacts(r)
		}
		v := ProveEqual(a.e, b.e, f)
		switch {
		case v.Proved:
			proved++
			box(r, f, n, func(x [2]int64) bool {
				if a.eval(x) != b.eval(x) {
					t.Fatalf("round %d: proved %v = %v under %v, but at %v they are %d and %d", i, a.e, b.e, f, x, a.eval(x), b.eval(x))
				}
				return true
			})
		case v.Counterexample != nil:
			refuted++
			x := [2]int64{1, 1}
			for j, name := range names {
				if w, ok := v.Counterexample[name]; ok {
					x[j] = w
				} else {
					x[j], _ = f.bounds(name)
				}
			}
			if !f.allow(x) || a.eval(x) == b.eval(x) {
				t.Fatalf("round %d: %v is no counterexample to %v = %v under %v", i, v.Counterexample, a.e, b.e, f)
			}
			if v.RepairSymbol == "" {
				continue
			}
			repaired++
			g := f.with(v.RepairSymbol, v.RepairModulus)
			box(r, g, n, func(x [2]int64) bool {
				if a.eval(x) != b.eval(x) {
					t.Fatalf("round %d: %s %% %d repairs %v = %v, but at %v they differ", i, v.RepairSymbol, v.RepairModulus, a.e, b.e, x)
				}
				return true
			})
		default:
			undecided++
			if d := Simplify(a.e.Sub(b.e), f); !d.deep(mixed) {
				t.Errorf("round %d: %v = 0 is undecided under %v", i, d, f)
			}
		}
	}
	t.Logf("%d proved, %d refuted (%d repaired), %d undecided", proved, refuted, repaired, undecided)
	if undecided*100 > rounds || proved*4 < rounds || refuted*8 < rounds {
		t.Errorf("got %d proved, %d refuted, %d undecided of %d, want a mix with at most 1 %% undecided", proved, refuted, undecided, rounds)
	}
}

// mixed reports whether f compares sizes of both symbols, or products.
func mixed(f *atom) bool {
	all, products := map[string]bool{}, false
	for _, x := range f.args {
		x.symbols(all)
		products = products || x.degree("H") > 1 || x.degree("W") > 1
	}
	return isExtreme(f) && (len(all) > 1 || products)
}

// TestNormalFormRandom holds the normal form, Simplify, Range and the text form
// against arithmetic.
func TestNormalFormRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 12_000 {
		a, f := random(r, 4, 2), randomFacts(r)
		back, err := Parse(a.e.String())
		if err != nil || !back.Equal(a.e) {
			t.Fatalf("round %d: Parse(%v) = %v, %v, want the same", i, a.e, back, err)
		}
		simple := Simplify(a.e, f)
		lo, hi, ok := Range(a.e, f)
		box(r, f, 2, func(v [2]int64) bool {
			want := a.eval(v)
			env := map[string]int64{names[0]: v[0], names[1]: v[1]}
			if got, err := a.e.Eval(env); err != nil || got != want {
				t.Fatalf("round %d: %v at %v = %d, %v, want %d", i, a.e, v, got, err, want)
			}
			if got, err := simple.Eval(env); err != nil || got != want {
				t.Fatalf("round %d: %v simplified under %v is %v, at %v = %d, %v, want %d", i, a.e, f, simple, v, got, err, want)
			}
			if !ok || want < lo || want > hi {
				t.Fatalf("round %d: Range(%v, %v) = %d..%d, %v, but it is %d at %v", i, a.e, f, lo, hi, ok, want, v)
			}
			return true
		})
		if again := Simplify(simple, f); !again.Equal(simple) {
			t.Fatalf("round %d: Simplify(%v, %v) = %v, again %v", i, a.e, f, simple, again)
		}
	}
}
