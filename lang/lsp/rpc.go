package lsp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Limits of a message: a source file has at most 4 MB, which escapes to at most
// six times that.
const (
	maxMessage = 32 << 20
	maxHeader  = 4 << 10
)

// Codes of JSON-RPC 2.0 and of the protocol.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeUnknownMethod  = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeNotInitialized = -32002
	codeCancelled      = -32800
	codeFailed         = -32803
)

// request is a call or, without an ID, a notification. Answers to the server's own
// calls have neither method.
type request struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`

	fault *rpcError // the message could not be read
}

type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type failure struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *rpcError       `json:"error"`
}

type notification struct {
	Version string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// rpcError is an answer that says why there is none.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return e.Message }

func refuse(code int, format string, args ...any) *rpcError {
	return &rpcError{code, fmt.Sprintf(format, args...)}
}

// conn frames messages over two streams. Reading belongs to one goroutine; writing
// is safe for several.
type conn struct {
	in  *bufio.Reader
	mu  sync.Mutex
	out io.Writer
}

func newConn(in io.Reader, out io.Writer) *conn {
	return &conn{in: bufio.NewReaderSize(in, 64<<10), out: out}
}

// read returns the next message. A body that is no JSON is a request with a fault.
func (c *conn) read() (*request, error) {
	body, err := c.readBody()
	if err != nil {
		return nil, err
	}
	r := &request{}
	if err := json.Unmarshal(body, r); err != nil {
		return &request{fault: refuse(codeParse, "the message is no JSON-RPC: %v", err)}, nil
	}
	return r, nil
}

// readBody returns the next frame. One that is broken is an error, as nothing tells
// where the next one begins.
func (c *conn) readBody() ([]byte, error) {
	length := -1
	for header := 0; ; {
		line, err := c.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || header+len(line) > maxHeader {
			return nil, errors.New("the header of a message has no end")
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		header += len(line)
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				return nil, fmt.Errorf("the length %q of a message is no number", strings.TrimSpace(value))
			}
		}
	}
	if length < 0 {
		return nil, errors.New("a message has no Content-Length")
	}
	if length > maxMessage {
		return nil, fmt.Errorf("a message has %d bytes, and the limit is %d", length, maxMessage)
	}
	body, err := io.ReadAll(io.LimitReader(c.in, int64(length)))
	if err != nil {
		return nil, err
	}
	if len(body) < length {
		return nil, io.ErrUnexpectedEOF
	}
	return body, nil
}

func (c *conn) write(message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Fprintf(c.out, "Content-Length: %d\r\n\r\n", len(body)); err != nil {
		return err
	}
	_, err = c.out.Write(body)
	return err
}

// reply answers r with a result or an error; a notification has no answer.
func (c *conn) reply(r *request, result any, fault *rpcError) error {
	if fault != nil {
		id := r.ID
		if id == nil {
			if r.fault == nil {
				return nil
			}
			id = json.RawMessage("null")
		}
		return c.write(failure{"2.0", id, fault})
	}
	if r.ID == nil {
		return nil
	}
	return c.write(response{"2.0", r.ID, result})
}

func (c *conn) notify(method string, params any) error {
	return c.write(notification{"2.0", method, params})
}
