package ir_test

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
)

// TestFewerProducts: which convolutions precision=strict has to keep direct, of images of any
// size, and which gradients of inputs take a gate, as all but those by Winograd's algorithm do.
func TestFewerProducts(t *testing.T) {
	for _, row := range []struct {
		in, out, side         int // channels and window
		fewer, winograd, gate bool
	}{
		{32, 32, 3, true, true, false},
		{32, 32, 1, true, false, true},
		{32, 32, 5, false, false, true},
		{24, 24, 1, false, false, true},
	} {
		pad := row.side / 2
		m, err := text.Parse(fmt.Sprintf(`module test "test.net" graph

func @Net.infer infer Net (%%x: f32[N, %[1]d, H, 7], %%w: f32[%[2]d, %[1]d, %[3]d, %[3]d]) -> (y: f32[N, %[1]d, H, 7]) where N >= 1, H >= 8 {
  %%1 = conv %%x, %%w {pad=[%[4]d, %[4]d, %[4]d, %[4]d]} : f32[N, %[2]d, H, 7]
  %%2 = conv_dx %%1, %%w, _ {pad=[%[4]d, %[4]d, %[4]d, %[4]d], shape=[N, %[1]d, H, 7]} : f32[N, %[1]d, H, 7]
  return %%2
}
`, row.in, row.out, row.side, pad))
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range m.Funcs[0].Instrs {
			if fewer, winograd := ir.FewerProducts(in), ir.WinogradFits(in); fewer != row.fewer || winograd != row.winograd {
				t.Errorf("%+v, %s: got %t, %t for Winograd's algorithm", row, in.Op.Name, fewer, winograd)
			}
			if gate := ir.GatesResults(in); gate != (row.gate && in.Op.Name == "conv_dx") {
				t.Errorf("%+v, %s: takes a gate: %t", row, in.Op.Name, gate)
			}
		}
	}
}
