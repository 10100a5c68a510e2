package viz

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// writePasses writes a line for each pass, and behind it the functions that it changed
// with the lines that it wrote and those that it removed.
func writePasses(b *bytes.Buffer, snapshots []Snapshot) {
	b.WriteString("<h2 id=passes>Passes</h2>\n<p>Instructions, multiply-adds and bytes of all functions as a pass left them, for one image or the batch of a training. Open a pass to read the functions that it changed: a line on green is new, one on red is gone.</p>\n")
	longest := int64(1)
	for _, s := range snapshots {
		longest = max(longest, s.Took.Microseconds())
	}
	b.WriteString("<div class=wide tabindex=0><table><tr><th>pass<th>what it did<th class=n>ms<th><th class=n>instructions<th class=n>multiply-adds<th class=n>bytes<th class=n>lines new<th class=n>gone</tr>\n")
	before := map[string]Body{}
	texts := make([]string, len(snapshots))
	for i, s := range snapshots {
		var all Body
		var text strings.Builder
		fresh, gone := 0, 0
		for _, f := range s.Funcs {
			all.Instrs, all.MACs, all.Bytes = all.Instrs+f.Instrs, all.MACs+f.MACs, all.Bytes+f.Bytes
			f.write(&text, before[f.Name].Text, i > 0, &fresh, &gone)
			before[f.Name] = f
		}
		texts[i] = text.String()
		note := html.EscapeString(s.Note)
		news := fmt.Sprintf("<td class=n>%d<td class=n>%d", fresh, gone)
		if i == 0 {
			news = "<td><td>"
		} else if fresh+gone == 0 {
			news = "<td colspan=2 class=\"n soft\">(unchanged)"
		}
		fmt.Fprintf(b, "<tr><td><a href=#pass-%[1]s>%[1]s</a><td>%[2]s<td class=n>%.1[3]f<td><span class=bar style=\"width:%.0[4]fpx\"></span><td class=n>%[5]d<td class=n>%[6]s<td class=n>%[7]sB%[8]s</tr>\n",
			html.EscapeString(s.Pass), note, float64(s.Took.Microseconds())/1e3, 60*float64(s.Took.Microseconds())/float64(longest), all.Instrs, amount(all.MACs), amount(all.Bytes), news)
	}
	b.WriteString("</table></div>\n")
	for i, s := range snapshots {
		fmt.Fprintf(b, "<details id=\"pass-%[1]s\"><summary><b>%[1]s</b> <span class=soft>%[2]s</span></summary>\n", html.EscapeString(s.Pass), html.EscapeString(s.Note))
		if texts[i] == "" {
			b.WriteString("<p>(unchanged)</p>\n")
		}
		b.WriteString(texts[i] + "</details>\n")
	}
}

// write writes the text of f with what is new and gone since before; nothing where both
// are the same.
func (f Body) write(b *strings.Builder, before string, compare bool, news, lost *int) {
	var fresh map[int]bool
	var gone []string
	if compare {
		if before == f.Text {
			return
		}
		fresh, gone = changed(before, f.Text)
		*news += len(fresh)
		*lost += len(gone)
	}
	fmt.Fprintf(b, "<details><summary>%s <span class=soft>%d instructions", html.EscapeString(f.Name), f.Instrs)
	if compare {
		fmt.Fprintf(b, ", %d lines new, %d gone", len(fresh), len(gone))
	}
	b.WriteString("</span></summary>\n<pre>")
	for n, line := range strings.Split(strings.TrimRight(f.Text, "\n"), "\n") {
		if fresh[n] {
			fmt.Fprintf(b, "<span class=new>%s</span>\n", html.EscapeString(line))
		} else {
			b.WriteString(html.EscapeString(line) + "\n")
		}
	}
	if len(gone) > 0 {
		b.WriteString("\n")
		for _, line := range gone {
			fmt.Fprintf(b, "<span class=gone>%s</span>\n", html.EscapeString(line))
		}
	}
	b.WriteString("</pre></details>\n")
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
