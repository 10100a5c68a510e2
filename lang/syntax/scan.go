package syntax

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/netc-lang/netc/internal/diag"
)

// MaxSource is the size in bytes that a source file may have.
const MaxSource = 4 << 20

// Limits of a file's words, which bound memory as MaxSource bounds time: a token
// takes more bytes than most words.
const (
	maxTokens = 500_000
	maxName   = 255 // letters of a name
)

// scanner collects the tokens of one file.
type scanner struct {
	src      *diag.File
	out      []Token
	problems diag.List
	newlines int
	line     int // offset of the line
	hashes   int // comments that begin with `#`
	hashAt   int // index in problems of what is said about them
}

// Scan splits a source into tokens, comments among them. Texts that are no
// tokens are reported and left out. A file that is too large or not UTF-8 has no
// tokens.
func Scan(src *diag.File) ([]Token, diag.List) {
	toks, problems, _ := scan(src)
	return toks, problems
}

// scan is Scan that also tells whether the file as a whole is acceptable.
func scan(src *diag.File) (toks []Token, problems diag.List, ok bool) {
	s := scanner{src: src}
	text, ok := s.acceptable()
	if !ok {
		return nil, s.problems, false
	}
	at := len(src.Text) - len(text)
	for text != "" {
		what, n := nextWord(text)
		switch {
		case len(s.out) == maxTokens:
			s.report("E0691", at, at+n, diag.Diagnostic{
				Message: fmt.Sprintf("this file has more than %d words and marks", maxTokens),
				Hint:    "files with the same `package` in a directory form one module: split it",
			})
			return nil, s.problems, false
		case what == wordName && n > maxName:
			s.report("E0693", at, at+n, diag.Diagnostic{
				Message: fmt.Sprintf("a name has at most %d letters, and this has %d", maxName, n),
				Hint:    "choose a shorter one",
			})
			return nil, s.problems, false
		}
		s.token(what, text[:n], at)
		text, at = text[n:], at+n
	}
	return s.out, s.problems, true
}

// acceptable checks the file as a whole and drops a byte order mark.
func (s *scanner) acceptable() (string, bool) {
	text := s.src.Text
	if len(text) > MaxSource {
		s.report("E0691", 0, 0, diag.Diagnostic{
			Message: fmt.Sprintf("this file has %d bytes, and a source may have %d", len(text), MaxSource),
			Hint:    "files with the same `package` in a directory form one module: split it",
		})
		return "", false
	}
	if !utf8.Valid(text) {
		at := 0
		for {
			r, size := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			at += size
		}
		s.report("E0155", at, at+1, diag.Diagnostic{
			Message: fmt.Sprintf("byte %#02x is not UTF-8 text", text[at]),
			Hint:    "save the file as UTF-8",
		})
		return "", false
	}
	return strings.TrimPrefix(string(text), "\ufeff"), true
}

func (s *scanner) report(code string, start, end int, d diag.Diagnostic) {
	if len(s.problems) >= maxReported {
		return
	}
	d.Code = code
	d.Span = diag.Span{File: s.src, Start: start, End: end}
	s.problems.Add(d)
}

func (s *scanner) emit(kind Kind, text string, at int) {
	s.out = append(s.out, Token{Kind: kind, Text: text, Start: at, Newlines: s.newlines})
	s.newlines = 0
}

// token files one word of the lexicon.
func (s *scanner) token(what word, text string, at int) {
	switch what {
	case wordSpace:
	case wordNewline:
		s.newlines++
		s.line = at + 1
	case wordComment:
		s.emit(CommentToken, strings.TrimRight(text, " \t\r"), at)
	case wordName:
		s.name(text, at)
	case wordNumber:
		s.number(text, at)
	case wordString:
		s.checkEscapes(text, at)
		s.emit(StringToken, text, at)
	case wordUnterminated:
		s.unterminated(text, at)
	case wordMark:
		s.mark(text, at)
	case wordHash:
		s.hash(text, at)
	default:
		s.malformed(text, at)
	}
}

func (s *scanner) previous() Token {
	if len(s.out) == 0 {
		return Token{Kind: CommentToken, Start: -1}
	}
	return s.out[len(s.out)-1]
}

func (s *scanner) name(text string, at int) {
	before := s.previous()
	switch {
	case text == "_":
		s.emit(PunctToken, text, at)
	case text[0] == '_':
		s.report("E0106", at, at+1, diag.Diagnostic{
			Message: fmt.Sprintf("`%s` begins with `_`, and a name begins with a letter", text),
		})
		s.emit(IdentToken, text, at)
	case before.Text == "." && before.Kind == PunctToken:
		s.emit(IdentToken, text, at) // behind a dot no word is reserved
	case text == "and" || text == "or":
		s.emit(OperatorToken, text, at)
	case keywords[text]:
		s.emit(KeywordToken, text, at)
	default:
		s.emit(IdentToken, text, at)
	}
}

func (s *scanner) mark(text string, at int) {
	before := s.previous()
	if text == "." && before.Kind == NumberToken && before.End() == at {
		if n := len(s.problems); n > 0 && s.problems[n-1].Span.End == at {
			return // the number is reported already
		}
		number := s.out[len(s.out)-1].Text
		s.report("E0104", before.Start, at+1, diag.Diagnostic{
			Message: fmt.Sprintf("`%s.` ends in a point, and a number needs digits on both sides of it", number),
			Hint:    fmt.Sprintf("write `%s.0`", number),
			Edits:   []diag.Edit{{Span: diag.Span{File: s.src, Start: at + 1, End: at + 1}, Text: "0"}},
		})
		return
	}
	kind := PunctToken
	if operators[text] > 0 {
		kind = OperatorToken
	}
	s.emit(kind, text, at)
}

// malformed files a character that begins no token. Neighbours in a run are one
// mistake, and so is the same character on one line.
func (s *scanner) malformed(text string, at int) {
	r, _ := utf8.DecodeRuneInString(text)
	if n := len(s.problems); n > 0 && s.problems[n-1].Code == "E0106" {
		last := &s.problems[n-1].Span
		if last.End == at {
			last.End = at + len(text)
			return
		}
		if before, _ := utf8.DecodeRune(s.src.Text[last.Start:]); before == r && last.Start >= s.line {
			return // the other quote
		}
	}
	d := diag.Diagnostic{Message: fmt.Sprintf("the character %s has no meaning here", quoteRune(r))}
	switch {
	case r == '\'' || r == '“' || r == '”' || r == '‘' || r == '’' || r == '`':
		d.Hint = "strings stand between straight double quotes: `\"text\"`"
	case r == '&':
		d.Hint = "write `and`"
	case r == '!':
		d.Hint = "write `not`"
	case r == '^':
		d.Hint = "a power is written `**`"
	case r == '→':
		d.Hint = "write `->`"
	case r == '×' || r == '·':
		d.Hint = "write `*`"
	case r == '≤':
		d.Hint = "write `<=`"
	case r == '≥':
		d.Hint = "write `>=`"
	case r == '≠':
		d.Hint = "write `!=`"
	case unicode.IsLetter(r):
		d.Hint = "names are made of the letters a to z, A to Z, digits and `_`"
	case unicode.IsSpace(r):
		d.Hint = "replace it by an ordinary space"
	}
	s.report("E0106", at, at+len(text), d)
}

// maxHashes bounds the edits of one diagnostic.
const maxHashes = 1000

// hash files a comment of other languages. All of a file are one mistake.
func (s *scanner) hash(text string, at int) {
	if s.hashes == 0 {
		s.hashAt = len(s.problems)
		s.report("E0106", at, at+1, diag.Diagnostic{
			Message: "the character `#` has no meaning here",
			Label:   "did you mean `//`?",
			Hint:    "comments begin with `//`",
		})
	}
	if s.hashes++; s.hashes <= maxHashes && s.hashAt < len(s.problems) {
		d := &s.problems[s.hashAt]
		d.Edits = append(d.Edits, diag.Edit{Span: diag.Span{File: s.src, Start: at, End: at + 1}, Text: "//"})
	}
	s.emit(CommentToken, strings.TrimRight(text, " \t\r"), at)
}

func quoteRune(r rune) string {
	if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
		return "`" + string(r) + "`"
	}
	return fmt.Sprintf("%U", r)
}

// unterminated files a string without its closing quote. Closing marks at the
// end of the line most likely belong to the code, not to the string.
func (s *scanner) unterminated(text string, at int) {
	text = strings.TrimRight(text, " \t\r")
	body := strings.TrimRight(text, "()[]{},; \t")
	if len(body) < 2 {
		body = text[:1]
	}
	s.report("E0103", at, at+len(text), diag.Diagnostic{
		Message: "this string has no closing quote on its line",
		Hint:    "close it with `\"`; a quote inside a string is written `\\\"`",
	})
	s.emit(StringToken, body, at)
	for i := len(body); i < len(text); i++ {
		if c := text[i]; c != ' ' && c != '\t' {
			s.mark(string(c), at+i)
		}
	}
}

// checkEscapes reports an escape sequence that Go strings do not have.
func (s *scanner) checkEscapes(text string, at int) {
	if _, err := strconv.Unquote(text); err == nil {
		return
	}
	rest := text[1 : len(text)-1]
	for rest != "" {
		_, _, tail, err := strconv.UnquoteChar(rest, '"')
		if err != nil {
			break
		}
		rest = tail
	}
	start := at + len(text) - 1 - len(rest)
	end := start + 1
	if len(rest) > 1 {
		_, size := utf8.DecodeRuneInString(rest[1:])
		end += size
	}
	s.report("E0105", start, end, diag.Diagnostic{
		Message: fmt.Sprintf("`%s` is not an escape sequence of strings", s.src.Text[start:end]),
		Hint:    "a backslash is written `\\\\`; the others are Go's: `\\n`, `\\t`, `\\\"`, `\\u00e9`",
	})
}

func sortedNames(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for w := range set {
		list = append(list, w)
	}
	sort.Strings(list)
	return list
}
