package syntax

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/netc-lang/netc/internal/diag"
)

var update = flag.Bool("update", os.Getenv("NETC_UPDATE") != "", "rewrite the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

func readPrograms(t testing.TB) map[string]*diag.File {
	t.Helper()
	paths, err := filepath.Glob("testdata/programs/*.net")
	if err != nil || len(paths) != 8 {
		t.Fatalf("got %d programs and error %v, want 8", len(paths), err)
	}
	out := map[string]*diag.File{}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = diag.NewFile(filepath.Base(p), text)
	}
	return out
}

// parse parses a text that must be right.
func parse(t *testing.T, text string) *File {
	t.Helper()
	f, problems := Parse(diag.NewFile("x.net", []byte(text)))
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", text, problems)
	}
	return f
}

func TestProgramsParse(t *testing.T) {
	decls := map[string]int{
		"1_lenet": 6, "2_resnet": 9, "3_mobilenet": 6, "4_unet": 8,
		"5_detector": 9, "6_transfer": 7, "7_face": 5, "8_diffusion": 8,
	}
	for path, src := range readPrograms(t) {
		f, problems := Parse(src)
		if len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
		}
		if want := decls[strings.TrimSuffix(src.Name, ".net")]; len(f.Decls) != want {
			t.Errorf("%s: got %d declarations, want %d", path, len(f.Decls), want)
		}
		// The grammar of the whole file, of which EBNF is printed, agrees.
		whole, err := grammars[lookahead]().ParseBytes(path, src.Text)
		if err != nil {
			t.Errorf("%s as a whole: %v", path, err)
		} else if len(whole.Decls) != len(f.Decls) || len(whole.Imports) != len(f.Imports) {
			t.Errorf("%s as a whole: got %d declarations, want %d", path, len(whole.Decls), len(f.Decls))
		}
	}
}

func TestEBNF(t *testing.T) { golden(t, "testdata/grammar.ebnf", EBNF()) }

// Every file of testdata/errors has the text of its diagnostics beside it.
func TestErrors(t *testing.T) {
	paths, _ := filepath.Glob("testdata/errors/*.net")
	if len(paths) < 5 {
		t.Fatalf("got %d files, want more", len(paths))
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Parse(diag.NewFile(filepath.Base(path), text))
		golden(t, strings.TrimSuffix(path, ".net")+".golden", problems.String())
	}
	goldens, _ := filepath.Glob("testdata/errors/*.golden")
	if len(goldens) != len(paths) {
		t.Errorf("got %d goldens for %d files: remove the orphans", len(goldens), len(paths))
	}
}

// TestOperatorBehindStage: wording and columns of E0107 are promised.
func TestOperatorBehindStage(t *testing.T) {
	src := diag.NewFile("mine.net", []byte(`package mine

// A comment, to put the mistake on line 9.




net Mine : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 64, 8, 8]) {
  y = x |> conv(64, 3) + x
  return y
}
`))
	_, problems := Parse(src)
	want := `mine.net:9:24: error[E0107]: an operator cannot follow a pipe stage
  9 |   y = x |> conv(64, 3) + x
    |                        ^ ` + "`|>` binds weaker than `+`" + `
    = hint: write ` + "`(x |> conv(64, 3)) + x`" + `
`
	if got := problems.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := applyEdits(src, problems), "  y = (x |> conv(64, 3)) + x"; !strings.Contains(got, want) {
		t.Errorf("the edits give\n%s\nwant %q in it", got, want)
	}
}

// applyEdits applies the edits of all diagnostics, from the last to the first.
func applyEdits(src *diag.File, list diag.List) string {
	var edits []diag.Edit
	for _, d := range list {
		edits = append(edits, d.Edits...)
	}
	text := string(src.Text)
	for len(edits) > 0 {
		last := 0
		for i, e := range edits {
			if e.Span.Start >= edits[last].Span.Start {
				last = i
			}
		}
		e := edits[last]
		text = text[:e.Span.Start] + e.Text + text[e.Span.End:]
		edits = append(edits[:last], edits[last+1:]...)
	}
	return text
}

// An edit is a repair that is certain: applied, the mistake is gone.
func TestEditsRepair(t *testing.T) {
	for name, text := range map[string]string{
		"point at the end": "const K = 1.",
		"point in front":   "const K = .5",
		"wrong closer":     "const K = [1, 2)",
		"walrus":           "block B {\n  x := 3\n}",
		"question":         "block B {\n  if a = b { }\n}",
		"leading operator": "block B {\n  x = a\n    + b\n}",
		"leading brace":    "block B\n{\n  return x\n}",
		"leading comma":    "block B {\n  return a\n  , b\n}",
		"leading then":     "block B {\n  x = if a\n    then b else c\n}",
		"behind a pipe":    "block B {\n  x = f(a |> g * 3, y)\n}",
		"misspelt section": "dta D {\n  source = mnist(\"a\")\n}",
		"misspelt metric":  "train A on D {\n  metrik a = b\n}",
		"pipe in an if":    "block B {\n  x = if a then b |> c + 1 else d\n}",
	} {
		src := diag.NewFile("x.net", []byte("package p\n"+text+"\n"))
		_, problems := Parse(src)
		if len(problems) != 1 || len(problems[0].Edits) == 0 {
			t.Errorf("%s: got %v, want one diagnostic with edits", name, problems)
			continue
		}
		again := applyEdits(src, problems)
		if _, left := Parse(diag.NewFile("x.net", []byte(again))); len(left) > 0 {
			t.Errorf("%s: repaired to\n%s\n%v", name, again, left)
		}
	}
}

func TestNewlineRule(t *testing.T) {
	rows := []struct{ name, body, want string }{
		{"a name ends a statement", "a = b\nc = d", "2"},
		{"an operator does not", "a = b +\n  c", "1"},
		{"a pipe continues", "a = b\n  |> c\n  |> d", "1"},
		{"comments and blank lines between", "a = b // why\n\n  // what\n  |> c", "1"},
		{"an equals sign continues", "a: f32[N]\n  = b", "1"},
		{"else continues", "a = if b then c\n  else d", "1"},
		{"else behind braces continues", "if b { }\nelse { }", "1"},
		{"brackets hold lines together", "a = f(b,\n  c\n  )\nd = [e\n]", "2"},
		{"semicolons separate", "a = b; c = d;\ne = f;", "3"},
		{"a brace needs no semicolon", "if a { b = c }; d = e", "2"},
		{"true ends a statement", "a = true\nb = false", "2"},
		{"an underscore ends one", "a = b as _\nc = d", "2"},
		{"a keyword behind a dot is a name", "a = b.layer\nc = d.for\ne = f.in |> g", "3"},
		{"a comma holds lines together", "a = b\nreturn a,\n  c", "2"},
	}
	for _, r := range rows {
		f := parse(t, "package p\nblock B {\n"+r.body+"\n}\n")
		if got := fmt.Sprint(len(f.Decls[0].(*Block).Body)); got != r.want {
			t.Errorf("%s: got %s statements, want %s", r.name, got, r.want)
		}
	}
}

func TestLineEnds(t *testing.T) {
	text := "package p\n\nblock B {\n  a = b\n    |> c\n  d = \"e\" // f\n}\n"
	want := parse(t, text)
	for name, other := range map[string]string{
		"CRLF":            strings.ReplaceAll(text, "\n", "\r\n"),
		"byte order mark": "\ufeff" + text,
		"no last newline": strings.TrimSuffix(text, "\n"),
		"tabs":            strings.ReplaceAll(text, "  ", "\t"),
		"one line":        "package p; block B { a = b |> c; d = \"e\" }",
	} {
		if d := cmp.Diff(want, parse(t, other), sameTree); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDocComments(t *testing.T) {
	f := parse(t, `// Package p does.
//
//  More.
package p

// Not of A.

// A is
// this.
const A = 1 // not of B
const B = 2
// C is.
block C {
  // x is.
  x = 1; y = 2
}
`)
	block := f.Decls[2].(*Block)
	for _, r := range []struct{ what, got, want string }{
		{"the file", f.Doc, "Package p does.\n\n More."},
		{"A", f.Decls[0].(*Const).Doc, "A is\nthis."},
		{"B", f.Decls[1].(*Const).Doc, ""},
		{"C", block.Doc, "C is."},
		{"x", block.Body[0].(*Let).Doc, "x is."},
		{"y", block.Body[1].(*Let).Doc, ""},
	} {
		if r.got != r.want {
			t.Errorf("%s: got %q, want %q", r.what, r.got, r.want)
		}
	}
}

// The prelude is written in the same language with small names, option types,
// variadic inputs and calls of the op table.
func TestPreludeDialect(t *testing.T) {
	f := parse(t, `package prelude

// conv is a convolution.
block conv(out: dim, k: int | (int, int), stride: int | (int, int) = 1,
           pad: word(half, valid, same) | int | (int, int) = half, bias: bool = true, init: layer = default)
  : (x: f32[N, C, H, W]) {
  param weight: f32[out, C, k, k] = init(fan=C*k*k)
  frozen buffer mean: f32[C] = zeros
  return op.conv(x, weight, stride=stride)
}

block concat(axis: int) : (...xs: f32[...]) = op.concat(xs, axis=axis)

block attention(heads: int) : (q: f32[N, T, D], kv: f32[N, S, E] = q) -> f32[N, T, D] = op.and(q, kv)

block lists(a: []int, b: [](int, int), c: m.Type[N, ...S, _]) : (x: bool) -> (y: bool, z: i64) { return x, x }
`)
	conv := f.Decls[0].(*Block)
	pad := conv.Params[3]
	if got := fmt.Sprintf("%d %s %s %d", len(pad.Type.Words), pad.Type.Words[1].Name, pad.Type.Or.Name.Name, len(pad.Type.Or.Or.Tuple)); got != "3 valid int 2" {
		t.Errorf("pad: got %s, want 3 valid int 2", got)
	}
	if got := dump(pad.Default); got != "half" {
		t.Errorf("pad: got default %s, want half", got)
	}
	state := conv.Body[1].(*State)
	if !state.Frozen || state.Kind != "buffer" || state.Name.Name != "mean" {
		t.Errorf("got %+v, want a frozen buffer", state)
	}
	if xs := f.Decls[1].(*Block).Sig.In[0]; !xs.Variadic || xs.Name.Name != "xs" {
		t.Errorf("got %+v, want variadic xs", xs)
	}
	if kv := f.Decls[2].(*Block).Sig.In[1]; kv.Default == nil || dump(kv.Default) != "q" {
		t.Errorf("got default %v, want q", kv.Default)
	}
	last := f.Decls[3].(*Block)
	if got := last.Params[1].Type.List.Tuple; len(got) != 2 {
		t.Errorf("got %d element types, want 2", len(got))
	}
	if got := last.Params[2].Type; got.Member.Name != "Type" || got.Dims[1].Pack.Name != "S" || len(last.Sig.Out) != 2 {
		t.Errorf("got %+v, want m.Type with the pack S, and two results", got)
	}
}

func TestSectionWordsAreNames(t *testing.T) {
	parse(t, `package p

train A on D {
  metric = 1; freeze = 2; phase = 3; until = 4
  metric metric = freeze + phase
  freeze freeze, phase until until
  phase phase { metric = 1 }
}
data B {
  sample = 1; prep = 2; eval = 3; augment = prep
  sample (sample: u8[H], eval: i32)
  prep prep, eval = (prep, eval) |> augment
}
quantize A { require = 1; require require == 1 }
test "x" { expect = 1; expect E0203 { test = 1 } }
weights A { from from into into { skip "a"; "b" -> "c" }; from "x" sha256 "0a" }
net Net : (data: f32, train: f32) -> (classes: f32) { weights = data + train; return weights }
`)
}

// A mistake must not hide what stands behind it, nor change it.
func TestRecoveryKeepsTheRest(t *testing.T) {
	f, problems := Parse(diag.NewFile("x.net", []byte(`package p

const A =
block B(a int) { x = 1 2; y = 3 }
net C : (x: f32[N]) -> (y: f32[N]) {
  a = (b
  c = d
  for i n xs { e = f; g = = }
  return c
}
const D = 4
`)))
	if got, want := codes(problems), "E0102 E0102 E0102 E0151 E0102 E0102"; got != want {
		t.Errorf("got %s, want %s: %v", got, want, problems)
	}
	if len(f.Decls) != 2 {
		t.Fatalf("got %d declarations, want C and D", len(f.Decls))
	}
	body := f.Decls[0].(*Block).Body
	if len(body) != 4 {
		t.Fatalf("got %d statements in C, want 4", len(body))
	}
	if got := dump(body[1].(*Let).Value); got != "d" {
		t.Errorf("got c = %s, want d", got)
	}
}

func TestKeywords(t *testing.T) {
	if got := len(Keywords()); got != 23 {
		t.Errorf("got %d reserved words, want 23", got)
	}
	if !IsKeyword("where") || IsKeyword("train") {
		t.Error("where is reserved and train is not")
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range readPrograms(f) {
		f.Add(string(src.Text))
	}
	paths, _ := filepath.Glob("testdata/errors/*.net")
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("package p\nblock B {\n x = a |> b + c\n}")
	f.Fuzz(func(t *testing.T, text string) {
		src := diag.NewFile("x.net", []byte(text))
		file, problems := Parse(src)
		if file == nil || len(problems) > MaxErrors {
			t.Fatalf("got file %v and %d diagnostics", file, len(problems))
		}
		_ = problems.String()
		for _, d := range problems {
			if d.Span.File != src || d.Span.Start < 0 || d.Span.End > len(text) || d.Span.Start > d.Span.End || d.Code == "" {
				t.Fatalf("got the place %d..%d of %d for %s", d.Span.Start, d.Span.End, len(text), d.Code)
			}
		}
		if o, _ := NewOutline(src); len(problems) == 0 {
			for _, name := range o.Names() {
				if d, list := o.Decl(name); d == nil || len(list) > 0 {
					t.Fatalf("the outline lacks `%s`: %v", name, list)
				}
			}
		}
		Inspect(file, func(n Node) bool {
			if s := n.Span(); s.Start < 0 || s.End > len(text) || s.Start > s.End {
				t.Fatalf("a %T has the place %d..%d of %d", n, s.Start, s.End, len(text))
			}
			return true
		})
	})
}
