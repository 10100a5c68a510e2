package passes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
)

// deepNet is six convolutions whose kernels would all choose F(4, 3), which adds 5.2 MB to
// the weights of each; attrs are more attributes of the first one.
func deepNet(t *testing.T, layers int, attrs string) *ir.Module {
	t.Helper()
	var s strings.Builder
	s.WriteString("module test \"test.net\" graph\n")
	for i := range layers {
		fmt.Fprintf(&s, "state Net \"w%d\" : f32[256, 256, 3, 3] = uniform(-0.5, 0.5)\n", i)
	}
	s.WriteString("\nfunc @infer infer Net (%0: f32[N, 256, 14, 14]) -> (y: f32[N, 256, 14, 14]) where N >= 1 {\n")
	for i := range layers {
		more := ""
		if i == 0 {
			more = attrs
		}
		fmt.Fprintf(&s, "  %%%d = param {name=\"w%d\", shape=[256, 256, 3, 3]} : f32[256, 256, 3, 3]\n", layers+1+i, i)
		fmt.Fprintf(&s, "  %%%d = conv %%%d, %%%d {pad=[1, 1, 1, 1]%s} : f32[N, 256, 14, 14]\n", i+1, i, layers+1+i, more)
	}
	fmt.Fprintf(&s, "  return %%%d\n}\n", layers)
	m, err := text.Parse(s.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, s.String())
	}
	return m
}

// TestLimitWinograd: all layers get the weights of F(3, 3) before one gets those of F(4, 3),
// and there is room for these in four of six. What was asked for or measured stays as it is,
// takes none of the room and is not counted.
func TestLimitWinograd(t *testing.T) {
	six := "auto auto auto auto winograd3 winograd3"
	for _, row := range []struct {
		name           string
		layers         int
		attrs, disable string
		want, note     string
	}{
		{"free", 6, "", "", six, "4 convolutions have the transformed weights they would choose, 2 smaller ones for want of room"},
		{"strict", 7, `, precision="strict"`, "", "direct " + six, "4 convolutions have the transformed weights they would choose, 2 smaller ones for want of room"},
		{"asked", 7, `, algo="winograd4"`, "", "winograd4 " + six, "4 convolutions have the transformed weights they would choose, 2 smaller ones for want of room"},
		{"many", 12, "", "", strings.Repeat("winograd3 ", 11) + "winograd2", "0 convolutions have the transformed weights they would choose, 12 smaller ones for want of room"},
		{"off", 6, "", "limit-winograd", strings.Repeat("auto ", 6), ""},
	} {
		m := deepNet(t, row.layers, row.attrs)
		o, note := Options{Verify: true}, ""
		if row.disable != "" {
			o.Disable = []string{row.disable}
		}
		o.Log = func(line string) {
			if rest, ok := strings.CutPrefix(line, "limit-winograd: "); ok {
				note = rest
			}
		}
		if err := Run(m, target.Default(target.AVX2), o); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range m.Funcs[0].Instrs {
			if in.Op.Name == "conv" {
				got = append(got, in.Attrs.String("algo"))
			}
		}
		if want := strings.Fields(row.want); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", row.name, got, want)
		}
		if note != row.note {
			t.Errorf("%s: got the note %q, want %q", row.name, note, row.note)
		}
	}
}

// TestLimitWinogradByGain: where there is not room for all, a layer of stride 2 goes before
// those of F(4, 3), since it saves more for a byte, wherever it stands.
func TestLimitWinogradByGain(t *testing.T) {
	var s strings.Builder
	s.WriteString("module test \"test.net\" graph\n")
	outs := []int{256, 256, 256, 256, 256, 768} // the last layer adds 5.5 MB, each other 5.2
	for i, o := range outs {
		fmt.Fprintf(&s, "state Net \"w%d\" : f32[%d, 256, 3, 3] = uniform(-0.5, 0.5)\n", i, o)
	}
	s.WriteString("\nfunc @infer infer Net (%0: f32[N, 256, 14, 14]) -> (y: f32[N, 768, 7, 7]) where N >= 1 {\n")
	for i, o := range outs {
		side, stride := 14, ""
		if i == 5 {
			side, stride = 7, ", stride=[2, 2]"
		}
		fmt.Fprintf(&s, "  %%%d = param {name=\"w%d\", shape=[%d, 256, 3, 3]} : f32[%d, 256, 3, 3]\n", 7+i, i, o, o)
		fmt.Fprintf(&s, "  %%%d = conv %%%d, %%%d {pad=[1, 1, 1, 1]%s} : f32[N, %d, %d, %d]\n", i+1, i, 7+i, stride, o, side, side)
	}
	s.WriteString("  return %6\n}\n")
	m, err := text.Parse(s.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, s.String())
	}
	if err := Run(m, target.Default(target.AVX2), Options{Verify: true}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range m.Funcs[0].Instrs {
		if in.Op.Name == "conv" {
			got = append(got, in.Attrs.String("algo"))
		}
	}
	if want := []string{"auto", "auto", "auto", "winograd3", "winograd3", "auto"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
