package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

// lifetime is a value of the arena: where it lies and from which instruction to
// which.
type lifetime struct {
	v           *ir.Value
	first, last int
	lo, size    int64
}

// Size of the picture of an arena.
const (
	arenaWidth  = 1100.0
	arenaHeight = 420.0
)

// writeArena draws the arena of f for a batch of one: instructions to the right, from the
// first one that stores something there, offsets upwards, a box for each value from where it
// is made to where it is last read. Nothing for a function whose offsets are found at run
// time.
func writeArena(b *bytes.Buffer, f *ir.Func) {
	if f.Memory == nil || len(f.Memory.Blocks) > 0 {
		return
	}
	env := sample(f)
	at, err := f.At(env)
	total, lives := at.Arena, lifetimes(f, at)
	if err != nil || total == 0 || len(lives) == 0 {
		return
	}
	begin, end := lives[0].first, len(f.Instrs)+1
	alive := occupied(lives, end)
	peak := slices.Index(alive, slices.Max(alive))
	fmt.Fprintf(b, "<h3>Arena of %s</h3>\n<p>%s bytes for one image, of which %s are a bound. Instructions %d to %d go to the right, offsets upwards; the line is what is alive, most of all at %s. A box tells its value when pointed at.</p>\n",
		html.EscapeString(f.Name), grouped(total), grouped(at.Bound), begin, len(f.Instrs)-1, html.EscapeString(stageAt(f, peak)))
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %v %v" role="img">`+"\n", arenaWidth, arenaHeight)
	step := arenaWidth / float64(end-begin)
	across := func(t int) float64 { return float64(t-begin) * step }
	up := func(bytes int64) float64 { return arenaHeight - float64(bytes)/float64(total)*arenaHeight }
	for i, l := range lives {
		x, w := across(l.first), max(float64(l.last-l.first+1)*step, 0.5)
		y, h := up(l.lo+l.size), max(float64(l.size)/float64(total)*arenaHeight, 0.5)
		fill := colours[1+i%(len(colours)-1)]
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="%s" stroke-width="0.5"><title>%s: %s, %s bytes at %s, instructions %d to %d</title></rect>`+"\n",
			num(x), num(y), num(w), num(h), fill[0], fill[1], html.EscapeString(l.v.Def.Stage), html.EscapeString(l.v.Type.String()), grouped(l.size), grouped(l.lo), l.first, l.last)
		if stage := l.v.Def.Stage; h >= 13 && w >= 6.2*float64(len(stage)) && stage != "" {
			fmt.Fprintf(b, `<text x="%s" y="%s">%s</text>`+"\n", num(x+3), num(y+11), html.EscapeString(stage))
		}
	}
	b.WriteString(`<polyline fill="none" stroke="#dc2626" stroke-width="1.2" points="`)
	for t := begin; t < end; t++ {
		fmt.Fprintf(b, "%s,%s %s,%s ", num(across(t)), num(up(alive[t])), num(across(t+1)), num(up(alive[t])))
	}
	b.WriteString(`"/>` + "\n")
	b.WriteString("</svg>\n")
}

// stageAt names the stage of instruction t, or the operation where it has none, or says that
// it is behind the last one.
func stageAt(f *ir.Func, t int) string {
	switch {
	case t >= len(f.Instrs):
		return "the end"
	case f.Instrs[t].Stage != "":
		return f.Instrs[t].Stage
	}
	return f.Instrs[t].Op.Name
}

// occupied returns the bytes in use at each step; where values share them, as results in
// place and parts do, they count once.
func occupied(lives []lifetime, steps int) []int64 {
	lives = slices.Clone(lives)
	slices.SortStableFunc(lives, func(a, b lifetime) int { return cmp.Compare(a.lo, b.lo) })
	bytes, top := make([]int64, steps), make([]int64, steps)
	for _, l := range lives {
		for t := l.first; t <= l.last && t < steps; t++ {
			bytes[t] += max(0, l.lo+l.size-max(l.lo, top[t]))
			top[t] = max(top[t], l.lo+l.size)
		}
	}
	return bytes
}

// lifetimes returns the values of f that own bytes of its arena, in the order in
// which they are made; a view lengthens the life of what it names anew.
func lifetimes(f *ir.Func, at ir.Placement) []lifetime {
	var lives []lifetime
	index := map[*ir.Value]int{} // in lives
	read := func(v *ir.Value, i int) {
		for v != nil && v.Def != nil && (ir.IsView(v.Def) || ir.IsPart(v.Def)) {
			v = v.Def.Args[0]
		}
		if n, ok := index[v]; ok {
			lives[n].last = i
		}
	}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			read(a, i)
		}
		if ir.IsView(in) || ir.IsPart(in) {
			continue
		}
		for _, v := range in.Outs {
			lo, err1 := at.Offset(v.Mem)
			size, err2 := at.Size(v.Mem)
			if v.Mem.Space != ir.ArenaSpace || err1 != nil || err2 != nil {
				continue
			}
			index[v] = len(lives)
			lives = append(lives, lifetime{v: v, first: i, last: i, lo: lo, size: size})
		}
	}
	for _, r := range f.Results {
		read(r.Value, len(f.Instrs))
	}
	return lives
}

// sample gives every symbol of f a value: 1 for the batch, 256 for other sizes,
// which the where-clauses of published networks allow.
func sample(f *ir.Func) map[string]int64 {
	env := map[string]int64{"N": 1}
	for _, v := range f.Inputs {
		for i, d := range v.Type.Dims {
			for _, s := range d.Size.Symbols() {
				if _, ok := env[s]; !ok && i > 0 {
					env[s] = 256
				} else if !ok {
					env[s] = 1
				}
			}
		}
	}
	return env
}

// work is what an instruction costs.
type work struct{ macs, bytes int64 }

func cost(in *ir.Instr, env map[string]int64) work {
	value := func(e sym.Expr) int64 {
		n, err := e.Eval(env)
		if err != nil {
			return 0
		}
		return n
	}
	var w work
	for _, vs := range [][]*ir.Value{in.Args, in.Outs} {
		for _, v := range vs {
			if v != nil && !ir.IsView(in) && !ir.IsPart(in) {
				w.bytes += value(v.Bytes())
			}
		}
	}
	w.macs = value(in.MACs())
	return w
}
