package syntax

import (
	"slices"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
)

// TestOneSlipIsToldOnce wants one error for one slip that the grammar meets more often.
func TestOneSlipIsToldOnce(t *testing.T) {
	for _, row := range []struct{ slip, program, want string }{
		{"a mark in place of a closer", "package p\nblock B : (x: f32[N]) -> (y: f32[N) {\n  return x\n>\n", "E0151"},
		{"a word in place of a closer", "package p\nblock B : (x: f32[N]) {\n  return x\nclasses\n", "E0151"},
		{"`;` between the elements of a list", "package p\nblock B : (x: f32[N]) {\n  a = [(1, 2);\n       (3, 4)]\n  return x\n}\n", "E0102"},
		{"`#` in front of the body", "package p\nblock B(a: int)\n  : (x: f32[N])\n  # x\n", "E0106"},
		{"`#` twice, once within brackets", "package p\nconst A = 1 # one\nblock B : (x: f32[N, # ])\n  = x\n", "E0106"},
		{"a list without an end, whose closer stands below", "package p\nblock B : (x: f32[N]) {\n  for a in [1, 2, 3){\n    b = 4, 5] {\n  }\n}\n", "E0152"},
	} {
		_, list := Parse(diag.NewFile("p.net", []byte(row.program)))
		if len(list) != 1 || list[0].Code != row.want {
			t.Errorf("%s: got %s, want one %s:\n%s", row.slip, codes(list), row.want, list.String())
		}
	}
}

// TestPlaceOfAMistake finds a mistake in a body in the same place whether the head is right
// or has a mistake of its own, which it would take a longer look ahead to get past.
func TestPlaceOfAMistake(t *testing.T) {
	const body = `
  x = image |> Cell(512, 3) as wide |> Cell(256, 1|> ) as neck
  y = x |> Cell(512, 3) as cell |> |> conv(3) as head
  return y
}
`
	places := func(head string) (out []diag.Pos) {
		_, list := Parse(diag.NewFile("p.net", []byte("package p\n"+head+body)))
		for _, d := range list {
			if d.Span.Pos().Line > 2 {
				out = append(out, d.Span.Pos())
			}
		}
		return out
	}
	right := places("net A : (image: f32[N, RGB, 32, 32]) -> (y: f32[N, 85]) {")
	wrong := places("net A : (image: f32[N, RGB, 32, 32,) -> (y: f32[N, 85]) {")
	if len(right) != 2 || !slices.Equal(right, wrong) {
		t.Errorf("got mistakes at %v behind a wrong head, want %v, two", wrong, right)
	}
}
