package lsp

import (
	"strings"
	"testing"
)

// TestModules edits a module of two files that imports another one of the user.
func TestModules(t *testing.T) {
	disk := memory{
		"/m/parts.net": "package parts\n\n// Cell doubles.\nblock Cell(out: int) : (x: f32[N, C, H, W]) = x |> conv(out, 3) as first |> relu\n",
		"/m/other.net": "package main\n\nblock Tail(n: dim) : (x: f32[N, C, H, W]) = x |> global_avgpool |> dense(n)\n",
		"/m/alone.net": "package alone\n\nblock Tail(n: int) : (x: f32[N, K]) = x |> dense(n)\n",
		"/m/pets.txt":  "cat\ndog\n",
	}
	text := `package main

import "parts"

classes Pet = lines("pets.txt")

net Main : (image: f32[N, RGB, 32, 32]) -> (logits: f32[N, Pet])
  = image |> parts.Cell(8) as stem |> parts.Cell(4) |> Tail(Pet)

weights Main {
  from "all.safetensors" {
    "a.{p}" -> "stem.first.{p}"
    "b.{p}" -> "cell.first.{p}"
    "c.{p}" -> "tail.dense.{p}"
  }
}
`
	c := start(t, disk, "")
	e := c.open("/m/main.net", text)
	for _, d := range e.wait() {
		if !strings.HasPrefix(d.Code, "E04") && !strings.HasPrefix(d.Code, "E06") && d.Severity == 1 {
			t.Fatalf("got %+v", d)
		}
	}
	if got := e.hover("parts.Ce¦ll(8)"); !strings.Contains(got, "Cell doubles.") || !strings.Contains(got, "-> f32[N, 8, 32, 32]") {
		t.Errorf("hover over a name of another module: got\n%s", got)
	}
	for _, q := range []struct {
		at, uri string
		line    int
	}{
		{"parts.Ce¦ll(8)", "file:///m/parts.net", 3},
		{"pa¦rts.Cell(8)", "file:///m/parts.net", 0},
		{"|> Ta¦il(Pet)", "file:///m/other.net", 2},
		{"\"st¦em.first", "file:///m/main.net", 7},
		{"stem.fi¦rst", "file:///m/parts.net", 3},
		{"\"ce¦ll.first", "file:///m/parts.net", 3},
	} {
		var l *location
		e.call("textDocument/definition", e.params(e.at(q.at)), &l)
		if l == nil || l.URI != q.uri || l.Range.Start.Line != q.line {
			t.Errorf("%s: got %+v, want %s line %d", q.at, l, q.uri, q.line)
		}
	}
	rename := func(at, name string) workspaceEdit {
		t.Helper()
		var w workspaceEdit
		if fault := e.try("textDocument/rename", map[string]any{"textDocument": documentID{URI: e.uri}, "position": e.at(at), "newName": name}, &w); fault != nil {
			t.Errorf("%s: %v", at, fault)
		}
		return w
	}
	patch := func(path string, w workspaceEdit) string {
		old := disk[path]
		if path == "/m/main.net" {
			old = text
		}
		return (&editor{client: c, text: old}).apply(w.Changes[uriOf(path)])
	}

	w := rename("parts.Ce¦ll(8)", "Unit")
	if got, want := patch("/m/main.net", w), strings.NewReplacer("parts.Cell", "parts.Unit", "cell.first", "unit.first").Replace(text); got != want {
		t.Errorf("a block of another module: got\n%s", got)
	}
	if got, want := patch("/m/parts.net", w), strings.Replace(disk["/m/parts.net"], "block Cell", "block Unit", 1); got != want {
		t.Errorf("its declaration: got\n%s", got)
	}
	w = rename("|> Ta¦il(Pet)", "Head")
	if got, want := patch("/m/main.net", w), strings.NewReplacer("Tail", "Head", "tail.", "head.").Replace(text); got != want {
		t.Errorf("a block of another file: got\n%s", got)
	}
	if w.Changes["file:///m/alone.net"] != nil || len(w.Changes["file:///m/other.net"]) != 1 {
		t.Errorf("files of the module: got %+v", w.Changes)
	}
	w = rename("as st¦em", "root")
	if got, want := patch("/m/main.net", w), strings.NewReplacer("as stem", "as root", "stem.first", "root.first").Replace(text); got != want {
		t.Errorf("a stage: got\n%s", got)
	}

	// An unsaved change of the imported file counts, and the importer is told.
	p := c.open("/m/parts.net", disk["/m/parts.net"])
	p.wait()
	p.replace("block Cell", "block Brick")
	for {
		q := <-c.diagnostics
		if q.URI == e.uri && len(q.Diagnostics) > 0 && q.Diagnostics[0].Code == "E0101" {
			break
		}
	}
	// Closed without saving, the copy on disk counts again.
	c.notify("textDocument/didClose", map[string]any{"textDocument": documentID{URI: p.uri}})
	if got := e.hover("parts.Ce¦ll(8)"); !strings.Contains(got, "Cell doubles.") {
		t.Errorf("after closing the import: got\n%s", got)
	}
}

// TestLibrary opens a file of the prelude: names are known there, nothing is wrong
// with it and nothing is renamed.
func TestLibrary(t *testing.T) {
	text, ok := LibraryText("prelude/layers.net")
	if !ok {
		t.Fatal("the prelude has no layers")
	}
	c := start(t, memory{}, "")
	e := c.open("/library/prelude/layers.net", string(text))
	if list := e.wait(); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
	if got := e.hover("block max¦pool("); !strings.Contains(got, "largest value") {
		t.Errorf("got %q", got)
	}
	if fault := e.try("textDocument/rename", map[string]any{"textDocument": documentID{URI: e.uri}, "position": e.at("block max¦pool("), "newName": "Pool"}, nil); fault == nil || !strings.Contains(fault.Message, "standard library") {
		t.Errorf("renaming a layer: got %v", fault)
	}
}

// TestUntitled serves a buffer that has no file.
func TestUntitled(t *testing.T) {
	c := start(t, memory{}, "")
	e := &editor{client: c, uri: "untitled:Untitled-1", version: 1, text: "package a\n\nconst Big = 1 + ¦\n"}
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri, "version": 1, "text": e.text}})
	if list := e.wait(); len(list) == 0 {
		t.Error("a text that does not parse: got no diagnostic")
	}
}
