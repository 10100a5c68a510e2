package data

import (
	"fmt"
	"os"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// openText opens text(file): every line that holds something is a sample. Every split is
// the whole.
func openText(spec *Spec, args *augment.Args, root string) (Source, error) {
	field, err := spec.only(Text)
	if err != nil {
		return nil, err
	}
	path := place(root, args.Text("file", ""))
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: there is no file %s; put the data there, or say where they are with --data", ErrData, path)
	}
	t := &lines{path: path, field: field}
	for i, l := range strings.Split(string(content), "\n") {
		if l = strings.TrimSpace(strings.TrimPrefix(l, "\ufeff")); l != "" {
			t.lines, t.numbers = append(t.lines, l), append(t.numbers, i+1)
		}
	}
	return t, nil
}

type lines struct {
	path    string
	field   int
	lines   []string
	numbers []int // in the file, from 1
}

func (t *lines) Split(Split) (Dataset, error) { return t, nil }

func (t *lines) Len() int { return len(t.lines) }

func (t *lines) Name(i int) string { return fmt.Sprintf("%s:%d", t.path, t.numbers[i]) }

func (t *lines) Read(i int, out *Sample) error {
	out.Texts[t.field] = t.lines[i]
	return nil
}
