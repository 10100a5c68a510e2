package gogen

import (
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// expanded are the operations that the passes always replace: they cannot reach
// a planned module.
var expanded = []string{"batch_norm", "dropout", "random", "detach", "prelu"}

// TestEveryOpHasAnEmitter asserts that each row of the table of operations is
// lowered or always replaced before.
func TestEveryOpHasAnEmitter(t *testing.T) {
	known := map[string]bool{}
	for _, d := range op.All() {
		known[d.Name] = true
		switch lowered, gone := emitters[d.Name] != nil, slices.Contains(expanded, d.Name); {
		case lowered && gone:
			t.Errorf("%s: has an emitter and is said never to need one", d.Name)
		case !lowered && !gone:
			t.Errorf("%s: has no emitter", d.Name)
		}
	}
	for name := range emitters {
		if !known[name] {
			t.Errorf("%s: has an emitter and is no operation", name)
		}
	}
}

// single is a net of one operation.
func single(name string, a op.Attrs, inputs ...op.Type) *ir.Module {
	d := newDesign("one")
	d.fn("One.infer", "One", ir.Infer)
	var args []*ir.Value
	for i, t := range inputs {
		args = append(args, d.f.AddInput(string(rune('a'+i)), t))
	}
	d.stage("middle")
	for i, v := range d.b.Emit(name, a, args...) {
		d.result("out"+string(rune('a'+i)), v)
	}
	return d.m
}

// TestRefusals asserts that what has no code is refused with operation, stage and
// position.
func TestRefusals(t *testing.T) {
	image := typ(tensor.F32, "N", 3, 8, 8)
	for _, row := range []struct {
		name   string
		module *ir.Module
		want   []string
	}{
		{"element type", single("add", nil, typ(tensor.F16, "N", 4), typ(tensor.F16, "N", 4)), []string{"one.net:1:5", "f16"}},
		{"index type", single("gather", nil, typ(tensor.F32, "N", 4), typ(tensor.I64, 2)), []string{"one.net:1:5", "`gather` of middle", "indices are i64"}},
		{"truth values", single("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}}, typ(tensor.I32, "N", 4)), nil},
		{"rank", single("transpose", op.Attrs{"perm": []int64{0, 2, 1, 3, 4, 5, 6, 8, 7}}, typ(tensor.F32, "N", 2, 2, 2, 2, 2, 2, 2, 2)), []string{"one.net:1:5", "`transpose` of middle", "more than 8 axes"}},
		{"image", single("relu", nil, image), nil},
	} {
		_, err := Package(plan(t, row.module), Options{Package: "one", Name: "one"})
		if row.want == nil {
			if err != nil {
				t.Errorf("%s: got %v, want no error", row.name, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: got no error, want one", row.name)
			continue
		}
		for _, part := range row.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: got %q, want it to contain %q", row.name, err, part)
			}
		}
	}
}

// TestUnknownOperation asserts that an operation without a row is refused, and
// that all of them are listed.
func TestUnknownOperation(t *testing.T) {
	m := plan(t, single("reverse", op.Attrs{"axes": []int64{1}}, typ(tensor.F32, "N", 4)))
	saved := emitters["reverse"]
	delete(emitters, "reverse")
	defer func() { emitters["reverse"] = saved }()
	_, err := Package(m, Options{Package: "one", Name: "one"})
	if err == nil || !strings.Contains(err.Error(), "one.net:1:5") || !strings.Contains(err.Error(), "`reverse` of middle") {
		t.Errorf("got %v, want the position and name of the operation", err)
	}
}
