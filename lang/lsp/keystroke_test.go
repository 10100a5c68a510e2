package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/stdlib"
)

// keystrokeFiles are the texts that a keystroke is measured in: the programs of the
// design, and the largest modules of the zoo as somebody would edit them.
func keystrokeFiles(t testing.TB) (names []string, texts map[string]string) {
	paths, err := filepath.Glob("../syntax/testdata/programs/*.net")
	if err != nil || len(paths) != 8 {
		t.Fatalf("got %d programs (%v), want 8", len(paths), err)
	}
	texts = map[string]string{}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(p)] = string(text)
	}
	for _, m := range []string{"resnet", "mobilenet"} {
		files, ok := stdlib.Module(m)
		if !ok {
			t.Fatalf("the zoo has no %s", m)
		}
		texts[m+".net"] = string(files[m+".net"])
	}
	for n := range texts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, texts
}

// typist edits one open file.
type typist struct {
	*editor
	at     int // in front of the last stage of the last net
	spaced bool
}

func typing(t testing.TB, name, text string) *typist {
	disk := memory{}
	for _, list := range []string{"pets.txt", "voc.names"} {
		names, err := os.ReadFile("../syntax/testdata/programs/" + list)
		if err != nil {
			t.Fatal(err)
		}
		disk["/design/"+list] = string(names)
	}
	e := start(t, disk, "").open("/design/"+name, text)
	e.wait()
	net := strings.LastIndex(text, "\nnet ")
	stage := strings.Index(text[net+1:], "|>")
	if net < 0 || stage < 0 {
		t.Fatalf("%s has no pipe in its last net", name)
	}
	return &typist{editor: e, at: net + 1 + stage}
}

// press types a blank between two words of a net, or takes it back, and waits for the
// diagnostics. The program stays right, so that all of it is checked: a mistake would
// be found sooner.
func (k *typist) press() {
	k.version++
	from, text := span{k.position(k.at), k.position(k.at)}, " "
	if k.spaced {
		from.End.Character++
		text = ""
	}
	k.spaced = !k.spaced
	k.notify("textDocument/didChange", map[string]any{
		"textDocument":   documentID{k.uri, k.version},
		"contentChanges": []any{map[string]any{"range": from, "text": text}},
	})
	for _, d := range k.wait() {
		if d.Severity == 1 {
			k.t.Fatalf("%s: %s", k.uri, d.Message)
		}
	}
}

// BenchmarkKeystroke is the time from a change of the text until its diagnostics are
// with the client: reading, parsing, checking, writing. docs/bench has the figures.
func BenchmarkKeystroke(b *testing.B) {
	names, texts := keystrokeFiles(b)
	for _, name := range names {
		b.Run(strings.TrimSuffix(name, ".net"), func(b *testing.B) {
			k := typing(b, name, texts[name])
			k.press()
			for b.Loop() {
				k.press()
			}
		})
	}
}
