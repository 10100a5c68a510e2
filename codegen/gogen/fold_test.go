package gogen

import (
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFold shows where lines break.
func TestFold(t *testing.T) {
	long := strings.Repeat("x", 40)
	for _, c := range []struct{ what, line, want string }{
		{"short", "f(a, b)", "f(a, b)"},
		{"no list", "x = " + long + long + long, "x = " + long + long + long},
		{"a block", "for a := range f(" + long + ", " + long + ", " + long + ") {", "for a := range f(" + long + ", " + long + ", " + long + ") {"},
		{"a comment", "f(" + long + ", " + long + ") // of " + long, "f(" + long + ", " + long + ") // of " + long},
		{
			"a call", "f(" + long + ", " + long + ", " + long + ")",
			"f(\n" + long + ", " + long + ",\n" + long + ",\n)",
		},
		{
			"brackets in a string", `f("(` + long + `", '"', ` + long + ", " + long + ")",
			"f(\n\"(" + long + `", '"', ` + long + ",\n" + long + ",\n)",
		},
		{
			"a literal of literals", "p = new(Config{In: Map{C: 1, H: 2}, Out: Map{C: 3, H: 4}, Name: " + long + long + "})",
			"p = new(Config{\nIn: Map{C: 1, H: 2},\nOut: Map{C: 3, H: 4},\nName: " + long + long + ",\n})",
		},
		{
			"a literal that is the last", "p.Run(c, n, Args{X: a[1:2], Y: " + long + ", Z: " + long + ", W: " + long + "})",
			"p.Run(c, n, Args{\nX: a[1:2], Y: " + long + ", Z: " + long + ",\nW: " + long + ",\n})",
		},
		{
			"a short literal that is the last", "{Call{Name: " + long + ", Args: " + long + ", Of: []T{" + long + "}, By: [2]T{1, 2}}},",
			"{Call{\nName: " + long + ",\nArgs: " + long + ",\nOf: []T{" + long + "},\nBy: [2]T{1, 2},\n}},",
		},
	} {
		if got := fold(c.line); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}

// TestFoldKeepsTheProgram compares the tokens of random expressions before and after.
func TestFoldKeepsTheProgram(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	var expr func(depth int) string
	expr = func(depth int) string {
		if depth == 0 || r.IntN(4) == 0 {
			return []string{"x", "a[1:n]", `"a, (b"`, "'}'", strings.Repeat("long", 1+r.IntN(8)), "f()"}[r.IntN(6)]
		}
		var of []string
		for range r.IntN(6) {
			of = append(of, expr(depth-1))
		}
		list := strings.Join(of, ", ")
		return []string{"f(" + list + ")", "T{" + list + "}", "[]T{" + list + "}[0:1]"}[r.IntN(3)]
	}
	folded := 0
	for range 2000 {
		line := expr(4)
		got := fold(line)
		if got != line {
			folded++
		}
		if want, got := tokens(line), tokens(got); got != want {
			t.Fatalf("%s\nfolded is\n%s\nwant\n%s", line, got, want)
		}
	}
	if folded < 200 {
		t.Errorf("%d of 2000 lines were folded, want 200 at least", folded)
	}
}

// tokens returns the tokens of Go, without the commas that only a list of several lines has.
func tokens(text string) string {
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", -1, len(text)), []byte(text), nil, 0)
	var b strings.Builder
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return strings.NewReplacer(", )", ")", ", }", "}").Replace(b.String())
		case tok == token.SEMICOLON && lit == "\n":
		case tok.IsLiteral():
			b.WriteString(lit + " ")
		default:
			b.WriteString(tok.String() + " ")
		}
	}
}
