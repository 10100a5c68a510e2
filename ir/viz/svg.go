package viz

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// colours of the kinds: fill and edge of a box.
var colours = [...][2]string{
	Terminal:   {"#ffffff", "#374151"},
	Conv:       {"#dbeafe", "#2563eb"},
	Linear:     {"#dcfce7", "#15803d"},
	Attention:  {"#ede9fe", "#7c3aed"},
	Norm:       {"#f3f4f6", "#6b7280"},
	Activation: {"#fef9c3", "#a16207"},
	Pool:       {"#ffedd5", "#c2410c"},
	Resample:   {"#cffafe", "#0e7490"},
	Join:       {"#fce7f3", "#be185d"},
	Shape:      {"#f9fafb", "#9ca3af"},
	Other:      {"#f5f5f4", "#57534e"},
}

const (
	edgeColour  = "#475569"
	longColour  = "#be185d"
	groupColour = "#94a3b8"
	margin      = 20.0
	arrowSize   = 7.0
)

// SVG draws the graph. The picture needs no font of its own and no script.
func SVG(g *Graph) []byte {
	f := lay(g, g.Root, false)
	d := &drawing{g: g, kinds: map[Kind]bool{}}
	top := margin + 40
	d.frame(f, margin, top)
	width := max(f.w, textWidth(d.headline(), noteSize)+20, textWidth(g.Name, 18)*1.1) + 2*margin
	legendHeight := d.legend(width, top+f.h+26)
	height := top + f.h + 26 + legendHeight + margin/2
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" font-family="Verdana, DejaVu Sans, Helvetica, Arial, sans-serif" font-size="%[3]s">`+"\n",
		num(width), num(height), num(noteSize))
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(g.Name))
	b.WriteString(`<defs>` + arrow("a", edgeColour) + arrow("b", longColour) + "</defs>\n")
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="#ffffff"/>`+"\n", num(width), num(height))
	fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="18" font-weight="bold" fill="#111827">%s</text>`+"\n", num(margin), num(margin+8), html.EscapeString(g.Name))
	fmt.Fprintf(&b, `<text x="%s" y="%s" fill="#4b5563">%s</text>`+"\n", num(margin), num(margin+25), html.EscapeString(d.headline()))
	b.Write(d.groups.Bytes())
	b.Write(d.edges.Bytes())
	b.Write(d.boxes.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// arrow is the end of an edge.
func arrow(id, colour string) string {
	return fmt.Sprintf(`<marker id="%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="%v" markerHeight="%[2]v" orient="auto"><path d="M0 1 7 4 0 7z" fill="%[3]s"/></marker>`, id, arrowSize, colour)
}

type drawing struct {
	g                    *Graph
	groups, edges, boxes bytes.Buffer
	kinds                map[Kind]bool
	depth                int
}

func (d *drawing) headline() string {
	text := short(d.g.Params) + " weights"
	if d.g.MACs > 0 {
		text += " · " + short(d.g.MACs) + " multiply-adds for one image"
	}
	if d.g.Sample != "" {
		text += " at " + d.g.Sample
	}
	return text
}

// frame draws a group whose left upper corner is at x, y.
func (d *drawing) frame(f *frame, x, y float64) {
	if f.g.Up != nil {
		d.groupBox(f, x, y)
	}
	for _, l := range f.lines {
		d.line(f, l, x, y)
	}
	d.depth++
	for _, u := range f.boxes {
		if u.group != nil {
			d.frame(u.group, x+u.x, y+u.y)
		} else {
			d.node(u.node, x+u.x, y+u.y, u.w, u.h)
		}
	}
	d.depth--
}

var tints = []string{"#f8fafc", "#f1f5f9", "#e8eef5"}

func (d *drawing) groupBox(f *frame, x, y float64) {
	b := &d.groups
	if f.g.times > 1 { // the copies behind
		for i := 2; i > 0; i-- {
			o := float64(i) * 4
			rect(b, x+o, y+o, f.w, f.h, 8, "#ffffff", groupColour)
		}
	}
	rect(b, x, y, f.w, f.h, 8, tints[min(max(d.depth-1, 0), len(tints)-1)], groupColour)
	name, block := groupTitle(f.g)
	// The ground behind the letters stands in front of the edges.
	halo := ` paint-order="stroke" stroke-width="4" stroke-linejoin="round" stroke="` + tints[min(max(d.depth-1, 0), len(tints)-1)] + `"`
	text(&d.boxes, x+border, y+16, name, `font-weight="bold" fill="#334155"`+halo)
	if block != "" {
		text(&d.boxes, x+border+textWidth(name, noteSize)*1.08+8, y+16, block, `fill="#64748b"`+halo)
	}
}

func rect(b *bytes.Buffer, x, y, w, h, r float64, fill, edge string) {
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s" fill="%s" stroke="%s"/>`+"\n",
		num(x), num(y), num(w), num(h), num(r), fill, edge)
}

func text(b *bytes.Buffer, x, y float64, s, attrs string) {
	if s == "" {
		return
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" %s>%s</text>`+"\n", num(x), num(y), attrs, html.EscapeString(s))
}

func (d *drawing) node(n *Node, x, y, w, h float64) {
	d.kinds[n.Kind] = true
	b := &d.boxes
	r := 5.0
	if n.Kind == Terminal {
		r = h / 2
	}
	fmt.Fprintf(b, "<g><title>%s</title>\n", html.EscapeString(n.Path))
	rect(b, x, y, w, h, r, colours[n.Kind][0], colours[n.Kind][1])
	title, shape, cost := n.text()
	middle := `text-anchor="middle" `
	text(b, x+w/2, y+padY+12, title, middle+`font-size="`+num(titleSize)+`" font-weight="bold" fill="#111827"`)
	if n.Name == "" {
		text(b, x+w/2, y+padY+12+lineHeight, shape, middle+`fill="#374151"`)
	} else {
		text(b, x+padX, y+padY+12+lineHeight, shape, `fill="#374151"`)
		text(b, x+w-padX, y+padY+12+lineHeight, n.Name, `text-anchor="end" fill="#6b7280" font-style="italic"`)
	}
	text(b, x+w/2, y+padY+12+2*lineHeight, cost, middle+`fill="#6b7280"`)
	b.WriteString("</g>\n")
}

// line draws an edge: curves with vertical ends between the rows, or straight
// pieces with round corners from one half to the other.
func (d *drawing) line(f *frame, l line, x, y float64) {
	ps := distinct(l.points)
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", num(x+ps[0].x), num(y+ps[0].y))
	for i := 1; i < len(ps); i++ {
		p, q := ps[i-1], ps[i]
		switch {
		case p.x == q.x || p.y == q.y:
			fmt.Fprintf(&b, "L%s %s", num(x+q.x), num(y+q.y))
		default:
			end := q
			if l.arrow && i == len(ps)-1 { // it enters upright, under its arrow
				end.y -= math.Copysign(min(arrowSize, math.Abs(q.y-p.y)/2), q.y-p.y)
			}
			mid := (p.y + end.y) / 2
			fmt.Fprintf(&b, "C%s %s %s %s %s %s", num(x+p.x), num(y+mid), num(x+q.x), num(y+mid), num(x+end.x), num(y+end.y))
			if end != q {
				fmt.Fprintf(&b, "L%s %s", num(x+q.x), num(y+q.y))
			}
		}
	}
	colour, id := edgeColour, "a"
	if l.long {
		colour, id = longColour, "b"
	}
	marker := ""
	if l.arrow {
		marker = fmt.Sprintf(` marker-end="url(#%s)"`, id)
	}
	fmt.Fprintf(&d.edges, `<path d="%s" fill="none" stroke="%s" stroke-width="1.4" stroke-linejoin="round"%s/>`+"\n", b.String(), colour, marker)
}

// distinct leaves out points that lie where the one before them does: an arrow takes its
// direction from the last piece of its line, which must have a length.
func distinct(ps []point) []point {
	return slices.CompactFunc(slices.Clone(ps), func(a, b point) bool { return num(a.x) == num(b.x) && num(a.y) == num(b.y) })
}

// legend explains the colours that occur, in rows below the picture, and returns
// their height.
func (d *drawing) legend(width, y float64) float64 {
	x, rows := margin, 1.0
	for k := Kind(0); k <= Other; k++ {
		if !d.kinds[k] {
			continue
		}
		w := 16 + textWidth(k.String(), noteSize) + 14
		if x > margin && x+w > width-margin {
			x, rows = margin, rows+1
		}
		top := y + (rows-1)*18
		rect(&d.boxes, x, top, 11, 11, 2, colours[k][0], colours[k][1])
		text(&d.boxes, x+16, top+10, k.String(), `fill="#4b5563"`)
		x += w
	}
	return rows * 18
}

// num writes a coordinate with at most one decimal.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
