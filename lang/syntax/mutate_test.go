package syntax

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/netc-lang/netc/internal/diag"
)

// Damaged programs: words removed, doubled, exchanged. What the parser says may
// be anything, but it says it at once, at most ten times and at places that
// exist.
func TestDamagedPrograms(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	for path, src := range readPrograms(t) {
		toks, _ := Scan(src)
		for range 60 {
			text := damage(rng, src, toks)
			begin := time.Now()
			_, problems := Parse(diag.NewFile(path, []byte(text)))
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("seed %d, %s: took %v:\n%s", seed, path, d, text)
			}
			if len(problems) > MaxErrors {
				t.Errorf("seed %d, %s: got %d diagnostics", seed, path, len(problems))
			}
			for _, d := range problems {
				if d.Span.Start < 0 || d.Span.End > len(text) || d.Span.Start > d.Span.End {
					t.Errorf("seed %d, %s: got the place %d..%d of %d", seed, path, d.Span.Start, d.Span.End, len(text))
				}
			}
		}
	}
}

// damage returns the source with one to four words removed, doubled or
// exchanged with another.
func damage(rng *rand.Rand, src *diag.File, toks []Token) string {
	words := make([]string, len(toks))
	for i, t := range toks {
		end := len(src.Text)
		if i+1 < len(toks) {
			end = toks[i+1].Start
		}
		words[i] = string(src.Text[t.Start:end])
	}
	for range 1 + rng.IntN(4) {
		i, j := rng.IntN(len(words)), rng.IntN(len(words))
		switch rng.IntN(3) {
		case 0:
			words[i] = ""
		case 1:
			words[i] += words[i]
		default:
			words[i], words[j] = words[j], words[i]
		}
	}
	text := ""
	for _, w := range words {
		text += w
	}
	return text
}
