package viz

import (
	"bytes"
	"fmt"
	"html"
)

// writeLayers writes one table for each function: its contractions, in order, with the
// algorithm of each and what the others would cost.
func writeLayers(b *bytes.Buffer, layers []Layer) {
	b.WriteString("<h2 id=layers>Layers and their algorithms</h2>\n")
	if len(layers) == 0 {
		b.WriteString("<p>No convolution, and no product of matrices.</p>\n")
		return
	}
	b.WriteString("<p>Multiply-adds are those of the definition, for one image. An algorithm is followed by those that it does itself, what it does in vain at the edges of its tiles included, its transforms not, and by the bytes of the weights as it reads them; the chosen one is marked. The bar is the share of the function.</p>\n")
	for i := 0; i < len(layers); {
		name, most := layers[i].Func, int64(1)
		end := i
		for ; end < len(layers) && layers[end].Func == name; end++ {
			most = max(most, layers[end].MACs)
		}
		fmt.Fprintf(b, "<details%s><summary><b>%s</b> <span class=soft>%d layers</span></summary>\n<div class=wide tabindex=0><table><tr><th>stage<th>operation<th>result<th class=n>multiply-adds<th><th class=n>bytes<th class=n>per byte<th>algorithm<th>its cost and that of the others<th>source</tr>\n",
			map[bool]string{true: " open"}[i == 0], html.EscapeString(name), end-i)
		for _, l := range layers[i:end] {
			intensity := ""
			if l.Bytes > 0 {
				intensity = fmt.Sprintf("%.3g", float64(l.MACs)/float64(l.Bytes))
			}
			fmt.Fprintf(b, "<tr><td>%s<td>%s<td><code>%s</code><td class=n>%s<td><span class=bar style=\"width:%.0fpx\"></span><td class=n>%sB<td class=n>%s<td>%s<td>%s<td class=soft>%s</tr>\n",
				html.EscapeString(l.Stage), html.EscapeString(l.Op), html.EscapeString(l.Shape), amount(l.MACs), 80*float64(l.MACs)/float64(most),
				amount(l.Bytes), intensity, html.EscapeString(l.Chosen), ways(l), html.EscapeString(l.Pos))
		}
		b.WriteString("</table></div></details>\n")
		i = end
	}
}

// ways lists the algorithms of l, or says why there is one only.
func ways(l Layer) string {
	if len(l.Ways) == 0 {
		return "<span class=soft>" + html.EscapeString(l.Why) + "</span>"
	}
	text := ""
	for i, w := range l.Ways {
		if i > 0 {
			text += ", "
		}
		one := html.EscapeString(w.Name + " " + amount(w.Products) + " + " + amount(w.Weights) + "B")
		if w.Name == l.Chosen {
			one = "<span class=chosen>" + one + "</span>"
		}
		text += one
	}
	if l.Why != "" {
		text += " <span class=soft>" + html.EscapeString(l.Why) + "</span>"
	}
	return text
}
