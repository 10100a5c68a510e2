package syntax

import (
	"strings"
	"unicode/utf8"
)

// word is a class of the raw lexicon. Every text splits into words: what is
// wrong is a word too, and the scanner says what is wrong with it.
type word uint8

const (
	wordSpace        word = iota // [ \t\r]+
	wordNewline                  // \n
	wordComment                  // //[^\n]*
	wordName                     // [A-Za-z_][A-Za-z0-9_]*
	wordNumber                   // digits with points, exponent and what letters follow
	wordString                   // "(\\[^\n]|[^"\\\n])*"
	wordUnterminated             // "[^\n]*, when it is no string
	wordMark                     // one of marks, the longest that fits
	wordHash                     // #[^\n]*
	wordMalformed                // any other rune
)

// marks are operators and punctuation; a mark stands before its own beginnings.
var marks = [...]string{
	"...", "..", ".", "**", "*", "|>", "|", "->", "-", "==", "=", "!=", "<=", "<", ">=", ">",
	"+", "/", "%", ":", ",", ";", "(", ")", "{", "}", "[", "]",
}

// marksBy lists the marks by their first byte.
var marksBy = func() (table [256][]string) {
	for _, m := range marks {
		table[m[0]] = append(table[m[0]], m)
	}
	return table
}()

// nextWord returns the class and length of the word that text begins with. Text
// is not empty and valid UTF-8.
func nextWord(text string) (word, int) {
	switch c := text[0]; {
	case c == ' ' || c == '\t' || c == '\r':
		return wordSpace, span(text, 1, func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' })
	case c == '\n':
		return wordNewline, 1
	case isLetter(c):
		return wordName, span(text, 1, isLetterOrDigit)
	case isDigit(c):
		return wordNumber, numberLength(text)
	case c == '"':
		return stringLength(text)
	case strings.HasPrefix(text, "//"):
		return wordComment, lineLength(text)
	case c == '#':
		return wordHash, lineLength(text)
	}
	for _, m := range marksBy[text[0]] {
		if strings.HasPrefix(text, m) {
			return wordMark, len(m)
		}
	}
	_, size := utf8.DecodeRuneInString(text)
	return wordMalformed, size
}

func isDigit(c byte) bool         { return c >= '0' && c <= '9' }
func isLetter(c byte) bool        { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isLetterOrDigit(c byte) bool { return isLetter(c) || isDigit(c) }

// span returns the end of the run of bytes of a class that begins at i.
func span(text string, i int, class func(byte) bool) int {
	for i < len(text) && class(text[i]) {
		i++
	}
	return i
}

func lineLength(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// numberLength takes what a writer may have meant as one number, so that `0x1F`
// and `1.2.3` are one mistake. A point belongs to it only before a digit: `0..9`
// is a range.
func numberLength(text string) int {
	i := 0
	for {
		i = span(text, i, func(c byte) bool { return isDigit(c) || c == '_' })
		if i+1 >= len(text) || text[i] != '.' || !isDigit(text[i+1]) {
			break
		}
		i++
	}
	if i+2 < len(text) && (text[i] == 'e' || text[i] == 'E') && (text[i+1] == '-' || text[i+1] == '+') && isDigit(text[i+2]) {
		i += 2
	}
	return span(text, i, isLetterOrDigit)
}

// stringLength finds the closing quote on the same line.
func stringLength(text string) (word, int) {
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case '"':
			return wordString, i + 1
		case '\\':
			if i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		}
	}
	return wordUnterminated, lineLength(text)
}
