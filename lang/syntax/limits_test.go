package syntax

import (
	"strings"
	"testing"
	"time"

	"github.com/netc-lang/netc/internal/diag"
)

// inBlock puts statements into a block.
func inBlock(statements string) string {
	return "package p\n\nblock Big : (x: f32[N]) {\n" + statements + "\n}\n"
}

func codes(list diag.List) string {
	var out []string
	for _, d := range list {
		out = append(out, d.Code)
	}
	return strings.Join(out, " ")
}

func TestLimits(t *testing.T) {
	nested := func(n int) string {
		return inBlock("  y = " + strings.Repeat("(", n) + "x" + strings.Repeat(")", n))
	}
	list := func(n int) string { return inBlock("  y = [" + strings.Repeat("1, ", n-1) + "1]") }
	rows := []struct {
		name, text, want string
	}{
		{"255 brackets in a body", nested(maxNesting - 1), ""},
		{"256 brackets in a body", nested(maxNesting), "E0692"},
		{"a list of 10000", list(maxList), ""},
		{"a list of 10001", list(maxList + 1), "E0693"},
		{"else if, 250 times", inBlock("  if a { }" + strings.Repeat(" else if a { }", 250)), ""},
		{"else if, 260 times", inBlock("  if a { }" + strings.Repeat(" else if a { }", 260)), "E0692"},
		{"nested if values", inBlock("  y = " + strings.Repeat("if a then ", 260) + "1" + strings.Repeat(" else 2", 260)), "E0692"},
		{"lists of lists as a type", inBlock("  layer y: " + strings.Repeat("[]", 300) + "int = x"), "E0692"},
		{"alternatives of a type", inBlock("  layer y: int" + strings.Repeat(" | int", 300) + " = x"), "E0692"},
		{"a chain of 5000 sums", inBlock("  y = 1" + strings.Repeat(" + 1", 5000)), ""},
		{"a chain of 5000 powers", inBlock("  y = 1" + strings.Repeat("**1", 5000)), ""},
		{"a chain of 10001 sums", inBlock("  y = 1" + strings.Repeat(" + 1", 10_001)), "E0693"},
		{"members without end", inBlock("  y = a" + strings.Repeat(".a", 10_001)), "E0693"},
		{"100001 statements", inBlock(strings.Repeat("a=1;", maxStatements+1)), "E0693"},
		{"a file that is too large", inBlock("// " + strings.Repeat("x", MaxSource)), "E0691"},
	}
	for _, r := range rows {
		_, problems := Parse(diag.NewFile("big.net", []byte(r.text)))
		if got := codes(problems); got != r.want {
			t.Errorf("%s: got %q, want %q", r.name, got, r.want)
		}
	}
}

// No text may make the parser slow or deep. The bound is generous: most of these
// take some milliseconds.
func TestHostileTexts(t *testing.T) {
	const size = 1 << 17
	for name, unit := range map[string]string{
		"round": "(", "square": "[", "curly": "{", "closers": ")", "curly closers": "}",
		"mismatches": "(]", "pairs": "()", "lines of openers": "(\n", "lines of closers": "}\n",
		"quotes": "\"\n", "backslashes": "\"\\", "characters": "#\n", "wide": "é", "semicolons": ";",
		"statements": "a;", "units": "net X;", "declarations": "const A = 1\n", "headers": "data X {\n",
		"pipes": "|>", "plus lines": "a\n+", "dots": ".", "minus": "-", "not": "not ", "if": "if ",
		"else": "else if a {}", "types": "[]", "numbers": "1.", "points": ".5", "comments": "//\n",
		"calls": "f(", "indices": "x[", "braces in brackets": "({", "imports": "import \"a\"\n",
		"broken": "block A : (x: f32) { y = \n}\n", "open brace lines": "{ a = b\n",
		"settings": "a = 1, ", "settings without marks": "a = 1 ", "bars": "x | ", "arrows": "x -> ", "named": "f(a: 1, ",
		"colons": "a: 1\n", "bodies without braces": "data X\n a = 1\n}\n", "heads": "net X : (a: b) : ", "three points": "1...2 ",
	} {
		begin := time.Now()
		for _, head := range []string{"", "package p\n", "package p\nblock A : (x: f32[N]) {\n"} {
			text := head + strings.Repeat(unit, size/len(unit))
			_, problems := Parse(diag.NewFile("x.net", []byte(text)))
			if len(problems) > MaxErrors {
				t.Errorf("%s: got %d diagnostics, want at most %d", name, len(problems), MaxErrors)
			}
		}
		if d := time.Since(begin); d > 10*time.Second {
			t.Errorf("%s: took %v", name, d)
		} else {
			t.Log(name, d)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	var src *diag.File
	for path, f := range readPrograms(b) {
		if strings.Contains(path, "5_") {
			src = f
		}
	}
	b.SetBytes(int64(len(src.Text)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(src)
	}
}
