package check

// scramble changes n words anywhere, as no writer would: lost, there twice, another word
// of the program in its place or in front of it, or misspelt.
func (m *slipMaker) scramble(n int) []slip {
	taken := map[int]bool{}
	var out []slip
	for len(out) < n {
		at := m.rng.IntN(len(m.words))
		if w := m.words[at]; !isBlank(w) && !taken[at] {
			if text := m.scrambled(w); text != w {
				taken[at] = true
				out = append(out, slip{{at, text}})
			}
		}
	}
	return out
}

func (m *slipMaker) scrambled(w string) string {
	other := m.words[m.rng.IntN(len(m.words))]
	switch kind := m.rng.IntN(5); {
	case kind == 0:
		return ""
	case kind == 1:
		return w + " " + w
	case kind == 2 && !isBlank(other):
		return other
	case kind == 3 && !isBlank(other):
		return other + " " + w
	case kind == 4 && isName(w):
		return misspelt(m.rng, w)
	case kind == 4 && isNumber(w):
		return w + "7"
	}
	return w
}
