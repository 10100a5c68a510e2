package format

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

var update = flag.Bool("update", os.Getenv("NETC_UPDATE") != "", "rewrite the golden files")

// sameTree compares trees without places and without the comments that stand on
// lines of their own.
var sameTree = cmp.Options{cmpopts.IgnoreTypes(diag.Span{}, &diag.File{}), cmpopts.EquateEmpty()}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sources returns every .net file beside the compiler that parses.
func sources(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"../syntax/testdata/programs/*.net", "../../stdlib/*/*.net", "../../examples/*/*.net"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			out[p] = read(t, p)
		}
	}
	if len(out) < 8 {
		t.Fatalf("got %d sources, want at least the 8 programs", len(out))
	}
	return out
}

// format formats a text that must be right, and checks what holds for all:
// nothing changes the second time, the tree stays, and lines stay lines.
func format(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	before, problems := syntax.Parse(diag.NewFile(name, text))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", name, problems)
	}
	out, problems := Source(diag.NewFile(name, text))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", name, problems)
	}
	after, problems := syntax.Parse(diag.NewFile(name, out))
	if len(problems) > 0 {
		t.Fatalf("%s does not parse once formatted: %v\n%s", name, problems, out)
	}
	if d := cmp.Diff(before, after, sameTree); d != "" {
		t.Errorf("%s: the tree changed (-before +after):\n%s", name, d)
	}
	again, _ := Source(diag.NewFile(name, out))
	if d := cmp.Diff(string(out), string(again)); d != "" {
		t.Errorf("%s: formatting again changes (-once +twice):\n%s", name, d)
	}
	if got, want := lines(out), lines(text); got != want {
		t.Errorf("%s: got %d lines with text, want %d", name, got, want)
	}
	return out
}

func lines(text []byte) int {
	n := 0
	for l := range bytes.Lines(text) {
		if len(bytes.TrimSpace(l)) > 0 {
			n++
		}
	}
	return n
}

// The acceptance programs of the language format to themselves.
func TestProgramsAreCanonical(t *testing.T) {
	for path, text := range sources(t) {
		got := format(t, path, text)
		if d := cmp.Diff(string(text), string(got)); d != "" && strings.Contains(path, "programs") {
			t.Errorf("%s changed (-want +got):\n%s", path, d)
		}
	}
}

func TestMessy(t *testing.T) {
	got := format(t, "messy.net", read(t, "testdata/messy.input"))
	if *update {
		if err := os.WriteFile("testdata/messy.golden", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(read(t, "testdata/messy.golden")), string(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLayout(t *testing.T) {
	rows := []struct{ name, in, want string }{
		{"an assignment's pipe stands under the first", `
block B {
y = x |> a
|> b
z = (w, x) |> a |> b
|> c
}`, `
block B {
  y = x |> a
        |> b
  z = (w, x) |> a |> b
             |> c
}`},
		{"a body's pipe stands 4 in", `
net N : (x: f32[A]) -> (y: f32[B])
= x |> a
|> b
block B = x
|> c`, `
net N : (x: f32[A]) -> (y: f32[B])
  = x |> a
    |> b
block B = x
    |> c`},
		{"a pipe below a plain value stands 4 in", `
block B {
y = x
|> a
|> b
}`, `
block B {
  y = x
      |> a
      |> b
}`},
		{"brackets align or step in", `
block B(a: int,
b: int) {
y = f(a,
b)
z = f(
a,
b,
)
w = [[1,
2],
[3]]
}`, `
block B(a: int,
        b: int) {
  y = f(a,
        b)
  z = f(
    a,
    b,
  )
  w = [[1,
        2],
       [3]]
}`},
		{"shapes are tight, values are not", `
block B(a:int):(x:f32[N,2*H , W/2+1])->f32[N,a*(N+1),ceil(H/2)]{
y=2*a/3%4+f32[2*3,4]
}`, `
block B(a: int) : (x: f32[N, 2*H, W/2 + 1]) -> f32[N, a*(N + 1), ceil(H/2)] {
  y = 2 * a / 3 % 4 + f32[2*3, 4]
}`},
		{"signs", `
block B {
a = - 1 .. - 2 ** - i
b = c[ - 1 , _ , ... ] (d) . e
f = not ( g ) and ( h ) or [ i ] == - j
k = f ( a = - 1 , b = [ ] , c = ( d ) )
}`, `
block B {
  a = -1..-2**-i
  b = c[-1, _, ...](d).e
  f = not (g) and (h) or [i] == -j
  k = f(a=-1, b=[], c=(d))
}`},
		{"semicolons and commas that say nothing", `
block B { a = b; c = d; };
block C {
a = f(b,) ;
c = [d,
e, ]; // f
}`, `
block B { a = b; c = d }
block C {
  a = f(b)
  c = [d,
       e] // f
}`},
		{"comments", `
//top
block B { // open
// first

a = b //  one
cc = dd // two

e = f // three
// last

}
    // end`, `
//top
block B { // open
  // first

  a = b   //  one
  cc = dd // two

  e = f // three
  // last
}
// end`},
		{"comments between pipes", `
block B {
y = x |> a
// why
|> b
}`, `
block B {
  y = x |> a
        // why
        |> b
}`},
		{"blank lines", `


block B {


a = b



c = d


}


block C { }
`, `
block B {
  a = b

  c = d
}

block C { }`},
		{"else", `
block B {
if a {
b = c
}
else if d { e = f } else {
g = h
}
i = if j then k
else l
}`, `
block B {
  if a {
    b = c
  }
  else if d { e = f } else {
    g = h
  }
  i = if j then k
      else l
}`},
		{"sections", `
data D{sample(image:u8[28,28,Gray],label:Digit)
prep image,mask=(image,mask)|>chw
}
weights N{from"a"sha256"b"into(c){
skip"d";"e"->"f"
}}
train N on D{freeze(a),b until(c);metric m=f(x)
phase p{epochs=3}}
quantize N{require(a)<=0.1}
predict m . N on D{a=b}
test"t"{expect E0203{a=b}}`, `
data D { sample (image: u8[28, 28, Gray], label: Digit)
  prep image, mask = (image, mask) |> chw
}
weights N { from "a" sha256 "b" into (c) {
    skip "d"; "e" -> "f"
} }
train N on D { freeze (a), b until (c); metric m = f(x)
  phase p { epochs = 3 } }
quantize N { require (a) <= 0.1 }
predict m.N on D { a = b }
test "t" { expect E0203 { a = b } }`},
		{"the prelude's dialect", `
block conv(k:int|(int,int),pad:word(half,valid)|int=half):(...xs:f32[...],y:[]int){
frozen param w:f32[out,k*k]=zeros
return op . conv(xs)
}`, `
block conv(k: int | (int, int), pad: word(half, valid) | int = half) : (...xs: f32[...], y: []int) {
  frozen param w: f32[out, k*k] = zeros
  return op.conv(xs)
}`},
	}
	for _, r := range rows {
		got := string(format(t, r.name, []byte("package p\n"+r.in)))
		want := "package p\n" + strings.TrimSuffix(r.want, "\n") + "\n"
		if strings.HasPrefix(r.in, "\n\n") {
			want = "package p\n" + r.want + "\n"
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", r.name, d)
		}
	}
}

func TestErrorsGiveNoText(t *testing.T) {
	out, problems := Source(diag.NewFile("x.net", []byte("package p\nblock B { x = }\n")))
	if out != nil || !problems.HasErrors() {
		t.Errorf("got %q and %v, want errors only", out, problems)
	}
}

func TestLineEndsAndMark(t *testing.T) {
	want := "package p\n\nconst A = 1 // b\n"
	for _, in := range []string{
		"package p\r\n\r\nconst A=1// b\r\n", "\ufeffpackage p\n\nconst A = 1 // b", "package p\n\n\n\nconst A = 1 // b \t\n\n\n",
	} {
		if got := string(format(t, "x.net", []byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Space says nothing: a program whose space is changed at random formats to what
// it formats to before.
func TestSpaceIsFree(t *testing.T) {
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	for path, text := range sources(t) {
		want := format(t, path, text)
		for range 2 {
			shaken := shake(rng, diag.NewFile(path, text))
			if d := cmp.Diff(string(want), string(format(t, path, shaken))); d != "" {
				t.Fatalf("seed %d, %s (-want +got):\n%s", seed, path, d)
			}
		}
	}
}

// shake writes the tokens of a file with other space between them.
func shake(rng *rand.Rand, src *diag.File) []byte {
	toks, _ := syntax.Scan(src)
	var b bytes.Buffer
	for i, tok := range toks {
		if tok.Newlines > 0 {
			b.WriteString(strings.Repeat("\n", tok.Newlines))
			b.WriteString(strings.Repeat(" ", rng.IntN(9)))
		} else if i > 0 {
			old := src.Text[toks[i-1].End():tok.Start]
			switch {
			case len(old) > 0:
				b.WriteString(strings.Repeat(" ", 1+rng.IntN(3)))
			case tok.Text != "." && toks[i-1].Text != "." && rng.IntN(2) == 0:
				b.WriteByte(' ')
			}
		}
		b.WriteString(tok.Text)
	}
	return b.Bytes()
}

func FuzzSource(f *testing.F) {
	for _, text := range sources(f) {
		f.Add(text)
	}
	f.Add(read(f, "testdata/messy.input"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before, problems := syntax.Parse(diag.NewFile("x.net", text))
		if len(problems) > 0 {
			return
		}
		out, problems := Source(diag.NewFile("x.net", text))
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		after, problems := syntax.Parse(diag.NewFile("x.net", out))
		if len(problems) > 0 {
			t.Fatalf("does not parse once formatted: %v\n%s", problems, out)
		}
		if d := cmp.Diff(before, after, sameTree); d != "" {
			t.Fatalf("the tree changed:\n%s", d)
		}
		again, _ := Source(diag.NewFile("x.net", out))
		if !bytes.Equal(out, again) {
			t.Fatalf("formatting again changes\n%s\nto\n%s", out, again)
		}
	})
}
