package netc

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/runtime/tensor"
)

const mixed = `package parts

classes Part = ["wall", "cell", "void"]

net Seg : (image: f32[N, Gray, 4, 6]) -> (mask: f32[N, Part, 4, 6], kind: f32[N, Part]) {
  x = image |> conv(4, 3) |> tanh
  return x |> conv(Part, 1), x |> global_avgpool |> dense(Part)
}

data Slides {
  source = SOURCE
  sample (image: u8[4, 6, Gray], FIELDS)
  prep image = image |> chw
}

train Seg on Slides {
  LINES
  optimizer = sgd(lr=0.1)MIX
}
`

// mixedSource opens the program above with its gaps filled in.
func mixedSource(t *testing.T, source, fields, lines, mix string) *Source {
	t.Helper()
	text := strings.NewReplacer("SOURCE", source, "FIELDS", fields, "LINES", lines, "MIX", "; mix = "+mix).Replace(mixed)
	path := filepath.Join(t.TempDir(), "parts.net")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMixedLoss: where records are mixed the loss is that of the own truth and that of the
// other record's, each by its share. Masks have two truths under mixup alone, and what a
// section computes from labels above its loss is computed of both.
func TestMixedLoss(t *testing.T) {
	for _, c := range []struct {
		name, fields, lines, mix string
		shadows                  []string // fields with another record's truth
	}{
		{"labels", "label: Part", "loss = cross_entropy(kind, label)", "mixup(0.4)", []string{"label"}},
		{"masks", "truth: Part[4, 6]", "loss = cross_entropy(mask, truth, ignore=255) + dice(mask, truth, ignore=255)", "mixup(1)", []string{"truth"}},
		{"windows of masks", "truth: Part[4, 6]", "loss = cross_entropy(mask, truth)", "cutmix(1)", nil},
		{"masks and labels", "truth: Part[4, 6], label: Part", "loss = cross_entropy(mask, truth) + cross_entropy(kind, label)", "cutmix(1)", []string{"label"}},
		{"both", "truth: Part[4, 6], label: Part", "loss = cross_entropy(mask, truth) + cross_entropy(kind, label)", "mixup(1)", []string{"truth", "label"}},
		{"computed", "label: Part", "easy = cross_entropy(kind, label); twice = easy + easy; loss = 0.5 * twice + focal(kind, label)", "cutmix(1)", []string{"label"}},
	} {
		p, list := mixedSource(t, `npz("parts.npz")`, c.fields, c.lines, c.mix).Check()
		if p == nil || p.Trains[0].Lacks != nil {
			t.Fatalf("%s: got %v", c.name, list)
		}
		m := irgen.Module(p)
		env := &eval.Env{States: map[string]*eval.Tensor{}}
		for k, state := range m.States {
			shape := []int{}
			for _, d := range state.Type.Dims {
				n, _ := d.Size.IsConst()
				shape = append(shape, int(n))
			}
			v := eval.New(tensor.F32, shape...)
			for i := range v.F {
				v.F[i] = float64(tensor.Uniform(5, uint64(k), uint64(i)) - 0.5)
			}
			env.States[state.Name] = v
		}
		const n, share = 3, 0.3
		own, other := records(n, 0), records(n, 1)
		inputs := map[string]*eval.Tensor{"mix.share": eval.Floats([]int{n}, share, share, share), "seed": eval.Ints(tensor.I64, nil, 1)}
		swapped := map[string]*eval.Tensor{}
		for name, v := range own {
			inputs[name], swapped[name] = v, v
		}
		for _, name := range c.shadows {
			inputs[name+".mixed"], swapped[name] = other[name], other[name]
		}
		loss := m.Func("Seg.loss")
		want := map[string]bool{}
		for _, name := range c.shadows {
			want[name+".mixed"] = true
		}
		for _, v := range loss.Inputs {
			if strings.HasSuffix(v.Name, ".mixed") != want[v.Name] {
				t.Errorf("%s: the loss reads %s, want the truths %v of others", c.name, v.Name, c.shadows)
			}
		}
		run := func(f string, in map[string]*eval.Tensor) float64 {
			out, err := eval.Run(m.Func(f), in, env)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			return out["loss"].F[0]
		}
		got, expected := run("Seg.loss", inputs), run("Seg.eval", own)
		if len(c.shadows) > 0 {
			expected = share*expected + (1-share)*run("Seg.eval", swapped)
		}
		if math.Abs(got-expected) > 1e-9 {
			t.Errorf("%s: got the loss %v, want %v", c.name, got, expected)
		}
	}
}

// records are n pictures with a label and a mask each.
func records(n, seed int) map[string]*eval.Tensor {
	image, label, truth := eval.New(tensor.F32, n, 1, 4, 6), make([]int64, n), make([]int64, n*24)
	for i := range image.F {
		image.F[i] = float64(tensor.Uniform(9, 0, uint64(i)))
	}
	for i := range label {
		label[i] = int64(i+seed) % 3
	}
	for i := range truth {
		truth[i] = int64(i*i+seed*(i%5)) % 3
	}
	return map[string]*eval.Tensor{"image": image, "label": eval.Ints(tensor.I32, []int{n}, label...), "truth": eval.Ints(tensor.I32, []int{n, 4, 6}, truth...)}
}

// TestMixRefusals: what cannot be shown in part is refused where it is written.
func TestMixRefusals(t *testing.T) {
	for _, row := range [][3]string{
		{`voc("v")`, "truth: boxes[Part]", "of the boxes `truth` none would be half there"},
		{`csv("parts.csv", image=path)`, "words: string", "the text `words` tells of one"},
		{`csv("parts.csv", image=path)`, "", "mixes labels too, and the sample has none"},
	} {
		source, field, want := row[0], row[1], row[2]
		_, list := mixedSource(t, source, field, "loss = mean(kind)", "mixup(1)").Check()
		if text := fmt.Sprint(list); !strings.Contains(text, "E0505") || !strings.Contains(text, want) {
			t.Errorf("%s: got %s, want E0505 with %q", field, text, want)
		}
	}
}
