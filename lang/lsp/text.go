package lsp

import (
	"bytes"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/netc-lang/netc/internal/diag"
)

// encoding is how the client counts characters of a line.
type encoding uint8

const (
	utf16 encoding = iota
	utf8Bytes
)

// units returns the length of text in code units.
func (e encoding) units(text []byte) int {
	if e == utf8Bytes {
		return len(text)
	}
	n := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		n++
		if r > 0xffff {
			n++
		}
		text = text[size:]
	}
	return n
}

// bytes returns how many bytes of a line the first n code units are; a place
// inside a character is moved to its start, one behind the line to its end.
func (e encoding) bytes(line []byte, n int) int {
	at := 0
	for n > 0 && at < len(line) {
		r, size := utf8.DecodeRune(line[at:])
		unit := 1
		switch {
		case e == utf8Bytes:
			unit = size
		case r > 0xffff:
			unit = 2
		}
		if n < unit {
			break
		}
		n -= unit
		at += size
	}
	return at
}

// offset returns the byte offset of a position, moved to the nearest place that
// exists.
func (e encoding) offset(text []byte, p position) int {
	at := 0
	for line := 0; line < p.Line; line++ {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return len(text)
		}
		at += n + 1
	}
	line := text[at:]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	return at + e.bytes(line, max(p.Character, 0))
}

// position returns the place of a byte offset. Cost: linear in the offset's line.
func (e encoding) position(f *diag.File, offset int) position {
	offset = min(max(offset, 0), len(f.Text))
	line := f.Pos(offset).Line
	start := f.Offset(line, 1)
	if line == 1 {
		start = 0 // a byte order mark counts here
	}
	return position{line - 1, e.units(f.Text[min(start, offset):offset])}
}

func (e encoding) span(s diag.Span) span {
	if s.File == nil {
		return span{}
	}
	return span{e.position(s.File, s.Start), e.position(s.File, max(s.Start, s.End))}
}

// apply returns text after a change.
func (e encoding) apply(text []byte, c contentChange) []byte {
	if c.Range == nil {
		return []byte(c.Text)
	}
	start := e.offset(text, c.Range.Start)
	end := max(e.offset(text, c.Range.End), start)
	out := make([]byte, 0, len(text)-(end-start)+len(c.Text))
	out = append(out, text[:start]...)
	out = append(out, c.Text...)
	return append(out, text[end:]...)
}

// shift maps offsets between two texts of which one was edited into the other: by
// what they have in common at their begin and at their end.
type shift struct {
	prefix, suffix int
	from, to       int // lengths
}

func newShift(from, to []byte) shift {
	s := shift{from: len(from), to: len(to)}
	limit := min(len(from), len(to))
	for s.prefix < limit && from[s.prefix] == to[s.prefix] {
		s.prefix++
	}
	for s.suffix < limit-s.prefix && from[len(from)-1-s.suffix] == to[len(to)-1-s.suffix] {
		s.suffix++
	}
	return s
}

// offset moves an offset of the first text into the second; ok is false inside
// what was edited.
func (s shift) offset(at int) (int, bool) {
	switch {
	case at <= s.prefix:
		return at, true
	case at >= s.from-s.suffix:
		return at + s.to - s.from, true
	}
	return 0, false
}

// pathOf returns the file that a URI names; ok is false for what is no file, such
// as an unsaved buffer.
func pathOf(uri string) (path string, ok bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return "", false
	}
	p := u.Path
	if runtime.GOOS == "windows" {
		p = strings.TrimPrefix(p, "/")
	}
	return filepath.Clean(filepath.FromSlash(p)), true
}

// uriOf returns the URI of an absolute path.
func uriOf(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}
