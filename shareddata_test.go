package netc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/lang/irgen"
)

// TestDataOfModule: a section may name data of another module, whose class lists go with
// them and whose paths start at their own file; those of the standard library have none.
func TestDataOfModule(t *testing.T) {
	dir := t.TempDir()
	const cells = `package cells

classes Kind = ["red", "white"]

data Slides {
  source = folders("pictures")
  sample (image: u8[8, 8, Gray], label: Kind)
  prep image = image |> chw
}
`
	const program = `package main_program

import "shared/cells"
import "lenet"

net Small : (image: f32[N, Gray, 8, 8]) -> (logits: f32[N, cells.Kind])
  = image |> flatten |> dense(cells.Kind)

net Digits : (image: f32[N, Gray, 28, 28]) -> (logits: f32[N, lenet.Digit])
  = image |> flatten |> dense(lenet.Digit)

train Small on DATA { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1) }
train Digits on lenet.Digits { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1) }
predict Small on cells.Slides { kind = argmax(logits) }
`
	if err := os.MkdirAll(filepath.Join(dir, "shared", "cells"), 0o777); err != nil {
		t.Fatal(err)
	}
	open := func(data string) *Source {
		for name, text := range map[string]string{"shared/cells/cells.net": cells, "program.net": strings.Replace(program, "DATA", data, 1)} {
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(filepath.Join(dir, "program.net"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	p, list := open("cells.Slides").Check()
	if p == nil || list.HasErrors() {
		t.Fatalf("got %v, want a program", list)
	}
	paths := map[string]any{}
	for _, d := range irgen.Module(p).Data {
		paths[d.Name] = d.Source.Args["dir"]
	}
	if len(paths) != 2 || paths["cells.Slides"] != "shared/cells/pictures" || paths["lenet.Digits"] != "data/mnist" {
		t.Errorf("got data at %v, want cells.Slides below its module and lenet.Digits at data/mnist", paths)
	}
	if p.Trains[0].Data != "cells.Slides" || p.Predicts[0].Data != "cells.Slides" {
		t.Errorf("got sections on %s and %s, want cells.Slides", p.Trains[0].Data, p.Predicts[0].Data)
	}
	pkg, list, err := Compile(open("cells.Slides"), Options{Weights: "seeded", Train: true, Verify: true})
	if err != nil || pkg == nil {
		t.Fatalf("got %v and %v, want a package", err, list)
	}
	for data, want := range map[string]string{"cells.Slide": "did you mean `Slides`?", "cels.Slides": "cels", "cells.Kind": "Kind"} {
		if _, list := open(data).Check(); !list.HasErrors() || !strings.Contains(list[0].Message+list[0].Label, want) {
			t.Errorf("%s: got %v, want an error about %s", data, list, want)
		}
	}
}
