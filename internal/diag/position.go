package diag

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// NewFile returns a source text under the name that messages will use.
func NewFile(name string, text []byte) *File { return &File{Name: name, Text: text} }

func (f *File) lineStarts() []int {
	f.once.Do(func() {
		f.lines = append(f.lines, 0)
		for i := 0; ; {
			n := bytes.IndexByte(f.Text[i:], '\n')
			if n < 0 {
				return
			}
			i += n + 1
			f.lines = append(f.lines, i)
		}
	})
	return f.lines
}

// lineOf returns the 0-based line that holds a byte offset inside the text.
func (f *File) lineOf(offset int) int {
	lines := f.lineStarts()
	return sort.SearchInts(lines, offset+1) - 1
}

// Pos returns the place of a byte offset; one outside the text is moved to its
// nearest end. A column counts runes, a tab and a broken byte as one each, and a
// byte order mark as none. Cost: logarithmic in the lines, linear in the column.
func (f *File) Pos(offset int) Pos {
	offset = min(max(offset, 0), len(f.Text))
	line := f.lineOf(offset)
	start := f.lineStarts()[line]
	if line == 0 && offset >= len(byteOrderMark) && bytes.HasPrefix(f.Text, byteOrderMark) {
		start = len(byteOrderMark)
	}
	return Pos{File: f.Name, Line: line + 1, Col: 1 + utf8.RuneCount(f.Text[start:offset])}
}

var byteOrderMark = []byte("\ufeff")

// Lines returns the number of lines; an empty text and one that ends in a
// newline count a last, empty line.
func (f *File) Lines() int { return len(f.lineStarts()) }

// Line returns the text of a 1-based line without its line end, nil when there
// is no such line.
func (f *File) Line(n int) []byte {
	lines := f.lineStarts()
	if n < 1 || n > len(lines) {
		return nil
	}
	end := len(f.Text)
	if n < len(lines) {
		end = lines[n] - 1
	}
	return bytes.TrimSuffix(f.Text[lines[n-1]:end], []byte("\r"))
}

// Offset returns the byte offset of a 1-based line and column in runes, moved to
// the nearest place that exists: the inverse of [File.Pos].
func (f *File) Offset(line, col int) int {
	lines := f.lineStarts()
	if line < 1 {
		return 0
	}
	if line > len(lines) {
		return len(f.Text)
	}
	at := lines[line-1]
	rest := f.Line(line)
	if line == 1 && bytes.HasPrefix(rest, byteOrderMark) {
		at += len(byteOrderMark)
		rest = rest[len(byteOrderMark):]
	}
	for ; col > 1 && len(rest) > 0; col-- {
		_, size := utf8.DecodeRune(rest)
		at += size
		rest = rest[size:]
	}
	return at
}

// IsValid reports whether s lies in a file.
func (s Span) IsValid() bool { return s.File != nil }

// Pos returns the place where s starts; the zero Pos when s lies in no file.
func (s Span) Pos() Pos {
	if s.File == nil {
		return Pos{}
	}
	return s.File.Pos(s.Start)
}

// EndPos returns the place just behind s.
func (s Span) EndPos() Pos {
	if s.File == nil {
		return Pos{}
	}
	return s.File.Pos(max(s.Start, s.End))
}

// Text returns the source text that s covers.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	start := min(max(s.Start, 0), len(s.File.Text))
	return string(s.File.Text[start:min(max(s.End, start), len(s.File.Text))])
}

// Line returns the line on which the span starts, without its end; of a line of more than
// a few hundred bytes only what is near.
func (s Span) Line() string {
	const near = 300
	if s.File == nil {
		return ""
	}
	text := s.File.Text
	at := min(max(s.Start, 0), len(text))
	before, after := text[max(0, at-near):at], text[at:min(len(text), at+near)]
	if n := bytes.LastIndexByte(before, '\n'); n >= 0 {
		before = before[n+1:]
	}
	if n := bytes.IndexByte(after, '\n'); n >= 0 {
		after = after[:n]
	}
	return string(before) + string(after)
}

// To returns the span from the start of s to the end of t.
func (s Span) To(t Span) Span { return Span{File: s.File, Start: s.Start, End: max(t.End, s.Start)} }
