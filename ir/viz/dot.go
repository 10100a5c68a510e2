package viz

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// DOT writes the graph in the language of Graphviz, with a cluster for each block.
func DOT(g *Graph) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph %s {\n", quote(g.Name))
	b.WriteString("  graph [fontname=\"Helvetica\" labeljust=l]\n")
	b.WriteString("  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" fontsize=11]\n")
	b.WriteString("  edge [color=\"" + edgeColour + "\"]\n")
	clusters := 0
	dotGroup(&b, g.Root, "  ", &clusters)
	edges := slices.Clone(g.Edges)
	slices.SortFunc(edges, func(a, z Edge) int {
		if a.From != z.From {
			return a.From - z.From
		}
		return a.To - z.To
	})
	for _, e := range edges {
		fmt.Fprintf(&b, "  n%d -> n%d\n", e.From, e.To)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func dotGroup(b *bytes.Buffer, g *Group, indent string, clusters *int) {
	for _, n := range g.Nodes {
		title, shape, cost := n.text()
		lines := []string{title}
		if n.Name != "" {
			lines = append(lines, n.Name)
		}
		lines = append(lines, shape)
		if cost != "" {
			lines = append(lines, cost)
		}
		fmt.Fprintf(b, "%sn%d [label=%s fillcolor=\"%s\" color=\"%s\"]\n", indent, n.ID, quote(strings.Join(lines, "\n")), colours[n.Kind][0], colours[n.Kind][1])
	}
	for _, c := range g.Groups {
		name, block := groupTitle(c)
		fmt.Fprintf(b, "%[1]ssubgraph cluster_%[2]d {\n%[1]s  label=%[3]s\n%[1]s  style=\"rounded\"\n%[1]s  color=\"%[4]s\"\n",
			indent, *clusters, quote(strings.TrimSpace(name+"  "+block)), groupColour)
		*clusters++
		dotGroup(b, c, indent+"  ", clusters)
		fmt.Fprintf(b, "%s}\n", indent)
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
