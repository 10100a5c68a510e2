package stdlib_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestLayers compares blocks of the prelude with PyTorch in double precision, on the
// inputs and weights that [uniform] and [weight] make. A line of testdata/layers.txt
// is a name and the numbers of the result.
func TestLayers(t *testing.T) {
	text, err := os.ReadFile("testdata/layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]float64{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		words := strings.Fields(line)
		want[words[0]] = numbers(t, words[1:])
	}
	cases := []struct {
		name, signature, body string
		inputs                map[string][]int
	}{
		{"attention", "(x: f32[N, 3, 8]) -> (y: f32[N, 3, 8])", "x |> attention(2)", map[string][]int{"x": {2, 3, 8}}},
		{"cross", "(x: f32[N, 3, 8], kv: f32[N, 5, 6]) -> (y: f32[N, 3, 8])", "attention(x, kv, 2)",
			map[string][]int{"x": {2, 3, 8}, "kv": {2, 5, 6}}},
		{"transformer", "(x: f32[N, 3, 8]) -> (y: f32[N, 3, 8])", "x |> transformer(8, 2)", map[string][]int{"x": {2, 3, 8}}},
		{"adaptive", "(x: f32[N, 2, 7, 8]) -> (y: f32[N, 2, 3, 5])", "x |> adaptive_avgpool(3, 5)", map[string][]int{"x": {1, 2, 7, 8}}},
		{"l2norm", "(x: f32[N, 3, 2, 2]) -> (y: f32[N, 3, 2, 2])", "x |> l2norm(axis=1)", map[string][]int{"x": {1, 3, 2, 2}}},
		{"excite", "(x: f32[N, 4, 2, 3]) -> (y: f32[N, 4, 2, 3])", "x |> excite(2, act=silu, gate=hardsigmoid)",
			map[string][]int{"x": {1, 4, 2, 3}}},
	}
	if len(cases) != len(want) {
		t.Errorf("got %d cases, want %d", len(cases), len(want))
	}
	for _, c := range cases {
		m := compiled(t, fmt.Sprintf("package held\n\nnet Held : %s\n  = %s\n", c.signature, c.body))
		inputs := map[string]*eval.Tensor{}
		for name, shape := range c.inputs {
			inputs[name] = uniform(name, shape)
		}
		values := map[string]*eval.Tensor{}
		for _, s := range m.States {
			var shape []int
			for _, d := range sizes(t, s.Type) {
				shape = append(shape, int(d))
			}
			values[s.Name] = weight(s.Name, shape)
		}
		got := infer(t, m, inputs, values)["y"].F
		if len(got) != len(want[c.name]) || !(apart(got, want[c.name]) < 1e-6) {
			t.Errorf("%s: got %v, want %v", c.name, got, want[c.name])
		}
	}
}

// TestSinusoid holds the waves against their formula.
func TestSinusoid(t *testing.T) {
	m := compiled(t, "package held\n\nnet Held : (t: i32[N]) -> (y: f32[N, 6])\n  = t |> sinusoid(6)\n")
	times := []int64{0, 3, 700}
	got := infer(t, m, map[string]*eval.Tensor{"t": eval.Ints(tensor.I32, []int{3}, times...)}, nil)["y"].F
	for n, at := range times {
		for k := range 3 {
			angle := float64(at) * math.Pow(10000, -float64(k)/3)
			for i, want := range map[int]float64{k: math.Sin(angle), k + 3: math.Cos(angle)} {
				// constants have the precision of f32, and the angle is up to 700
				if v := got[n*6+i]; !(math.Abs(v-want) < 1e-3) {
					t.Errorf("channel %d at %d is %g, want %g", i, at, v, want)
				}
			}
		}
	}
}

// TestDroppath sees one random number for each sample while training, and nothing
// of it otherwise.
func TestDroppath(t *testing.T) {
	s, err := netc.Open("-", strings.NewReader(`package held

net Held : (x: f32[N, 2, 4, 4]) -> (y: f32[N, 2, 4, 4])
  = x |> droppath(0.25)
`))
	if err != nil {
		t.Fatal(err)
	}
	p, list := s.Check()
	if p == nil {
		t.Fatal(list)
	}
	n := find(t, p, "Held")
	if got := dropouts(n.Infer); len(got) != 0 {
		t.Errorf("inference drops %v", got)
	}
	if got := dropouts(n.Training); len(got) != 1 || got[0] != "f32[N, 1, 1, 1] 0.25" {
		t.Errorf("training drops %v, want one number for each sample with probability 0.25", got)
	}
}

func dropouts(g *check.Graph) []string {
	var out []string
	for _, c := range g.Calls {
		if c.Op.Name == "dropout" {
			out = append(out, fmt.Sprintf("%v %v", c.Outs[0].Type, c.Attrs.Float("p")))
		}
	}
	return out
}
