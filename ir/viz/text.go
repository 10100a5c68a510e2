package viz

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sizes of text, in pixels.
const (
	titleSize = 13.0
	noteSize  = 11.0
)

// textWidth is a bound on the width of text in any common sans-serif face: it
// follows the widest of them, Verdana.
func textWidth(text string, size float64) float64 {
	w := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijlI.,:;'|!", r):
			w += 0.40
		case strings.ContainsRune(" frt()[]/-·", r):
			w += 0.46
		case strings.ContainsRune("mwMW×", r):
			w += 1.0
		case r >= 'A' && r <= 'Z':
			w += 0.78
		case r == '_' || r >= utf8.RuneSelf:
			w += 0.85
		default:
			w += 0.65
		}
	}
	return w * size
}

// lines returns what is written in a box: what it does, then its shape and name,
// then its weights and products.
func (n *Node) text() (title, shape, cost string) {
	title = strings.Join(append([]string{n.Title}, n.Notes...), " · ")
	if n.Kind == Terminal {
		return title, n.Shape, ""
	}
	return title, n.Shape, costText(n.Params, n.MACs)
}

func costText(params, macs int64) string {
	var parts []string
	if params > 0 {
		parts = append(parts, short(params)+" weights")
	}
	if macs > 0 {
		parts = append(parts, short(macs)+" MACs")
	}
	return strings.Join(parts, " · ")
}

// short writes 37748736 as 37.7 M.
func short(n int64) string {
	for _, u := range []struct {
		unit string
		size float64
	}{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if v := float64(n) / u.size; v >= 1 {
			digits := 2
			if v >= 100 {
				digits = 0
			} else if v >= 10 {
				digits = 1
			}
			return fmt.Sprintf("%.*f %s", digits, v, u.unit)
		}
	}
	return strconv.FormatInt(n, 10)
}

// Height of a line of text and the border around the text of a box.
const (
	lineHeight = 15.0
	padX       = 10.0
	padY       = 6.0
)

// nodeSize returns the size of a box that holds its text.
func nodeSize(n *Node) (w, h float64) {
	title, shape, cost := n.text()
	w = textWidth(title, titleSize) * 1.08 // bold
	second := textWidth(shape, noteSize)
	if n.Name != "" {
		second += textWidth(n.Name, noteSize) + 14
	}
	w = max(w, second, textWidth(cost, noteSize), 44)
	lines := 2.0
	if cost != "" {
		lines++
	}
	return w + 2*padX, lines*lineHeight + 2*padY
}

// groupTitle is what stands above a group: its name, its block, how often it is
// repeated; and the weights of all of it.
func groupTitle(g *Group) (name, block string) {
	name = g.Name
	if g.times > 1 {
		first, last := lastIndex(g.Path), lastIndex(g.last)
		name = strings.TrimSuffix(name, "["+first+"]") + "[" + first + ".." + last + "]"
	}
	block = g.Block
	if g.times > 1 {
		block += fmt.Sprintf(" ×%d", g.times)
	}
	if g.Params > 0 {
		block += " · " + short(g.Params) + " weights"
		if g.times > 1 {
			block += " each"
		}
	}
	return name, strings.TrimPrefix(strings.TrimSpace(block), "· ")
}

func lastIndex(path string) string {
	i := strings.LastIndexByte(path, '[')
	return strings.Trim(path[i+1:], "[]")
}

func groupTitleWidth(g *Group) float64 {
	name, block := groupTitle(g)
	return textWidth(name, noteSize)*1.08 + 8 + textWidth(block, noteSize)
}
