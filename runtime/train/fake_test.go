package train

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/tensor"
)

// softmaxModel is logistic regression on small pictures with momentum: enough of
// a model to show that the loop trains one.
type softmaxModel struct {
	classes, inputs int
	w, b, vw, vb    []float32
	fail            int // the step whose loss is NaN, 0 for none
	steps           int
	onStep, onEval  func(step int)
	closed          bool
}

func newSoftmax(classes, inputs int) *softmaxModel {
	return &softmaxModel{
		classes: classes, inputs: inputs,
		w: make([]float32, classes*inputs), b: make([]float32, classes),
		vw: make([]float32, classes*inputs), vb: make([]float32, classes),
	}
}

func (m *softmaxModel) States() []State {
	return []State{
		{Name: "dense.weight", Shape: []int{m.classes, m.inputs}, Data: m.w},
		{Name: "dense.bias", Shape: []int{m.classes}, Data: m.b},
	}
}

func (m *softmaxModel) Slots() []State {
	return []State{
		{Name: "momentum:dense.weight", Shape: []int{m.classes, m.inputs}, Data: m.vw},
		{Name: "momentum:dense.bias", Shape: []int{m.classes}, Data: m.vb},
	}
}

func (m *softmaxModel) Init(seed int64) {
	Initialise(m.w, []int{m.classes, m.inputs}, "normal", []float64{0, 0.01}, seed, StreamOf("dense.weight"))
	clear(m.b)
	clear(m.vw)
	clear(m.vb)
}

// pass computes loss and hits, and adds gradients when gw is not nil.
func (m *softmaxModel) pass(b *data.Batch, gw, gb []float32) (loss float32, metrics []float32) {
	x, labels := b.Float32("image"), b.Int32("label")
	total, hits := 0.0, 0
	for i := range b.N {
		row := x[i*m.inputs : (i+1)*m.inputs]
		p := make([]float64, m.classes)
		sum, best := 0.0, 0
		for c := range p {
			z := float64(m.b[c])
			for k, v := range row {
				z += float64(v) * float64(m.w[c*m.inputs+k])
			}
			p[c] = math.Exp(z)
			sum += p[c]
			if p[c] > p[best] {
				best = c
			}
		}
		if best == int(labels[i]) {
			hits++
		}
		total -= math.Log(p[labels[i]] / sum)
		if gw == nil {
			continue
		}
		for c := range p {
			d := p[c] / sum
			if c == int(labels[i]) {
				d--
			}
			d /= float64(b.N)
			gb[c] += float32(d)
			for k, v := range row {
				gw[c*m.inputs+k] += float32(d * float64(v))
			}
		}
	}
	return float32(total / float64(b.N)), []float32{float32(hits)}
}

func (m *softmaxModel) Step(b *data.Batch, lr float32, seed int64) (float32, []float32) {
	m.steps++
	if m.onStep != nil {
		m.onStep(m.steps)
	}
	gw, gb := make([]float32, len(m.w)), make([]float32, len(m.b))
	loss, metrics := m.pass(b, gw, gb)
	if m.steps == m.fail {
		return float32(math.NaN()), metrics
	}
	// The step's own random numbers take part, as dropout would.
	noise := tensor.Uniform(uint64(seed), 0, 0)
	for i, g := range gw {
		m.vw[i] = 0.9*m.vw[i] + g
		m.w[i] -= lr * m.vw[i] * (0.9 + 0.2*noise)
	}
	for i, g := range gb {
		m.vb[i] = 0.9*m.vb[i] + g
		m.b[i] -= lr * m.vb[i]
	}
	return loss, metrics
}

func (m *softmaxModel) Eval(b *data.Batch) (float32, []float32) {
	if m.onEval != nil {
		m.onEval(m.steps)
	}
	return m.pass(b, nil, nil)
}

func (m *softmaxModel) Close() { m.closed = true }

// stripes writes IDX files of 6 by 6 pictures: class c has a bright row c. They
// are learned in a few steps.
func stripes(t testing.TB, dir string, train, test int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for part, n := range map[string]int{"train": train, "t10k": test} {
		images := []byte{0, 0, 8, 3}
		labels := []byte{0, 0, 8, 1}
		for _, d := range []int{n, 6, 6} {
			images = binary.BigEndian.AppendUint32(images, uint32(d))
		}
		labels = binary.BigEndian.AppendUint32(labels, uint32(n))
		for range n {
			c := r.IntN(4)
			labels = append(labels, byte(c))
			for y := range 6 {
				for range 6 {
					v := r.IntN(60)
					if y == c+1 {
						v += 150
					}
					images = append(images, byte(v))
				}
			}
		}
		for name, content := range map[string][]byte{"images-idx3": images, "labels-idx1": labels} {
			if err := os.WriteFile(filepath.Join(dir, part+"-"+name+"-ubyte"), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// program returns a program on stripes in a folder, whose models are passed to
// made.
func program(t testing.TB, made func(*softmaxModel)) (*Program, Options) {
	t.Helper()
	dir := t.TempDir()
	stripes(t, dir, 203, 50)
	step := func(name, arg string, v any) data.Step {
		return data.Step{Fields: []string{"image"}, Call: data.StepCall{Name: name, Args: map[string]any{arg: v}}}
	}
	p := &Program{
		Package: "stripes", Net: "Stripes", Source: "stripes.net",
		Data: data.Spec{
			Name:   "Bright",
			Source: data.StepCall{Name: "mnist", Args: map[string]any{"dir": "."}},
			Fields: []data.Field{
				{Name: "image", Kind: data.Picture, H: 6, W: 6, C: 1, Set: "Gray"},
				{Name: "label", Kind: data.Label, Set: "Row", Labels: strings.Fields("one two three four")},
			},
			Augment: []data.Step{step("translate", "by", [2]float64{-0.1, 0.1}), step("brightness", "by", [2]float64{0.8, 1.2})},
			Prep:    []data.Step{{Fields: []string{"image"}, Call: data.StepCall{Name: "chw"}}},
		},
		Epochs: 4, Batch: 16, Seed: 7, LR: 0.2,
		Schedule: Schedule{Name: "cosine", Args: map[string]any{"warmup": 1.0, "min": 0.0}},
		Metrics:  []Metric{{Name: "accuracy", Reduce: "mean"}},
		New: func(threads, maxBatch int) (Model, error) {
			m := newSoftmax(4, 36)
			if made != nil {
				made(m)
			}
			return m, nil
		},
	}
	out := t.TempDir()
	return p, Options{Data: dir, Out: filepath.Join(out, "run"), Weights: filepath.Join(out, "stripes.safetensors")}
}

func mustRun(t testing.TB, p *Program, o Options) *Result {
	t.Helper()
	res, err := Run(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

var nan = math.NaN()
