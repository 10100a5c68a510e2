package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLSP runs `netc lsp` on a real folder: a class list, a sibling on disk, and a
// definition that leads into the standard library.
func TestLSP(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("NETC_CACHE", cache)
	dir := filepath.Join(t.TempDir(), "a [odd] *folder")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("pets.txt", "cat\ndog\n")
	write("parts.net", "package pets\n\nblock Tail(n: dim) : (x: f32[N, C, H, W]) = x |> global_avgpool |> dense(n)\n")
	text := "package pets\n\nimport \"resnet\"\n\nclasses Pet = lines(\"pets.txt\")\n\n" +
		"net Pets : (image: f32[N, RGB, 32, 32]) -> (logits: f32[N, Pet])\n  = image |> resnet.ConvBN(8, 3) |> Tail(Pet)\n"
	uri := (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, "pets.net"))}).String()

	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Main([]string{"lsp", "--stdio"}, in, out, &log)
		out.Close()
	}()
	reader := bufio.NewReader(fromServer)
	send := func(message string) {
		t.Helper()
		if _, err := fmt.Fprintf(toServer, "Content-Length: %d\r\n\r\n%s", len(message), message); err != nil {
			t.Fatal(err)
		}
	}
	// receive returns the next message with a text in it.
	receive := func(part string) string {
		t.Helper()
		for {
			var length int
			if _, err := fmt.Fscanf(reader, "Content-Length: %d\r\n\r\n", &length); err != nil {
				t.Fatalf("%v; log: %s", err, &log)
			}
			body := make([]byte, length)
			if _, err := io.ReadFull(reader, body); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), part) {
				return string(body)
			}
		}
	}
	quoted, _ := json.Marshal(text)

	send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`)
	if got := receive(`"id":1`); !strings.Contains(got, `"positionEncoding":"utf-16"`) || !strings.Contains(got, `"name":"netc"`) {
		t.Errorf("initialize: got %s", got)
	}
	send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"` + uri + `","version":1,"text":` + string(quoted) + `}}}`)
	if got := receive("publishDiagnostics"); !strings.Contains(got, `"diagnostics":[]`) {
		t.Errorf("diagnostics: got %s", got)
	}
	at := fmt.Sprintf(`"params":{"textDocument":{"uri":%q},"position":{"line":7,"character":24}}`, uri)
	send(`{"jsonrpc":"2.0","id":2,"method":"textDocument/hover",` + at + `}`)
	if got := receive(`"id":2`); !strings.Contains(got, "f32[N, 8, 32, 32]") {
		t.Errorf("hover: got %s", got)
	}
	send(`{"jsonrpc":"2.0","id":3,"method":"textDocument/definition",` + at + `}`)
	copied := filepath.Join(cache, "stdlib", "resnet.net")
	if got := receive(`"id":3`); !strings.Contains(got, filepath.ToSlash(copied)) {
		t.Errorf("definition: got %s", got)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("the copy of the module: got %v, %v; want a file nobody writes to", info, err)
	}
	send(`{"jsonrpc":"2.0","id":4,"method":"shutdown"}`)
	receive(`"id":4`)
	send(`{"jsonrpc":"2.0","method":"exit"}`)
	if got := <-code; got != exitOK {
		t.Errorf("got exit code %d, log %s", got, &log)
	}
}
