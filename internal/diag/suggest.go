package diag

import "strings"

// maxSuggestLength bounds the names that are compared: nobody mistypes longer
// ones into being found.
const maxSuggestLength = 64

// Closest returns the candidate that name most likely was meant to be, "" when
// none is near. Near means a Damerau-Levenshtein distance (optimal string
// alignment, letter case and underscores ignored) of at most a third of the name's
// length, one for names of two or three letters; failing that, that one of the two
// is an abbreviation of the other: pad of padding, warm of warmup. Ties go to the
// candidate with the same case, then to the first in the alphabet, so that the
// order of the candidates does not matter. Cost: len(candidates) times the square
// of the length.
func Closest(name string, candidates []string) string {
	if len(name) < 2 || len(name) > maxSuggestLength {
		return ""
	}
	limit := max(1, len(name)/3)
	best, bestDistance, bestExact := "", limit+2, 0
	for _, c := range candidates {
		if c == "" || c == name || len(c) > maxSuggestLength {
			continue
		}
		d := distance(plainWord(name), plainWord(c))
		if d > limit || d >= len(c) {
			if !abbreviates(plainWord(name), plainWord(c)) {
				continue
			}
			d = limit + 1
		}
		exact := distance(name, c)
		if d < bestDistance ||
			d == bestDistance && (exact < bestExact || exact == bestExact && c < best) {
			best, bestDistance, bestExact = c, d, exact
		}
	}
	return best
}

// plainWord drops what people vary without noticing.
func plainWord(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

// abbreviates reports whether the shorter of two words begins the longer one and is
// a good part of it.
func abbreviates(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 3 && 5*len(a) >= 2*len(b) && strings.HasPrefix(b, a)
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbouring bytes that turn a into b; no byte takes part in two of them.
// Source: Boytsov 2011, Indexing methods for approximate dictionary searching,
// section 2 (restricted Damerau-Levenshtein).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
