package ir_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/text"
)

// TestVerifyChain breaks each promise of a chain in turn.
func TestVerifyChain(t *testing.T) {
	data, err := os.ReadFile("../passes/testdata/chain.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, source, _ := strings.Cut(string(data), "\nmodule ") // behind the notes of the passes
	for _, row := range []struct {
		name   string
		change func(c *ir.Instr)
		want   string
	}{
		{"right", func(*ir.Instr) {}, ""},
		{"one layer", func(c *ir.Instr) { c.Body = c.Body[2:] }, "two layers or more"},
		{"another operand first", func(c *ir.Instr) { c.Args = append([]*ir.Value{c.Args[1]}, c.Args...) }, "reads its first operand"},
		{"no convolution", func(c *ir.Instr) { c.Body[1].Op = op.Lookup("relu") }, "is no convolution"},
		{"a pool first", func(c *ir.Instr) { c.Body[0].Op = op.Lookup("avgpool") }, "avgpool is no convolution"},
		{"weights of images", func(c *ir.Instr) { c.Body[1].Args[1] = c.Args[0] }, "fixed weights"},
		{"out of order", func(c *ir.Instr) { c.Body[1].Args[0] = c.Args[0] }, "does not read what is before it"},
		{"what is between is added", func(c *ir.Instr) { c.Body[2].Args[3] = c.Body[0].Outs[0] }, "does not read what is before it"},
		{"a residual inside", func(c *ir.Instr) { c.Body[1].Args[3] = c.Args[0] }, "adds a residual"},
		{"factors inside", func(c *ir.Instr) { c.Body[1].Args[4] = c.Args[0] }, "scales its channels"},
		{"another result", func(c *ir.Instr) { c.Outs = []*ir.Value{c.Body[1].Outs[0]} }, "the last layer"},
	} {
		m, err := text.Parse("module " + source)
		if err != nil {
			t.Fatal(err)
		}
		f := m.Func("residual")
		i := slices.IndexFunc(f.Instrs, func(in *ir.Instr) bool { return in.Op.Name == "chain" })
		row.change(f.Instrs[i])
		switch err := ir.Verify(m); {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v, want none", row.name, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: got %v, want an error with %q", row.name, err, row.want)
		}
	}
}
