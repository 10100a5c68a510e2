package sym

import "testing"

func TestString(t *testing.T) {
	h, w := Symbol("H"), Symbol("W")
	for _, row := range []struct {
		name string
		e    Expr
		want string
	}{
		{"zero", Expr{}, "0"},
		{"polynomial", h.Mul(w).Add(h.Mul(h)).Sub(Const(3)), "H*H + H*W - 3"},
		{"cancels", h.Add(w).Sub(h), "W"},
		{"negative first", Const(1).Sub(h), "-H + 1"},
		{"floor", h.FloorDiv(16).Mul(Const(2)), "2*floor(H/16)"},
		{"ceil", h.CeilDiv(2), "ceil(H/2)"},
		{"conv of stride 2 is a ceil", h.Add(Const(6 - 7)).FloorDiv(2).Add(Const(1)), "ceil(H/2)"},
		{"whole parts", h.Mul(Const(5)).Add(Const(7)).FloorDiv(2), "2*H + ceil(H/2) + 3"},
		{"common factor", h.Mul(Const(4)).Add(Const(3)).FloorDiv(6), "floor((2*H + 1)/3)"},
		{"floor of floor", h.FloorDiv(2).FloorDiv(3), "floor(H/6)"},
		{"floor of floor and more", h.FloorDiv(2).Add(w).FloorDiv(3), "floor((H + 2*W)/6)"},
		{"floor is exact", h.Mul(Const(6)).FloorDiv(3), "2*H"},
		{"mod", h.Mod(4), "H - 4*floor(H/4)"},
		{"min", Min(h.Add(Const(2)), w.Add(Const(1))), "min(H + 1, W) + 1"},
		{"min of constants", Min(Const(4), Const(3)), "3"},
		{"min decides", Min(h, h.Add(Const(1))), "H"},
		{"max decides by floors", Max(h.FloorDiv(2), h.Add(Const(1)).FloorDiv(2)), "ceil(H/2)"},
		{"min of min", Min(Min(h, w).Add(Const(1)), Const(8)), "min(7, H, W) + 1"},
		{"common factor of a min", Min(h.Mul(Const(2)), w.Mul(Const(4))), "2*min(2*W, H)"},
		{"floor of min", Min(h, w).FloorDiv(2), "min(floor(H/2), floor(W/2))"},
		{"negative divided", h.Neg().FloorDiv(4), "-H + floor(3*H/4)"},
	} {
		if got := row.e.String(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
		back, err := Parse(row.e.String())
		if err != nil || !back.Equal(row.e) {
			t.Errorf("%s: Parse(%s) = %v, %v, want the same", row.name, row.e, back, err)
		}
	}
}
