package lsp

import (
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// TestEveryStage stands on every stage and every word of the eight programs: a stage
// of a net or a block tells what comes out of it and how many bytes that takes, no
// request is refused, and a renamed name is renamed or the reason told.
func TestEveryStage(t *testing.T) {
	names, texts := keystrokeFiles(t)
	stages, renamed := 0, 0
	for _, name := range names {
		if name[0] > '9' {
			continue // the zoo
		}
		k := typing(t, name, texts[name])
		file, _ := syntax.Parse(diag.NewFile(name, []byte(texts[name])))
		for _, d := range file.Decls {
			b, ok := d.(*syntax.Block)
			if !ok {
				continue
			}
			syntax.Inspect(b, func(n syntax.Node) bool {
				s, ok := n.(*syntax.Stage)
				if !ok {
					return true
				}
				stages++
				at := k.position(s.Layer.Span().Start)
				var h *hoverResult
				k.call("textDocument/hover", k.params(at), &h)
				if h == nil || !strings.Contains(h.Contents.Value, "-> ") || !strings.Contains(h.Contents.Value, " bytes") {
					t.Errorf("%s:%d: `%s` tells %+v", name, at.Line+1, s.Layer.Span().Text(), h)
				}
				return true
			})
		}
		toks, _ := syntax.Scan(diag.NewFile(name, []byte(texts[name])))
		tried := map[string]bool{} // a rename checks the program anew, and all places of a name agree
		for _, tok := range toks {
			if tok.Kind != syntax.IdentToken {
				continue
			}
			at := k.params(k.position(tok.Start))
			for _, method := range []string{"textDocument/hover", "textDocument/definition", "textDocument/references"} {
				if fault := k.try(method, at, nil); fault != nil {
					t.Errorf("%s: %s on `%s`: %v", name, method, tok.Text, fault)
				}
			}
			var can any
			if tried[tok.Text] || k.try("textDocument/prepareRename", at, &can) != nil || can == nil {
				continue
			}
			tried[tok.Text] = true
			to := "renamed"
			if tok.Text[0] <= 'Z' {
				to = "Renamed"
			}
			at["newName"] = to
			var edit workspaceEdit
			if fault := k.try("textDocument/rename", at, &edit); fault != nil {
				if !strings.Contains(fault.Message, "the program would be wrong") {
					t.Errorf("%s: rename of `%s`: %v", name, tok.Text, fault)
				}
			} else if len(edit.Changes) == 0 {
				t.Errorf("%s: rename of `%s` changes nothing", name, tok.Text)
			} else {
				renamed++
			}
		}
	}
	if t.Logf("%d stages, %d names renamed", stages, renamed); stages < 100 || renamed < 150 {
		t.Errorf("got %d stages and %d names that can be renamed: the test sees too little", stages, renamed)
	}
}
