package gogen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestTransformedRoom: six layers that would all choose F(4, 3), which adds 5.2 MB to the
// weights of each; there is room for four.
func TestTransformedRoom(t *testing.T) {
	d := newDesign("deep")
	d.fn("Deep.infer", "Deep", ir.Infer)
	x := d.f.AddInput("x", typ(tensor.F32, "N", 256, 14, 14))
	for i := range 6 {
		x = d.conv(fmt.Sprintf("conv%d", i), x, 256, 3, 1, 1)
	}
	d.result("y", x)
	m := plan(t, d.m)
	var got []string
	for range 2 { // the same the second time
		if _, err := Package(m, Options{Package: "deep", Name: "deep", Version: "v0.0.0"}); err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, in := range m.Funcs[0].Instrs {
			if in.Op.Name == "conv" {
				got = append(got, convPacker(in).(*blocked.Conv).Algo.String())
			}
		}
		if want := "winograd4 winograd4 winograd4 winograd4 winograd2 winograd2"; strings.Join(got, " ") != want {
			t.Errorf("got %s, want %s", strings.Join(got, " "), want)
		}
	}
}
