package check

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// change replaces one word of a program: words[at] becomes text.
type change struct {
	at   int
	text string
}

// slip is one mistake of a writer: the words it changes, which stand on one line or
// on two neighbours.
type slip []change

// slipMaker makes slips in one program.
type slipMaker struct {
	rng   *rand.Rand
	words []string
	line  []int    // of each word
	names []string // of the program
}

func newSlipMaker(rng *rand.Rand, text string) *slipMaker {
	m := &slipMaker{rng: rng, words: tokens.FindAllString(text, -1)}
	n := 0
	for _, w := range m.words {
		m.line = append(m.line, n)
		n += strings.Count(w, "\n")
		if isName(w) && !keywordsLike[w] && !slices.Contains(m.names, w) {
			m.names = append(m.names, w)
		}
	}
	return m
}

var (
	nameLike     = regexp.MustCompile(`^[A-Za-z]\w*$`)
	keywordsLike = map[string]bool{}
	keywordList  = []string{
		"package", "import", "const", "net", "block", "layer", "param", "buffer", "frozen", "return", "for", "in", "if",
		"then", "else", "and", "or", "not", "true", "false", "as", "where", "assert",
		"classes", "data", "train", "predict", "weights", "test", "on", "sample", "prep", "augment", "phase", "metric",
	}
	markList = []string{"(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "|>", "->", "..", ".", "+", "-", "*", "/", "**", "%", ";", "|", "<", ">="}
)

func init() {
	for _, w := range keywordList {
		keywordsLike[w] = true
	}
}

func isName(w string) bool   { return nameLike.MatchString(w) }
func isNumber(w string) bool { return w[0] >= '0' && w[0] <= '9' }
func isBracket(w string) bool {
	return len(w) == 1 && strings.Contains("()[]{}", w)
}

func isBlank(w string) bool { return strings.TrimSpace(w) == "" || strings.HasPrefix(w, "//") }

// slips chooses n slips on different lines.
func (m *slipMaker) slips(n int) []slip {
	taken := map[int]bool{0: true}
	var out []slip
next:
	for tries := 0; len(out) < n && tries < 200; tries++ {
		at := m.rng.IntN(len(m.words))
		if isBlank(m.words[at]) {
			continue
		}
		s := m.slip(at)
		if len(s) == 0 {
			continue
		}
		for _, c := range s {
			if taken[m.line[c.at]] {
				continue next
			}
		}
		for _, c := range s {
			taken[m.line[c.at]] = true
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b slip) int { return a[0].at - b[0].at })
	return out
}

// slip is one of the things that people do at a word; it may be none.
func (m *slipMaker) slip(at int) slip {
	w := m.words[at]
	one := func(text string) slip {
		if text == w {
			return nil
		}
		return slip{{at, text}}
	}
	pick := func(list ...string) slip { return one(list[m.rng.IntN(len(list))]) }
	switch m.rng.IntN(14) {
	case 0: // forgotten
		return one("")
	case 1: // written twice
		return pick(w+w, w+" "+w)
	case 2: // exchanged with the next
		return m.exchange(at)
	case 3: // one word too many
		return one(markList[m.rng.IntN(len(markList))] + " " + w)
	case 4: // the line is lost
		return m.lose(at)
	case 5: // two arguments exchanged
		return m.swapArguments(at)
	case 6: // the line is there twice
		return m.repeat(at)
	case 7: // the wrong key
		i := m.rng.IntN(len(w) + 1)
		return one(w[:i] + string(keys[m.rng.IntN(len(keys))]) + w[i:])
	}
	switch {
	case isNumber(w):
		return pick("0", w+"1", w+".5", "-"+w, "x"+w, w[:len(w)-1], w+"0", "7", "true", `"`+w+`"`, "relu", "99999999999")
	case isName(w) && keywordsLike[w]:
		return pick(append([]string{misspelt(m.rng, w), strings.ToUpper(w)}, keywordList...)...)
	case isName(w):
		other := m.names[m.rng.IntN(len(m.names))]
		return pick(misspelt(m.rng, w), misspelt(m.rng, w), other, other, "relu", "3", strings.ToUpper(w), `"`+w+`"`)
	case isBracket(w):
		return pick("", "", markList[m.rng.IntN(6)], markList[m.rng.IntN(len(markList))])
	case strings.HasPrefix(w, `"`):
		return pick(w[:len(w)-1], w[1:], `"q`+w[1:], "3", "relu")
	}
	return pick(markList...)
}

// misspelt is a word with a letter exchanged, doubled, inserted or left out.
func misspelt(rng *rand.Rand, w string) string {
	i := rng.IntN(len(w))
	switch rng.IntN(4) {
	case 0:
		return w[:i] + "q" + w[i:]
	case 1:
		return w[:i] + w[i:i+1] + w[i:]
	case 2:
		if i+1 < len(w) {
			return w[:i] + w[i+1:i+2] + w[i:i+1] + w[i+2:]
		}
	}
	return w[:i] + w[i+1:]
}

// exchange swaps a word with the next one on its line.
func (m *slipMaker) exchange(at int) slip {
	for k := at + 1; k < len(m.words) && m.line[k] == m.line[at]; k++ {
		if !isBlank(m.words[k]) {
			if m.words[k] == m.words[at] {
				return nil
			}
			return slip{{at, m.words[k]}, {k, m.words[at]}}
		}
	}
	return nil
}

// lose leaves the line of a word empty.
func (m *slipMaker) lose(at int) slip {
	var out slip
	for k, w := range m.words {
		if m.line[k] == m.line[at] && !strings.Contains(w, "\n") {
			out = append(out, change{k, ""})
		}
	}
	return out
}

// repeat writes the line of a word twice.
func (m *slipMaker) repeat(at int) slip {
	text, first, last := "", -1, -1
	for k, w := range m.words {
		if m.line[k] != m.line[at] || strings.Contains(w, "\n") {
			continue
		}
		if first < 0 {
			first = k
		}
		text += w
		last = k
	}
	return slip{{last, m.words[last] + "\n" + text}}
}

// keys are what a finger may hit.
const keys = "aexyNW019_.,;:'\"=+-*/%|><()[]{}#@"

// swapArguments exchanges two neighbours of a list in brackets around the word.
func (m *slipMaker) swapArguments(at int) slip {
	comma := -1
	for k := at; k < len(m.words) && m.line[k] == m.line[at]; k++ {
		if m.words[k] == "," {
			comma = k
			break
		}
	}
	if comma < 0 {
		return nil
	}
	depth, begin, end := 0, comma, comma
	for begin > 0 && m.line[begin-1] == m.line[comma] {
		w := m.words[begin-1]
		if strings.Contains(")]", w) {
			depth++
		} else if strings.Contains("([{,", w) && depth == 0 {
			break
		} else if strings.Contains("([", w) {
			depth--
		}
		begin--
	}
	depth = 0
	for end+1 < len(m.words) && m.line[end+1] == m.line[comma] {
		w := m.words[end+1]
		if strings.Contains("([", w) {
			depth++
		} else if strings.Contains(")]},", w) && depth == 0 {
			break
		} else if strings.Contains(")]", w) {
			depth--
		}
		end++
	}
	first, second := strings.Join(m.words[begin:comma], ""), strings.Join(m.words[comma+1:end+1], "")
	if begin == comma || end == comma || strings.Contains(second, "\n") || strings.TrimSpace(first) == strings.TrimSpace(second) {
		return nil
	}
	out := slip{{begin, strings.TrimSpace(second) + ", " + first}}
	for k := begin + 1; k <= end; k++ {
		out = append(out, change{k, ""})
	}
	return out
}

// apply writes the program with all slips but one.
func apply(words []string, slips []slip, but int) string {
	ws := slices.Clone(words)
	for i, s := range slips {
		if i == but {
			continue
		}
		for _, c := range s {
			ws[c.at] = c.text
		}
	}
	return strings.Join(ws, "")
}

// describe tells what a slip did.
func (s slip) describe(words []string) string {
	last := s[len(s)-1].at
	text := ""
	for _, c := range s {
		text += c.text
	}
	return strings.TrimSpace(strings.Join(words[s[0].at:last+1], "")) + " -> " + text
}
