package syntax

import "github.com/netc-lang/netc/internal/diag"

// Kind classifies a token.
type Kind uint8

// The kinds of token. OperatorToken holds the infix operators, `and` and `or`
// included; `-` is one also where it negates. Punct is every other mark.
const (
	IdentToken Kind = iota
	KeywordToken
	NumberToken
	StringToken // with its quotes
	OperatorToken
	PunctToken
	CommentToken
)

// Token is one word of the source. Its text is the source text, so that End is
// Start plus its length.
type Token struct {
	Kind     Kind
	Text     string
	Start    int // byte offset
	Newlines int // line ends between the token before and this one
}

// End returns the byte offset just behind t.
func (t Token) End() int { return t.Start + len(t.Text) }

// keywords are reserved everywhere but behind a dot.
var keywords = words("package", "import", "const", "net", "block", "layer", "param", "buffer",
	"frozen", "return", "for", "in", "if", "then", "else", "and", "or", "not", "true", "false",
	"as", "where", "assert")

// declarationWords begin a declaration at file level; all but the first five are
// ordinary names elsewhere.
var declarationWords = words("package", "import", "const", "net", "block", "classes", "data",
	"train", "predict", "weights", "quantize", "explain", "sampler", "test")

// operators are the infix operators with their precedence; see fold.go.
var operators = map[string]int{
	"or": 1, "and": 2,
	"==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
	"..": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 7,
}

// continuations begin a line that belongs to the one before.
var continuations = words("|>", "->", ":", "=", "where", "else")

// Keywords returns the reserved words, sorted.
func Keywords() []string { return sortedNames(keywords) }

// IsKeyword reports whether name is reserved.
func IsKeyword(name string) bool { return keywords[name] }

// endsStatement reports whether a newline behind t ends the statement.
func (t Token) endsStatement() bool {
	switch t.Kind {
	case IdentToken, NumberToken, StringToken:
		return true
	case KeywordToken: // `layer` and `block` are types too
		return t.Text == "true" || t.Text == "false" || t.Text == "layer" || t.Text == "block"
	case PunctToken:
		return t.Text == ")" || t.Text == "]" || t.Text == "}" || t.Text == "_"
	}
	return false
}

// endsOperand reports whether t can be the last token of a value.
func (t Token) endsOperand() bool {
	return t.endsStatement() && t.Text != "}" && t.Text != "layer" && t.Text != "block"
}

// beginsOperand reports whether t can be the first token of a value.
func (t Token) beginsOperand() bool {
	switch t.Kind {
	case IdentToken, NumberToken, StringToken:
		return true
	case KeywordToken:
		return t.Text == "true" || t.Text == "false" || t.Text == "not" || t.Text == "if"
	}
	return t.Text == "(" || t.Text == "[" || t.Text == "_" || t.Text == "-"
}

func (t Token) span(f *diag.File) diag.Span {
	return diag.Span{File: f, Start: t.Start, End: min(t.End(), len(f.Text))}
}

func words(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}
