package format

import (
	"bytes"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// Source returns the canonical form of a source file. With syntax errors it
// returns them and no text: a text that does not parse has no form.
func Source(src *diag.File) ([]byte, diag.List) {
	file, problems := syntax.Parse(src)
	if problems.HasErrors() {
		return nil, problems
	}
	toks, problems := syntax.Scan(src)
	if problems.HasErrors() {
		return nil, problems
	}
	out := newPrinter(file, tidy(toks)).print()
	if !sameWords(toks, out) {
		diag.Bugf("formatting %s would change its meaning", src.Name)
	}
	return out, nil
}

// tidy leaves out the marks that say nothing: `;` at the end of a line or in
// front of `}`, and `,` in front of a closing bracket on the same line.
func tidy(toks []syntax.Token) []syntax.Token {
	out := make([]syntax.Token, 0, len(toks))
	for i, t := range toks {
		last := i+1 == len(toks)
		var next syntax.Token
		if !last {
			next = toks[i+1]
		}
		if t.Kind == syntax.PunctToken {
			ends := last || next.Newlines > 0 || next.Kind == syntax.CommentToken
			if t.Text == ";" && (ends || next.Text == "}") {
				if !last {
					toks[i+1].Newlines += t.Newlines
				}
				continue
			}
			if t.Text == "," && !ends && (next.Text == ")" || next.Text == "]") && t.Newlines == 0 {
				continue
			}
		}
		out = append(out, toks[i])
	}
	return out
}

// sameWords reports whether text holds the words of toks: the last guard in
// front of the user's file.
func sameWords(toks []syntax.Token, text []byte) bool {
	again, problems := syntax.Scan(diag.NewFile("", text))
	return len(problems) == 0 && bytes.Equal(joinWords(toks), joinWords(again))
}

func joinWords(toks []syntax.Token) []byte {
	var b bytes.Buffer
	for _, t := range toks {
		if t.Text != ";" && t.Text != "," {
			b.WriteString(t.Text)
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
