package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir/kernels"
)

func newSummary(e *env) *cobra.Command {
	var (
		net   string
		batch int64
		set   []string
		train bool
	)
	c := &cobra.Command{
		Use:               "summary FILE",
		Short:             "print shapes, weights, multiply-adds and memory, stage by stage",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: netFiles,
		RunE: func(c *cobra.Command, args []string) error {
			sizes, err := parseSizes(set)
			if err != nil {
				return exitError{exitUsage, err}
			}
			if batch < 1 {
				return exitError{exitUsage, fmt.Errorf("--batch wants a positive number, not %d", batch)}
			}
			summarise := netc.Summarise
			if train {
				summarise = netc.SummariseTraining
			}
			if !train || c.Flags().Changed("batch") {
				sizes["N"] = batch
			}
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			nets, list, err := summarise(s, net, sizes)
			e.report(list)
			switch {
			case err != nil:
				return failed(err)
			case list.HasErrors():
				return reported(exitFailed)
			case e.json:
				return json.NewEncoder(e.out).Encode(map[string]any{"nets": nets})
			}
			for _, n := range nets {
				printSummary(e.out, n, batch)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&net, "net", "", "only this net")
	f.Int64Var(&batch, "batch", 1, "batch that the arena is counted for (with --train: that of the file)")
	f.BoolVar(&train, "train", false, "the arena is that of a training step")
	f.StringSliceVar(&set, "set", nil, "values of free sizes: H=256,W=256")
	return c
}

func parseSizes(set []string) (map[string]int64, error) {
	sizes := map[string]int64{}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if !ok || err != nil || n < 1 {
			return nil, fmt.Errorf("--set wants NAME=SIZE, not %q", s)
		}
		sizes[name] = n
	}
	return sizes, nil
}

func printSummary(w io.Writer, n netc.NetSummary, batch int64) {
	rows := [][]string{{"stage", "op", "shape", "params", "MACs"}}
	for _, s := range n.Stages {
		path := s.Path
		if path == "" {
			path = "-"
		}
		rows = append(rows, []string{path, s.Op, s.Shape, count(s.Params), count(s.MACs)})
	}
	title := n.Name
	if len(n.Sampled) > 0 {
		title += " at " + strings.Join(n.Sampled, ", ") + " (--set gives other sizes)"
	}
	fmt.Fprintf(w, "%s\n", title)
	table(w, rows, 3)
	fmt.Fprintf(w, "  params %s   weights %s   MACs %s (batch 1)\n", count(n.Params), size(n.WeightsBytes), count(n.MACs))
	what := "arena"
	if t := n.Training; t != nil {
		what, batch = "arena of a training step", t.Batch
		limit := ""
		if t.MemoryLimit > 0 {
			limit = "   memory <= " + size(t.MemoryLimit)
		}
		fmt.Fprintf(w, "  gradients %s   optimiser %s   kernels %s (%d threads)%s\n", size(t.GradientsBytes), size(t.SlotsBytes), size(t.KernelBytes), kernels.Threads, limit)
	}
	fmt.Fprintf(w, "  "+what+" %s for batch %d (lower bound %s; %s without halos and padding)\n", size(n.Arena), batch, size(n.ArenaBound), size(n.ArenaLogical))
}

// table pads the columns; those from right on are aligned right.
func table(w io.Writer, rows [][]string, right int) {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], len(c))
		}
	}
	for _, r := range rows {
		line := " "
		for i, c := range r {
			if i >= right {
				line += fmt.Sprintf(" %*s ", widths[i], c)
			} else {
				line += fmt.Sprintf(" %-*s ", widths[i], c)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// count writes 61706 as 61,706.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes bytes with the unit a person reads.
func size(n int64) string {
	switch {
	case n >= 1e7:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
