package check

import (
	"slices"
	"strings"
	"testing"
)

const three = ": (x: f32[N, RGB, 8, 8]) -> (y: f32[N, _, _, _])"

// paths checks one net and returns the paths of its weights, in order.
func paths(t *testing.T, text string) []string {
	t.Helper()
	p, list := checkText(t, "language.net", "package language\n"+text, disk{"testdata/modules"})
	if list.HasErrors() {
		t.Fatalf("does not check:\n%s", list)
	}
	for _, r := range p.Tests {
		if !r.Passed {
			t.Errorf("test %q fails:\n%s", r.Name, r.Failures)
		}
	}
	var out []string
	if len(p.Nets) > 0 {
		for _, s := range p.Nets[len(p.Nets)-1].States {
			out = append(out, s.Path)
		}
	}
	return out
}

// TestWeightNames pins section 7 of docs/spec.md, names of weights.
func TestWeightNames(t *testing.T) {
	weights := func(stages ...string) []string {
		var out []string
		for _, s := range stages {
			out = append(out, s+".weight")
		}
		return out
	}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"numbers count call sites", "net Net " + three + " = x |> conv(3, 1, bias=false) |> relu |> conv(3, 1, bias=false)", weights("conv", "conv_2")},
		{"branches not taken count", "net Net " + three + ` {
  if 1 == 2 { x = x |> conv(3, 1, bias=false) }
  return x |> conv(3, 1, bias=false)
}`, weights("conv_2")},
		{"loops index behind the number", "net Net " + three + ` {
  x = x |> conv(3, 1, bias=false)
  for i in 0..2 { for j in 0..2 { x = x |> conv(3, 1, bias=false) } }
  return x
}`, weights("conv", "conv_2[0][0]", "conv_2[0][1]", "conv_2[1][0]", "conv_2[1][1]")},
		{"positions, not values", "net Net " + three + ` {
  for w in [7, 5] { x = x |> conv(3, w, bias=false) as c }
  return x
}`, weights("c[0]", "c[1]")},
		{"labels and levels", `block Pair : (x: f32[N, C, H, W]) = x |> conv(C, 1, bias=false) as a |> conv(C, 1, bias=false)
net Net ` + three + " = x |> Pair as p |> Pair |> Pair as _", weights("p.a", "p.conv", "pair.a", "pair.conv", "a", "conv")},
		{"repeat", "net Net " + three + " = x |> repeat(2, conv(3, 1, bias=false)) as b |> repeat(1, conv(3, 1, bias=false))", weights("b[0]", "b[1]", "repeat[0]")},
		{"repeat of a chain", "net Net " + three + " = x |> repeat(2, conv(3, 1, bias=false) as c |> relu) as b", weights("b[0].c", "b[1].c")},
		{"chains", "net Net " + three + ` {
  f = conv(3, 1, bias=false) |> relu |> conv(3, 1, bias=false) as last
  return x |> f |> f as g
}`, weights("f.conv", "f.last", "g.conv", "g.last")},
		{"a layer shares", "net Net " + three + ` {
  layer head = conv(3, 1, bias=false)
  return head(head(x)) |> head
}`, weights("head")},
		{"layer parameters take the parameter's name", `block With(act: layer) : (x: f32[N, C, H, W]) = x |> act |> act
net Net ` + three + " = x |> With(prelu) |> With(conv(3, 1, bias=false))", weights("with.act", "with.act_2", "with_2.act", "with_2.act_2")},
		{"a block without inputs names a layer", `block Stem(w: int) = conv(w, 1, bias=false) |> relu
net Net ` + three + " = x |> Stem(3) |> Stem(4) as s", weights("stem.conv", "s.conv")},
		{"nets are one thing", `net Tower : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, RGB, 8, 8]) = x |> conv(RGB, 1, bias=false)
net Net ` + three + " = Tower(Tower(x)) + Tower(x)", weights("conv")},
		{"states of a body", "net Net " + three + ` {
  for i in 0..2 { param scale: f32[3, 1, 1] = ones; x = x * scale }
  buffer seen: f32 = 0
  frozen param mask: f32[3, 1, 1] = ones
  return x * mask + seen
}`, []string{"scale[0]", "scale[1]", "seen", "mask"}},
		{"training only", "net Net " + three + ` {
  if training { x = x |> conv(3, 1, bias=false) as extra }
  return x |> conv(3, 1, bias=false)
}`, weights("conv", "extra")},
		{"labels of heads", "net Net " + three + " = conv(x, 3, 1, bias=false) as a |> conv(3, 1, bias=false)", weights("a", "conv")},
		{"calls", "net Net " + three + " = conv(x, 3, 1, bias=false) + conv(x, 3, 1, bias=false)", weights("conv", "conv_2")},
		{"modules", "import \"other\"\nimport again \"other\"\nnet Net " + three + " = x |> other.Mix |> again.Mix", weights("mix.conv", "mix_2.conv")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := paths(t, c.text); !slices.Equal(got, c.want) {
				t.Errorf("got %s, want %s", strings.Join(got, " "), strings.Join(c.want, " "))
			}
		})
	}
}

// TestLanguage runs tests written in the language itself.
func TestLanguage(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"numbers are exact", `test "t" {
  assert 0.1 + 0.2 == 0.3
  assert 1 / 3 * 3 == 1
  assert 2**10 == 1024 and 2**-2 == 0.25 and -2**2 == -4
  assert 7 % 3 == 1 and -7 % 3 == 2 and 7.5 % 2 == 1.5
  assert floor(-0.5) == -1 and ceil(7/2) == 4
  assert divisible(30, 8) == 32 and divisible(12 * 0.25, 8) == 8 and divisible(35, 8) == 32
  assert 1e-3 * 1_000 == 1
  assert sqrt(16) == 4
}`},
		{"logic", `test "t" {
  assert true or 1 / 0 == 1
  assert not (false and nowhere)
  assert if 1 < 2 then true else false
  assert "a" == "a" and "a" != "b"
  assert (1, 2) == (1, 2) and [1, [2]] == [1, [2]] and [1] != [1, 2]
}`},
		{"lists", `const Plan = [(1, 16), (6, 24)]
test "t" {
  a = []; for i, (t, w) in Plan { a = a + [t * w + i] }
  assert a == [16, 145] and len(a) == 2 and a[1] == 145
  assert [1, 2, 3, 4][1..3] == [2, 3]
  s = 0; for i in 2..5 { s = s + i }
  assert s == 9
  b = 1; if s == 9 { b = 2; c = 3 } else { b = 4 }
  assert b == 2
}`},
		{"any such tensor", `classes Digit = labels(0..10)
net Net : (x: f32[N, Gray, H, W]) -> (y: f32[N, Digit]) where H % 2 == 0, W <= 64
  = x |> conv(8, 3) |> global_avgpool |> dense(Digit)
test "t" {
  assert shape(Net(f32[8, Gray, 28, 28])) == [8, Digit]
  assert shape(Net(f32[8, Gray, 28, 28])) == [8, 10]
  assert shape(f32[2, Gray, 6, 8] |> conv(4, 3, stride=2)) == [2, 4, 3, 4]
  assert Net.params == 8 * 9 + 8 + 80 + 10
  assert Net.macs(H=28, W=28) == 28 * 28 * 72 + 80
  expect E0203 { y = Net(f32[8, Gray, 27, 28]) }
  expect E0203 { y = Net(f32[8, Gray, 28, 66]) }
  expect E0204 { y = Net(f32[8, RGB, 28, 28]) }
  expect E0202 { y = Net(f32[8, 784]) }
  expect E0202 { y = Net(u8[8, Gray, 28, 28]) }
  expect E0101 { y = nowhere }
  assert rows(f32[5, 3]) == 5
}`},
		{"sizes", `block Halve : (x: f32[N, C, H, W]) -> f32[N, 2*C, H/2, W/2] where H % 2 == 0, W % 2 == 0
  = x |> conv(2 * C, 3, stride=2)
block Split(n: int) : (x: f32[N, C, ...S]) -> (a: f32[N, C/2, ...S], b: f32[N, C/2, ...S]) {
  a, b = x |> split(2, axis=n)
  return a, b
}
net Net : (x: f32[N, 8, 16, H]) -> (y: f32[N, 8, 8, H/2]) where H % 4 == 0 {
  a, b = x |> Halve |> Split(1)
  return a + b
}
test "t" {
  assert shape(Net(f32[1, 8, 16, 32])) == [1, 8, 8, 16]
  expect E0203 { y = f32[1, 3, 7, 8] |> Halve }
  expect E0201 { y = mse(f32[1, 3], f32[1, 4]) }
}`},
		{"defaults and words", `block Conv(out: dim, k: int = 3, wide: int = 2 * k, act: layer = relu, mode: word(soft, hard) = soft)
  : (x: f32[N, C, H, W], y: f32[N, C, H, W] = x) {
  return (x + y) |> conv(out, if mode == "hard" then wide + 1 else k) |> act
}
test "t" {
  a = f32[1, 3, 9, 9] |> Conv(4)
  b = (f32[1, 3, 9, 9], f32[1, 3, 9, 9]) |> Conv(4, mode=hard, act=prelu)
  assert shape(a) == shape(b)
  expect E0101 { c = f32[1, 3, 9, 9] |> Conv(4, mode=medium) }
  expect E0302 { c = f32[1, 3, 9, 9] |> Conv(4, size=3) }
}`},
		{"options of pooling", `test "t" {
  x = f32[1, 4, 7, 8]
  assert shape(x |> maxpool(2)) == [1, 4, 3, 4]
  assert shape(x |> maxpool(2, ceil=true)) == [1, 4, 4, 4]
  assert shape(x |> maxpool(3, stride=2, pad=half)) == [1, 4, 4, 4]
  assert shape(x |> avgpool((7, 8))) == [1, 4, 1, 1]
  assert shape(x |> conv(2, 3, stride=2, pad=same)) == [1, 2, 4, 4]
  assert shape(x |> conv(2, (3, 1), dilation=2)) == [1, 2, 7, 8]
  assert shape(x |> conv(2, 3, pad=(0, 1))) == [1, 2, 5, 8]
  assert shape(x |> upconv(2, 4, stride=2, pad=1)) == [1, 2, 14, 16]
  assert shape(x |> upsample((2, 3))) == [1, 4, 14, 24]
  assert shape(x |> global_avgpool(keep=true)) == [1, 4, 1, 1]
  assert shape(x |> unsqueeze(1)) == [1, 1, 4, 7, 8]
  assert shape(x |> rearrange("n (a b) h w -> n a (h w) b", b=2)) == [1, 2, 56, 2]
  assert shape(x |> squeeze_excite(2)) == shape(x)
}`},
		{"shadowed prelude", `block Relu : (x: f32[N, C]) = x |> relu |> dense(7)
test "t" { assert shape(f32[2, 3] |> Relu) == [2, 7] }`},
	} {
		t.Run(c.name, func(t *testing.T) { paths(t, c.text) })
	}
}

// TestFailedTests tells what a test that does not hold reports.
func TestFailedTests(t *testing.T) {
	p, list := checkText(t, "failing.net", `package failing
net Net : (x: f32[N, 4]) -> (y: f32[N, 3]) = x |> dense(3)
test "wrong" {
  assert Net.params == 16, "fifteen"
  assert shape(Net(f32[2, 4])) == [2, 4]
  expect E0203 { y = Net(f32[1, 4]) }
  expect E0203 { y = Net(f32[1, 5]) }
}
`, disk{})
	if list.HasErrors() {
		t.Fatalf("a failed test is no error of the program:\n%s", list)
	}
	if len(p.Tests) != 1 || p.Tests[0].Passed || len(p.Tests[0].Failures) != 4 {
		t.Fatalf("got %+v, want one test with four failures", p.Tests)
	}
	for i, want := range []string{
		"fifteen | the left side is 15, the right side 16",
		"this assert does not hold | the left side is [2, 3], the right side [2, 4]",
		"E0203 was expected, and nothing was refused | ",
		"E0203 was expected, and E0201 was reported | `Net` wants `x` to be f32[N, 4], and this is f32[1, 5]",
	} {
		if d := p.Tests[0].Failures[i]; d.Message+" | "+d.Label != want {
			t.Errorf("got %q, want %q", d.Message+" | "+d.Label, want)
		}
	}
}

// TestNoDecay pins which weights decay spares.
func TestNoDecay(t *testing.T) {
	p, list := checkText(t, "decay.net", `package decay
net Net : (x: f32[N, RGB, 8, 8]) -> (y: f32[N, 5]) = x |> conv(4, 3) |> bn |> prelu |> global_avgpool |> dense(5)
`, disk{})
	if list.HasErrors() {
		t.Fatalf("%s", list)
	}
	for _, s := range p.Nets[0].States {
		want := s.Path != "conv.weight" && s.Path != "dense.weight"
		if s.NoDecay != want {
			t.Errorf("%s: got NoDecay %v, want %v", s.Path, s.NoDecay, want)
		}
		if buffer := strings.Contains(s.Path, "running"); s.Buffer != buffer {
			t.Errorf("%s: got Buffer %v, want %v", s.Path, s.Buffer, buffer)
		}
	}
}

// TestImports tells what is wrong with modules.
func TestImports(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"import \"a\"\nconst Two = 2\n", "E0113 b.net:3:8"},
		{"import \"broken\"\nnet Net : (x: f32[N, 3]) -> (y: f32[N, 3]) = x |> broken.Id\n", "E0102 broken.net:3:34"},
		{"import \"other\"\nconst Two = other.Nothing\n", "E0101 imports.net:3:19"},
	} {
		_, list := checkText(t, "imports.net", "package imports\n"+c.text, disk{"testdata/modules"})
		var got []string
		for _, d := range list {
			got = append(got, d.Code+" "+d.Span.Pos().String())
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("got %s, want %s:\n%s", got, c.want, list)
		}
	}
}
