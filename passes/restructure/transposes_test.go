package restructure_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/passes/restructure"
)

func TestTransposesOnRandomNets(t *testing.T) {
	if fired := sameWithout(t, "sink-transposes", "0 steps, 0 transposes less", 400); fired < 8 {
		t.Errorf("got transposes to sink in %d nets, want 8 or more", fired)
	}
}

// transposeRows are functions of x f32[N, 2, 3, 4], y of the same and a state s f32[4, 2];
// left is the number of transposes of a call that should be left.
var transposeRows = []struct {
	name, body string
	left       int
}{
	{"elementwise between two", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = tanh %1 : f32[N, 3, 4, 2]
  %3 = const {values=[0.5]} : f32
  %4 = mul %2, %3 : f32[N, 3, 4, 2]
  %5 = transpose %4 {perm=[0, 3, 1, 2]} : f32[N, 2, 3, 4]
  return %5`, 0},
	{"a state takes the order before", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = param {name="s", shape=[4, 2]} : f32[4, 2]
  %3 = add %1, %2 : f32[N, 3, 4, 2]
  %4 = transpose %3 {perm=[0, 3, 1, 2]} : f32[N, 2, 3, 4]
  return %4`, 0},
	{"two operands of one order", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = transpose %y {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %3 = mul %1, %2 : f32[N, 3, 4, 2]
  return %3`, 1},
	{"joined along the axis that it was", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = transpose %y {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %3 = concat %1, %2 {axis=3} : f32[N, 3, 4, 4]
  return %3`, 1},
	{"mean of the pixels", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = reduce %1 {kind="mean", axes=[1, 2]} : f32[N, 2]
  return %2`, 0},
	{"sum that keeps its axis", `
  %1 = transpose %x {perm=[0, 3, 2, 1]} : f32[N, 4, 3, 2]
  %2 = reduce %1 {kind="sum", axes=[-1], keep=true} : f32[N, 4, 3, 1]
  return %2`, 1},
	{"sum whose other axes change places", `
  %1 = transpose %x {perm=[3, 0, 2, 1]} : f32[4, N, 3, 2]
  %2 = reduce %1 {kind="sum", axes=[2]} : f32[4, N, 2]
  return %2`, 1},
	{"chains that meet", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = tanh %1 : f32[N, 3, 4, 2]
  %3 = transpose %y {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %4 = exp %3 : f32[N, 3, 4, 2]
  %5 = neg %4 : f32[N, 3, 4, 2]
  %6 = add %2, %5 : f32[N, 3, 4, 2]
  return %6`, 1},
	{"a slice moves less", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = slice %1 {axis=2, start=1, stop=3} : f32[N, 3, 2, 2]
  return %2`, 1},
	{"read twice it stays", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = tanh %1 : f32[N, 3, 4, 2]
  %3 = add %2, %1 : f32[N, 3, 4, 2]
  return %3`, 1},
	{"two orders stay", `
  %1 = transpose %x {perm=[0, 1, 3, 2]} : f32[N, 2, 4, 3]
  %2 = transpose %y {perm=[0, 1, 3, 2]} : f32[N, 2, 4, 3]
  %3 = transpose %2 {perm=[0, 1, 2, 3]} : f32[N, 2, 4, 3]
  %4 = sub %1, %3 : f32[N, 2, 4, 3]
  return %4`, 1},
	{"slopes stay beside their channels", `
  %1 = param {name="s", shape=[4, 2]} : f32[4, 2]
  %2 = reshape %1 {shape=[8]} : f32[8]
  %3 = slice %2 {axis=0, stop=3} : f32[3]
  %4 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %5 = prelu %4, %3 : f32[N, 3, 4, 2]
  %6 = transpose %5 {perm=[0, 3, 1, 2]} : f32[N, 2, 3, 4]
  return %6`, 2},
	{"alone it stays above", `
  %1 = transpose %x {perm=[0, 2, 3, 1]} : f32[N, 3, 4, 2]
  %2 = tanh %1 : f32[N, 3, 4, 2]
  return %2`, 1},
}

func TestTransposes(t *testing.T) {
	for _, row := range transposeRows {
		lines := strings.Split(row.body, "\n")
		last := lines[len(lines)-2]
		result := last[strings.LastIndex(last, " : ")+3:]
		m, err := text.Parse("module test \"test.net\" graph\nstate Net \"s\" : f32[4, 2] = uniform(-0.5, 0.5)\n" +
			"func @f infer Net (%x: f32[N, 2, 3, 4], %y: f32[N, 2, 3, 4]) -> (z: " + result + ") where N >= 1 {" + row.body + "\n}\n")
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		source := m.Clone()
		if _, err := restructure.Transposes(m); err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(m); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		got := 0
		for _, in := range m.Funcs[0].Instrs {
			if in.Op.Name == "transpose" && len(in.Outs[0].Type.Elems().Symbols()) > 0 { // one of a call
				got++
			}
		}
		if got != row.left {
			t.Errorf("%s: got %d transposes, want %d:\n%s", row.name, got, row.left, text.PrintFunc(m.Funcs[0]))
		}
		for n := 1; n <= 3; n++ {
			want, err := passtest.Call(source, source.Funcs[0], n, 5)
			if err != nil {
				t.Fatal(err)
			}
			have, err := passtest.Call(m, m.Funcs[0], n, 5)
			if err != nil {
				t.Fatal(err)
			}
			if err := passtest.Same(have, want, 1e-12); err != nil {
				t.Errorf("%s: batch %d: %v", row.name, n, err)
			}
		}
	}
}
