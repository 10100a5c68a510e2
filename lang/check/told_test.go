package check

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestOneSlipIsToldOnce makes slips that show in several places, and wants one error
// where the slip is.
func TestOneSlipIsToldOnce(t *testing.T) {
	text, err := os.ReadFile("../syntax/testdata/programs/1_lenet.net")
	if err != nil {
		t.Fatal(err)
	}
	lenet := string(text)
	for _, row := range []struct {
		slip     string
		program  string
		old, new string
		want     string // code, then the begin of the line
	}{
		{"a short setting that is none", lenet, "  loss = cross", "  max = cross", "E0502   max = cross"},
		{"a setting in place of another, and once more", lenet, "  loss = cross", "  schedule = cross", "E0101   schedule = cross"},
		{"a setting cut off in its value", lenet, "mnist(\"data/mnist\")\n  sample (image: u8[28, 28, Gray], label: Digit)", "mni", "E0101   source = mni"},
		{"a size with the name of a layer", lenet, "image: f32[N, Gray, 28, 28]", "image: f32[N, avgpool, 28, 28]", "E0208     |> conv(6, 5)"},
		{"a name declared twice", pair, "block Half", "block Pair", "E0110 net Pair"},
		{"a head cut off in its name", pair, "Half : (x: f32[N, C]) -> f32[N, C]", "Ha", "E0101   = x |> relu"},
	} {
		t.Run(row.slip, func(t *testing.T) {
			if list := mistakes(row.program); len(list) > 0 || !strings.Contains(row.program, row.old) {
				t.Fatalf("the program has %q: %v", row.old, list)
			}
			got := codesAndLines(strings.Replace(row.program, row.old, row.new, 1))
			if len(got) != 1 || !strings.HasPrefix(got[0], row.want) {
				t.Errorf("got %q, want one error, %q", got, row.want)
			}
		})
	}
}

const pair = `package p

block Half : (x: f32[N, C]) -> f32[N, C]
  = x |> relu

net Pair : (image: f32[N, Gray, 8, 8]) -> (y: f32[N, 10])
  = image |> flatten |> Half |> dense(10)

test "size" { assert Pair.params == 650 }
`

func codesAndLines(program string) (out []string) {
	for _, d := range mistakes(program) {
		out = append(out, d.Code+" "+d.Span.Line())
	}
	return out
}

// TestPlaceOfAName tells what nothing is called where it is first used, though another
// mistake keeps the statement there from being looked at: one line has one unknown name.
func TestPlaceOfAName(t *testing.T) {
	text, err := os.ReadFile("../syntax/testdata/programs/1_lenet.net")
	if err != nil {
		t.Fatal(err)
	}
	named := strings.ReplaceAll(string(text), "(logits, label", "(logit, label")
	if got := codesAndLines(named); !slices.Equal(got, []string{"E0101   loss = cross_entropy(logit, label)"}) {
		t.Errorf("got %q, want E0101 in the line of the loss", got)
	}
	both := strings.Replace(named, "cross_entropy(", "cross_entrop(", 1)
	if got := codesAndLines(both); !slices.Equal(got, []string{"E0101   loss = cross_entrop(logit, label)"}) {
		t.Errorf("got %q, want E0101 in the line of the loss, and no other", got)
	}
}
