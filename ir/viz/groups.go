package viz

import (
	"strings"
)

// groups puts the nodes into the blocks of the source. A block that is used again
// after something that read it is a group again: groups never wait for each other.
func (b *builder) groups() {
	root := &Group{}
	b.g.Root = root
	inside := map[*Group]set{}
	newest := map[string]*Group{}
	used := map[string]bool{}
	for _, n := range b.g.Nodes {
		for _, p := range prefixes(n.Path) {
			used[p] = true
		}
	}
	for _, n := range b.g.Nodes {
		at := root
		paths := prefixes(n.Path)
		if used[n.Path] && b.f.Blocks[n.Path] != "" {
			paths = append(paths, n.Path)
		}
		if n.Kind == Terminal {
			paths = nil
		}
		for _, p := range paths {
			g := newest[p]
			if g == nil || g.Up != at || b.waits(n, inside[g]) {
				g = &Group{Path: p, Block: b.f.Blocks[p], Up: at}
				at.Groups = append(at.Groups, g)
				newest[p] = g
			}
			s := inside[g]
			s.put(n.ID)
			inside[g] = s
			at = g
		}
		n.Group = at
		at.Nodes = append(at.Nodes, n)
	}
	root.tidy()
	root.name("")
}

// waits reports whether n depends on a node that is not in the group and that
// itself depends on one that is.
func (b *builder) waits(n *Node, group set) bool {
	for i := range n.ID {
		if b.before[n.ID].has(i) && !group.has(i) && b.before[i].meets(group) {
			return true
		}
	}
	return false
}

// prefixes returns the groups around a path: body.stage[0][1].conv lies in body, in
// body.stage[0] and in body.stage[0][1].
func prefixes(path string) []string {
	var out []string
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '.' && (i == 0 || path[i-1] != ']'):
			out = append(out, path[:i])
		case path[i] == ']' && strings.IndexByte(path[i:], '.') >= 0:
			out = append(out, path[:i+1])
		}
	}
	return out
}

// tidy removes groups around a single node, and joins a group with the only group
// in it.
func (g *Group) tidy() {
	var kept []*Group
	for _, c := range g.Groups {
		c.tidy()
		switch {
		case len(c.Groups) == 0 && len(c.Nodes) == 1:
			n := c.Nodes[0]
			n.Group, n.Path = g, c.Path
			g.Nodes = append(g.Nodes, n)
		case len(c.Groups) == 1 && len(c.Nodes) == 0:
			only := c.Groups[0]
			only.Up = g
			if only.Block == "" {
				only.Block = c.Block
			}
			kept = append(kept, only)
		default:
			kept = append(kept, c)
		}
	}
	g.Groups = kept
	if g.Up == nil && len(kept) == 1 && len(g.Nodes) == 0 {
		return
	}
}

// name shortens the paths to what the groups around do not say.
func (g *Group) name(around string) {
	g.Name = below(g.Path, around)
	for _, n := range g.Nodes {
		if n.Kind != Terminal {
			n.Name = below(n.Path, g.Path)
		}
		if plainName(n.Name) == n.word && !strings.ContainsAny(n.Name, "[") {
			n.Name = ""
		}
	}
	for _, c := range g.Groups {
		c.name(g.Path)
	}
}

// below returns what path adds to around, with the last name of around where only
// an index follows.
func below(path, around string) string {
	if around == "" || !strings.HasPrefix(path, around) {
		return path
	}
	rest := path[len(around):]
	if strings.HasPrefix(rest, "[") {
		start := strings.LastIndexByte(around, '.') + 1
		return path[start:]
	}
	return strings.TrimPrefix(rest, ".")
}

// plainName drops the number that an unnamed layer has: conv_2 is conv.
func plainName(name string) string {
	if i := strings.LastIndexByte(name, '_'); i > 0 && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}
