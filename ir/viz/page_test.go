package viz

import (
	"slices"
	"strings"
	"testing"
	"time"

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
	at, err := f.At(sample(f, 1))
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
	snapshots := []Snapshot{
		{Pass: "shape", Took: time.Millisecond, Funcs: []Body{{Name: "Net.infer", Text: "x\n", Instrs: 3}, {Name: "Net.eval", Text: "e\n"}}},
		{Pass: "fuse", Note: "1 < 2", Funcs: []Body{{Name: "Net.infer", Text: "y\n", Instrs: 2, MACs: 1500, Bytes: 2_000_000}, {Name: "Net.eval", Text: "e\n"}}},
		{Pass: "idle", Funcs: []Body{{Name: "Net.infer", Text: "y\n", Instrs: 2}, {Name: "Net.eval", Text: "e\n"}}},
	}
	layers := []Layer{
		{Func: "Net.infer", Stage: "conv<1>", Op: "conv", Shape: "f32[N]", MACs: 9000, Bytes: 1000, Chosen: "winograd4", Ways: []Way{{"direct", 9000, 900}, {"winograd4", 2250, 3600}}},
		{Func: "Net.infer", Stage: "dense", Op: "matmul", Chosen: "gemm", Why: "one way only"},
	}
	page := string(Page("a <title>", snapshots, layers, m))
	for _, want := range []string{
		"<title>a &lt;title&gt;</title>", "<b>fuse</b> <span class=soft>1 &lt; 2</span>", "<span class=new>y</span>", "<span class=gone>x</span>",
		"Arena of Net.infer", "32 bytes at 64, instructions 1 to 2", "96 bytes for one image; no plan of this order takes less than 96. Its 2 steps go to the right", `<line class=scale`, "its 2 values as a list", "<td class=n>32<td class=n>64<td class=n>1<td class=n>2", "most of all at relu", "<tr><td>Net.infer<td class=n>1<td class=n>2", "<td class=n>96<td class=n>96", "(unchanged)",
		"<td class=n>1.5 k<td class=n>2 MB<td class=n>1<td class=n>1", "<td>conv&lt;1&gt;<td>conv", "<td class=n>9<td>winograd4",
		`direct 9 k + 900 B, <span class=chosen>winograd4 2.25 k + 3.6 kB</span>`, "<span class=soft>one way only</span>", "prefers-color-scheme:dark",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, foreign := range []string{"http:", "https:", "<script", "<link", "<img", "url(", "@import"} {
		if strings.Contains(strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), foreign) {
			t.Errorf("the page is not for itself: it has %q", foreign)
		}
	}
	if again := string(Page("a <title>", snapshots, layers, m)); again != page {
		t.Error("two calls differ")
	}
}

// TestOccupied counts bytes that two values share once.
func TestOccupied(t *testing.T) {
	lives := []lifetime{{first: 0, last: 1, lo: 0, size: 64}, {first: 1, last: 2, lo: 0, size: 64}, {first: 1, last: 1, lo: 128, size: 32}}
	if got := occupied(lives, 4); !slices.Equal(got, []int64{64, 96, 64, 0}) {
		t.Errorf("got %v, want 64 96 64 0", got)
	}
}

// TestSnap counts the instructions of a module and their bytes.
func TestSnap(t *testing.T) {
	s := Snap("fuse", "note", time.Second, planned(t), func(f *ir.Func) string { return "text of " + f.Name })
	if b := s.Funcs[0]; b.Instrs != 2 || b.Bytes != 128 || b.MACs != 0 || b.Text != "text of Net.infer" {
		t.Errorf("got %+v", b)
	}
}

// TestSegmentsWiden: what enters or leaves a segment is alive through all of it, what lives
// inside is not.
func TestSegmentsWiden(t *testing.T) {
	f := &ir.Func{Segments: []ir.Segment{{First: 2, Last: 6}}}
	inside, outside := &ir.Value{Mem: ir.Mem{Segment: 1}}, &ir.Value{}
	for _, row := range []struct{ l, want lifetime }{
		{lifetime{v: inside, first: 3, last: 4}, lifetime{v: inside, first: 3, last: 4}},
		{lifetime{v: outside, first: 0, last: 3}, lifetime{v: outside, first: 0, last: 6}},
		{lifetime{v: outside, first: 5, last: 9}, lifetime{v: outside, first: 2, last: 9}},
		{lifetime{v: outside, first: 0, last: 1}, lifetime{v: outside, first: 0, last: 1}},
	} {
		got := row.l
		if got.widen(f); got != row.want {
			t.Errorf("got %+v, want %+v", got, row.want)
		}
	}
}

// TestBatchOfPictures: figures of a training are those of its batch.
func TestBatchOfPictures(t *testing.T) {
	m := planned(t)
	f := m.Funcs[0]
	if got := usualBatch(m, f); got != 1 {
		t.Errorf("got a batch of %d, want one image", got)
	}
	m.Trains = []*ir.Train{{Loss: f.Name, Batch: 32}}
	if got := usualBatch(m, f); got != 32 {
		t.Errorf("got a batch of %d, want that of the section", got)
	}
}

// TestRoundSteps: scales have round numbers, and from three to eight of them.
func TestRoundSteps(t *testing.T) {
	for total, want := range map[int64]int64{96: 20, 550_400: 100_000, 76_835_648: 10_000_000, 17_350_656: 5_000_000, 7: 1, 1: 1} {
		if got := roundStep(total); got != want {
			t.Errorf("%d bytes: got steps of %d, want %d", total, got, want)
		}
	}
}
