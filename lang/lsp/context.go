package lsp

import (
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// context is what surrounds a cursor, read from the tokens: a text that is being
// typed seldom parses.
type context struct {
	toks   []syntax.Token // in front of the cursor, without comments
	start  int            // of the word under the cursor
	quoted bool           // inside a string
	silent bool           // inside a comment or a number

	decl    int    // first token of the declaration; -1 outside of all
	section string // its word: net, data, train, ...; phase inside one
	begins  bool   // a statement begins here

	callee   []string // of the innermost call: conv, or resnet and ConvBN
	callArg  string   // `stride` behind `stride=`
	argHead  bool     // an argument begins here
	argIndex int      // values by position in front of the argument
	argName  string   // of an argument that is given by name
	square   bool     // inside [ ]
	setting  string   // `optimizer` behind `optimizer =`
}

// contextAt reads the tokens of src up to an offset.
func contextAt(src *diag.File, offset int) *context {
	c := &context{start: offset, decl: -1}
	all, _ := syntax.Scan(src)
	for _, t := range all {
		if t.Start >= offset {
			break
		}
		end := t.End()
		switch {
		case t.Kind == syntax.CommentToken && offset <= lineOf(src.Text, t.Start):
			c.silent = true
			return c
		case t.Kind == syntax.CommentToken:
			continue
		case t.Kind == syntax.StringToken && offset < end:
			c.quoted, c.start = true, t.Start+1
			return c.finish(src)
		case t.Kind == syntax.NumberToken && offset <= end:
			c.silent, c.start = true, t.Start
			return c.finish(src)
		case (t.Kind == syntax.IdentToken || t.Kind == syntax.KeywordToken) && offset <= end:
			c.start = t.Start
			return c.finish(src)
		}
		c.toks = append(c.toks, t)
	}
	if open := unclosed(src.Text, offset); open >= 0 && open >= c.end() {
		c.quoted, c.start = true, open+1
	}
	return c.finish(src)
}

// lineOf returns the end of the line of an offset.
func lineOf(text []byte, at int) int {
	_, end := lineEnd(text, at)
	return end
}

// unclosed finds the quote on the cursor's line that opens a string without end.
func unclosed(text []byte, offset int) int {
	start, _ := lineEnd(text, offset)
	open := -1
	for i := start; i < offset; i++ {
		if text[i] == '"' && (i == start || text[i-1] != '\\') {
			if open < 0 {
				open = i
			} else {
				open = -1
			}
		}
	}
	return open
}

func (c *context) end() int {
	if len(c.toks) == 0 {
		return 0
	}
	return c.toks[len(c.toks)-1].End()
}

// back returns the n-th token before the cursor, from 1.
func (c *context) back(n int) string {
	if n > len(c.toks) {
		return ""
	}
	return c.toks[len(c.toks)-n].Text
}

var declarations = map[string]bool{
	"const": true, "net": true, "block": true, "classes": true, "data": true, "train": true, "predict": true,
	"weights": true, "quantize": true, "explain": true, "sampler": true, "test": true,
}

type bracket struct {
	text string
	at   int // index of its token
}

// finish reads the brackets and the statement around the cursor.
func (c *context) finish(src *diag.File) *context {
	var open []bracket
	for i, t := range c.toks {
		switch t.Text {
		case "(", "[", "{":
			if t.Kind == syntax.PunctToken {
				open = append(open, bracket{t.Text, i})
			}
		case ")", "]", "}":
			if t.Kind == syntax.PunctToken && len(open) > 0 {
				open = open[:len(open)-1]
			}
		default:
			// A declaration at the begin of a line ends whatever was left open.
			if declarations[t.Text] && (i == 0 || t.Newlines > 0) && lineStart(src.Text, t.Start) && (len(open) == 0 || startsDeclaration(c.toks, i)) {
				c.decl, c.section, open = i, t.Text, open[:0]
			}
		}
	}
	prev := c.back(1)
	fresh := strings.ContainsRune(string(src.Text[c.end():c.start]), '\n') && prev != "|>" && prev != "=" && prev != ","
	c.begins = len(c.toks) == 0 || prev == "{" || prev == ";" || fresh && (len(open) == 0 || open[len(open)-1].text == "{")
	if len(open) == 0 && fresh && lineStart(src.Text, c.start) {
		c.decl, c.section = -1, "" // between declarations
	}
	if c.begins && len(open) == 0 && c.decl >= 0 && prev == "}" {
		c.decl, c.section = -1, ""
	}
	for i := len(open) - 1; i >= 0; i-- {
		b := open[i]
		if b.text == "{" && b.at >= 2 && c.toks[b.at-2].Text == "phase" {
			c.section = "phase"
		}
	}
	if len(open) > 0 {
		c.inside(open[len(open)-1])
	}
	if c.callArg == "" && c.section != "" {
		c.setting = c.leftSide(open)
	}
	return c
}

// startsDeclaration reports whether token i reads as the begin of a declaration,
// for texts whose brackets do not close.
func startsDeclaration(toks []syntax.Token, i int) bool {
	if i+1 >= len(toks) {
		return false
	}
	n := toks[i+1]
	return n.Newlines == 0 && (n.Kind == syntax.StringToken || n.Kind == syntax.IdentToken && n.Text[0] >= 'A' && n.Text[0] <= 'Z')
}

func lineStart(text []byte, at int) bool { return at == 0 || text[at-1] == '\n' }

// inside reads the innermost open bracket: the call it belongs to, and which
// argument the cursor is in.
func (c *context) inside(b bracket) {
	switch b.text {
	case "[":
		c.square = true
		return
	case "{":
		return
	}
	if b.at > 0 && c.toks[b.at-1].Kind == syntax.IdentToken && (b.at < 2 || !declarations[c.toks[b.at-2].Text]) {
		c.callee = []string{c.toks[b.at-1].Text}
		if b.at > 2 && c.toks[b.at-2].Text == "." {
			c.callee = []string{c.toks[b.at-3].Text, c.toks[b.at-1].Text}
		}
	}
	if len(c.callee) > 0 {
		c.countArguments(b.at + 1)
	}
	c.argHead = len(c.callee) > 0 && (c.back(1) == "(" || c.back(1) == ",")
	if len(c.callee) > 0 && c.back(1) == "=" {
		c.callArg = c.back(2)
	}
}

// countArguments reads the arguments from token i, the first behind the bracket.
func (c *context) countArguments(i int) {
	depth, begin := 0, i
	named := func(at int) bool { return at+1 < len(c.toks) && c.toks[at+1].Text == "=" }
	for ; i < len(c.toks); i++ {
		if c.toks[i].Kind != syntax.PunctToken {
			continue
		}
		switch c.toks[i].Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				if !named(begin) {
					c.argIndex++
				}
				begin = i + 1
			}
		}
	}
	if named(begin) {
		c.argName = c.toks[begin].Text
	}
}

// leftSide returns the name that the statement of the cursor sets.
func (c *context) leftSide(open []bracket) string {
	from := 0
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].text == "{" {
			from = open[i].at + 1
			break
		}
	}
	for i := len(c.toks) - 1; i > max(from, c.decl); i-- {
		t := c.toks[i]
		if t.Text == ";" {
			return ""
		}
		if t.Text == "=" && c.toks[i-1].Kind == syntax.IdentToken && c.depth(i) == len(open) {
			return c.toks[i-1].Text
		}
		if t.Newlines > 0 && c.depth(i) == len(open) && t.Text != "|>" && c.toks[i-1].Text != "=" && i+1 < len(c.toks) && c.toks[i+1].Text != "=" && c.toks[i+1].Text != "," {
			return ""
		}
	}
	return ""
}

// depth counts the brackets that are open in front of token i.
func (c *context) depth(i int) int {
	n := 0
	for _, t := range c.toks[max(c.decl, 0):i] {
		if t.Kind != syntax.PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			n++
		case ")", "]", "}":
			n--
		}
	}
	return n
}

// line returns the first word of the statement the cursor is in: prep, metric ...
func (c *context) flowWord() string {
	for i := len(c.toks) - 1; i > 0; i-- {
		switch t := c.toks[i]; t.Text {
		case "{", ";", "}":
			return ""
		case "prep", "augment", "eval", "metric", "freeze":
			if p := c.toks[i-1].Text; t.Newlines > 0 || p == "{" || p == ";" {
				return t.Text
			}
		}
	}
	return ""
}

// locals lists the names that the declaration of the cursor binds in front of it.
func (c *context) locals() []string {
	if c.decl < 0 {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	add := func(t syntax.Token) {
		if t.Kind == syntax.IdentToken && !seen[t.Text] {
			seen[t.Text] = true
			out = append(out, t.Text)
		}
	}
	toks := c.toks[c.decl:]
	round := 0
	for i, t := range toks {
		next := ""
		if i+1 < len(toks) {
			next = toks[i+1].Text
		}
		switch t.Text {
		case "(":
			round++
		case ")":
			round--
		case "as":
			if i+1 < len(toks) {
				add(toks[i+1])
			}
		case "param", "buffer", "layer":
			if i+1 < len(toks) {
				add(toks[i+1])
			}
		case "for":
			for j := i + 1; j < len(toks) && toks[j].Text != "in" && j < i+16; j++ {
				add(toks[j])
			}
		case "=":
			for j := i - 1; round == 0 && j >= 0; j -= 2 {
				add(toks[j])
				if j == 0 || toks[j-1].Text != "," {
					break
				}
			}
		}
		if next == ":" && round > 0 {
			add(t)
		}
		// sizes of input types: f32[N, C, H, W]
		if round > 0 && t.Kind == syntax.IdentToken && len(t.Text) == 1 && t.Text[0] >= 'A' && t.Text[0] <= 'Z' && (next == "," || next == "]") {
			add(t)
		}
	}
	return out
}
