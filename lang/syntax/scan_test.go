package syntax

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
)

func TestBrokenEncoding(t *testing.T) {
	f, problems := Parse(diag.NewFile("x.net", []byte("package p\n// caf\xe9 é\nconst A = 1\n")))
	want := "x.net:2:7: error[E0155]: byte 0xe9 is not UTF-8 text\n"
	if got := problems.String(); !strings.HasPrefix(got, want) || len(problems) != 1 {
		t.Errorf("got %q, want one diagnostic that begins with %q", got, want)
	}
	if f == nil || len(f.Decls) != 0 {
		t.Errorf("got %v, want an empty file", f)
	}
}

func TestMalformedCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"a # b":      "comments begin with `//`",
		"a & b":      "write `and`",
		"!a":         "write `not`",
		"a ^ 2":      "a power is written `**`",
		"a → b":      "write `->`",
		"a × b":      "write `*`",
		"a ≤ b":      "write `<=`",
		"a ≥ b":      "write `>=`",
		"a ≠ b":      "write `!=`",
		"“a”":        "strings stand between straight double quotes: `\"text\"`",
		"π":          "names are made of the letters a to z, A to Z, digits and `_`",
		"a\u00a0+ b": "replace it by an ordinary space",
		"a \x00":     "",
		"a @ b":      "",
	} {
		_, problems := Scan(diag.NewFile("x.net", []byte(text)))
		if len(problems) == 0 || problems[0].Code != "E0106" || problems[0].Hint != want {
			t.Errorf("%q: got %v, want E0106 with the hint %q", text, problems, want)
		}
	}
}

// Every byte of a file is in a token, or is space, or was reported.
func TestScanLosesNothing(t *testing.T) {
	for path, src := range readPrograms(t) {
		toks, problems := Scan(src)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		end, lines := 0, 0
		for _, tok := range append(toks, Token{Start: len(src.Text)}) {
			between := string(src.Text[end:tok.Start])
			if strings.TrimSpace(between) != "" {
				t.Errorf("%s: lost %q", path, between)
			}
			if got := strings.Count(between, "\n"); got != tok.Newlines && tok.Text != "" {
				t.Errorf("%s: got %d newlines in front of %q, want %d", path, tok.Newlines, tok.Text, got)
			}
			if got := string(src.Text[tok.Start:tok.End()]); got != tok.Text {
				t.Errorf("%s: got the text %q at the place of %q", path, got, tok.Text)
			}
			end = tok.End()
			lines += tok.Newlines
		}
		if lines == 0 {
			t.Errorf("%s: got no newline", path)
		}
	}
}

func TestRefs(t *testing.T) {
	f := parse(t, "package p\ntrain m.Net on Data { loss = 1 }\npredict Net { a = b }\n")
	train := f.Decls[0].(*Train)
	if train.Net.Module == nil || train.Net.Module.Name != "m" || train.Net.Name.Name != "Net" || train.Net.Where.Text() != "m.Net" {
		t.Errorf("got the net %+v, want m.Net", train.Net)
	}
	if train.Data.Module != nil || f.Decls[1].(*Predict).Data != nil {
		t.Error("got a module or data where there is none")
	}
}

// FuzzScan holds the lexer to its promises on any text: tokens stand in order, each
// with the text that is at its place, and what lies between two is blank, or reported.
func FuzzScan(f *testing.F) {
	for _, src := range readPrograms(f) {
		f.Add(string(src.Text))
	}
	for _, text := range []string{"\ufeffa.b", "1..2 ... 1.2.3 .5 5. 1e9 2e.5", "\"a\\q\" \"open ) }", "# no comment\n&&!x", "a\r\n\tb // c\n\n|>", "é×→"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := diag.NewFile("x.net", []byte(text))
		toks, problems := Scan(src)
		if len(problems) > maxReported {
			t.Fatalf("got %d diagnostics", len(problems))
		}
		end := 0
		for _, tok := range toks {
			if tok.Start < end || tok.End() > len(text) || tok.Text == "" || text[tok.Start:tok.End()] != tok.Text {
				t.Fatalf("got %q at %d..%d, behind %d", tok.Text, tok.Start, tok.End(), end)
			}
			between := strings.TrimPrefix(text[end:tok.Start], "\ufeff")
			if strings.Trim(between, " \t\r\n") != "" && len(problems) == 0 {
				t.Fatalf("lost %q and said nothing", between)
			}
			if tok.Newlines > strings.Count(between, "\n") && len(problems) == 0 {
				t.Fatalf("got %d newlines in %q", tok.Newlines, between)
			}
			end = tok.End()
		}
		for _, d := range problems {
			if d.Span.Start < 0 || d.Span.End > len(text) || d.Span.Start > d.Span.End {
				t.Fatalf("got the place %d..%d of %d", d.Span.Start, d.Span.End, len(text))
			}
		}
	})
}
