package netc

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// Topic is one chapter of the manual of words: the blocks of a prelude file, or a
// kind of the vocabulary of sections.
type Topic struct {
	Name    string  `json:"name"`
	Entries []Entry `json:"entries"`
}

// Entry is one word of the language: how it is written, and what it means.
type Entry struct {
	Name      string `json:"name"`
	Signature string `json:"signature"` // as it would be declared or called
	Doc       string `json:"doc"`
	// Example is a line of the zoo that uses the word, with the place where it stands,
	// or, where the zoo has none, one of stdlib.Examples.
	Example string `json:"example,omitempty"`
	// Later says that this version checks the word but cannot compile it.
	Later bool `json:"later,omitempty"`
}

// Summary is the first sentence of the documentation, on one line.
func (e Entry) Summary() string {
	text := strings.Join(strings.Fields(e.Doc), " ")
	for i := 0; ; i++ {
		n := strings.Index(text[i:], ". ")
		if n < 0 {
			return text
		}
		if i += n; !strings.HasSuffix(text[:i], " al") { // et al.
			return text[:i+1]
		}
	}
}

// Manual lists every word that is in scope without an import, by topic. It is
// computed from what the checker reads, so it cannot disagree with it.
var Manual = sync.OnceValue(func() []Topic {
	var topics []Topic
	for _, f := range stdlib.Prelude() {
		parsed, _ := syntax.Parse(diag.NewFile(f.Name, f.Text))
		t := Topic{Name: strings.TrimSuffix(path.Base(f.Name), ".net")}
		for _, d := range parsed.Decls {
			if b, ok := d.(*syntax.Block); ok && b.Doc != "" {
				t.Entries = append(t.Entries, Entry{Name: b.Name.Name, Signature: header(b), Doc: b.Doc, Example: exampleOf(b.Name.Name)})
			}
		}
		sort.Slice(t.Entries, func(i, j int) bool { return t.Entries[i].Name < t.Entries[j].Name })
		topics = append(topics, t)
	}
	for _, k := range vocab.Kinds() {
		t := Topic{Name: plural(k.String())}
		for _, n := range vocab.Names(k) {
			r := vocab.Lookup(k, n)
			t.Entries = append(t.Entries, Entry{Name: n, Signature: r.String(), Doc: rowDoc(r), Later: !r.Runs})
		}
		topics = append(topics, t)
	}
	return topics
})

// exampleOf returns the shortest line of the zoo in which a pipe leads into the word,
// or a value is made by it.
func exampleOf(word string) string {
	use := regexp.MustCompile(`(\|>|=) ` + word + `\b`)
	best := ""
	consider := func(text, place string) {
		if use.MatchString(text) && !strings.HasPrefix(text, "//") && (best == "" || len(text) < len(best)-len(place)-5) {
			best = text + place
		}
	}
	for _, m := range stdlib.Modules() {
		files, _ := stdlib.Module(m)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			for i, line := range strings.Split(string(files[name]), "\n") {
				consider(strings.TrimSpace(line), fmt.Sprintf("   // %s:%d", name, i+1))
			}
		}
	}
	if best != "" {
		return best
	}
	for _, f := range stdlib.Examples() {
		for _, line := range strings.Split(string(f.Text), "\n") {
			consider(strings.TrimSpace(line), "")
		}
	}
	return best
}

func plural(word string) string {
	word = strings.ReplaceAll(word, " ", "-")
	if strings.HasSuffix(word, "x") {
		return word + "es"
	}
	return word + "s"
}

// header is the declaration of b up to its body, as the source writes it.
func header(b *syntax.Block) string {
	end := b.Where.End
	switch {
	case b.Value != nil:
		end = b.Value.Span().Start
	case len(b.Body) > 0:
		end = b.Body[0].Span().Start
	}
	text := string(b.Where.File.Text[b.Where.Start:end])
	return strings.TrimRight(text, " \n\t={")
}

func rowDoc(r *vocab.Row) string {
	var b strings.Builder
	b.WriteString(r.Doc)
	for _, a := range r.Args {
		fmt.Fprintf(&b, "\n    %s: %s; %s", a.Name, a.Kind, a.Doc)
	}
	return b.String()
}
