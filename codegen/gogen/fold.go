package gogen

import (
	"slices"
	"strings"
)

// Columns of a line, but for its indentation.
const (
	lineWidth = 120 // longer ones are folded
	fillWidth = 100 // of those that elements of a folded list fill
	longList  = 60  // one that may be broken in place of that around it
)

// fold breaks a statement that is too long for one line inside of its longest list. Where that
// ends with a long literal, the literal is broken. gofmt indents and aligns what comes of it.
//
//	p = blocked.NewPool(blocked.PoolConfig{      a literal that holds others: a line for each
//		In: blocked.Map{C: 16, H: 48, W: 48},
//		Max: true,
//	})
//	x = max(                                     other lists: as many as there is room for
//		first, second, third,
//		fourth,
//	)
func fold(line string) string {
	if len(line) <= lineWidth || strings.HasSuffix(line, "{") {
		return line
	}
	all, ok := nestedIn(line)
	if !ok {
		return line
	}
	l := all.broken()
	if l == nil {
		return line
	}
	var b strings.Builder
	b.WriteString(line[:l.open+1])
	apart, width := line[l.open] == '{' && l.apart(), lineWidth
	for i := range l.commas {
		e := l.element(line, i)
		if width += len(e) + len(", "); apart || width > fillWidth {
			b.WriteByte('\n')
			width = len(e)
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(fold(e) + ",")
	}
	return b.String() + "\n" + line[l.end:]
}

// nested is what stands between two brackets of a line.
type nested struct {
	open, end int   // where the brackets are
	commas    []int // where elements end
	inner     []*nested
}

// nestedIn returns the lists of a line as those inside a list around it. It is not ok where a
// bracket has no other, and where a comment or a raw string begins.
func nestedIn(line string) (around *nested, ok bool) {
	at := []*nested{{open: -1, end: len(line)}}
	for i := 0; i < len(line); i++ {
		top := at[len(at)-1]
		switch line[i] {
		case '(', '[', '{':
			l := &nested{open: i}
			top.inner = append(top.inner, l)
			at = append(at, l)
		case ')', ']', '}':
			if len(at) == 1 {
				return nil, false
			}
			if top.end = i; strings.TrimSpace(line[top.open+1:i]) != "" {
				top.commas = append(top.commas, i)
			}
			at = at[:len(at)-1]
		case ',':
			top.commas = append(top.commas, i)
		case '"', '\'':
			for quote := line[i]; ; i++ {
				if i+1 == len(line) {
					return nil, false
				}
				if line[i+1] == quote {
					i++
					break
				}
				if line[i+1] == '\\' {
					i++
				}
			}
		case '`':
			return nil, false
		case '/':
			if strings.HasPrefix(line[i:], "//") || strings.HasPrefix(line[i:], "/*") {
				return nil, false
			}
		}
	}
	return at[0], len(at) == 1
}

// broken returns the list that is to be broken, or nil: the longest inside l, or a long one that
// it ends with behind elements without lists.
func (l *nested) broken() (found *nested) {
	if len(l.inner) == 0 {
		return nil
	}
	w := slices.MaxFunc(l.inner, func(a, b *nested) int { return a.width() - b.width() })
	for w != nil && (found == nil || w.width() > longList) {
		if len(w.commas) > 1 {
			found = w
		}
		w = w.last()
	}
	return found
}

// last returns the list that l ends with, where no other in it has several elements.
func (l *nested) last() *nested {
	n := len(l.inner) - 1
	if n < 0 || l.inner[n].end != l.end-1 || (&nested{inner: l.inner[:n]}).apart() {
		return nil
	}
	return l.inner[n]
}

func (l *nested) width() int { return l.end - l.open }

// apart reports whether an element of l holds a list of several elements.
func (l *nested) apart() bool {
	for _, in := range l.inner {
		if len(in.commas) > 1 || in.apart() {
			return true
		}
	}
	return false
}

// element returns element i of l.
func (l *nested) element(line string, i int) string {
	from := l.open + 1
	if i > 0 {
		from = l.commas[i-1] + 1
	}
	return strings.TrimSpace(line[from:l.commas[i]])
}
