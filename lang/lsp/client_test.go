package lsp

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netc-lang/netc/stdlib"
)

// memory is a disk of texts by path, with the standard library.
type memory map[string]string

func (m memory) ReadModule(dir, path string) (map[string][]byte, error) {
	if files, ok := stdlib.Module(path); ok {
		return files, nil
	}
	name := filepath.Join(dir, path+".net")
	if text, ok := m[name]; ok {
		return map[string][]byte{name: []byte(text)}, nil
	}
	return nil, fmt.Errorf("there is no %s", name)
}

func (m memory) ReadFile(dir, path string) ([]byte, error) {
	if text, ok := m[filepath.Join(dir, path)]; ok {
		return []byte(text), nil
	}
	return nil, os.ErrNotExist
}

func (m memory) Folder(dir string) map[string][]byte {
	out := map[string][]byte{}
	for p, t := range m {
		if filepath.Dir(p) == dir && strings.HasSuffix(p, ".net") {
			out[p] = []byte(t)
		}
	}
	return out
}

func (m memory) Library(name string) (string, bool) {
	_, ok := LibraryText(name)
	return "/library/" + name, ok
}

func (m memory) InLibrary(path string) bool { return strings.HasPrefix(path, "/library/") }

// client talks to a server over pipes, as an editor does.
type client struct {
	t    testing.TB
	conn *conn
	out  io.Closer
	id   int
	done chan error
	log  *strings.Builder

	diagnostics chan publishParams
	answers     chan json.RawMessage
}

// message is anything that a server sends.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}

func start(t testing.TB, host Host, capabilities string) *client {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	c := &client{
		t: t, conn: newConn(fromServer, toServer), out: toServer, done: make(chan error, 1), log: &strings.Builder{},
		diagnostics: make(chan publishParams, 64), answers: make(chan json.RawMessage, 64),
	}
	go func() {
		c.done <- Serve(in, out, host, Options{Version: "test", Delay: time.Millisecond, Log: c.log})
		out.Close()
	}()
	go c.listen()
	if capabilities == "" {
		capabilities = `{"textDocument":{"completion":{"completionItem":{"snippetSupport":true}},"documentSymbol":{"hierarchicalDocumentSymbolSupport":true}}}`
	}
	c.call("initialize", json.RawMessage(`{"capabilities":`+capabilities+`}`), nil)
	c.notify("initialized", struct{}{})
	t.Cleanup(c.stop)
	return c
}

// listen sorts what the server sends.
func (c *client) listen() {
	defer close(c.answers)
	for {
		body, err := c.conn.readBody()
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			return
		}
		if m.Method == "textDocument/publishDiagnostics" {
			var p publishParams
			_ = json.Unmarshal(m.Params, &p)
			c.diagnostics <- p
			continue
		}
		if m.Method == "" {
			c.answers <- body
		}
	}
}

func (c *client) stop() {
	if c.log.Len() > 0 {
		c.t.Errorf("the server logged:\n%s", c.log)
	}
	if c.out == nil {
		return
	}
	c.call("shutdown", nil, nil)
	c.notify("exit", nil)
	select {
	case err := <-c.done:
		if err != nil {
			c.t.Errorf("the server ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		c.t.Error("the server did not end")
	}
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	if err := c.conn.notify(method, params); err != nil {
		c.t.Fatal(err)
	}
}

// try calls a method and returns the answer.
func (c *client) try(method string, params, result any) *rpcError {
	c.t.Helper()
	c.id++
	m := map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if err := c.conn.write(m); err != nil {
		c.t.Fatal(err)
	}
	select {
	case body, ok := <-c.answers:
		if !ok {
			c.t.Fatalf("%s: the server is gone", method)
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			c.t.Fatal(err)
		}
		if string(m.ID) != fmt.Sprint(c.id) {
			c.t.Fatalf("%s: got the answer to %s, want %d", method, m.ID, c.id)
		}
		if m.Error != nil {
			return m.Error
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				c.t.Fatalf("%s: %v in %s", method, err, m.Result)
			}
		}
	case <-time.After(20 * time.Second):
		c.t.Fatalf("%s: no answer", method)
	}
	return nil
}

func (c *client) call(method string, params, result any) {
	c.t.Helper()
	if fault := c.try(method, params, result); fault != nil {
		c.t.Fatalf("%s: %v", method, fault)
	}
}

// editor is one document in the client: it keeps the text, so that tests name
// places by what stands there.
type editor struct {
	*client
	uri     string
	version int
	text    string
}

func (c *client) open(path, text string) *editor {
	c.t.Helper()
	e := &editor{client: c, uri: uriOf(path), version: 1, text: text}
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri, "languageId": "netc", "version": 1, "text": text}})
	return e
}

// wait returns the diagnostics of the newest version of the document.
func (e *editor) wait() []diagnostic {
	e.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case p := <-e.diagnostics:
			if p.URI == e.uri && p.Version != nil && *p.Version == e.version {
				return p.Diagnostics
			}
		case <-limit:
			e.t.Fatalf("no diagnostics of version %d", e.version)
		}
	}
}

// at returns the position of mark's `|` in a piece of text, such as "con|v(6".
func (e *editor) at(mark string) position {
	e.t.Helper()
	i := strings.IndexByte(mark, '|')
	if j := strings.Index(mark, "¦"); j >= 0 { // where the text has bars itself
		i = j
		mark = strings.Replace(mark, "¦", "", 1)
	} else {
		mark = strings.Replace(mark, "|", "", 1)
	}
	n := strings.Index(e.text, mark)
	if i < 0 || n < 0 || strings.Count(e.text, mark) != 1 {
		e.t.Fatalf("%q stands %d times in the text", mark, strings.Count(e.text, mark))
	}
	return e.position(n + i)
}

func (e *editor) position(offset int) position {
	before := e.text[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return position{strings.Count(before, "\n"), utf16.units([]byte(line))}
}

func (e *editor) params(at position) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": e.uri}, "position": at}
}

// replace edits the only place of old.
func (e *editor) replace(old, text string) {
	e.t.Helper()
	n := strings.Index(e.text, old)
	if n < 0 || strings.Count(e.text, old) != 1 {
		e.t.Fatalf("%q stands %d times in the text", old, strings.Count(e.text, old))
	}
	e.version++
	r := span{e.position(n), e.position(n + len(old))}
	e.text = e.text[:n] + text + e.text[n+len(old):]
	e.notify("textDocument/didChange", map[string]any{
		"textDocument":   documentID{e.uri, e.version},
		"contentChanges": []any{map[string]any{"range": r, "text": text}},
	})
}

func (e *editor) hover(mark string) string {
	e.t.Helper()
	var h *hoverResult
	e.call("textDocument/hover", e.params(e.at(mark)), &h)
	if h == nil {
		return ""
	}
	return h.Contents.Value
}

func (e *editor) complete(mark string) map[string]completionItem {
	e.t.Helper()
	var l completionList
	e.call("textDocument/completion", e.params(e.at(mark)), &l)
	out := map[string]completionItem{}
	for _, i := range l.Items {
		out[i.Label] = i
	}
	return out
}

// apply returns the text after edits.
func (e *editor) apply(edits []textEdit) string {
	text := []byte(e.text)
	for i := len(edits) - 1; i >= 0; i-- {
		text = utf16.apply(text, contentChange{&edits[i].Range, edits[i].NewText})
	}
	return string(text)
}
