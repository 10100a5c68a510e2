package lsp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	stdutf16 "unicode/utf16"

	"github.com/netc-lang/netc/internal/diag"
)

// TestApply edits random texts with characters of every width and compares with
// an editor that holds UTF-16.
func TestApply(t *testing.T) {
	pieces := []string{"a", "Z", "é", "数", "🙂", "\n", "\n", "\r\n", " ", "|>", "𝛼"}
	rng := rand.New(rand.NewSource(7))
	random := func(n int) string {
		var b strings.Builder
		for range rng.Intn(n) {
			b.WriteString(pieces[rng.Intn(len(pieces))])
		}
		return b.String()
	}
	for round := range 2000 {
		text := random(60)
		runes := []rune(text)
		from := rng.Intn(len(runes) + 1)
		to := from + rng.Intn(len(runes)-from+1)
		insert := random(6)
		// Positions of an editor are never between the two bytes of a line end.
		if from > 0 && from < len(runes) && runes[from-1] == '\r' && runes[from] == '\n' || to > 0 && to < len(runes) && runes[to-1] == '\r' && runes[to] == '\n' {
			continue
		}
		want := string(runes[:from]) + insert + string(runes[to:])
		at := func(n int) position {
			before := string(runes[:n])
			line := before[strings.LastIndexByte(before, '\n')+1:]
			return position{strings.Count(before, "\n"), len(stdutf16.Encode([]rune(line)))}
		}
		got := string(utf16.apply([]byte(text), contentChange{&span{at(from), at(to)}, insert}))
		if got != want {
			t.Fatalf("round %d: %q[%d:%d] = %q: got %q, want %q", round, text, from, to, insert, got, want)
		}
		f := diag.NewFile("x", []byte(text))
		for n := range runes {
			offset := len(string(runes[:n]))
			if runes[n] == '\n' && n > 0 && runes[n-1] == '\r' {
				continue
			}
			if p := utf16.position(f, offset); p != at(n) || utf16.offset(f.Text, p) != offset {
				t.Fatalf("round %d: rune %d of %q: got %+v, back %d, want %+v, %d", round, n, text, p, utf16.offset(f.Text, p), at(n), offset)
			}
		}
	}
}

// TestShift moves places through an edit.
func TestShift(t *testing.T) {
	old, text := "x = conv(6)\ny = x\n", "x = conv(16) |> relu\ny = x\n"
	s := newShift([]byte(old), []byte(text))
	if got, ok := s.offset(strings.Index(old, "conv")); !ok || got != strings.Index(text, "conv") {
		t.Errorf("before the edit: got %d %v", got, ok)
	}
	if got, ok := s.offset(strings.Index(old, "y =")); !ok || got != strings.Index(text, "y =") {
		t.Errorf("behind the edit: got %d %v", got, ok)
	}
}

// everything asks all there is to ask at one place; answers may be empty, and none
// may be a fault of the server.
func (e *editor) everything(at position) {
	e.t.Helper()
	doc := map[string]any{"textDocument": documentID{URI: e.uri}}
	for _, m := range []string{"hover", "completion", "signatureHelp", "definition", "references", "documentHighlight", "prepareRename"} {
		if fault := e.try("textDocument/"+m, e.params(at), nil); fault != nil && fault.Code != codeFailed {
			e.t.Fatalf("%s at %+v: %v in\n%s", m, at, fault, e.text)
		}
	}
	for _, m := range []string{"documentSymbol", "formatting", "semanticTokens/full"} {
		e.call("textDocument/"+m, doc, nil)
	}
	for _, m := range []string{"inlayHint", "codeAction"} {
		e.call("textDocument/"+m, map[string]any{"textDocument": documentID{URI: e.uri}, "range": span{End: position{Line: 1 << 20}}}, nil)
	}
	if fault := e.try("textDocument/rename", map[string]any{"textDocument": documentID{URI: e.uri}, "position": at, "newName": "Other"}, nil); fault != nil && fault.Code != codeFailed {
		e.t.Fatalf("rename: %v", fault)
	}
}

func (e *editor) set(text string) {
	e.version++
	e.text = text
	e.notify("textDocument/didChange", map[string]any{
		"textDocument": documentID{e.uri, e.version}, "contentChanges": []any{map[string]any{"text": text}},
	})
}

// TestBrokenTexts types programs from their begin, cuts pieces out of them and
// mixes them up: the server answers, and logs nothing.
func TestBrokenTexts(t *testing.T) {
	c := start(t, memory{}, "")
	go func() {
		for range c.diagnostics { // nobody waits for them here
		}
	}()
	e := c.open("/home/user/digits.net", "")
	rng := rand.New(rand.NewSource(3))
	for n := 0; n < len(digits); n += 23 {
		e.set(strings.ToValidUTF8(digits[:n], ""))
		e.everything(e.position(len(e.text)))
	}
	for range 60 {
		from := rng.Intn(len(digits))
		to := min(from+rng.Intn(40), len(digits))
		e.set(strings.ToValidUTF8(digits[:from]+digits[to:], ""))
		e.everything(e.position(min(from, len(e.text))))
	}
	for _, text := range []string{"", "\n", "\ufeff", "package", "\"", "net A", strings.Repeat("(", 5000), strings.Repeat("[{", 3000), "\xff\xfe", "package a\nnet Aa : (x: f32[N, C]) -> (y: f32[N, C]) = x |> Aa"} {
		e.set(text)
		e.everything(position{0, 1})
		e.everything(position{1 << 30, 1 << 30})
	}
}

// TestProtocol is a client that does not keep to the rules.
func TestProtocol(t *testing.T) {
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Serve(in, out, memory{}, Options{})
		out.Close()
	}()
	c := newConn(fromServer, toServer)
	say := func(body string) string {
		t.Helper()
		if _, err := fmt.Fprintf(toServer, "Content-Type: x\r\ncontent-length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
		answer, err := c.readBody()
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	for _, q := range []struct{ say, want string }{
		{`{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{}}`, `"code":-32002`},
		{`{nonsense`, `"code":-32700`},
		{`{"jsonrpc":"2.0","id":"two","method":"initialize","params":{"capabilities":{"general":{"positionEncodings":["utf-16","utf-8"]}}}}`, `"positionEncoding":"utf-8"`},
		{`{"jsonrpc":"2.0","id":3,"method":"initialize","params":{}}`, `"code":-32600`},
		{`{"jsonrpc":"2.0","id":4,"method":"textDocument/prophecy"}`, `"code":-32601`},
		{`{"jsonrpc":"2.0","id":5,"method":"textDocument/hover","params":{"position":"here"}}`, `"code":-32602`},
		{`{"jsonrpc":"2.0","id":6,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///none.net"},"position":{"line":0,"character":0}}}`, `is not open`},
		{`{"jsonrpc":"2.0","id":7,"method":"shutdown"}`, `"result":null`},
		{`{"jsonrpc":"2.0","id":8,"method":"textDocument/hover"}`, `"code":-32600`},
	} {
		if got := say(q.say); !strings.Contains(got, q.want) {
			t.Errorf("%s: got %s, want %s in it", q.say, got, q.want)
		}
	}
	if err := c.notify("exit", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("the end: got %v", err)
	}
}

// TestFraming refuses frames that cannot be read, and ends.
func TestFraming(t *testing.T) {
	for name, text := range map[string]string{
		"no length":     "X: y\r\n\r\n{}",
		"bad length":    "Content-Length: ten\r\n\r\n{}",
		"negative":      "Content-Length: -1\r\n\r\n{}",
		"too long":      "Content-Length: 99999999999\r\n\r\n{}",
		"endless line":  strings.Repeat("x", 1<<20),
		"endless head":  strings.Repeat("a: b\r\n", 1<<16),
		"cut body":      "Content-Length: 10\r\n\r\n{}",
		"cut head":      "Content-Le",
		"exit too soon": "Content-Length: 33\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}",
		"silence":       "",
	} {
		if err := Serve(strings.NewReader(text), io.Discard, memory{}, Options{}); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// TestCancel answers a cancelled request with the code for it.
func TestCancel(t *testing.T) {
	var in, out bytes.Buffer
	c := newConn(&in, &in)
	for _, m := range []any{
		map[string]any{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": map[string]any{"id": 2}},
		map[string]any{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": map[string]any{}},
		map[string]any{"jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": map[string]any{}},
		map[string]any{"jsonrpc": "2.0", "id": 3, "method": "shutdown"},
		map[string]any{"jsonrpc": "2.0", "method": "exit"},
	} {
		if err := c.write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := Serve(&in, &out, memory{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"id":2,"error":{"code":-32800`) {
		t.Errorf("got %s", out.String())
	}
}

// TestUTF8 is a client that counts bytes.
func TestUTF8(t *testing.T) {
	c := start(t, memory{}, `{"general":{"positionEncodings":["utf-8"]}}`)
	text := "package a\n\nclasses Pet = [\"猫🙂\", \"dog\"]; classes Other = [\"é\", \"é\"]\n"
	e := c.open("/a.net", text)
	list := e.wait()
	want := position{2, strings.Index("classes Pet = [\"猫🙂\", \"dog\"]; classes Other = [\"é\", \"é\"]", "[\"é")}
	if len(list) != 1 || list[0].Range.Start != want {
		t.Errorf("got %+v, want it at %+v", list, want)
	}
}

// TestAnswersAreJSON reads every structure back that the tests above do not.
func TestAnswersAreJSON(t *testing.T) {
	body, err := json.Marshal(publishParams{Diagnostics: []diagnostic{}})
	if err != nil || strings.Contains(string(body), "null") || strings.Contains(string(body), "version") {
		t.Errorf("got %s, %v: lists are never null, an absent version is left out", body, err)
	}
}
