package lsp

import (
	"sort"
	"strings"
	"testing"
)

// sessionReferences lists the places of an index set.
func sessionReferences(t *testing.T, e *editor) {
	var list []location
	e.call("textDocument/references", map[string]any{
		"textDocument": documentID{URI: e.uri}, "position": e.at("classes Di¦git"), "context": map[string]bool{"includeDeclaration": true},
	}, &list)
	if len(list) != 4 {
		t.Errorf("Digit: got %d places, want 4: %+v", len(list), list)
	}
}

// sessionRename renames what the user declared, and nothing else.
func sessionRename(t *testing.T, e *editor) {
	text := e.text
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
}

// sessionComplete asks what may stand in places of every kind.
func sessionComplete(t *testing.T, e *editor) {
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
}

// sessionFormat formats a line.
func sessionFormat(t *testing.T, e *editor) {
	text := e.text
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
}

// sessionOutline lists the declarations.
func sessionOutline(t *testing.T, e *editor) {
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
}

// sessionHints reads the shapes at the ends of lines.
func sessionHints(t *testing.T, e *editor) {
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
}

// sessionColours reads the colours of all words.
func sessionColours(t *testing.T, e *editor) {
	var tokens semanticTokens
	e.call("textDocument/semanticTokens/full", map[string]any{"textDocument": documentID{URI: e.uri}}, &tokens)
	if len(tokens.Data) < 500 || len(tokens.Data)%5 != 0 {
		t.Errorf("got %d numbers", len(tokens.Data))
	}
}

// sessionSignature asks which parameter is being written.
func sessionSignature(t *testing.T, e *editor) {
	for _, c := range []struct {
		at, label, part string
	}{
		{"x |> conv(¦out, 3)", "conv(out: dim, k: int | (int, int), stride", "out: dim"},
		{"x |> conv(out, ¦3)", "conv(", "k: int | (int, int)"},
		{"image |> Unit(8¦)", "Unit(out: int, act: layer = relu)", "out: int"},
		{"sgd(lr=0.05, momentum=0¦.9)", "sgd(lr: a number", "momentum: a number"},
		{"sgd(lr=0.05, momentum=¦0.9)", "sgd(lr: a number", "momentum: a number"},
		{"resnet¦\"", "", ""},
	} {
		var s *signatures
		e.call("textDocument/signatureHelp", e.params(e.at(c.at)), &s)
		if s == nil || len(s.Signatures) != 1 {
			if c.label != "" {
				t.Errorf("%s: got %+v", c.at, s)
			}
			continue
		}
		sig := s.Signatures[0]
		if c.label == "" || !strings.HasPrefix(sig.Label, c.label) || s.ActiveParameter >= len(sig.Parameters) {
			t.Errorf("%s: got %q, parameter %d", c.at, sig.Label, s.ActiveParameter)
			continue
		}
		if at := sig.Parameters[s.ActiveParameter].Label; sig.Label[at[0]:at[1]] != c.part {
			t.Errorf("%s: got the parameter %q, want %q", c.at, sig.Label[at[0]:at[1]], c.part)
		}
	}
}
