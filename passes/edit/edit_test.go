package edit

import (
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// chain is y = exp(tanh(x)) with an unread neg and an update of a state.
func chain() (*ir.Func, *ir.Value) {
	f := &ir.Func{Name: "f"}
	x := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N")))
	b := ir.NewBuilder(f)
	t := b.One("tanh", nil, x)
	b.One("neg", nil, b.One("abs", nil, t))
	y := b.One("exp", nil, t)
	b.Emit("update", op.Attrs{"state": "s", "rule": "assign"}, b.One("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}}, x), nil)
	f.Results = []ir.Result{{Name: "y", Value: y}}
	return f, x
}

func names(f *ir.Func) string {
	s := ""
	for _, in := range f.Instrs {
		s += in.Op.Name + " "
	}
	return s
}

func TestPruneKeepsResultsAndUpdates(t *testing.T) {
	f, _ := chain()
	if got := Prune(f); got != 2 {
		t.Errorf("got %d dropped, want 2", got)
	}
	if got, want := names(f), "tanh exp reduce update "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRebuildReplacesEveryReader(t *testing.T) {
	f, x := chain()
	n := Rebuild(f, func(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
		if in.Op.Name != "tanh" && in.Op.Name != "exp" {
			return nil, false
		}
		return []*ir.Value{b.One("sigmoid", nil, in.Args[0])}, true
	})
	Prune(f)
	if got, want := names(f), "sigmoid sigmoid reduce update "; n != 2 || got != want {
		t.Errorf("got %d replaced and %s, want 2 and %s", n, got, want)
	}
	if y := f.Results[0].Value; y.Def != f.Instrs[1] || y.Def.Args[0] != f.Instrs[0].Outs[0] || f.Instrs[0].Args[0] != x {
		t.Errorf("got a result that does not follow from the replacements")
	}
}

func TestReadersCountOperandsAndResults(t *testing.T) {
	f, x := chain()
	r := Readers(f)
	if got := r[x]; got != 2 {
		t.Errorf("input: got %d readers, want tanh and reduce", got)
	}
	if got := r[f.Results[0].Value]; got != 1 {
		t.Errorf("result: got %d readers, want the caller", got)
	}
}

func TestSubstitutionFollowsChains(t *testing.T) {
	a, b, c := &ir.Value{ID: 1}, &ir.Value{ID: 2}, &ir.Value{ID: 3}
	s := substitution{a: b, b: c}
	if got := s.resolve(a); got != c {
		t.Errorf("got %%%d, want %%3", got.ID)
	}
	if got := s.resolve(nil); got != nil {
		t.Errorf("got %%%d, want nothing", got.ID)
	}
}
