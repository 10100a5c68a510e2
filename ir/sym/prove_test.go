package sym

import (
	"maps"
	"math"
	"testing"
	"time"
)

// window is the size after a window of k steps s with border p on both sides.
func window(x Expr, k, s, p int64) Expr { return x.Add(Const(2*p - k)).FloorDiv(s).Add(Const(1)) }

// half is window with the border half.
func half(x Expr, k, s int64) Expr { return window(x, k, s, (k-1)/2) }

func iterate(x Expr, n int, f func(Expr) Expr) Expr {
	for range n {
		x = f(x)
	}
	return x
}

func mustParse(t *testing.T, text string) Expr {
	t.Helper()
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestProveEqual(t *testing.T) {
	h, w := Symbol("H"), Symbol("W")
	down := func(x Expr) Expr { return window(x, 2, 2, 0) }
	stride := func(x Expr) Expr { return half(x, 3, 2) }
	resnet := iterate(half(half(h, 7, 2), 3, 2), 3, func(x Expr) Expr { return half(half(half(x, 1, 1), 3, 2), 1, 1) })
	for _, row := range []struct {
		name string
		a, b Expr
		f    Facts
		want Verdict
	}{
		{"conv k3 s1 keeps H", half(h, 3, 1), h, Facts{}, Verdict{Proved: true}},
		{"conv k7 s2", half(h, 7, 2), h.CeilDiv(2), Facts{}, Verdict{Proved: true}},
		{"projection meets the block", half(h, 1, 2), half(h, 3, 2), Facts{}, Verdict{Proved: true}},
		{"ResNet-50", resnet, h.CeilDiv(32), Facts{}, Verdict{Proved: true}},
		{"U-Net up 4 meets level 3", iterate(h, 4, down).Mul(Const(2)), iterate(h, 3, down), Facts{},
			Verdict{Counterexample: map[string]int64{"H": 8}, RepairSymbol: "H", RepairModulus: 16}},
		{"U-Net with its where", iterate(h, 4, down).Mul(Const(16)), h, Facts{Divides: map[string]int64{"H": 16}}, Verdict{Proved: true}},
		{"U-Net with half of it", iterate(h, 4, down).Mul(Const(16)), h, Facts{Divides: map[string]int64{"H": 8}},
			Verdict{Counterexample: map[string]int64{"H": 8}, RepairSymbol: "H", RepairModulus: 16}},
		{"the detector's top", iterate(h, 5, stride).Mul(Const(2)), iterate(h, 4, stride), Facts{},
			Verdict{Counterexample: map[string]int64{"H": 1}, RepairSymbol: "H", RepairModulus: 32}},
		{"k4 s2 p1 halves", window(h, 4, 2, 1), h.FloorDiv(2), Facts{}, Verdict{Proved: true}},
		{"k4 s2 p1 against ceil", window(h, 4, 2, 1), h.CeilDiv(2), Facts{},
			Verdict{Counterexample: map[string]int64{"H": 1}, RepairSymbol: "H", RepairModulus: 2}},
		{"patches", window(h, 16, 16, 0).Mul(window(w, 16, 16, 0)), h.FloorDiv(16).Mul(w.FloorDiv(16)), Facts{}, Verdict{Proved: true}},
		{"patches of all", h.FloorDiv(16).Mul(w.FloorDiv(16)).Mul(Const(256)), h.Mul(w), Facts{Divides: map[string]int64{"H": 16, "W": 16}}, Verdict{Proved: true}},
		{"polynomials", h.Mul(w).Sub(h.Sub(Const(1)).Mul(w)), w, Facts{}, Verdict{Proved: true}},
		{"ceil of ceil", h.CeilDiv(2).CeilDiv(3), h.CeilDiv(6), Facts{}, Verdict{Proved: true}},
		{"unshuffle", h.FloorDiv(3).Mul(Const(3)), h, Facts{},
			Verdict{Counterexample: map[string]int64{"H": 1}, RepairSymbol: "H", RepairModulus: 3}},
		{"floor and ceil", h.FloorDiv(2).Add(h.CeilDiv(2)), h, Facts{}, Verdict{Proved: true}},
		{"residue classes of two symbols", h.Add(w).FloorDiv(2).Add(h.Add(w).CeilDiv(2)), h.Add(w), Facts{}, Verdict{Proved: true}},
		{"two products", h.FloorDiv(7).Mul(w.Mod(5)).Add(w.Mod(5).Mul(h.Mod(7))), w.Mod(5).Mul(h.FloorDiv(7).Add(h.Mod(7))), Facts{}, Verdict{Proved: true}},
		{"no repair", h, w, Facts{}, Verdict{Counterexample: map[string]int64{"H": 2, "W": 1}}},
		{"equal by bounds", Min(h, Const(100)), h, Facts{Max: map[string]int64{"H": 64}}, Verdict{Proved: true}},
		{"unequal beyond", Min(h, Const(100)), h, Facts{}, Verdict{Counterexample: map[string]int64{"H": 101}}},
		{"only one value", h, Const(5), Facts{Min: map[string]int64{"H": 5}, Max: map[string]int64{"H": 5}}, Verdict{Proved: true}},
		{"few values", h.Mul(h), h.Mul(Const(3)).Sub(Const(2)), Facts{Max: map[string]int64{"H": 2}}, Verdict{Proved: true}},
		{"no value", h, w, Facts{Min: map[string]int64{"H": 5}, Max: map[string]int64{"H": 4}}, Verdict{Proved: true}},
		{"all symbols have a value", h.Add(w), w.Add(Const(1)), Facts{}, Verdict{Counterexample: map[string]int64{"H": 2, "W": 1}}},
		{"min of two symbols", Min(h, w).Add(Max(h, w)), h.Add(w), Facts{}, Verdict{Proved: true}},
		{"undecided", h.FloorDiv(1 << 30), Const(0), Facts{}, Verdict{}},
	} {
		got := ProveEqual(row.a, row.b, row.f)
		if got.Proved != row.want.Proved || got.RepairSymbol != row.want.RepairSymbol ||
			got.RepairModulus != row.want.RepairModulus || !maps.Equal(got.Counterexample, row.want.Counterexample) {
			t.Errorf("%s: %v = %v: got %+v, want %+v", row.name, row.a, row.b, got, row.want)
		}
	}
}

// TestProveEqualIsBounded gives the prover what it cannot decide: it must say so
// soon.
func TestProveEqualIsBounded(t *testing.T) {
	for _, text := range []string{
		"floor((H + W + V + U)/7)*floor((H + 3*W)/11)*floor((V + 5*U)/13)",
		"floor(H/251)*floor(W/241)*floor(V/239) - floor(H/257)",
		"floor(floor(floor(H*W/61)*V/59)*U/53)",
		"min(H, W)*max(V, U)*floor(H/64)*floor(W/63)*floor(V/61)*floor(U/59)",
	} {
		e := mustParse(t, text)
		start := time.Now()
		v := ProveEqual(e, e.Add(e.Mod(2)).Sub(e.Add(Const(2)).Mod(2)), Facts{})
		if !v.Proved {
			t.Errorf("%s: got %+v, want it proved by the normal form", text, v)
		}
		ProveEqual(e, Symbol("H"), Facts{})
		ProveEqual(e.Mul(Const(2)).FloorDiv(3), e.FloorDiv(3).Add(e.CeilDiv(3)), Facts{})
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %v", text, d)
		}
	}
}

func TestOverflow(t *testing.T) {
	big, h := Const(math.MaxInt64), Symbol("H")
	for _, row := range []struct {
		name string
		e    Expr
	}{
		{"constant sum", big.Add(Const(1))},
		{"constant product", big.Mul(Const(2))},
		{"coefficient", h.Mul(big).Add(h)},
		{"least number negated", Const(math.MinInt64).Neg()},
		{"product of symbols", h.Mul(big).Mul(h.Mul(big))},
		{"floor of floor", h.FloorDiv(math.MaxInt64).FloorDiv(math.MaxInt64)},
		{"stays", big.Add(Const(1)).Sub(Const(1))},
		{"min", Min(big.Add(Const(1)), h)},
		{"substituted", h.Mul(big).Subst(map[string]Expr{"H": h.Mul(Const(2))})},
	} {
		if !row.e.Overflow() || row.e.String() != "overflow" {
			t.Errorf("%s: got %v, want an overflow", row.name, row.e)
		}
		if _, err := row.e.Eval(map[string]int64{"H": 1}); err == nil {
			t.Errorf("%s: got a value, want an error", row.name)
		}
		if row.e.Equal(row.e) || ProveEqual(row.e, row.e, Facts{}).Proved {
			t.Errorf("%s: got an overflow equal to itself, want nothing proved", row.name)
		}
		if _, _, ok := Range(row.e, Facts{}); ok {
			t.Errorf("%s: got a range, want none", row.name)
		}
	}
	if _, err := h.Mul(h).Eval(map[string]int64{"H": 1 << 32}); err == nil {
		t.Errorf("H*H at 2**32: got a value, want an error")
	}
	if got, err := Const(math.MinInt64).Eval(nil); err != nil || got != math.MinInt64 {
		t.Errorf("the least number: got %d, %v, want itself", got, err)
	}
}

func TestRange(t *testing.T) {
	at := func(n string, v int64) map[string]int64 { return map[string]int64{n: v} }
	for _, row := range []struct {
		text   string
		f      Facts
		lo, hi int64
		ok     bool
	}{
		{"7", Facts{}, 7, 7, true},
		{"N", Facts{}, 1, math.MaxInt64, true},
		{"-N", Facts{}, math.MinInt64, -1, true},
		{"4*N + 3", Facts{Max: at("N", 64)}, 7, 259, true},
		{"N", Facts{Min: at("N", 3), Divides: at("N", 8), Max: at("N", 30)}, 8, 24, true},
		{"H - 16*floor(H/16)", Facts{}, 0, 15, true},
		{"floor(H/2) + ceil(H/2) - H", Facts{}, 0, 0, true},
		{"H*H", Facts{Min: at("H", -3), Max: at("H", 2)}, 0, 9, true},
		{"min(H, 8)", Facts{}, 1, 8, true},
		{"max(H, 8)", Facts{}, 8, math.MaxInt64, true},
		{"H", Facts{Min: at("H", 3), Max: at("H", 2)}, 0, 0, false},
		{"H*W", Facts{Max: map[string]int64{"H": 1 << 40, "W": 1 << 40}}, 1, math.MaxInt64, true},
	} {
		lo, hi, ok := Range(mustParse(t, row.text), row.f)
		if lo != row.lo || hi != row.hi || ok != row.ok {
			t.Errorf("Range(%s) = %d, %d, %v, want %d, %d, %v", row.text, lo, hi, ok, row.lo, row.hi, row.ok)
		}
	}
}

func TestSimplify(t *testing.T) {
	f := Facts{Divides: map[string]int64{"H": 16}, Max: map[string]int64{"N": 64}}
	for _, row := range [][2]string{
		{"16*floor(H/16)", "H"},
		{"8*floor(H/8)", "H"},
		{"floor(H/8)", "2*floor(H/16)"},
		{"floor(H/32)", "floor(H/32)"},
		{"floor((H + 3)/16)", "floor(H/16)"},
		{"floor((H + W)/16)", "floor(H/16) + floor(W/16)"},
		{"H*floor(H/16)", "H*floor(H/16)"},
		{"min(N, 100)", "N"},
		{"min(N, 10)", "min(10, N)"},
		{"3*W", "3*W"},
	} {
		if got := Simplify(mustParse(t, row[0]), f).String(); got != row[1] {
			t.Errorf("Simplify(%s) = %s, want %s", row[0], got, row[1])
		}
	}
}

func TestLinear(t *testing.T) {
	for _, row := range []struct {
		text             string
		slope, intercept int64
		ok               bool
	}{
		{"6272*N + 64", 6272, 64, true}, {"5", 0, 5, true}, {"0", 0, 0, true},
		{"N*N", 0, 0, false}, {"N + M", 0, 0, false}, {"floor(N/2)", 0, 0, false},
	} {
		slope, intercept, ok := mustParse(t, row.text).Linear("N")
		if ok != row.ok || ok && (slope != row.slope || intercept != row.intercept) {
			t.Errorf("Linear(%s) = %d, %d, %v, want %d, %d, %v", row.text, slope, intercept, ok, row.slope, row.intercept, row.ok)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{"", "+", "1 +", "H W", "floor(H)", "floor(H/0)", "floor(H/W)", "min(H)", "min(H,", "(H", "9223372036854775808", "9223372036854775807*H + H", "H/2", "é"} {
		if e, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"H", "2*floor((H + 1)/16) - min(N, 3)*W", "ceil(max(H, W, 3)/5)", "-(H - 3)*(W + 2)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		back, err := Parse(e.String())
		if err != nil || !back.Equal(e) {
			t.Errorf("Parse(%q) = %v, again %v, %v", text, e, back, err)
		}
	})
}

func BenchmarkProveEqual(b *testing.B) {
	h := Symbol("H")
	up := iterate(h, 4, func(x Expr) Expr { return window(x, 2, 2, 0) }).Mul(Const(2))
	skip := iterate(h, 3, func(x Expr) Expr { return window(x, 2, 2, 0) })
	for _, row := range []struct {
		name string
		f    Facts
	}{{"refuted", Facts{}}, {"proved", Facts{Divides: map[string]int64{"H": 16}}}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ProveEqual(up, skip, row.f)
			}
		})
	}
}
