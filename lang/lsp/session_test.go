package lsp

import (
	"strings"
	"testing"
)

const digits = `// Package digits reads digits: Ziffern, цифры, 数字 🙂.
package digits

import "resnet"

// Digit is what an image shows.
classes Digit = labels(0..10)

const Wide = 16

// Unit is a small unit.
block Unit(out: int, act: layer = relu) : (x: f32[N, C, H, W]) -> f32[N, out, H, W]
  = x |> conv(out, 3) |> act

net Digits : (image: f32[N, Gray, 28, 28]) -> (logits: f32[N, Digit]) {
  /* */
  h = image |> Unit(8) as stem |> maxpool(2)
  for i, w in [Wide, 32] {
    h = h |> Unit(w) as unit
  }
  return h |> global_avgpool |> dense(Digit) as head
}

data Mnist {
  source = mnist("data/mnist")
  sample (image: u8[28, 28, Gray], label: Digit)
  augment image = image |> rotate(-12..12)
  prep image = image |> chw |> normalize(mean=[0.1307], std=[0.3081])
}

train Digits on Mnist {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.05, momentum=0.9)
  schedule = cosine(warmup=1)
  metric accuracy = top_k(logits, label, k=1)
}

predict Digits on Mnist { digit = argmax(logits) }

test "size" { assert Digits.params > 100 }
`

// TestSession is an editor at work: it opens, makes mistakes, repairs them, asks,
// renames and formats.
func TestSession(t *testing.T) {
	text := strings.Replace(digits, "  /* */\n", "", 1)
	c := start(t, memory{}, "")
	e := c.open("/home/user/digits.net", text)
	if list := e.wait(); len(list) != 0 {
		t.Fatalf("a sound program: got %+v", list)
	}

	for _, s := range []struct {
		name string
		run  func(*testing.T, *editor)
	}{
		{"hover", sessionHover},
		{"mistake", sessionMistake},
		{"syntax", sessionSyntax},
		{"definition", sessionDefinition},
		{"references", sessionReferences},
		{"rename", sessionRename},
		{"complete", sessionComplete},
		{"signature", sessionSignature},
		{"format", sessionFormat},
		{"outline", sessionOutline},
		{"hints", sessionHints},
		{"colours", sessionColours},
	} {
		t.Run(s.name, func(t *testing.T) {
			e.t = t
			s.run(t, e)
		})
	}
	e.t = t
}

// sessionHover asks what names and stages are.
func sessionHover(t *testing.T, e *editor) {
	for _, c := range []struct {
		at   string
		want []string
	}{
		{"Unit(8) a¦s stem", nil},
		{"|> U¦nit(8)", []string{"block Unit(out: int", "Unit is a small unit.", "-> f32[N, 8, 28, 28]", "80 weights", "56,448 multiply-adds", "25,088 bytes"}},
		{"max¦pool(2)", []string{"largest value of each window", "-> f32[N, 8, 14, 14]", "\n6,272 bytes for N = 1"}},
		{"|> U¦nit(w)", []string{"-> f32[N, 16, 14, 14]", "-> f32[N, 32, 14, 14]", "2 copies", "5,808 weights"}},
		{"co¦nv(out, 3)", []string{"cross-correlation", "f32[N, 8, 28, 28]", "f32[N, 32, 14, 14]", "3 copies"}},
		{"dense(Digit) as he¦ad", []string{"head: f32[N, Digit]", "330 weights, 320 multiply-adds, 40 bytes"}},
		{"[Wi¦de, 32]", []string{"const Wide = 16"}},
		{"  ¦h = image", []string{"h: f32[N, 8, 14, 14]"}},
		{"dense(Di¦git)", []string{"classes Digit = labels(0..10)", "Digit is what an image shows."}},
		{"rot¦ate(", []string{"rotate"}},
		{"¦schedule =", []string{"course of the learning rate"}},
		{"cosine(warm¦up=1)", []string{"epochs over which lr rises"}},
		{"cross_entropy(log¦its, label)\n", []string{"logits: f32[N, Digit]"}},
		{"Digits.par¦ams", []string{"trained weights"}},
	} {
		got := e.hover(c.at)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: got\n%s\nwant %q in it", c.at, got, w)
			}
		}
		if c.want == nil && got == "" {
			t.Errorf("%s: got nothing", c.at)
		}
	}
}

// sessionMistake misspells a layer, takes the offered repair back and forth.
func sessionMistake(t *testing.T, e *editor) {
	text := e.text
	e.replace("global_avgpool", "global_avgpol")
	list := e.wait()
	if len(list) != 1 || list[0].Code != "E0101" || !strings.Contains(list[0].Message, "global_avgpol") {
		t.Fatalf("got %+v, want E0101", list)
	}
	if want := e.at("|> ¦global_avgpol |>"); list[0].Range.Start != want {
		t.Errorf("got the place %+v, want %+v", list[0].Range.Start, want)
	}
	// What worked before still answers.
	if got := e.hover("|> U¦nit(8)"); !strings.Contains(got, "-> f32[N, 8, 28, 28]") {
		t.Errorf("hover beside an error: got\n%s", got)
	}
	if got := e.hover("den¦se(Digit)"); !strings.Contains(got, "-> f32[N, Digit]") {
		t.Errorf("hover behind an error: got\n%s", got)
	}
	var actions []codeAction
	e.call("textDocument/codeAction", map[string]any{"textDocument": documentID{URI: e.uri}, "range": list[0].Range}, &actions)
	if len(actions) != 1 || len(actions[0].Edit.Changes[e.uri]) != 1 {
		t.Fatalf("got the actions %+v, want one edit", actions)
	}
	if want := "replace `global_avgpol` by `global_avgpool`"; actions[0].Title != want {
		t.Errorf("got the title %q, want %q", actions[0].Title, want)
	}
	if got := e.apply(actions[0].Edit.Changes[e.uri]); got != text {
		t.Errorf("the repair makes\n%s", got)
	}
	e.replace("global_avgpol", "global_avgpool")
	if list := e.wait(); len(list) != 0 {
		t.Fatalf("after the repair: got %+v", list)
	}
}

// sessionSyntax leaves a pipe open and goes on asking.
func sessionSyntax(t *testing.T, e *editor) {
	e.replace("|> maxpool(2)", "|> maxpool(2) |> ")
	if list := e.wait(); len(list) == 0 {
		t.Error("a pipe into nothing: got no diagnostic")
	}
	items := e.complete("maxpool(2) |> ¦")
	for _, w := range []string{"conv", "Unit", "relu", "resnet"} {
		if items[w].Label == "" {
			t.Errorf("completion in a broken text: no %s", w)
		}
	}
	if got := e.hover("|> U¦nit(8)"); !strings.Contains(got, "-> f32[N, 8, 28, 28]") {
		t.Errorf("hover in a broken text: got\n%s", got)
	}
	e.replace("|> maxpool(2) |> ", "|> maxpool(2)")
	e.wait()
}

// sessionDefinition follows names to where they are declared.
func sessionDefinition(t *testing.T, e *editor) {
	for _, c := range []struct{ from, to string }{
		{"|> U¦nit(w)", "block ¦Unit("},
		{"f32[N, Di¦git]) {", "classes ¦Digit ="},
		{"train Di¦gits on", "net ¦Digits :"},
		{"on Mni¦st {\n  loss", "data ¦Mnist"},
		{"cross_entropy(log¦its, label)\n", "(¦logits: f32"},
		{"top_k(logits, la¦bel,", "¦label: Digit"},
		{"-> f32[N, ou¦t, H", "Unit(¦out: int"},
		{"|> ac¦t\n", "int, ¦act: layer"},
		{"return ¦h |>", "  ¦h = image"},
	} {
		var l *location
		e.call("textDocument/definition", e.params(e.at(c.from)), &l)
		if l == nil || l.URI != e.uri || l.Range.Start != e.at(c.to) {
			t.Errorf("%s: got %+v, want %s at %+v", c.from, l, c.to, e.at(c.to))
		}
	}
	var l *location
	e.call("textDocument/definition", e.params(e.at("glo¦bal_avgpool")), &l)
	if l == nil || l.URI != "file:///library/prelude/layers.net" {
		t.Errorf("a layer of the prelude: got %+v", l)
	}
}
