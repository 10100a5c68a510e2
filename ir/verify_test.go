package ir_test

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestVerifyText gives the verifier modules as text; the error must hold want, ""
// stands for a module that is right.
func TestVerifyText(t *testing.T) {
	const head = "module a \"a.net\" STAGE\nstate A \"w\" : f32[3] = constant(0.0)\nstate A \"n\" buffer : f32[3] = constant(0.0)\n\n"
	for _, row := range []struct{ name, stage, fn, want string }{
		{"right", "graph", `func @f infer A (%x: f32[N, 3]) -> (y: f32[N, 3]) {
  %1 = param {name="w", shape=[3]} : f32[3]
  %2 = mul %x, %1 : f32[N, 3]
  return %2
}`, ""},
		{"wrong type", "graph", `func @f infer A (%x: f32[N, 3]) -> (y: f32[N, 4]) {
  %2 = tanh %x : f32[N, 4]
  return %2
}`, "stored as f32[N, 4], the rule gives f32[N, 3]"},
		{"wrong rule", "graph", `func @f infer A (%x: i32[N, 3]) -> (y: i32[N, 3]) {
  %2 = tanh %x : i32[N, 3]
  return %2
}`, "tanh wants floats"},
		{"results", "graph", `func @f infer A (%x: f32[N, 3]) -> (y: f32[N, 3]) {
  %2, %3 = tanh %x : f32[N, 3], f32[N, 3]
  return %2
}`, "2 results, the rule gives 1"},
		{"no result", "graph", `func @f infer A (%x: f32[N, 3]) -> () {
  return
}`, "returns nothing"},
		{"index sets", "graph", `func @f infer A (%x: f32[N, RGB:3], %y: f32[N, BGR:3]) -> (y: f32[N, 3]) {
  %2 = add %x, %y : f32[N, 3]
  return %2
}`, "RGB"},
		{"unknown state", "graph", `func @f infer A (%x: f32[3]) -> (y: f32[3]) {
  %1 = param {name="v", shape=[3]} : f32[3]
  return %1
}`, "no state \"v\""},
		{"state of another type", "graph", `func @f infer A (%x: f32[3]) -> (y: f32[4]) {
  %1 = param {name="w", shape=[4]} : f32[4]
  return %1
}`, "is f32[3], but is read as f32[4]"},
		{"update", "graph", `func @f train_step A (%x: f32[3], %lr: f32) -> (y: f32[3]) {
  %1 = param {name="w", shape=[3]} : f32[3]
  update %x, %lr {state="w", rule="sgd", momentum=0.9}
  update %1 {state="n"}
  return %1
}`, ""},
		{"read after write", "graph", `func @f train_step A (%x: f32[3]) -> (y: f32[3]) {
  update %x {state="n"}
  %1 = buffer {name="n", shape=[3]} : f32[3]
  return %1
}`, "read after it is written"},
		{"written twice", "graph", `func @f train_step A (%x: f32[3]) -> (y: f32[3]) {
  update %x {state="n"}
  update %x {state="n"}
  return %x
}`, "written twice"},
		{"write of another type", "graph", `func @f train_step A (%x: f32[4]) -> (y: f32[4]) {
  update %x {state="n"}
  return %x
}`, "is f32[3], but f32[4] is written"},
		{"facts", "graph", `func @f infer A (%x: f32[N, 2*floor(H/16)], %y: f32[N, floor(H/8)]) -> (y: f32[N, floor(H/8)]) where H % 16 == 0 {
  %2 = add %x, %y : f32[N, floor(H/8)]
  return %2
}`, ""},
		{"no facts", "graph", `func @f infer A (%x: f32[N, 2*floor(H/16)], %y: f32[N, floor(H/8)]) -> (y: f32[N, floor(H/8)]) {
  %2 = add %x, %y : f32[N, floor(H/8)]
  return %2
}`, "do not fit"},
		{"dropout later", "scheduled", `func @f infer A (%x: f32[N]) -> (y: f32[N]) {
  %2 = dropout %x : f32[N]
  return %2
}`, "graph stage"},
		{"region", "scheduled", `func @f infer A (%x: f32[N]) -> (y: f32[N]) {
  %3 = fused %x : f32[N] {
    %2 = tanh %x : f32[N]
    %3 = neg %2 : f32[N]
  }
  return %3
}`, ""},
		{"region too early", "graph", `func @f infer A (%x: f32[N]) -> (y: f32[N]) {
  %3 = fused %x : f32[N] {
    %3 = tanh %x : f32[N]
  }
  return %3
}`, "scheduled stage"},
		{"two functions", "graph", "func @f infer A (%x: f32) -> (y: f32) {\n  return %x\n}\nfunc @f eval A (%x: f32) -> (y: f32) {\n  return %x\n}", "two functions"},
	} {
		m, err := text.Parse(strings.Replace(head, "STAGE", row.stage, 1) + row.fn + "\n")
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		check(t, row.name, ir.Verify(m), row.want)
	}
}

func check(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: got %v, want no error", name, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: got %v, want an error with %q", name, err, want)
	}
}

// TestVerifyOrder breaks what text cannot say.
func TestVerifyOrder(t *testing.T) {
	for _, row := range []struct {
		name  string
		spoil func(f *ir.Func)
		want  string
	}{
		{"nothing", func(*ir.Func) {}, ""},
		{"use before definition", func(f *ir.Func) {
			n := len(f.Instrs)
			f.Instrs[n-1], f.Instrs[n-4] = f.Instrs[n-4], f.Instrs[n-1]
		}, "before it is defined"},
		{"defined twice", func(f *ir.Func) { f.Instrs = append(f.Instrs, f.Instrs[0]) }, "defined twice"},
		{"a foreign result", func(f *ir.Func) { f.Results[0].Value = &ir.Value{ID: 999} }, "is not defined"},
		{"a body", func(f *ir.Func) { f.Instrs[3].Body = f.Instrs[:1] }, "only fused"},
		{"inputs of one name", func(f *ir.Func) { f.AddInput("image", f.Inputs[0].Type) }, "two inputs"},
		{"an attribute", func(f *ir.Func) { f.Instrs[2].Attrs["stride"] = []int64{0, 1} }, "stride"},
	} {
		m := lenet()
		row.spoil(m.Funcs[0])
		check(t, row.name, ir.Verify(m), row.want)
	}
}

// TestVerifyMemory plans a chain of values by hand.
func TestVerifyMemory(t *testing.T) {
	n := sym.Symbol("N")
	at := func(slope, offset int64) sym.Expr { return n.Mul(sym.Const(slope)).Add(sym.Const(offset)) }
	zero, second := at(0, 0), at(64, 0)
	for _, row := range []struct {
		name    string
		ops     string // of the chain; the values have 64*N bytes
		offsets [3]sym.Expr
		arena   sym.Expr
		want    string
	}{
		{"apart", "exp sin cos", [3]sym.Expr{zero, second, zero}, at(128, 0), ""},
		{"in place", "exp sin cos", [3]sym.Expr{zero, zero, zero}, at(64, 0), ""},
		{"half over the operand", "exp sin cos", [3]sym.Expr{zero, at(0, 32), zero}, at(128, 0), "written over its operand"},
		{"over the operand at larger batches", "exp sin cos", [3]sym.Expr{zero, at(0, 4096), zero}, at(128, 8192), "(sizes map[N:1048576]"},
		{"outside", "exp sin cos", [3]sym.Expr{zero, second, at(128, 0)}, at(128, 0), "of an arena of"},
		{"not in place", "exp softmax cos", [3]sym.Expr{zero, zero, zero}, at(64, 0), "written over its operand"},
		{"softmax apart", "exp softmax cos", [3]sym.Expr{zero, second, second}, at(128, 0), ""},
		{"a view", "exp reshape softmax", [3]sym.Expr{zero, zero, second}, at(128, 0), ""},
		{"over a view", "exp reshape softmax", [3]sym.Expr{zero, zero, zero}, at(128, 0), "written over its operand"},
		{"a value used again", "exp sin add", [3]sym.Expr{zero, second, zero}, at(128, 0), ""},
		{"a lost value", "exp sin add", [3]sym.Expr{zero, zero, second}, at(128, 0), "overwritten before its last use"},
	} {
		m := &ir.Module{Name: "a", Stage: ir.Planned}
		f := &ir.Func{Name: "f", Memory: &ir.Memory{Arena: row.arena, Bound: row.arena}}
		m.Funcs = append(m.Funcs, f)
		x := f.AddInput("x", op.Tensor(tensor.F32, n, sym.Const(16)))
		x.Mem.Space = ir.InputSpace
		b := ir.NewBuilder(f)
		chain := []*ir.Value{x}
		for i, name := range strings.Fields(row.ops) {
			args, attrs := []*ir.Value{x}, op.Attrs{}
			switch name {
			case "add":
				args = []*ir.Value{x, chain[i-1]}
			case "reshape":
				attrs["shape"] = x.Type.Dims
			}
			x = b.One(name, attrs, args...)
			x.Mem = ir.Mem{Space: ir.ArenaSpace, Offset: row.offsets[i], Size: x.Type.Bytes()}
			chain = append(chain, x)
		}
		f.Results = []ir.Result{{Name: "y", Value: x}}
		check(t, row.name, ir.Verify(m), row.want)
		if row.want != "" {
			continue
		}
		x.Mem = ir.Mem{}
		check(t, row.name+", no place", ir.Verify(m), "has no place")
		x.Mem = ir.Mem{Space: ir.ElidedSpace}
		check(t, row.name+", elided", ir.Verify(m), "given no storage")
	}
	m := lenet()
	m.Stage = ir.Planned
	check(t, "no plan", ir.Verify(m), "no memory plan")
}

func TestTextOfLeNet(t *testing.T) {
	m := lenet()
	first := text.Print(m)
	back, err := text.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(back); err != nil {
		t.Error(err)
	}
	if again := text.Print(back); again != first {
		t.Errorf("got %s\nwant %s", again, first)
	}
}
