package check

import (
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// TestObserve looks at what an editor is told about the stages of a net.
func TestObserve(t *testing.T) {
	src := `package demo

block Twice(out: int) : (x: f32[N, C, H, W]) = x |> conv(out, 3) |> conv(out, 3)

net Demo : (image: f32[N, Gray, H, W]) -> (y: f32[N, 5, H, W]) where H % 4 == 0, W % 4 == 0 {
  x = image |> conv(4, 3) as first
  x = x |> maxpool(2) |> upsample(2)
  return x |> Twice(5)
}
`
	f, list := syntax.Parse(diag.NewFile("demo.net", []byte(src)))
	if list.HasErrors() {
		t.Fatal(list)
	}
	_, list, seen := Observe([]*syntax.File{f}, nil)
	if list.HasErrors() {
		t.Fatal(list)
	}
	type row struct {
		text, value, inside string
		params              int64
		macs                string
	}
	var got []row
	for _, s := range seen {
		if s.Stage {
			got = append(got, row{s.Span.Text(), s.Describe(), s.Inside.Name.Name, s.Params(), s.Show(s.MACs())})
		}
	}
	want := []row{
		{"conv(4, 3)", "f32[N, 4, H, W]", "Demo", 40, "576*N*H/4*W/4"},
		{"maxpool(2)", "f32[N, 4, H/2, W/2]", "Demo", 0, "0"},
		{"upsample(2)", "f32[N, 4, H, W]", "Demo", 0, "0"},
		{"conv(out, 3)", "f32[N, 5, H, W]", "Demo", 185, "2880*N*H/4*W/4"},
		{"conv(out, 3)", "f32[N, 5, H, W]", "Demo", 230, "3600*N*H/4*W/4"},
		{"Twice(5)", "f32[N, 5, H, W]", "Demo", 415, "6480*N*H/4*W/4"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d stages, want %d:\n%+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("stage %d: got %+v, want %+v", i, got[i], w)
		}
	}
}
