package format

import (
	"strings"
	"unicode/utf8"

	"github.com/netc-lang/netc/lang/syntax"
)

const (
	indentStep   = 2 // of statements in braces
	continuation = 4 // of a statement's further lines
)

// bracket is an open ( [ or {.
type bracket struct {
	brace   bool
	column  int // of the bracket itself
	line    int // indentation of its line
	content int // column of what stands behind it on its line; -1 when nothing does
	pipe    int // column of the first `|>` directly inside; -1 without one
}

// statement is what decides the indentation of a statement's further lines.
type statement struct {
	indent int
	pipe   int  // column of its first `|>`; -1 without one
	body   bool // the `=` body of a net or block
}

// line is one printed line.
type line struct {
	indent  int
	text    string
	comment string // trailing
	blank   bool   // an empty line stands above
	alone   bool   // a comment and nothing else
}

type printer struct {
	toks  []syntax.Token
	roles []role
	open  []bracket
	stmts []statement // one for each open brace, and the file's
	lines []line

	// The line that is being printed.
	text   strings.Builder
	column int
	cur    line
}

func newPrinter(file *syntax.File, toks []syntax.Token) *printer {
	return &printer{toks: toks, roles: rolesOf(file, toks), stmts: []statement{{pipe: -1}}}
}

func (p *printer) print() []byte {
	for i, t := range p.toks {
		if i == 0 || t.Newlines > 0 {
			p.flush()
			p.begin(i)
		} else if spaced(p.toks[i-1], p.roles[i-1], t, p.roles[i]) && t.Kind != syntax.CommentToken {
			p.write(" ")
		}
		if t.Kind == syntax.CommentToken && !p.cur.alone {
			p.cur.comment = t.Text
			continue
		}
		p.follow(i)
	}
	p.flush()
	p.indentComments()
	alignComments(p.lines)
	return p.bytes()
}

func (p *printer) write(s string) {
	p.text.WriteString(s)
	p.column += utf8.RuneCountInString(s)
}

func (p *printer) flush() {
	if p.text.Len() > 0 {
		p.cur.text = p.text.String()
		p.lines = append(p.lines, p.cur)
	}
	p.text.Reset()
}

// begin starts a line with token i and decides its indentation. That of a
// comment follows from the line below and is set by indentComments.
func (p *printer) begin(i int) {
	t := p.toks[i]
	p.cur = line{alone: t.Kind == syntax.CommentToken}
	if i > 0 {
		p.cur.blank = t.Newlines > 1 && !opens(p.toks[i-1]) && !closes(t)
	}
	if !p.cur.alone {
		p.cur.indent = p.indentOf(i)
	} else {
		p.cur.indent = -1
		if n := len(p.open); n > 0 { // at least as deep as the content around it
			p.cur.indent = p.contentIndent(p.open[n-1])
		}
	}
	p.column = max(p.cur.indent, 0)
}

func opens(t syntax.Token) bool {
	return t.Kind == syntax.PunctToken && (t.Text == "(" || t.Text == "[" || t.Text == "{")
}

func closes(t syntax.Token) bool {
	return t.Kind == syntax.PunctToken && (t.Text == ")" || t.Text == "]" || t.Text == "}")
}

// contentIndent returns the indentation of lines inside a bracket.
func (p *printer) contentIndent(b bracket) int {
	switch {
	case b.brace:
		return p.braces() * indentStep
	case b.content >= 0:
		return b.content
	}
	return b.line + indentStep
}

func (p *printer) braces() int { return len(p.stmts) - 1 }

// indentOf returns the indentation of a line that begins with token i.
func (p *printer) indentOf(i int) int {
	t := p.toks[i]
	if n := len(p.open); n > 0 && !p.open[n-1].brace {
		return p.indentInside(t, p.open[n-1])
	}
	s := &p.stmts[len(p.stmts)-1]
	switch {
	case closes(t): // braces: the last of the line's first ones decides
		n := 1
		for i++; i < len(p.toks) && p.toks[i].Text == "}" && p.toks[i].Newlines == 0; i++ {
			n++
		}
		return max(p.braces()-n, 0) * indentStep
	case p.roles[i]&roleBegins != 0:
		return p.braces() * indentStep
	case t.Text == "|>" && s.body:
		return s.indent + continuation
	case t.Text == "|>" && s.pipe >= 0:
		return s.pipe
	case t.Text == "else" && p.behindBrace(i):
		return s.indent
	case t.Kind == syntax.PunctToken && (t.Text == ":" || t.Text == "->" || t.Text == "="), t.Text == "where":
		return s.indent + indentStep
	}
	return s.indent + continuation
}

// behindBrace reports whether the token before i, comments aside, is `}`.
func (p *printer) behindBrace(i int) bool {
	for i--; i >= 0 && p.toks[i].Kind == syntax.CommentToken; i-- {
	}
	return i >= 0 && p.toks[i].Text == "}"
}

func (p *printer) indentInside(t syntax.Token, b bracket) int {
	switch {
	case closes(t) && b.content >= 0:
		return b.column
	case closes(t):
		return b.line
	case t.Text == "|>" && b.pipe >= 0:
		return b.pipe
	}
	return p.contentIndent(b)
}

// follow prints token i and keeps account of brackets and statements.
func (p *printer) follow(i int) {
	t, r := p.toks[i], p.roles[i]
	if r&roleBegins != 0 {
		p.stmts[len(p.stmts)-1] = statement{indent: p.cur.indent, pipe: -1}
	}
	s := &p.stmts[len(p.stmts)-1]
	if r&roleBody != 0 {
		s.body = true
	}
	if t.Text == "|>" {
		if n := len(p.open); n > 0 && !p.open[n-1].brace {
			if p.open[n-1].pipe < 0 {
				p.open[n-1].pipe = p.column
			}
		} else if s.pipe < 0 {
			s.pipe = p.column
		}
	}
	if closes(t) && len(p.open) > 0 {
		last := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		if last.brace {
			p.stmts = p.stmts[:len(p.stmts)-1]
		}
	}
	if opens(t) {
		b := bracket{brace: t.Text == "{", column: p.column, line: p.cur.indent, content: -1, pipe: -1}
		if i+1 < len(p.toks) && p.toks[i+1].Newlines == 0 && p.toks[i+1].Kind != syntax.CommentToken {
			b.content = p.column + 1
		}
		p.open = append(p.open, b)
		if b.brace {
			p.stmts = append(p.stmts, statement{indent: p.braces()*indentStep + indentStep, pipe: -1})
		}
	}
	p.write(t.Text)
}

// indentComments gives lines of comments the indentation of the next line of
// code, but not less than that of the content around them.
func (p *printer) indentComments() {
	below := 0
	for i := len(p.lines) - 1; i >= 0; i-- {
		l := &p.lines[i]
		if l.alone {
			l.indent = max(l.indent, below, 0)
			continue
		}
		below = l.indent
		if strings.IndexByte(")]}", l.text[0]) >= 0 {
			below = 0 // the comment stands inside, not with the bracket
		}
	}
}

// alignComments pads neighbouring lines so that their trailing comments stand in
// one column.
func alignComments(lines []line) {
	for i := 0; i < len(lines); {
		if lines[i].comment == "" {
			i++
			continue
		}
		from, width := i, 0
		for ; i < len(lines) && lines[i].comment != "" && (i == from || !lines[i].blank); i++ {
			width = max(width, lines[i].width())
		}
		for k := from; k < i; k++ {
			l := &lines[k]
			l.text += strings.Repeat(" ", width-l.width()+1) + l.comment
		}
	}
}

func (l *line) width() int { return l.indent + utf8.RuneCountInString(l.text) }

func (p *printer) bytes() []byte {
	var b strings.Builder
	for _, l := range p.lines {
		if l.blank {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Repeat(" ", l.indent))
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}
