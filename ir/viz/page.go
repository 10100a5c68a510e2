package viz

import (
	"bytes"
	"fmt"
	"html"
	"time"

	"github.com/netc-lang/netc/ir"
)

// Snapshot is a module as a pass left it.
type Snapshot struct {
	Pass, Note string
	Took       time.Duration
	Funcs      []Body
}

// Body is a function of a snapshot: its text, and what it costs for its usual batch.
type Body struct {
	Name, Text  string
	Instrs      int
	MACs, Bytes int64 // multiply-adds; operands and results of its instructions
}

// Snap describes the functions of m as they are now; text writes one of them.
func Snap(pass, note string, took time.Duration, m *ir.Module, text func(*ir.Func) string) Snapshot {
	s := Snapshot{Pass: pass, Note: note, Took: took}
	for _, f := range m.Funcs {
		b := Body{Name: f.Name, Text: text(f), Instrs: len(f.Instrs)}
		b.MACs, b.Bytes = total(f, usualBatch(m, f))
		s.Funcs = append(s.Funcs, b)
	}
	return s
}

// total adds up what the instructions of f cost for a batch.
func total(f *ir.Func, batch int64) (macs, bytes int64) {
	env := sample(f, batch)
	for _, in := range f.Instrs {
		c := cost(in, env)
		macs += c.macs
		bytes += c.bytes
	}
	return macs, bytes
}

// Layer is one convolution or matrix product as it was planned, with the algorithms
// among which there was a choice.
type Layer struct {
	Func, Stage, Op, Shape, Pos string
	MACs, Bytes                 int64 // of one image, as the operation defines them
	Chosen, Why                 string
	Ways                        []Way // the chosen one among them
}

// Way is an algorithm and the multiply-adds that it does for one image, with what it
// does in vain at the edges of its tiles and without its transforms; Weights are the
// bytes of the weights as it reads them.
type Way struct {
	Name              string
	Products, Weights int64
}

// Page writes one HTML page about a compilation: the work of every function, the
// layers with their algorithms, the passes with what each changed, and the arena of each
// planned function over time. The page needs no script and nothing from elsewhere, and
// is light or dark as its reader's other pages are. m is the module after the last pass.
func Page(title string, snapshots []Snapshot, layers []Layer, m *ir.Module) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<style>%s</style></head><body>\n",
		html.EscapeString(title), pageStyle)
	fmt.Fprintf(&b, "<h1>%s</h1>\n<nav aria-label=sections><a href=#functions>functions</a> <a href=#layers>layers</a> <a href=#passes>passes</a> <a href=#arenas>arenas</a></nav>\n", html.EscapeString(title))
	writeFunctions(&b, m)
	writeLayers(&b, layers)
	writePasses(&b, snapshots)
	b.WriteString("<h2 id=arenas>Arenas</h2>\n")
	for _, f := range m.Funcs {
		writeArena(&b, f, usualBatch(m, f))
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

// The colours are variables, so that a dark page is the same rules with other values.
const pageStyle = `
:root{color-scheme:light dark;--ink:#111827;--soft:#6b7280;--page:#ffffff;--card:#f9fafb;--line:#e5e7eb;--new:#dcfce7;--gone:#fee2e2;--bar:#93c5fd;--mark:#15803d}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#9ca3af;--page:#111827;--card:#1f2937;--line:#374151;--new:#14532d;--gone:#7f1d1d;--bar:#1d4ed8;--mark:#4ade80}}
body{font:14px/1.45 system-ui,"Segoe UI",Helvetica,"DejaVu Sans",sans-serif;margin:24px auto;padding:0 24px;max-width:1240px;color:var(--ink);background:var(--page)}
h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}h3{font-size:14px;margin:18px 0 4px}p{color:var(--soft);margin:4px 0 8px;max-width:80ch}
nav a,a{color:inherit}nav a{margin-right:14px}
table{border-collapse:collapse;margin:8px 0 16px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--soft);text-align:left;border-bottom:2px solid var(--line)}td{border-bottom:1px solid var(--line)}td,th{padding:3px 10px 3px 0;vertical-align:top}
.n{text-align:right}td.n,td code,td a{white-space:nowrap}.soft{color:var(--soft)}.wide{overflow-x:auto}
.bar{display:inline-block;height:9px;background:var(--bar);border-radius:2px;min-width:1px}
.chosen{color:var(--mark);font-weight:600}
pre,code{font:12px/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,monospace}
pre{overflow-x:auto;background:var(--card);padding:8px 10px;border:1px solid var(--line);border-radius:6px}
.new,.gone{display:inline-block;min-width:100%}.new{background:var(--new)}.gone{background:var(--gone)}
summary{cursor:pointer;padding:2px 0}details{margin:2px 0 6px}details details{margin-left:18px}
svg{display:block;max-width:100%;height:auto;background:var(--card);border:1px solid var(--line);border-radius:6px}
svg text{font:10px system-ui,"DejaVu Sans",sans-serif;fill:#111827}
svg text.scale{fill:var(--soft)}svg line.scale{stroke:var(--line);stroke-width:1}
a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
`

// writeFunctions writes what each function costs for its usual batch.
func writeFunctions(b *bytes.Buffer, m *ir.Module) {
	b.WriteString("<h2 id=functions>Functions</h2>\n<p>Of one image, or of the batch of a training. Bytes are those of the operands and results of every instruction; an arena cannot be smaller than its bound.</p>\n")
	b.WriteString("<div class=wide tabindex=0><table><tr><th>function<th class=n>batch<th class=n>instructions<th class=n>multiply-adds<th class=n>bytes<th class=n>arena<th class=n>its bound</tr>\n")
	for _, f := range m.Funcs {
		batch := usualBatch(m, f)
		macs, moved := total(f, batch)
		arena, bound := "when sizes are known", ""
		if f.Memory != nil && len(f.Memory.Blocks) == 0 {
			if l, err := f.At(sample(f, batch)); err == nil {
				arena, bound = grouped(l.Arena), grouped(l.Bound)
			}
		}
		fmt.Fprintf(b, "<tr><td>%s<td class=n>%d<td class=n>%d<td class=n>%s<td class=n>%s<td class=n>%s<td class=n>%s</tr>\n",
			html.EscapeString(f.Name), batch, len(f.Instrs), amount(macs), amount(moved)+"B", arena, bound)
	}
	b.WriteString("</table></div>\n")
}

// amount writes a number with three digits and a prefix: 12.3 M.
func amount(n int64) string {
	switch x := float64(n); {
	case n >= 1e9:
		return fmt.Sprintf("%.3g G", x/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3g M", x/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.3g k", x/1e3)
	}
	return fmt.Sprint(n) + " "
}

// grouped writes 61706 as 61,706.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
