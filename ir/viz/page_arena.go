package viz

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// Size of the picture of an arena, and of its borders with the scales.
const (
	arenaWidth  = 1100.0
	arenaHeight = 420.0
	arenaLeft   = 58.0
	arenaBelow  = 18.0
)

// arenaLetter is the width of a letter of 10 pixels, about.
const arenaLetter = 6.0

// arenaColours tell neighbours apart; the pale ones of other pictures would not.
var arenaColours = []Kind{Conv, Pool, Linear, Attention, Activation, Resample, Join}

// arenaPicture is the arena of a function over time.
type arenaPicture struct {
	b          *bytes.Buffer
	f          *ir.Func
	lives      []lifetime
	total      int64
	begin, end int   // instructions
	steps      []int // before each of them
}

// writeArena draws the arena of f for a batch: instructions to the right, from the
// first one that stores something there, offsets upwards, a box for each value from where it
// is made to where it is last read; and lists the values for those who cannot point at
// them. Nothing for a function whose offsets are found at run time.
func writeArena(b *bytes.Buffer, f *ir.Func, batch int64) {
	if f.Memory == nil || len(f.Memory.Blocks) > 0 {
		return
	}
	at, err := f.At(sample(f, batch))
	lives := lifetimes(f, at)
	if err != nil || at.Arena == 0 || len(lives) == 0 {
		return
	}
	first := slices.MinFunc(lives, func(a, b lifetime) int { return a.first - b.first }).first
	a := &arenaPicture{b, f, lives, at.Arena, first, len(f.Instrs) + 1, steps(f)}
	alive := occupied(lives, a.end)
	peak := slices.Index(alive, slices.Max(alive))
	fmt.Fprintf(b, "<h3>Arena of %s</h3>\n<p>%s bytes for %s; no plan of this order takes less than %s. Its %d steps go to the right, with the stages that they come from, offsets upwards. A box is a value, from where it is made to where it is last read. The red line is what is alive, most of all at %s.</p>\n",
		html.EscapeString(f.Name), grouped(a.total), ofBatch(batch), grouped(at.Bound), a.steps[a.end]-a.steps[a.begin]-1, html.EscapeString(stageAt(f, peak)))
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %v %v" role="img" aria-label="arena of %s over time">`+"\n",
		arenaLeft+arenaWidth, arenaHeight+arenaBelow, html.EscapeString(f.Name))
	a.scales()
	for i, l := range lives {
		a.box(l, colours[arenaColours[i%len(arenaColours)]])
	}
	b.WriteString(`<polyline fill="none" stroke="#dc2626" stroke-width="1.2" points="`)
	for t := a.begin; t < a.end; t++ {
		fmt.Fprintf(b, "%s,%s %s,%s ", num(a.across(t)), num(a.up(alive[t])), num(a.across(t+1)), num(a.up(alive[t])))
	}
	b.WriteString(`"/>` + "\n</svg>\n")
	a.list()
}

// ofBatch says how many images figures are for.
func ofBatch(n int64) string {
	if n == 1 {
		return "one image"
	}
	return fmt.Sprintf("a batch of %d", n)
}

func (a *arenaPicture) across(t int) float64 {
	first := a.steps[a.begin]
	return arenaLeft + float64(a.steps[t]-first)*arenaWidth/float64(a.steps[a.end]-first)
}

func (a *arenaPicture) up(bytes int64) float64 {
	return arenaHeight - float64(bytes)/float64(a.total)*arenaHeight
}

// scales draws lines at round numbers of bytes, and names stages below where there is room.
func (a *arenaPicture) scales() {
	step := roundStep(a.total)
	for n := int64(0); n <= a.total; n += step {
		y := num(a.up(n))
		fmt.Fprintf(a.b, `<line class=scale x1="%s" y1="%[2]s" x2="%s" y2="%[2]s"/>`, num(arenaLeft), y, num(arenaLeft+arenaWidth))
		fmt.Fprintf(a.b, `<text class=scale x="%s" y="%s" text-anchor="end">%sB</text>`+"\n", num(arenaLeft-4), num(min(max(a.up(n)+3, 9), arenaHeight)), amount(n))
	}
	free, last := arenaLeft, ""
	for t := a.begin; t < len(a.f.Instrs); t++ {
		stage, _, _ := strings.Cut(a.f.Instrs[t].Stage, ".")
		x := a.across(t)
		if stage == "" || stage == last || x < free || x+arenaLetter*float64(len(stage)) > arenaLeft+arenaWidth {
			continue
		}
		fmt.Fprintf(a.b, `<text class=scale x="%s" y="%s">%s</text>`+"\n", num(x), num(arenaHeight+13), html.EscapeString(stage))
		free, last = x+arenaLetter*float64(len(stage))+8, stage
	}
}

// roundStep is 1, 2 or 5 times a power of ten, of which three to seven make total.
func roundStep(total int64) int64 {
	unit := int64(math.Pow(10, math.Floor(math.Log10(float64(max(total, 10))/3))))
	for _, n := range []int64{1, 2, 5} {
		if total/(n*unit) < 8 {
			return n * unit
		}
	}
	return 10 * unit
}

// box draws a value, with its stage where it fits along or upright.
func (a *arenaPicture) box(l lifetime, fill [2]string) {
	x, w := a.across(l.first), max(a.across(l.last+1)-a.across(l.first), 0.5)
	y, h := a.up(l.lo+l.size), max(float64(l.size)/float64(a.total)*arenaHeight, 0.5)
	stage := html.EscapeString(l.v.Def.Stage)
	fmt.Fprintf(a.b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="%s" stroke-width="0.5"><title>%s: %s, %s bytes at %s, instructions %d to %d</title></rect>`+"\n",
		num(x), num(y), num(w), num(h), fill[0], fill[1], stage, html.EscapeString(l.v.Type.String()), grouped(l.size), grouped(l.lo), l.first, l.last)
	switch long := arenaLetter*float64(len(l.v.Def.Stage)) + 6; {
	case stage == "":
	case h >= 13 && w >= long:
		fmt.Fprintf(a.b, `<text x="%s" y="%s">%s</text>`+"\n", num(x+3), num(y+11), stage)
	case w >= 12 && h >= long:
		fmt.Fprintf(a.b, `<text transform="translate(%s %s) rotate(-90)">%s</text>`+"\n", num(x+w/2+3.5), num(y+h-4), stage)
	}
}

// list writes what the picture tells when it is pointed at.
func (a *arenaPicture) list() {
	fmt.Fprintf(a.b, "<details><summary>its %d values as a list</summary>\n<div class=wide tabindex=0><table><tr><th>stage<th>value<th class=n>bytes<th class=n>at<th class=n>from instruction<th class=n>to</tr>\n", len(a.lives))
	for _, l := range a.lives {
		fmt.Fprintf(a.b, "<tr><td>%s<td><code>%s</code><td class=n>%s<td class=n>%s<td class=n>%d<td class=n>%d</tr>\n",
			html.EscapeString(l.v.Def.Stage), html.EscapeString(l.v.Type.String()), grouped(l.size), grouped(l.lo), l.first, l.last)
	}
	a.b.WriteString("</table></div></details>\n")
}
