package viz

import (
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

func TestChangedLines(t *testing.T) {
	fresh, gone := changed("a\nb\nb\nc\n", "b\nd\na\nd\n")
	if len(fresh) != 2 || !fresh[1] || !fresh[3] {
		t.Errorf("new lines: got %v, want 1 and 3", fresh)
	}
	if !slices.Equal(gone, []string{"b", "c"}) {
		t.Errorf("gone: got %q, want b and c", gone)
	}
}

// planned is relu of neg of a vector of 8, the two values in two places.
func planned(t *testing.T) *ir.Module {
	t.Helper()
	f := &ir.Func{Name: "Net.infer", Net: "Net"}
	size := op.Dim{Size: sym.Const(8)}
	typ := op.Type{DType: tensor.F32, Dims: []op.Dim{size}}
	b := ir.NewBuilder(f)
	y := b.One("neg", nil, f.AddInput("x", typ))
	z := b.One("relu", nil, y)
	f.Results = []ir.Result{{Name: "z", Value: z}}
	for i, v := range []*ir.Value{y, z} {
		v.Mem = ir.Mem{Space: ir.ArenaSpace, Offset: sym.Const(int64(64 * i)), Size: sym.Const(32)}
	}
	f.Memory = &ir.Memory{Arena: sym.Const(96), Bound: sym.Const(96), Align: 64}
	return &ir.Module{Name: "net", Source: "net.net", Stage: ir.Planned, Funcs: []*ir.Func{f}}
}

func TestLifetimes(t *testing.T) {
	f := planned(t).Funcs[0]
	at, err := f.At(sample(f))
	if err != nil {
		t.Fatal(err)
	}
	lives := lifetimes(f, at)
	if len(lives) != 2 {
		t.Fatalf("got %d values, want 2", len(lives))
	}
	if l := lives[0]; l.first != 0 || l.last != 1 || l.lo != 0 || l.size != 32 {
		t.Errorf("the first value: got %+v", l)
	}
	if l := lives[1]; l.first != 1 || l.last != 2 || l.lo != 64 {
		t.Errorf("the result lives to the end: got %+v", l)
	}
}

func TestPage(t *testing.T) {
	m := planned(t)
	page := string(Page("a <title>", []Snapshot{{Pass: "shape", Text: "x\n"}, {Pass: "fuse", Note: "1 < 2", Text: "y\n", Instrs: 2}}, m))
	for _, want := range []string{
		"<title>a &lt;title&gt;</title>", "<b>fuse</b>: 1 &lt; 2", "<span class=new>y</span>", "<span class=gone>x</span>",
		"Arena of Net.infer", "32 bytes at 64, instructions 1 to 2", "<td class=n>96<td class=n>96",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if again := string(Page("a <title>", []Snapshot{{Pass: "shape", Text: "x\n"}, {Pass: "fuse", Note: "1 < 2", Text: "y\n", Instrs: 2}}, m)); again != page {
		t.Error("two calls differ")
	}
}
