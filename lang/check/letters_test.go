package check

import "strings"

// letters changes n lines at one letter, as a finger on the wrong key does: a letter is
// lost, exchanged with the next, another or one too many, or the line is lost, there twice
// or cut off. The words of the program are its lines from then on.
func (m *slipMaker) letters(n int) []slip {
	m.words = strings.SplitAfter(strings.Join(m.words, ""), "\n")
	taken := map[int]bool{}
	var out []slip
	for len(out) < n {
		at := m.rng.IntN(len(m.words))
		if line := strings.TrimSuffix(m.words[at], "\n"); !isBlank(strings.TrimSpace(line)) && !taken[at] {
			if text := m.mistyped(line); text != line {
				taken[at] = true
				if text != "" {
					text += "\n"
				}
				out = append(out, slip{{at, text}})
			}
		}
	}
	return out
}

// mistyped returns a line with one slip.
func (m *slipMaker) mistyped(line string) string {
	i, key := m.rng.IntN(len(line)), string(keys[m.rng.IntN(len(keys))])
	switch m.rng.IntN(7) {
	case 0:
		return line[:i] + line[i+1:]
	case 1:
		if i+1 < len(line) {
			return line[:i] + line[i+1:i+2] + line[i:i+1] + line[i+2:]
		}
	case 2:
		return line[:i] + key + line[i:]
	case 3:
		return line[:i] + key + line[i+1:]
	case 4:
		return ""
	case 5:
		return line + "\n" + line
	case 6:
		return line[:i]
	}
	return line
}
