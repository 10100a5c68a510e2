package gogen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// TestDenseIsPackedAhead: a start neither copies nor packs the weights of a large dense
// layer; those of a small net stay as they are.
func TestDenseIsPackedAhead(t *testing.T) {
	for _, row := range []struct {
		outs  int
		ahead bool
	}{{10, false}, {300, true}} {
		d := newDesign("wide")
		d.fn("Wide.infer", "Wide", ir.Infer)
		d.result("y", d.dense("head", d.f.AddInput("x", typ(tensor.F32, "N", 256)), row.outs))
		m := plan(t, d.m)
		files, err := Package(m, Options{Package: "wide", Name: "wide", Version: "v0.0.0", Weights: encode(t, m, randomStates(m))})
		if err != nil {
			t.Fatal(err)
		}
		data := files["wide.weights"]
		f, err := weights.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := f.Lookup("Wide/headPacked"); ok != row.ahead {
			t.Errorf("%d outputs: packed ahead is %t, want %t", row.outs, ok, row.ahead)
		}
		code := string(files["wide_net_infer.go"])
		use, _, _ := strings.Cut(code[max(strings.Index(code, ") use("), 0):], "\n}\n")
		if row.ahead && strings.Contains(use, ".Pack(") {
			t.Errorf("a start packs what is packed already:\n%s", use)
		}
	}
}
