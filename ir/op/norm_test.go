package op

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

func TestNormShapes(t *testing.T) {
	n := sym.Symbol("N")
	c := func(d ...int64) []sym.Expr {
		out := []sym.Expr{n}
		for _, v := range d {
			out = append(out, sym.Const(v))
		}
		return out
	}
	axes := func(a ...int64) Attrs { return Attrs{"axes": a} }
	groups := func(g int64) Attrs { return Attrs{"groups": g} }
	for _, tt := range []struct {
		name          string
		x             []sym.Expr
		attrs         Attrs
		stats, weight string // types, or
		err           string // part of the message
	}{
		{"features", c(8), axes(1), "f32[N]", "f32[8]", ""},
		{"tokens", c(5, 8), axes(2), "f32[N, 5]", "f32[8]", ""},
		{"tokens from the end", c(5, 8), axes(-1), "f32[N, 5]", "f32[8]", ""},
		{"tokens and features", c(5, 8), axes(1, 2), "f32[N]", "f32[5, 8]", ""},
		{"channels of an image", c(3, 6, 7), axes(1), "f32[N, 6, 7]", "f32[3]", ""},
		{"space of an image", c(3, 6, 7), axes(2, 3), "f32[N, 3]", "f32[6, 7]", ""},
		{"instance norm", c(3, 6, 7), groups(3), "f32[N, 3]", "f32[3]", ""},
		{"group norm", c(6, 4), groups(2), "f32[N, 2]", "f32[6]", ""},
		{"axes apart", c(3, 6, 7), axes(1, 3), "", "", "not neighbours"},
		{"nothing named", c(3), axes(), "", "", "wants axes or groups"},
		{"no such axis", c(3), axes(2), "", "", "has no axis 2"},
		{"uneven groups", c(6, 4), groups(4), "", "", "do not divide into 4 groups"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := Tensor(tensor.F32, tt.x...)
			stats, weight, err := NormSets(x, tt.attrs)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := Type{DType: tensor.F32, Dims: stats}.String() + " " + Type{DType: tensor.F32, Dims: weight}.String()
			if want := tt.stats + " " + tt.weight; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			d := Lookup("norm")
			if d == nil {
				t.Fatal("no op norm")
			}
			full := Type{DType: tensor.F32, Dims: weight}
			if _, err := Infer(d, []Type{x, full, full}, tt.attrs); err != nil {
				t.Errorf("weight and bias of the right shape: %v", err)
			}
			wrong := Tensor(tensor.F32, sym.Const(99))
			if _, err := Infer(d, []Type{x, wrong}, tt.attrs); err == nil || !strings.Contains(err.Error(), "weight and bias are") {
				t.Errorf("got error %v, want one about the weight", err)
			}
		})
	}
}
