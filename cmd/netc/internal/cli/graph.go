package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir/viz"
	"github.com/netc-lang/netc/runtime/weights"
)

func newGraph(e *env) *cobra.Command {
	var (
		net, out, form string
		set            []string
		o              netc.DrawOptions
	)
	c := &cobra.Command{
		Use:   "graph [--net NAME] [-o FILE.svg] FILE",
		Short: "draw a network as SVG or DOT",
		Long: `graph draws a network: its stages with shapes, weights and multiply-adds, the
blocks of the source around them, and the connections between them. Equal blocks in
a row are drawn once unless --all asks for each.

The picture goes to standard output or, with -o, to a file whose ending says what it
is: .svg, or .dot and .gv for Graphviz. --json prints nodes and edges.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			sizes, err := parseSizes(set)
			if err == nil && o.Depth < 0 {
				err = fmt.Errorf("--depth wants a positive number, not %d", o.Depth)
			}
			if err == nil {
				form, err = graphForm(form, out)
			}
			if err != nil {
				return exitError{exitUsage, err}
			}
			o.Sizes = sizes
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			graphs, list, err := netc.Draw(s, net, o)
			e.report(list)
			switch {
			case err != nil:
				return failed(err)
			case list.HasErrors():
				return reported(exitFailed)
			}
			return e.drawn(s, graphs, form, out)
		},
	}
	f := c.Flags()
	f.StringVar(&net, "net", "", "the net to draw; needed where the file has several")
	f.StringVarP(&out, "output", "o", "", "write to this file")
	f.StringVar(&form, "format", "", "svg or dot; by default what the name of the file says, else svg")
	f.StringSliceVar(&set, "set", nil, "values of free sizes: H=256,W=256")
	f.IntVar(&o.Depth, "depth", 0, "draw blocks that are nested deeper as one box; 0 draws every stage")
	f.BoolVar(&o.All, "all", false, "draw each of equal blocks in a row")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"svg", "dot"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// graphForm decides what is written.
func graphForm(form, out string) (string, error) {
	if form == "" {
		switch ext := strings.ToLower(filepath.Ext(out)); ext {
		case ".svg", "":
			form = "svg"
		case ".dot", ".gv":
			form = "dot"
		default:
			return "", fmt.Errorf("-o wants a name that ends in .svg, .dot or .gv, not %q", ext)
		}
	}
	if form != "svg" && form != "dot" {
		return "", fmt.Errorf("--format is svg or dot, not %q", form)
	}
	return form, nil
}

// drawn writes the picture of the only net, or all nets as JSON.
func (e *env) drawn(s *netc.Source, graphs []*viz.Graph, form, out string) error {
	if e.json {
		return json.NewEncoder(e.out).Encode(map[string]any{"nets": jsonGraphs(graphs)})
	}
	if len(graphs) != 1 {
		if len(graphs) == 0 {
			return failed(errors.New(s.Path + " has no net"))
		}
		names := make([]string, len(graphs))
		for i, g := range graphs {
			names[i] = g.Name
		}
		return exitError{exitUsage, fmt.Errorf("%s has several nets; choose one with --net: %s", s.Path, strings.Join(names, ", "))}
	}
	text := viz.SVG(graphs[0])
	if form == "dot" {
		text = viz.DOT(graphs[0])
	}
	if out == "" {
		_, err := e.out.Write(text)
		return err
	}
	if err := weights.WriteFileAtomic(out, text); err != nil {
		return failed(err)
	}
	return nil
}

type graphNode struct {
	ID     int    `json:"id"`
	Path   string `json:"path"`
	Title  string `json:"title"`
	Shape  string `json:"shape"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"`
	Group  string `json:"group"`
}

type graphJSON struct {
	Name  string      `json:"name"`
	Nodes []graphNode `json:"nodes"`
	Edges [][2]int    `json:"edges"`
}

func jsonGraphs(graphs []*viz.Graph) []graphJSON {
	out := make([]graphJSON, len(graphs))
	for i, g := range graphs {
		j := graphJSON{Name: g.Name, Nodes: []graphNode{}, Edges: [][2]int{}}
		for _, n := range g.Nodes {
			title := strings.Join(append([]string{n.Title}, n.Notes...), " · ")
			j.Nodes = append(j.Nodes, graphNode{n.ID, n.Path, title, n.Shape, n.Params, n.MACs, n.Group.Path})
		}
		for _, k := range g.Edges {
			j.Edges = append(j.Edges, [2]int{k.From, k.To})
		}
		out[i] = j
	}
	return out
}
