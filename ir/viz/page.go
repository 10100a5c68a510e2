package viz

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/netc-lang/netc/ir"
)

// Snapshot is a module as a pass left it.
type Snapshot struct {
	Pass, Note string
	Text       string // of the module
	Instrs     int
	Took       time.Duration
}

// Page writes one HTML page about a compilation: the work of every function, the
// passes with what each changed, and the arena of each planned function over time.
// The page needs no script and nothing from elsewhere. m is the module after the
// last pass.
func Page(title string, snapshots []Snapshot, m *ir.Module) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>\n<style>%s</style></head><body>\n", html.EscapeString(title), pageStyle)
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(title))
	writeFunctions(&b, m)
	writePasses(&b, snapshots)
	for _, f := range m.Funcs {
		writeArena(&b, f)
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

const pageStyle = `body{font:14px Verdana,"DejaVu Sans",Helvetica,sans-serif;margin:24px;color:#111827;background:#fff}
table{border-collapse:collapse;margin:8px 0 20px}td,th{border:1px solid #d1d5db;padding:3px 8px;text-align:left}td.n{text-align:right}
pre{font:12px "DejaVu Sans Mono",Menlo,monospace;overflow-x:auto;background:#f9fafb;padding:8px;border:1px solid #e5e7eb}
.new{background:#dcfce7;display:inline-block;min-width:100%}.gone{background:#fee2e2;display:inline-block;min-width:100%}
summary{cursor:pointer;padding:2px 0}details{margin:2px 0 6px}svg{background:#fff}`

// writeFunctions writes what each function costs for a batch of one.
func writeFunctions(b *bytes.Buffer, m *ir.Module) {
	b.WriteString("<h2>Functions, batch 1</h2>\n<table><tr><th>function<th>instructions<th>MACs, M<th>operands and results, MB<th>arena, bytes<th>its lower bound</tr>\n")
	for _, f := range m.Funcs {
		env := sample(f)
		macs, moved := int64(0), int64(0)
		for _, in := range f.Instrs {
			c := cost(in, env)
			macs += c.macs
			moved += c.bytes
		}
		arena, bound := "", ""
		if f.Memory != nil {
			if l, err := f.At(env); err == nil {
				arena, bound = fmt.Sprint(l.Arena), fmt.Sprint(l.Bound)
			}
		}
		fmt.Fprintf(b, "<tr><td>%s<td class=n>%d<td class=n>%.1f<td class=n>%.2f<td class=n>%s<td class=n>%s</tr>\n",
			html.EscapeString(f.Name), len(f.Instrs), float64(macs)/1e6, float64(moved)/1e6, arena, bound)
	}
	b.WriteString("</table>\n")
}

// writePasses writes the table of passes and the module after each, with the lines
// that the pass wrote and those it removed.
func writePasses(b *bytes.Buffer, snapshots []Snapshot) {
	b.WriteString("<h2>Passes</h2>\n<p>A line on green is new after the pass, one on red is gone.</p>\n")
	before := ""
	for i, s := range snapshots {
		fresh, gone := changed(before, s.Text)
		fmt.Fprintf(b, "<details><summary><b>%s</b>: %s &middot; %d instructions, %.1f ms", html.EscapeString(s.Pass), html.EscapeString(s.Note), s.Instrs, float64(s.Took.Microseconds())/1e3)
		if i > 0 {
			fmt.Fprintf(b, " &middot; %d lines new, %d gone", len(fresh), len(gone))
		}
		b.WriteString("</summary>\n<pre>")
		for n, line := range strings.Split(strings.TrimRight(s.Text, "\n"), "\n") {
			if i > 0 && fresh[n] {
				fmt.Fprintf(b, "<span class=new>%s</span>\n", html.EscapeString(line))
			} else {
				b.WriteString(html.EscapeString(line) + "\n")
			}
		}
		if i > 0 && len(gone) > 0 {
			b.WriteString("\n")
			for _, line := range gone {
				fmt.Fprintf(b, "<span class=gone>%s</span>\n", html.EscapeString(line))
			}
		}
		b.WriteString("</pre></details>\n")
		before = s.Text
	}
}

// changed compares two texts line by line, wherever the lines stand: the numbers of
// the lines of after that before has not as often, and the lines of before that are
// no longer there, in their order.
func changed(before, after string) (fresh map[int]bool, gone []string) {
	count := map[string]int{}
	old := strings.Split(strings.TrimRight(before, "\n"), "\n")
	for _, line := range old {
		count[line]++
	}
	fresh = map[int]bool{}
	for n, line := range strings.Split(strings.TrimRight(after, "\n"), "\n") {
		if count[line] > 0 {
			count[line]--
		} else {
			fresh[n] = true
		}
	}
	// What is left over was not met again; its last occurrences are those that went.
	for i := len(old) - 1; i >= 0; i-- {
		if count[old[i]] > 0 {
			count[old[i]]--
			gone = append([]string{old[i]}, gone...)
		}
	}
	return fresh, gone
}
