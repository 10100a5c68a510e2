package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// bpe turns text into numbers by byte-pair encoding. 0 is nothing, 1 to 256 are the
// bytes, and what line n of the vocabulary joins, counted from 0, is 257 + n.
//
// Source: Sennrich et al. 2015, arXiv:1508.07909, over bytes as Radford et al. 2019
// write them in vocab.bpe.
type bpe struct {
	field  int
	length int
	ids    map[string]int32
	rank   map[[2]string]int
}

// openBPE reads the vocabulary of the step bpe(file, length).
func openBPE(call StepCall, field int, root string) (*bpe, error) {
	args := augment.Read(call)
	b := &bpe{field: field, length: args.Int("length", 1, 0), ids: map[string]int32{}, rank: map[[2]string]int{}}
	path := filepath.FromSlash(args.Text("file", ""))
	if err := args.Err(); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("%w: the vocabulary %s cannot be read: %w", ErrData, path, err)
	}
	for i, s := range byteNames {
		b.ids[s] = int32(i + 1)
	}
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		pair := strings.Split(line, " ")
		if len(pair) != 2 || pair[0] == "" || pair[1] == "" {
			return nil, fmt.Errorf("%w: line %d of %s is %q, expected two parts that are joined", ErrData, n+1, path, line)
		}
		k := len(b.rank)
		b.rank[[2]string{pair[0], pair[1]}] = k
		if _, known := b.ids[pair[0]+pair[1]]; !known {
			b.ids[pair[0]+pair[1]] = int32(257 + k)
		}
	}
	return b, nil
}

// byteNames are the letters that stand for bytes in a vocabulary: printable ones for
// themselves, the others for letters from 256 on.
var byteNames = func() (names [256]string) {
	next := rune(256)
	for i := range names {
		r := rune(i)
		if !(r >= '!' && r <= '~' || r >= '¡' && r <= '¬' || r >= '®' && r <= 'ÿ') {
			r = next
			next++
		}
		names[i] = string(r)
	}
	return names
}()

// encode appends the numbers of text to ids, cut or filled with 0 to the length. Words
// are encoded one by one, each with the space before it.
func (b *bpe) encode(ids []int32, text string) []int32 {
	for start := 0; start < len(text) && len(ids) < b.length; {
		end := start + 1
		for end < len(text) && (text[end] != ' ' || text[end-1] == ' ') {
			end++
		}
		ids = append(ids, b.word(text[start:end])...)
		start = end
	}
	if len(ids) > b.length {
		ids = ids[:b.length]
	}
	for len(ids) < b.length {
		ids = append(ids, 0)
	}
	return ids
}

// word joins the pair that comes first in the vocabulary until there is none.
func (b *bpe) word(w string) []int32 {
	parts := make([]string, len(w))
	for i := range len(w) {
		parts[i] = byteNames[w[i]]
	}
	for len(parts) > 1 {
		best, at := len(b.rank), -1
		for i := 0; i+1 < len(parts); i++ {
			if k, ok := b.rank[[2]string{parts[i], parts[i+1]}]; ok && k < best {
				best, at = k, i
			}
		}
		if at < 0 {
			break
		}
		parts[at] += parts[at+1]
		parts = append(parts[:at+1], parts[at+2:]...)
	}
	ids := make([]int32, len(parts))
	for i, p := range parts {
		ids[i] = b.ids[p]
	}
	return ids
}
