package op

import (
	"testing"

	"github.com/netc-lang/netc/ir/sym"
)

func TestInferWith(t *testing.T) {
	sixteen := sym.Facts{Divides: map[string]int64{"H": 16}}
	for _, row := range []struct {
		op, in string
		attrs  Attrs
		f      sym.Facts
		want   string // "" when refused
	}{
		// U-Net's skip: two maps that meet only where 16 divides H
		{"concat", "f32[N, 8, 2*floor(H/16)]; f32[N, 8, floor(H/8)]", Attrs{"axis": int64(1)}, sixteen, "f32[N, 16, 2*floor(H/16)]"},
		{"concat", "f32[N, 8, 2*floor(H/16)]; f32[N, 8, floor(H/8)]", Attrs{"axis": int64(1)}, sym.Facts{}, ""},
		{"add", "f32[N, 16*floor(H/16)]; f32[N, H]", nil, sixteen, "f32[N, H]"},
		{"reshape", "f32[N, H]", Attrs{"shape": dims(t, "N, floor(H/8), 8")}, sixteen, "f32[N, 2*floor(H/16), 8]"},
		{"relu", "f32[min(N, 100)]", nil, sym.Facts{Max: map[string]int64{"N": 64}}, "f32[N]"},
		{"reshape", "f32[N, 16*floor(H/16)]", Attrs{"shape": dims(t, "N, H")}, sixteen, "f32[N, H]"},
		{"resize_dx", "f32[N, 3, H, H]", Attrs{"scale": []int64{2, 2}}, sixteen, "f32[N, 3, 8*floor(H/16), 8*floor(H/16)]"},
	} {
		d := Lookup(row.op)
		a, err := Normalize(d, row.attrs)
		if err != nil {
			t.Fatal(err)
		}
		in := parseTypes(t, row.in)
		before := printTypes(in)
		got, err := InferWith(d, in, a, row.f)
		switch {
		case row.want == "" && err == nil:
			t.Errorf("%s(%s) = %s, want an error", row.op, row.in, printTypes(got))
		case row.want != "" && (err != nil || printTypes(got) != row.want):
			t.Errorf("%s(%s) = %s, %v, want %s", row.op, row.in, printTypes(got), err, row.want)
		}
		if printTypes(in) != before {
			t.Errorf("%s changed its operands from %s to %s", row.op, before, printTypes(in))
		}
	}
}
