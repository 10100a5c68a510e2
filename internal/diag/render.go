package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RenderOptions say how diagnostics are written for people.
type RenderOptions struct {
	Color bool // ANSI colours; the caller knows whether it writes to a terminal
}

// String returns "error", "warning" or "advice".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "advice"
}

// ANSI styles of a rendered diagnostic.
const (
	styleBold   = "\x1b[1m"
	styleRed    = "\x1b[1;31m"
	styleYellow = "\x1b[1;33m"
	styleBlue   = "\x1b[1;34m"
	styleCyan   = "\x1b[1;36m"
	styleReset  = "\x1b[0m"
)

// Render writes the list in its order, each diagnostic as
//
//	lenet.net:10:19: error[E0101]: nothing here is called `dnese`
//	 10 |     |> flatten |> dnese(120)
//	    |                   ^^^^^ did you mean `dense`?
//	    = hint: `netc doc layers` lists what is in scope
//
// A span over several lines is marked on its first. Notes stand between the
// caret and the hint as `= note: message at FILE:LINE`.
func Render(w io.Writer, list List, opts RenderOptions) error {
	out := bufio.NewWriter(w)
	r := renderer{out: out, color: opts.Color}
	for i := range list {
		r.diagnostic(&list[i])
	}
	return out.Flush()
}

// String returns the list as [Render] writes it, without colour.
func (l List) String() string {
	var b strings.Builder
	_ = Render(&b, l, RenderOptions{}) // a strings.Builder never fails
	return b.String()
}

type renderer struct {
	out   *bufio.Writer
	color bool
}

func (r *renderer) styled(style, text string) {
	if r.color && text != "" {
		text = style + text + styleReset
	}
	r.out.WriteString(text)
}

func (r *renderer) diagnostic(d *Diagnostic) {
	style := map[Severity]string{Error: styleRed, Warning: styleYellow}[d.Severity]
	if style == "" {
		style = styleCyan
	}
	place := "netc"
	if d.Span.IsValid() {
		place = d.Span.Pos().String()
	}
	r.styled(styleBold, printable(place)+":")
	r.out.WriteByte(' ')
	head := d.Severity.String()
	if d.Code != "" {
		head += "[" + d.Code + "]"
	}
	r.styled(style, head+":")
	r.out.WriteByte(' ')
	r.styled(styleBold, printable(d.Message))
	r.out.WriteByte('\n')

	gutter := 3
	if d.Span.IsValid() {
		gutter = r.excerpt(d, style)
	}
	indent := strings.Repeat(" ", gutter+1)
	for _, n := range d.Notes {
		text := n.Message
		if n.Span.IsValid() {
			p := n.Span.Pos()
			text = fmt.Sprintf("%s at %s:%d", text, p.File, p.Line)
		}
		r.remark(indent, "note", text)
	}
	if d.Hint != "" {
		r.remark(indent, "hint", d.Hint)
	}
}

func (r *renderer) remark(indent, word, text string) {
	r.out.WriteString(indent)
	r.styled(styleBlue, "= "+word+":")
	r.out.WriteString(" " + printable(text) + "\n")
}

// excerpt writes the source line and the caret line; it returns the width of the
// gutter, which holds the line number.
func (r *renderer) excerpt(d *Diagnostic, style string) int {
	file := d.Span.File
	start, end := d.Span.Pos(), d.Span.EndPos()
	line := file.Line(start.Line)
	if start.Line == 1 {
		line = line[min(len(line), file.Offset(1, 1)):]
	}
	number := fmt.Sprint(start.Line)
	gutter := max(3, len(number)+1)

	text, begin := window(string(line), start.Col-1)
	r.styled(styleBlue, fmt.Sprintf("%*s |", gutter, number))
	if shown := printable(text); shown != "" {
		r.out.WriteString(" " + shown)
	}
	r.out.WriteByte('\n')

	var width int
	before, rest := cutRunes(text, begin)
	if end.Line == start.Line {
		marked, _ := cutRunes(rest, end.Col-start.Col)
		width = max(1, displayWidth(marked))
	} else {
		width = max(1, displayWidth(strings.TrimRight(rest, " \t")))
	}
	r.styled(styleBlue, strings.Repeat(" ", gutter)+" |")
	r.out.WriteString(" " + blank(before))
	r.styled(style, strings.Repeat("^", width))
	if d.Label != "" {
		r.out.WriteByte(' ')
		r.styled(style, printable(d.Label))
	}
	r.out.WriteByte('\n')
	return gutter
}

// maxExcerpt is the length in runes up to which a source line is shown whole, and
// leadExcerpt what is shown of a longer one in front of the caret.
const (
	maxExcerpt  = 200
	leadExcerpt = 60
)

// window returns the part of a line that is shown when the caret stands behind col
// runes of it, and how many of the part are in front of the caret.
func window(line string, col int) (text string, before int) {
	if len(line) <= maxExcerpt || utf8.RuneCountInString(line) <= maxExcerpt {
		return line, col
	}
	if skip := col - leadExcerpt; skip > 0 {
		_, line = cutRunes(line, skip)
		text, col = "…", leadExcerpt+1
	}
	shown, rest := cutRunes(line, maxExcerpt)
	text += shown
	if rest != "" {
		text += "…"
	}
	return text, col
}

// cutRunes splits s behind its first n runes.
func cutRunes(s string, n int) (string, string) {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return s[:at], s[at:]
}

// blank returns white space as wide as s. A tab stays a tab, so the caret meets
// its column whatever the terminal's tab stops are.
func blank(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c == '\t' {
			b.WriteByte('\t')
			continue
		}
		b.WriteString(strings.Repeat(" ", runeWidth(c)))
	}
	return b.String()
}

func displayWidth(s string) int {
	n := 0
	for _, c := range s {
		n += runeWidth(c)
	}
	return n
}

// runeWidth returns the columns a terminal gives to c: East Asian wide and emoji
// blocks take two, combining marks none.
func runeWidth(c rune) int {
	switch {
	case unicode.In(c, unicode.Mn, unicode.Me), c == '\u200b', c == '\u200d':
		return 0
	case c >= 0x1100 && c <= 0x115f, c >= 0x2e80 && c <= 0xa4cf, c >= 0xac00 && c <= 0xd7a3,
		c >= 0xf900 && c <= 0xfaff, c >= 0xfe30 && c <= 0xfe6f, c >= 0xff00 && c <= 0xff60,
		c >= 0xffe0 && c <= 0xffe6, c >= 0x1f300 && c <= 0x1faff, c >= 0x20000 && c <= 0x3fffd:
		return 2
	}
	return 1
}

// printable replaces what a terminal would obey rather than show: source text is
// not trusted.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\t' && (unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control)) {
			return utf8.RuneError
		}
		return c
	}, s)
}
