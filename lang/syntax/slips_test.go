package syntax

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
)

// One slip gives one diagnostic, and its edits make the text right.
func TestSlips(t *testing.T) {
	rows := []struct {
		name, text, at, message, repaired string
	}{
		{
			"no brace in front of a section's body", "data D\n  source = mnist(\"a\")\n  sample (x: u8[2], y: Digit)\n}\nconst A = 1",
			"2:7", "expected `{`, found the end of the line", "data D {\n  source = mnist(\"a\")\n  sample (x: u8[2], y: Digit)\n}\nconst A = 1",
		},
		{
			"no brace, with a comment", "train A on D // now\n  // what\n  loss = f(a)\n  phase b {\n    lr = 1\n  }\n}",
			"2:13", "expected `{`, found the end of the line", "train A on D { // now\n  // what\n  loss = f(a)\n  phase b {\n    lr = 1\n  }\n}",
		},
		{
			"no brace behind a signature of two lines", "net A\n  : (x: f32[N])\n  -> (y: f32[N])\n  y = x\n  return y\n}",
			"4:17", "expected `{`, found the end of the line", "net A\n  : (x: f32[N])\n  -> (y: f32[N]) {\n  y = x\n  return y\n}",
		},
		{
			"no brace in a test", "test \"a\"\n  assert a == b\n}\ntest \"b\" {\n  assert a == b\n}",
			"2:9", "expected `{`, found the end of the line", "test \"a\" {\n  assert a == b\n}\ntest \"b\" {\n  assert a == b\n}",
		},
		{
			"no equals sign in front of a body", "net A : (x: f32[N]) -> (y: f32[N])\n  x\n    |> f\nconst B = 1",
			"3:3", "the value of the net `A` stands behind a `=`", "net A : (x: f32[N]) -> (y: f32[N])\n  = x\n    |> f\nconst B = 1",
		},
		{
			"a limit written as a value", "train A on D {\n  memory = 2 GB\n  loss = f(a)\n}",
			"3:10", "`memory` is a limit, not a value", "train A on D {\n  memory <= 2 GB\n  loss = f(a)\n}",
		},
		{
			"another comparison for a limit", "train A on D {\n  memory < 2 GB\n}",
			"3:10", "`memory` is a limit, not a value", "train A on D {\n  memory <= 2 GB\n}",
		},
		{
			"no space before a unit", "train A on D {\n  memory <= 2GB\n}",
			"3:13", "`2GB` has no space before its unit", "train A on D {\n  memory <= 2 GB\n}",
		},
		{
			"comments of another language", "# one `quoted` \"thing\nconst A = 1 # two\n# three",
			"2:1", "the character `#` has no meaning here", "// one `quoted` \"thing\nconst A = 1 // two\n// three",
		},
		{
			"a bar for pipes", "net A : (x: f32[N])\n  = x | f(1) | g |> h | (a + b)",
			"3:7", "`|` joins the words of a type; a pipe is written `|>`", "net A : (x: f32[N])\n  = x |> f(1) |> g |> h |> (a + b)",
		},
		{
			"an arrow for pipes", "block A : (x: f32[N]) {\n  y = f(x -> g -> h)\n  return y\n}",
			"3:11", "`->` points to a result; a pipe is written `|>`", "block A : (x: f32[N]) {\n  y = f(x |> g |> h)\n  return y\n}",
		},
		{
			"a bar behind a default", "block A(a: int = 3) : (x: f32[N]) = x | f",
			"2:39", "`|` joins the words of a type; a pipe is written `|>`", "block A(a: int = 3) : (x: f32[N]) = x |> f",
		},
		{
			"a colon for the arrow", "net A : (x: f32[N]) : (y: f32[N]) = x",
			"2:21", "the results of a net stand behind `->`", "net A : (x: f32[N]) -> (y: f32[N]) = x",
		},
		{
			"a fat arrow", "block A(a: int = 1) : (x: f32[N]) => (y: f32[N]) { return x }",
			"2:35", "the results of a block stand behind `->`", "block A(a: int = 1) : (x: f32[N]) -> (y: f32[N]) { return x }",
		},
		{
			"no arrow", "net A : (x: f32[N]) (y: f32[N]) = x",
			"2:21", "the results of a net stand behind `->`", "net A : (x: f32[N]) -> (y: f32[N]) = x",
		},
		{
			"no colon", "net A (x: f32[N]) -> (y: f32[N]) = x",
			"2:7", "the inputs of a net stand behind `:`", "net A : (x: f32[N]) -> (y: f32[N]) = x",
		},
		{
			"a fat arrow in weights", "weights A {\n  from \"a\" {\n    \"b\" => \"c\"\n  }\n}",
			"4:9", "there is no `=>`", "weights A {\n  from \"a\" {\n    \"b\" -> \"c\"\n  }\n}",
		},
		{
			"colons in a call", "block A : (x: f32[N]) {\n  return x |> f(1, pad: valid, bias : false)\n}",
			"3:23", "`:` gives a type; an argument by name takes `=`", "block A : (x: f32[N]) {\n  return x |> f(1, pad=valid, bias=false)\n}",
		},
		{
			"colons in a default", "block A(a: layer = f(b: 1)) : (x: f32[N]) = x",
			"2:23", "`:` gives a type; an argument by name takes `=`", "block A(a: layer = f(b=1)) : (x: f32[N]) = x",
		},
		{
			"a colon for a setting", "train A on D {\n  epochs: 12\n}",
			"3:9", "`:` gives a type; `epochs` takes its value with `=`", "train A on D {\n  epochs = 12\n}",
		},
		{
			"a colon for a setting that is a call", "train A on D {\n  loss : cross_entropy(a, b)\n}",
			"3:8", "`:` gives a type; `loss` takes its value with `=`", "train A on D {\n  loss = cross_entropy(a, b)\n}",
		},
		{
			"three points", "data D {\n  augment x = x |> rotate(-12...12) |> scale(0.9...1.1)\n}",
			"3:30", "`...` stands for the rest of the axes; a range is written `a..b`", "data D {\n  augment x = x |> rotate(-12..12) |> scale(0.9..1.1)\n}",
		},
		{
			"commas between settings", "train A on D {\n  epochs = 12, batch = 128, seed = f(1, 2)\n}",
			"3:14", "settings on one line are separated by `;`", "train A on D {\n  epochs = 12; batch = 128; seed = f(1, 2)\n}",
		},
		{
			"nothing between settings", "train A on D {\n  epochs = 12 batch = 128 seed = 3\n}",
			"3:15", "settings on one line are separated by `;`", "train A on D {\n  epochs = 12; batch = 128; seed = 3\n}",
		},
		{
			"nothing between statements", "block A : (x: f32[N]) {\n  y = f(x) z = y\n  return z\n}",
			"3:12", "statements on one line are separated by `;`", "block A : (x: f32[N]) {\n  y = f(x); z = y\n  return z\n}",
		},
		{
			"commas behind settings", "train A on D {\n  epochs = 12,\n  batch = 128,\n  seed = 3,\n}",
			"3:14", "no comma stands at the end of settings", "train A on D {\n  epochs = 12\n  batch = 128\n  seed = 3\n}",
		},
	}
	for _, r := range rows {
		src := diag.NewFile("x.net", []byte("package p\n"+r.text+"\n"))
		_, problems := Parse(src)
		if len(problems) != 1 {
			t.Errorf("%s: got %d diagnostics, want 1: %v", r.name, len(problems), problems)
			continue
		}
		d := problems[0]
		if got, want := d.Span.Pos().String()+": "+d.Message, "x.net:"+r.at+": "+r.message; got != want {
			t.Errorf("%s: got %s, want %s", r.name, got, want)
		}
		got := applyEdits(src, problems)
		if want := "package p\n" + r.repaired + "\n"; got != want {
			t.Errorf("%s: repaired to\n%s\nwant\n%s", r.name, got, want)
		} else if _, left := Parse(diag.NewFile("x.net", []byte(got))); len(left) > 0 {
			t.Errorf("%s: the repaired text gives %v", r.name, left)
		}
	}
}

// One slip whose repair is not certain still gives one diagnostic.
func TestSlipsWithoutRepair(t *testing.T) {
	rows := []struct{ name, text, at, message string }{
		{"no round bracket", "const A = f1, 2)", "2:16", "this `)` closes nothing"},
		{"no square bracket in a type", "net A : (x: f32N, 4]) = x", "2:20", "this `]` closes nothing"},
		{"no square bracket in a call", "const A = f(mean=0.5], std=1)", "2:21", "this `]` closes nothing"},
		{"no bracket in front of an interval", "data D {\n  augment x = x |> rotate-12..12)\n}", "3:33", "this `)` closes nothing"},
		{"no bracket at the end of a head", "net A : (x: f32[N]) -> (y: f32[N]\n  = x\n    |> f", "2:24", "this `(` is never closed"},
		{"no braces at all", "data D\n  source = mnist(\"a\")\n  sample (x: u8[2])\ntrain A on D { loss = f(a) }", "2:7", "expected `{`, found the end of the line"},
		{"a body below a head without mark", "net A : (x: f32[N]) -> (y: f32[N])\n  y = x\n  z = y", "2:5", "the net `A` has no body"},
		{"a net without body in front of another", "net A : (x: f32[N]) -> (y: f32[N])\n\nconst B = 1", "2:5", "the net `A` has no body"},
		{"one closing brace too many", "net A : (x: f32[N]) = x\n}", "3:1", "this `}` closes nothing"},
		{"one closing brace too many behind a body", "data D {\n  source = f\n}\n}", "5:1", "this `}` closes nothing"},
		{"one closing brace too many on a line", "data D { source = f } }", "2:23", "this `}` closes nothing"},
		{"a closing brace and no declaration", "}", "2:1", "this `}` closes nothing"},
		{"a head without results", "net A : (x: f32[N]) 3", "2:21", "expected `->`, `=` or `{`, found the number `3`"},
		{"a head with results", "net A : (x: f32[N]) -> (y: f32[N]) 3", "2:36", "expected `where`, `=` or `{`, found the number `3`"},
		{"a head with parameters", "block A(a: int) 3", "2:17", "expected `:`, `=` or `{`, found the number `3`"},
		{"a name alone", "net A 3", "2:7", "expected `(`, `:`, `=` or `{`, found the number `3`"},
		{"a type without the second half", "block A(a: int |) : (x: f32[N]) = x", "2:17", "expected a type, found `)`"},
	}
	for _, r := range rows {
		_, problems := Parse(diag.NewFile("x.net", []byte("package p\n"+r.text+"\n")))
		if len(problems) != 1 {
			t.Errorf("%s: got %d diagnostics, want 1: %v", r.name, len(problems), problems)
			continue
		}
		if got, want := problems[0].Span.Pos().String()+": "+problems[0].Message, "x.net:"+r.at+": "+r.message; got != want {
			t.Errorf("%s: got %s, want %s", r.name, got, want)
		}
	}
}

func TestPackageWithoutItsWord(t *testing.T) {
	src := diag.NewFile("x.net", []byte("// A file.\nlenet\nconst A = 1\n"))
	_, problems := Parse(src)
	if len(problems) != 1 || problems[0].Code != "E0154" {
		t.Fatalf("got %v, want one E0154", problems)
	}
	if got, want := applyEdits(src, problems), "// A file.\npackage lenet\nconst A = 1\n"; got != want {
		t.Errorf("repaired to\n%s\nwant\n%s", got, want)
	}
}

// `>` for `|>` is likely and not certain.
func TestGreaterForPipe(t *testing.T) {
	_, problems := Parse(diag.NewFile("x.net", []byte("package p\nnet A : (x: f32[N]) = x |> f(1) > g |> h\n")))
	if len(problems) != 1 || problems[0].Code != "E0107" || len(problems[0].Edits) != 0 ||
		problems[0].Hint != "write `|>`, or put the pipe before `>` in parentheses" {
		t.Errorf("got %v", problems)
	}
}

// What stands in a body whose brace is missing is checked as if it were there.
func TestBodyWithoutOpeningBrace(t *testing.T) {
	f, problems := Parse(diag.NewFile("x.net", []byte("package p\ntrain A on D\n  loss = f(a)\n  epochs = = 3\n  batch = 4\n}\nconst B = 1\n")))
	if got, want := codes(problems), "E0102 E0102"; got != want {
		t.Fatalf("got %s, want %s: %v", got, want, problems)
	}
	if len(f.Decls) != 2 || len(f.Decls[0].(*Train).Body) != 2 {
		t.Errorf("got %d declarations, want train with loss and batch, and B", len(f.Decls))
	}
}

// Comments of another language in a long file are one diagnostic of bounded size.
func TestManyHashes(t *testing.T) {
	_, problems := Parse(diag.NewFile("x.net", []byte("package p\n"+strings.Repeat("# a\n", 3*maxHashes))))
	if len(problems) != 1 || len(problems[0].Edits) != maxHashes {
		t.Errorf("got %d diagnostics, want 1 with %d edits", len(problems), maxHashes)
	}
}

// A limit of memory has a number and a unit, which no edit can guess.
func TestLimitsOfMemory(t *testing.T) {
	for text, want := range map[string]string{
		"memory <= 2":          "a limit of memory has a unit",
		"memory <= BIG":        "a limit of memory is a number with a unit",
		"memory <= 2 GB, 3 GB": "expected the end of the line",
	} {
		_, list := Parse(diag.NewFile("x.net", []byte("package p\ntrain A on D {\n  "+text+"\n}\n")))
		if len(list) != 1 || !strings.Contains(list[0].Message, want) {
			t.Errorf("%s: got %v, want %q", text, list, want)
		}
	}
}
