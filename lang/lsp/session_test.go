package lsp

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// program reads a program of the design, and skips the test without it.
func program(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "..", "shared", "design", "programs", name))
	if err != nil {
		t.Skipf("the programs of the design are absent: %v", err)
	}
	return string(text)
}

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

	t.Run("hover", func(t *testing.T) {
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
	})

	t.Run("mistake", func(t *testing.T) {
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
	})

	t.Run("syntax", func(t *testing.T) {
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
	})

	t.Run("definition", func(t *testing.T) {
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
	})

	t.Run("references", func(t *testing.T) {
		var list []location
		e.call("textDocument/references", map[string]any{
			"textDocument": documentID{URI: e.uri}, "position": e.at("classes Di¦git"), "context": map[string]bool{"includeDeclaration": true},
		}, &list)
		if len(list) != 4 {
			t.Errorf("Digit: got %d places, want 4: %+v", len(list), list)
		}
	})

	t.Run("rename", func(t *testing.T) {
		for _, c := range []struct {
			at, name string
			from, to []string
		}{
			{"block Un¦it", "Cell", []string{"Unit is", "Unit"}, []string{"Unit is", "Cell"}},
			{"classes Di¦git", "Number", []string{"Digits", "Digit is", "Digit"}, []string{"Digits", "Digit is", "Number"}},
			{"const Wi¦de", "Width", []string{"Wide"}, []string{"Width"}},
			{"return ¦h |>", "x", []string{" h = image", " h |>", " h = h "}, []string{" x = image", " x |>", " x = x "}},
			{"(log¦its:", "scores", []string{"logits"}, []string{"scores"}},
		} {
			var w workspaceEdit
			if fault := e.try("textDocument/rename", map[string]any{"textDocument": documentID{URI: e.uri}, "position": e.at(c.at), "newName": c.name}, &w); fault != nil {
				t.Errorf("%s: %v", c.at, fault)
				continue
			}
			pairs := []string{}
			for i := range c.from {
				pairs = append(pairs, c.from[i], c.to[i])
			}
			want := strings.NewReplacer(pairs...).Replace(text)
			if got := e.apply(w.Changes[e.uri]); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", c.at, got, want)
			}
		}
		for _, c := range []struct{ at, name, want string }{
			{"max¦pool(2)", "pool", "standard library"},
			{"source = mni¦st", "other", "word of the language"},
			{"f3¦2[N, C, H", "f64", "word of the language"},
			{"block Un¦it", "unit", "capital"},
			{"block Un¦it", "1x", "is no name"},
			{"block Un¦it", "Digits", "means something else"},
			{"return ¦h |>", "image", "means something else"},
			{"return ¦h |>", "for", "is no name"},
		} {
			fault := e.try("textDocument/rename", map[string]any{"textDocument": documentID{URI: e.uri}, "position": e.at(c.at), "newName": c.name}, nil)
			if fault == nil || !strings.Contains(fault.Message, c.want) {
				t.Errorf("%s to %s: got %v, want %q", c.at, c.name, fault, c.want)
			}
		}
	})

	t.Run("complete", func(t *testing.T) {
		for _, c := range []struct {
			at        string
			want, not []string
		}{
			{"image |> U¦nit(8)", []string{"Unit", "conv", "bn", "resnet"}, []string{"int", "logits"}},
			{"h |> Unit(¦w)", []string{"act=", "w", "h", "image", "Wide"}, []string{"loss"}},
			{"maxpool(¦2)", []string{"stride=", "pad=", "ceil="}, nil},
			{"source = ¦mnist", []string{"mnist", "folders", "csv"}, []string{"conv"}},
			{"|> ¦rotate(", []string{"rotate", "hflip", "chw"}, []string{"conv"}},
			{"optimizer = ¦sgd", []string{"sgd", "adam"}, []string{"conv", "cosine"}},
			{"schedule = ¦cosine", []string{"cosine", "one_cycle"}, []string{"sgd"}},
			{"sgd(lr=0.05, ¦momentum", []string{"momentum=", "nesterov="}, nil},
			{"  ¦schedule = ", []string{"schedule", "epochs", "batch", "metric", "phase"}, nil},
			{"  ¦sample (", []string{"sample", "prep", "source"}, []string{"epochs"}},
			{"loss = ¦cross", []string{"cross_entropy", "logits", "label"}, []string{"rotate"}},
			{"metric accuracy = ¦top_k", []string{"top_k", "mean_iou", "logits"}, nil},
			{"train ¦Digits on", []string{"Digits"}, []string{"Mnist", "conv"}},
			{"predict Digits on ¦Mnist", []string{"Mnist"}, []string{"Digits"}},
			{"act: ¦layer", []string{"layer", "f32", "int", "dim", "Digit"}, []string{"conv"}},
			{"import \"¦resnet\"", []string{"resnet", "mobilenet"}, nil},
			{"Digits.¦params", []string{"params", "macs"}, nil},
			{"\n¦block Unit", []string{"net", "block", "data", "train"}, []string{"conv"}},
			{"  ¦for i, w", []string{"return", "for", "if", "h", "image"}, nil},
		} {
			items := e.complete(c.at)
			var labels []string
			for l := range items {
				labels = append(labels, l)
			}
			sort.Strings(labels)
			for _, w := range c.want {
				if items[w].Label == "" {
					t.Errorf("%s: got no %s in %v", c.at, w, labels)
				}
			}
			for _, w := range c.not {
				if items[w].Label != "" {
					t.Errorf("%s: %s has no place there", c.at, w)
				}
			}
		}
		conv := e.complete("image |> ¦Unit(8)")["conv"]
		if conv.TextEdit == nil || conv.TextEdit.NewText != "conv(${1:out}, ${2:k})" || !strings.Contains(conv.Detail, "stride: int") || conv.Documentation == nil {
			t.Errorf("conv: got %+v", conv)
		}
	})

	t.Run("format", func(t *testing.T) {
		e.replace("h = image |> Unit(8) as stem", "h   =  image|>Unit( 8 )as stem")
		e.wait()
		var edits []textEdit
		e.call("textDocument/formatting", map[string]any{"textDocument": documentID{URI: e.uri}}, &edits)
		if got := e.apply(edits); got != text {
			t.Errorf("got\n%s\nwant\n%s", got, text)
		}
		e.replace("h   =  image|>Unit( 8 )as stem", "h = image |> Unit(8) as stem")
		e.wait()
		e.call("textDocument/formatting", map[string]any{"textDocument": documentID{URI: e.uri}}, &edits)
		if len(edits) != 0 {
			t.Errorf("a formatted text: got %+v", edits)
		}
	})

	t.Run("outline", func(t *testing.T) {
		var list []documentSymbol
		e.call("textDocument/documentSymbol", map[string]any{"textDocument": documentID{URI: e.uri}}, &list)
		var got []string
		for _, s := range list {
			got = append(got, s.Name)
		}
		want := "Digit Wide Unit Digits Mnist train Digits predict Digits size"
		if strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
		if n := len(list[3].Children); n != 3 {
			t.Errorf("the net: got %d stages, want 3", n)
		}
	})

	t.Run("hints", func(t *testing.T) {
		var hints []inlayHint
		e.call("textDocument/inlayHint", map[string]any{"textDocument": documentID{URI: e.uri}, "range": span{End: position{Line: 99}}}, &hints)
		found := map[string]bool{}
		for _, h := range hints {
			found[h.Label] = true
		}
		for _, w := range []string{"f32[N, 8, 14, 14]", "f32[N, Digit]", "f32[N, 16, 14, 14] ..."} {
			if !found[w] {
				t.Errorf("no hint %q in %v", w, hints)
			}
		}
	})

	t.Run("colours", func(t *testing.T) {
		var tokens semanticTokens
		e.call("textDocument/semanticTokens/full", map[string]any{"textDocument": documentID{URI: e.uri}}, &tokens)
		if len(tokens.Data) < 500 || len(tokens.Data)%5 != 0 {
			t.Errorf("got %d numbers", len(tokens.Data))
		}
	})
}
