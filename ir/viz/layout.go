package viz

import (
	"cmp"
	"slices"
)

// Distances, in pixels.
const (
	rowGap    = 22.0
	portGap   = 8.0 // between the ports of a group and its first or last row
	unitGap   = 22.0
	laneWidth = 10.0
	border    = 12.0
	header    = 24.0
	channel   = 9.0 // between two level connections of a row
)

// unit is a box of one level: a node, a group, a port of the group around, or a
// place in a row that a long edge passes.
type unit struct {
	node  *Node
	group *frame
	src   int // of ports and lanes: the node whose result passes; else -1
	port  bool
	enter bool // a port where a result comes in

	w, h  float64
	x, y  float64 // left upper corner in the frame
	row   int
	place int  // in its row
	right bool // in the half that runs upwards
	order int  // of the first node in it
}

func (u *unit) isBox() bool { return u.node != nil || u.group != nil }

// link is an edge between two units of a level.
type link struct {
	src      int
	from, to *unit
	lanes    []*unit
}

// line is a drawn edge: points with vertical tangents, or square corners.
type line struct {
	points []point
	square bool
	long   bool // passes at least one row
	arrow  bool // ends at a box of a node
}

type point struct{ x, y float64 }

// frame is a group with the places of everything in it.
type frame struct {
	g       *Group
	w, h    float64
	boxes   []*unit
	lines   []line
	in, out map[int]float64 // where a result enters and leaves, from the left
	up      bool            // results enter below and leave above
}

// level is the work on one group.
type level struct {
	g     *Graph
	group *Group
	up    bool
	units []*unit
	links []*link
	at    map[int]*unit // the unit that holds a node
}

// lay places everything in a group.
func lay(g *Graph, group *Group, up bool) *frame {
	l := &level{g: g, group: group, up: up, at: map[int]*unit{}}
	l.collect()
	l.connect()
	fold := l.rank()
	l.open(up, fold)
	l.addLanes()
	f := l.arrange(fold)
	f.g, f.up = group, up
	return f
}

// collect makes a unit of each node and group.
func (l *level) collect() {
	for _, n := range l.group.Nodes {
		u := &unit{node: n, src: -1, order: n.ID}
		u.w, u.h = nodeSize(n)
		l.units = append(l.units, u)
		l.at[n.ID] = u
	}
	for _, c := range l.group.Groups {
		u := &unit{group: &frame{g: c}, src: -1, order: 1 << 30}
		for _, n := range c.all(nil) {
			l.at[n.ID] = u
			u.order = min(u.order, n.ID)
		}
		l.units = append(l.units, u)
	}
	slices.SortStableFunc(l.units, func(a, b *unit) int { return cmp.Compare(a.order, b.order) })
}

// connect makes the links, and a port for each result that crosses the border.
func (l *level) connect() {
	ports := map[[2]int]*unit{}
	port := func(src int, enter bool) *unit {
		key := [2]int{src, 0}
		if enter {
			key[1] = 1
		}
		if ports[key] == nil {
			ports[key] = &unit{src: src, port: true, enter: enter, w: laneWidth, order: src}
			l.units = append(l.units, ports[key])
		}
		return ports[key]
	}
	type pair struct {
		src      int
		from, to *unit
	}
	seen := map[pair]bool{}
	for _, e := range l.g.Edges {
		from, to := l.at[e.From], l.at[e.To]
		switch {
		case from == nil && to == nil, from == to:
			continue
		case from == nil:
			from = port(e.From, true)
		case to == nil:
			to = port(e.From, false)
		}
		if key := (pair{e.From, from, to}); !seen[key] {
			seen[key] = true
			l.links = append(l.links, &link{src: e.From, from: from, to: to})
		}
	}
}

// open lays out the groups of this level, now that it is known which way they run.
func (l *level) open(up, fold bool) {
	for _, u := range l.units {
		if u.group != nil {
			u.group = lay(l.g, u.group.g, up != (fold && u.right))
			u.w, u.h = u.group.w, u.group.h
		}
	}
}

// addLanes lets a link that passes rows hold a place in each of them. Links of one
// result share their places.
func (l *level) addLanes() {
	type key struct {
		src, row int
		right    bool
	}
	lanes := map[key]*unit{}
	for _, k := range l.links {
		for _, s := range k.steps() {
			id := key{k.src, s.row, s.right}
			if lanes[id] == nil {
				lanes[id] = &unit{src: k.src, w: laneWidth, row: s.row, right: s.right, order: k.from.order}
				l.units = append(l.units, lanes[id])
			}
			k.lanes = append(k.lanes, lanes[id])
		}
	}
}

type step struct {
	row   int
	right bool
}

// steps returns the rows that a link passes between its ends.
func (k *link) steps() []step {
	var out []step
	a, b := k.from, k.to
	switch {
	case a.right == b.right && !a.right:
		for r := a.row + 1; r < b.row; r++ {
			out = append(out, step{r, false})
		}
	case a.right == b.right:
		for r := a.row - 1; r > b.row; r-- {
			out = append(out, step{r, true})
		}
	default: // from the half that runs down to the one that runs up
		for r := a.row + 1; r <= b.row; r++ {
			out = append(out, step{r, false})
		}
		for r := a.row; r > b.row; r-- {
			out = append(out, step{r, true})
		}
	}
	return out
}
