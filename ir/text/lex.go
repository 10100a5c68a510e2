package text

import (
	"fmt"
	"strconv"
	"strings"
)

// scanner walks one line. Every take skips spaces first.
type scanner struct {
	line string
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.line) && s.line[s.at] == ' ' {
		s.at++
	}
}

func (s *scanner) done() bool { s.space(); return s.at >= len(s.line) }

// take consumes the literal text if it is next.
func (s *scanner) take(text string) bool {
	s.space()
	if strings.HasPrefix(s.line[s.at:], text) {
		s.at += len(text)
		return true
	}
	return false
}

func (s *scanner) want(text string) error {
	if !s.take(text) {
		return s.errorf("expected %q", text)
	}
	return nil
}

func (s *scanner) errorf(format string, args ...any) error {
	found := s.line[min(s.at, len(s.line)):]
	if len(found) > 20 {
		found = found[:20]
	}
	return fmt.Errorf("column %d: %s, found %q", s.at+1, fmt.Sprintf(format, args...), found)
}

// word takes a name: letters, digits, _ and dots.
func (s *scanner) word() (string, error) {
	s.space()
	start := s.at
	for s.at < len(s.line) && (wordByte(s.line[s.at]) || s.line[s.at] == '.' && s.at+1 < len(s.line) && wordByte(s.line[s.at+1])) {
		s.at++
	}
	if s.at == start {
		return "", s.errorf("expected a name")
	}
	return s.line[start:s.at], nil
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// keyword takes a whole word if it is next.
func (s *scanner) keyword(w string) bool {
	s.space()
	rest := s.line[s.at:]
	if strings.HasPrefix(rest, w) && (len(rest) == len(w) || !wordByte(rest[len(w)])) {
		s.at += len(w)
		return true
	}
	return false
}

// quoted takes a string literal.
func (s *scanner) quoted() (string, error) {
	s.space()
	q, err := strconv.QuotedPrefix(s.line[s.at:])
	if err != nil || q[0] != '"' {
		return "", s.errorf("expected a string")
	}
	s.at += len(q)
	return strconv.Unquote(q)
}

// until takes the text up to one of the stop bytes outside brackets.
func (s *scanner) until(stops string) string {
	s.space()
	start, depth := s.at, 0
	for ; s.at < len(s.line); s.at++ {
		c := s.line[s.at]
		switch {
		case depth == 0 && strings.IndexByte(stops, c) >= 0:
			return strings.TrimSpace(s.line[start:s.at])
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		}
	}
	return strings.TrimSpace(s.line[start:])
}

func (s *scanner) integer() (int64, error) {
	s.space()
	start := s.at
	if s.at < len(s.line) && s.line[s.at] == '-' {
		s.at++
	}
	for s.at < len(s.line) && s.line[s.at] >= '0' && s.line[s.at] <= '9' {
		s.at++
	}
	n, err := strconv.ParseInt(s.line[start:s.at], 10, 64)
	if err != nil {
		s.at = start
		return 0, s.errorf("expected a whole number")
	}
	return n, nil
}
