package netc_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/stdlib"
)

func draw(t *testing.T, module, net string, o netc.DrawOptions) []*viz.Graph {
	t.Helper()
	s, err := netc.Open(module, nil)
	if err != nil {
		t.Fatal(err)
	}
	graphs, list, err := netc.Draw(s, net, o)
	if err != nil || list.HasErrors() {
		t.Fatalf("%s: %v %v", module, err, list)
	}
	return graphs
}

// TestDrawGolden holds two pictures: maps that shrink and grow again, and blocks of
// a loop that are drawn once.
func TestDrawGolden(t *testing.T) {
	for _, c := range []struct{ module, net string }{{"unet", "UNetSmall"}, {"resnet", "ResNet50"}} {
		g := draw(t, c.module, c.net, netc.DrawOptions{})[0]
		testkit.Golden(t, filepath.Join("graph", c.net+".dot"), viz.DOT(g))
		testkit.Golden(t, filepath.Join("graph", c.net+".svg"), viz.SVG(g))
	}
}

// arrowEnd finds the last two points of a line with an arrow.
var arrowEnd = regexp.MustCompile(`([-0-9.]+ [-0-9.]+)[LC ]([-0-9.]+ [-0-9.]+)" fill="none"[^>]* marker-end=`)

type box struct{ x, y, w, h float64 }

func (b box) within(o box) bool {
	return b.x >= o.x && b.y >= o.y && b.x+b.w <= o.x+o.w && b.y+b.h <= o.y+o.h
}

func (b box) meets(o box) bool {
	return b.x < o.x+o.w && o.x < b.x+b.w && b.y < o.y+o.h && o.y < b.y+b.h
}

// TestDrawZoo draws every network of the zoo: the file is well-formed, twice the
// same, boxes of stages do not overlap, and everything lies on the page.
func TestDrawZoo(t *testing.T) {
	count := 0
	for _, module := range stdlib.Modules() {
		for i, g := range draw(t, module, "", netc.DrawOptions{}) {
			count++
			svg := viz.SVG(g)
			if i == 0 && module == "shufflenet" && !bytes.Equal(svg, viz.SVG(draw(t, module, "", netc.DrawOptions{})[0])) {
				t.Errorf("%s: two drawings differ", g.Name)
			}
			for _, m := range arrowEnd.FindAllSubmatch(svg, -1) {
				if bytes.Equal(m[1], m[2]) {
					t.Errorf("%s: an arrow has no direction: %s", g.Name, m[0])
				}
			}
			page, nodes, texts := readSVG(t, svg)
			if len(nodes) != len(g.Nodes) {
				t.Errorf("%s: got %d boxes, want %d", g.Name, len(nodes), len(g.Nodes))
			}
			for j, b := range nodes {
				if !b.within(page) {
					t.Errorf("%s: %s lies outside the page", g.Name, g.Nodes[j].Path)
				}
				for k := range j {
					if b.meets(nodes[k]) {
						t.Errorf("%s: the boxes %d and %d overlap", g.Name, j, k)
					}
				}
			}
			for _, b := range texts {
				if !b.within(page) {
					t.Errorf("%s: a text at %v lies outside the page", g.Name, b)
				}
			}
			forward(t, g)
		}
	}
	if count < 25 {
		t.Errorf("drew only %d networks", count)
	}
}

// forward holds a graph to its promises: edges lead to later nodes, every stage is
// reached, weights and products are all counted.
func forward(t *testing.T, g *viz.Graph) {
	t.Helper()
	reached := map[int]bool{}
	for _, e := range g.Edges {
		if e.From >= e.To {
			t.Errorf("%s: an edge leads back from %s to %s", g.Name, g.Nodes[e.From].Path, g.Nodes[e.To].Path)
		}
		reached[e.To] = true
	}
	for _, n := range g.Nodes {
		if !reached[n.ID] && n.Kind != viz.Terminal {
			t.Errorf("%s: nothing leads to %s", g.Name, n.Path)
		}
	}
}

func TestDrawCounts(t *testing.T) {
	g := draw(t, "resnet", "ResNet50", netc.DrawOptions{})[0]
	if g.Params != 25_557_032 || g.MACs != 4_089_184_256 {
		t.Errorf("got %d weights and %d products", g.Params, g.MACs)
	}
	all := draw(t, "resnet", "ResNet50", netc.DrawOptions{All: true})[0]
	outline := draw(t, "resnet", "ResNet50", netc.DrawOptions{Depth: 1})[0]
	if a, b, c := len(outline.Nodes), len(g.Nodes), len(all.Nodes); a >= b || b >= c {
		t.Errorf("got %d nodes for the outline, %d, and %d for all: want them to grow", a, b, c)
	}
	if all.Params != g.Params || outline.Params != g.Params {
		t.Error("what is drawn changed what is counted")
	}
	set := draw(t, "unet", "UNet", netc.DrawOptions{Sizes: map[string]int64{"H": 64, "W": 96}})[0]
	if s := set.Nodes[0].Shape; s != "Gray×64×96" {
		t.Errorf("got the shape %s, want Gray×64×96", s)
	}
}

// readSVG returns the page, the boxes of the stages in the order of the file, and a
// small box at the start of each text.
func readSVG(t *testing.T, svg []byte) (page box, nodes, texts []box) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(svg))
	depth := 0
	for {
		token, err := dec.Token()
		if token == nil {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "g" {
			depth--
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		a := map[string]float64{}
		for _, attr := range e.Attr {
			if v, err := strconv.ParseFloat(attr.Value, 64); err == nil {
				a[attr.Name.Local] = v
			} else if strings.Contains(attr.Value, "NaN") || strings.Contains(attr.Value, "Inf") {
				t.Errorf("got %s=%q", attr.Name.Local, attr.Value)
			}
		}
		switch e.Name.Local {
		case "svg":
			page = box{0, 0, a["width"], a["height"]}
		case "g":
			depth++
		case "rect":
			if depth > 0 {
				nodes = append(nodes, box{a["x"], a["y"], a["width"], a["height"]})
			}
		case "text":
			texts = append(texts, box{a["x"], a["y"] - 5, 1, 5})
		}
	}
	if page == (box{}) {
		t.Fatal(fmt.Errorf("no page in %.80s", svg))
	}
	return page, nodes, texts
}
