package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestPrograms checks programs that were written before the compiler: published
// sizes, weight names, and that what this version cannot compile is said.
func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		file   string
		params map[string]int64
		names  []string // some weight paths
		codes  []string // the only codes that may be reported
		tests  int
	}{
		{"1_lenet", map[string]int64{"LeNet": 61_706}, []string{"conv.weight", "conv_2.bias", "dense_3.weight"}, nil, 1},
		{"2_resnet", map[string]int64{"ResNet18": 11_689_512, "ResNet50": 25_557_032},
			[]string{"body.stem.conv.weight", "body.stem.bn.running_var", "body.stage[2][0].conv1.conv.weight", "body.stage[1][0].shortcut.convbn.bn.weight", "fc.bias"}, nil, 1},
		{"3_mobilenet", map[string]int64{"MobileNetV2": 3_504_872},
			[]string{"stem.conv.weight", "features[1][0].convbn_2.conv.weight", "features[0][0].convbn_3.bn.bias", "dense.weight"}, []string{"W0601"}, 1},
		{"4_unet", map[string]int64{"UNet": 31_036_611}, []string{"down[3].convbn_2.conv.weight", "up[0].upconv.weight", "conv.bias"}, nil, 1},
		{"5_detector", map[string]int64{"TinyDet": 1_287_931}, []string{"head.conv.weight", "head.conv_2.bias", "down_4.convbn.conv.weight"}, nil, 1},
		{"6_transfer", map[string]int64{"PetNet": 23_583_845}, []string{"backbone.stem.conv.weight", "backbone.stage[3][2].conv3.bn.weight", "head.weight"}, []string{"W0401", "W0601"}, 0},
		{"7_face", map[string]int64{"FaceNet": 226_048, "Verify": 226_048}, []string{"convbn.act.weight", "unit[4].convbn_3.conv.weight"}, []string{"W0406"}, 1},
		{"8_diffusion", map[string]int64{"Denoiser": 18_907_011}, []string{"words.embedding.weight", "down[0].conv.weight"}, []string{"W0601"}, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			p, list := checkFile(t, "../syntax/testdata/programs/"+c.file+".net")
			for _, d := range list {
				if !slices.Contains(c.codes, d.Code) {
					t.Errorf("unexpected:\n%s", d.Message)
				}
			}
			if (len(list) > 0) != (c.codes != nil) {
				t.Errorf("got %d diagnostics, want some: %v", len(list), c.codes)
			}
			names := map[string]bool{}
			for _, n := range p.Nets {
				if n.Infer == nil || n.Training == nil {
					t.Errorf("%s has no graphs", n.Name)
					continue
				}
				got, ok := countParams(n.States)
				if want, asked := c.params[n.Name]; !ok || asked && got != want {
					t.Errorf("%s: got %d weights, want %d", n.Name, got, want)
				}
				for _, s := range n.States {
					names[s.Path] = true
				}
			}
			if len(p.Nets) < len(c.params) {
				t.Errorf("got %d nets, want %d", len(p.Nets), len(c.params))
			}
			for _, n := range c.names {
				if !names[n] {
					t.Errorf("no weight is called %s; there are %s", n, strings.Join(sorted(names), " "))
				}
			}
			if len(p.Tests) != c.tests {
				t.Errorf("got %d tests, want %d", len(p.Tests), c.tests)
			}
			for _, r := range p.Tests {
				if !r.Passed {
					t.Errorf("test %q fails:\n%s", r.Name, r.Failures)
				}
			}
		})
	}
}

// TestGraphs holds everything the checker says about program 1.
func TestGraphs(t *testing.T) {
	p, list := checkFile(t, "../syntax/testdata/programs/1_lenet.net")
	if len(list) > 0 {
		t.Fatalf("%s", list)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s, %s\n", p.Package, p.Source)
	for _, s := range p.Sets {
		fmt.Fprintf(&b, "set %s %v builtin=%v\n", s.Name, s.Labels, s.BuiltIn)
	}
	for _, n := range p.Nets {
		for _, s := range n.States {
			fmt.Fprintf(&b, "state %s %v buffer=%v nodecay=%v %s%.4f\n", s.Path, s.Type, s.Buffer, s.NoDecay, s.Init.Kind, s.Init.Args)
		}
		print(&b, n.Name+".infer", n.Infer)
	}
	for _, d := range p.Data {
		fmt.Fprintf(&b, "data %s: %s %v\n", d.Name, d.Source.Name, d.Source.Args)
		for _, f := range d.Fields {
			fmt.Fprintf(&b, "  field %s %v %s\n", f.Name, f.Type, f.LabelSet)
		}
		for _, kind := range [][]Step{d.Augment, d.Eval, d.Prep} {
			for _, s := range kind {
				fmt.Fprintf(&b, "  %v %s %v\n", s.Fields, s.Call.Name, s.Call.Args)
			}
			b.WriteString("  --\n")
		}
	}
	for _, t := range p.Trains {
		fmt.Fprintf(&b, "train %s on %s: epochs %d, batch %d, seed %d, %s %v, %s %v, %v\n", t.Net, t.Data, t.Phases[0].Epochs, t.Phases[0].Batch, t.Seed,
			t.Phases[0].Optimizer.Name, t.Phases[0].Optimizer.Args, t.Phases[0].Schedule.Name, t.Phases[0].Schedule.Args, reduced(t.Metrics))
		print(&b, t.Net+".loss", t.Loss)
	}
	for _, x := range p.Predicts {
		fmt.Fprintf(&b, "predict %s on %s: %v\n", x.Net, x.Data, x.Outputs)
		print(&b, x.Net+".predict", x.Graph)
	}
	testkit.Golden(t, "lenet", []byte(b.String()))
}

func reduced(ms []Metric) (out []string) {
	for _, m := range ms {
		out = append(out, m.Name+" "+m.Reduce)
	}
	return out
}

// print writes a graph, one call a line.
func print(b *strings.Builder, name string, g *Graph) {
	id := map[*Tensor]string{}
	fmt.Fprintf(b, "graph %s\n", name)
	for _, in := range g.Inputs {
		id[in] = "%" + in.Name
		fmt.Fprintf(b, "  %%%s: %v\n", in.Name, in.Type)
	}
	n := 0
	for _, c := range g.Calls {
		b.WriteString("  ")
		for i, o := range c.Outs {
			id[o] = fmt.Sprintf("%%%d", n)
			n++
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(b, "%s: %v", id[o], o.Type)
		}
		fmt.Fprintf(b, " = %s", c.Op.Name)
		for _, a := range c.Args {
			if a == nil {
				b.WriteString(" _")
				continue
			}
			b.WriteString(" " + id[a])
		}
		if len(c.Attrs) > 0 {
			fmt.Fprintf(b, " %v", c.Attrs)
		}
		p := c.Span.Pos()
		fmt.Fprintf(b, " @ %d:%d %s\n", p.Line, p.Col, c.Stage)
	}
	for _, o := range g.Outputs {
		fmt.Fprintf(b, "  %s = %s: %v\n", o.Name, id[o.Value], o.Value.Type)
	}
}
