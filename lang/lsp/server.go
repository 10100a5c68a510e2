package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/netc-lang/netc/internal/diag"
)

// Options steer [Serve]; the zero value is what an editor wants.
type Options struct {
	Version string // of netc, which the client may show
	// Delay is how long typing must pause, at most, before diagnostics are sent; 0
	// means 60 ms. The pause is shorter where checking is quick: see pause.
	Delay time.Duration
	// Log, when set, receives what went wrong inside the server, with the stack.
	Log io.Writer
}

// Server answers one client.
type Server struct {
	conn *conn
	host Host
	opt  Options
	enc  encoding

	snippets, nested bool // what the client can show
	initialized      bool
	shutdown         bool

	docs   map[string]*document // by URI
	paths  map[string]*document
	units  map[string]*unit
	parsed map[string]parsed
	stale  []string      // paths whose diagnostics must be taken back
	took   time.Duration // by the last analysis

	mu        sync.Mutex
	cancelled map[string]bool
}

// Serve answers the messages of in on out until the client says `exit` or closes
// the stream. It returns nil after an orderly end, shutdown before exit.
//
// Errors: a broken stream, or an exit without shutdown.
func Serve(in io.Reader, out io.Writer, host Host, opt Options) error {
	if opt.Delay <= 0 {
		opt.Delay = 60 * time.Millisecond
	}
	s := &Server{
		conn: newConn(in, out), host: host, opt: opt,
		docs: map[string]*document{}, paths: map[string]*document{}, units: map[string]*unit{},
		parsed: map[string]parsed{}, cancelled: map[string]bool{},
	}
	return s.run()
}

var errExit = errors.New("the client left without saying shutdown")

func (s *Server) run() error {
	messages := make(chan *request)
	failed := make(chan error, 1)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			r, err := s.conn.read()
			if err != nil {
				failed <- err
				close(messages)
				return
			}
			if r.Method == "$/cancelRequest" {
				s.cancel(r)
				continue
			}
			select {
			case messages <- r:
			case <-done:
				return
			}
		}
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case r, ok := <-messages:
			if !ok {
				if err := <-failed; !errors.Is(err, io.EOF) {
					return err
				}
				if s.shutdown {
					return nil
				}
				return errExit
			}
			if r.Method == "exit" {
				if s.shutdown {
					return nil
				}
				return errExit
			}
			if err := s.answer(r); err != nil {
				return err
			}
			if s.waiting() {
				timer.Reset(s.pause())
			}
		case <-timer.C:
			if err := s.publish(); err != nil {
				return err
			}
		}
	}
}

// pause is how long the typing must rest before its text is checked. A check that
// takes 20 ms may well run between two keys; one of a second would stand in the way of
// the next key, and of the completion that follows it.
func (s *Server) pause() time.Duration {
	return min(s.opt.Delay, time.Millisecond+s.took/4)
}

func (s *Server) cancel(r *request) {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(r.Params, &p) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cancelled) < 1<<10 { // ids of answered requests stay here
		s.cancelled[string(p.ID)] = true
	}
}

func (s *Server) isCancelled(r *request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cancelled[string(r.ID)] {
		return false
	}
	delete(s.cancelled, string(r.ID))
	return true
}

// answer handles one message; only a broken stream is an error.
func (s *Server) answer(r *request) error {
	if r.fault != nil {
		return s.conn.reply(r, nil, r.fault)
	}
	if r.Method == "" { // an answer to a call that this server never made
		if r.ID == nil {
			return s.conn.reply(&request{fault: &rpcError{}}, nil, refuse(codeInvalidRequest, "a message has no method"))
		}
		return nil
	}
	if r.ID != nil && s.isCancelled(r) {
		return s.conn.reply(r, nil, refuse(codeCancelled, "cancelled"))
	}
	var result any
	var fault *rpcError
	if !s.guard(r.Method, func() { result, fault = s.dispatch(r) }) {
		result, fault = nil, refuse(codeInternal, "netc met a mistake of its own in %s; please report it", r.Method)
	}
	return s.conn.reply(r, result, fault)
}

// guard runs f and reports whether it ended without a panic, which is logged.
func (s *Server) guard(what string, f func()) (ok bool) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		text := fmt.Sprint(v)
		if bug, is := v.(diag.Bug); is {
			text = bug.Error()
		}
		if s.opt.Log != nil {
			fmt.Fprintf(s.opt.Log, "netc lsp: %s: %s\n%s", what, text, debug.Stack())
		}
		_ = s.conn.notify("window/logMessage", logParams{1, "netc: " + what + ": " + text})
		ok = false
	}()
	f()
	return true
}

// handlers are the methods, each with its parameters still encoded.
var handlers = map[string]func(*Server, json.RawMessage) (any, *rpcError){
	"textDocument/didOpen":                with((*Server).didOpen),
	"textDocument/didChange":              with((*Server).didChange),
	"textDocument/didClose":               with((*Server).didClose),
	"textDocument/didSave":                with((*Server).didSave),
	"textDocument/hover":                  with((*Server).hover),
	"textDocument/completion":             with((*Server).completion),
	"textDocument/signatureHelp":          with((*Server).signatureHelp),
	"textDocument/definition":             with((*Server).definition),
	"textDocument/references":             with((*Server).references),
	"textDocument/documentHighlight":      with((*Server).highlights),
	"textDocument/prepareRename":          with((*Server).prepareRename),
	"textDocument/rename":                 with((*Server).rename),
	"textDocument/formatting":             with((*Server).formatting),
	"textDocument/documentSymbol":         with((*Server).documentSymbols),
	"textDocument/codeAction":             with((*Server).codeActions),
	"textDocument/inlayHint":              with((*Server).inlayHints),
	"textDocument/semanticTokens/full":    with((*Server).semanticTokens),
	"workspace/didChangeWatchedFiles":     with((*Server).didChangeFiles),
	"workspace/didChangeConfiguration":    ignored,
	"workspace/didChangeWorkspaceFolders": ignored,
	"initialized":                         ignored,
	"$/setTrace":                          ignored,
}

func ignored(*Server, json.RawMessage) (any, *rpcError) { return nil, nil }

// with decodes the parameters of a handler.
func with[P any](f func(*Server, *P) (any, *rpcError)) func(*Server, json.RawMessage) (any, *rpcError) {
	return func(s *Server, raw json.RawMessage) (any, *rpcError) {
		p := new(P)
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, p); err != nil {
				return nil, refuse(codeInvalidParams, "the parameters do not fit: %v", err)
			}
		}
		return f(s, p)
	}
}

func (s *Server) dispatch(r *request) (any, *rpcError) {
	switch {
	case r.Method == "initialize":
		if s.initialized {
			return nil, refuse(codeInvalidRequest, "initialize came twice")
		}
		return with((*Server).initialize)(s, r.Params)
	case !s.initialized:
		return nil, refuse(codeNotInitialized, "the first message must be initialize")
	case s.shutdown:
		return nil, refuse(codeInvalidRequest, "after shutdown only exit may come")
	case r.Method == "shutdown":
		s.shutdown = true
		return nil, nil
	}
	h := handlers[r.Method]
	if h == nil {
		return nil, refuse(codeUnknownMethod, "netc does not know %s", r.Method)
	}
	return h(s, r.Params)
}

func (s *Server) initialize(p *initializeParams) (any, *rpcError) {
	s.initialized = true
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	s.nested = p.Capabilities.TextDocument.DocumentSymbol.Hierarchical
	name := "utf-16"
	for _, e := range p.Capabilities.General.PositionEncodings {
		if e == "utf-8" {
			s.enc, name = utf8Bytes, e
		}
	}
	var out initializeResult
	out.ServerInfo.Name, out.ServerInfo.Version = "netc", s.opt.Version
	out.Capabilities = serverCapabilities{
		PositionEncoding: name,
		TextDocumentSync: syncOptions{OpenClose: true, Change: 2, Save: true},
		Hover:            true, Definition: true, References: true, DocumentHighlight: true, DocumentSymbol: true,
		DocumentFormatting: true, InlayHint: true,
		Completion:    completionOptions{TriggerCharacters: []string{".", ">", "=", "("}},
		SignatureHelp: completionOptions{TriggerCharacters: []string{"(", ","}},
		Rename:        renameOptions{PrepareProvider: true},
		CodeAction:    codeActionOptions{CodeActionKinds: []string{"quickfix"}},
	}
	out.Capabilities.SemanticTokens.Full = true
	out.Capabilities.SemanticTokens.Legend.TokenTypes = tokenTypes
	out.Capabilities.SemanticTokens.Legend.TokenModifiers = tokenModifiers
	return out, nil
}
