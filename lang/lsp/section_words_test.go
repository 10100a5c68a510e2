package lsp

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/lang/check/vocab"
)

// TestHoverOverSectionWords asks what each word of a section means: where it begins a
// declaration, a statement, or a setting.
func TestHoverOverSectionWords(t *testing.T) {
	c := start(t, memory{}, "")
	e := c.open("/m/words.net", `package words

import "resnet"

classes Digit = labels(0..10)

net Net : (image: f32[N, Gray, 28, 28]) -> (logits: f32[N, Digit]) = image |> flatten |> dense(16) as neck |> dense(Digit)

data Digits {
  source = mnist("mnist")
  sample (image: u8[28, 28, Gray], label: Digit)
  augment image = image |> shift(1)
  prep image = image |> chw
}

train Net on Digits {
  loss = cross_entropy(logits, label)
  metric accuracy = top_k(logits, label)
  memory <= 2 GB
  phase warm { freeze neck; epochs = 3; optimizer = sgd(lr=0.1) }
}

predict Net on Digits { digit = argmax(logits) }
`)
	e.wait()
	setting := func(name string) string { return sentence(vocab.Lookup(vocab.Setting, name).Doc) }
	words := sectionFields()
	for mark, want := range map[string]string{
		"imp¦ort": declarationDocs["import"], "cl¦asses Digit": declarationDocs["classes"], "n¦et Net": declarationDocs["net"],
		"da¦ta Digits": declarationDocs["data"], "tr¦ain Net": declarationDocs["train"], "¦predict Net": declarationDocs["predict"],
		"sa¦mple (": words["data"]["sample"], "augm¦ent image": words["data"]["augment"], "pr¦ep image": words["data"]["prep"],
		"sour¦ce =": words["data"]["source"], "lo¦ss =": words["train"]["loss"], "met¦ric acc": words["train"]["metric"],
		"mem¦ory <=": words["train"]["memory"], "pha¦se warm": words["train"]["phase"], "free¦ze neck": words["train"]["freeze"],
		"epo¦chs =": setting("epochs"), "optim¦izer =": setting("optimizer"),
	} {
		if got := e.hover(mark); want == "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", mark, got, want)
		}
	}
	if got := e.hover("metric accu¦racy"); strings.Contains(got, words["train"]["metric"]) {
		t.Errorf("behind the word: got %q", got)
	}
}
