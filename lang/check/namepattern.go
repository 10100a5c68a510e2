package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// namePattern is one side of a weight rule: literal text between holes.
//
//	{p}     one part of a name, up to a dot
//	{i+1}   a number; i is what it is minus 1
//	*       any text, dots too
type namePattern struct {
	pieces []namePiece
	re     *regexp.Regexp // matches a whole name; the groups are the holes in order
}

// namePiece is literal text, or a hole: a name with an offset, or "*".
type namePiece struct {
	text   string
	hole   string
	offset int64
	number bool // written with an offset
}

// parseNamePattern reads one side of a rule.
func parseNamePattern(s string) (*namePattern, error) {
	p := &namePattern{}
	stars := 0
	for s != "" {
		i := strings.IndexAny(s, "{}*")
		if i < 0 {
			i = len(s)
		}
		if i > 0 {
			p.pieces = append(p.pieces, namePiece{text: s[:i]})
			s = s[i:]
			continue
		}
		switch s[0] {
		case '}':
			return nil, fmt.Errorf("this `}` closes nothing")
		case '*':
			stars++
			p.pieces = append(p.pieces, namePiece{hole: "*"})
			s = s[1:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return nil, fmt.Errorf("this `{` is not closed")
		}
		h, err := parseHole(s[1:end])
		if err != nil {
			return nil, err
		}
		p.pieces = append(p.pieces, h)
		s = s[end+1:]
	}
	if stars > 1 {
		return nil, fmt.Errorf("one `*` is enough: what two of them match is not certain")
	}
	var b strings.Builder
	b.WriteString("^")
	for _, x := range p.pieces {
		switch {
		case x.hole == "":
			b.WriteString(regexp.QuoteMeta(x.text))
		case x.hole == "*":
			b.WriteString("(.*)")
		case x.number:
			b.WriteString("([0-9]{1,9})")
		default:
			b.WriteString(`([^.\[\]]+)`)
		}
	}
	re, err := regexp.Compile(b.String() + "$")
	p.re = re
	return p, err
}

var hole = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(?: *([+-]) *([0-9]{1,9}))?$`)

func parseHole(s string) (namePiece, error) {
	m := hole.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return namePiece{}, fmt.Errorf("`{%s}` is a name, or a name plus or minus a number", s)
	}
	h := namePiece{hole: m[1]}
	if m[2] != "" {
		n, err := strconv.ParseInt(m[3], 10, 64)
		if err != nil {
			return namePiece{}, err
		}
		if h.offset, h.number = n, true; m[2] == "-" {
			h.offset = -n
		}
	}
	return h, nil
}

// names lists the holes of p.
func (p *namePattern) names() []string {
	var out []string
	for _, x := range p.pieces {
		if x.hole != "" {
			out = append(out, x.hole)
		}
	}
	return out
}

// match solves the holes of p for a name: {i+1} against layer3 gives i = 2. A hole
// that occurs twice must mean the same both times.
func (p *namePattern) match(name string) (map[string]string, bool) {
	m := p.re.FindStringSubmatch(name)
	if m == nil {
		return nil, false
	}
	values := map[string]string{}
	i := 0
	for _, x := range p.pieces {
		if x.hole == "" {
			continue
		}
		i++
		v := m[i]
		if x.number {
			n, err := strconv.ParseInt(v, 10, 64)
			if n -= x.offset; err != nil || n < 0 {
				return nil, false
			}
			v = strconv.FormatInt(n, 10)
		}
		if old, twice := values[x.hole]; twice && old != v {
			return nil, false
		}
		values[x.hole] = v
	}
	return values, true
}

// fill writes p with its holes filled in; ok is false when a hole with an offset is
// no number.
func (p *namePattern) fill(values map[string]string) (string, bool) {
	var b strings.Builder
	for _, x := range p.pieces {
		v, ok := x.text, true
		if x.hole != "" {
			v, ok = values[x.hole]
		}
		if x.number && ok {
			n, err := strconv.ParseInt(v, 10, 64)
			v, ok = strconv.FormatInt(n+x.offset, 10), err == nil
		}
		if !ok {
			return "", false
		}
		b.WriteString(v)
	}
	return b.String(), true
}
