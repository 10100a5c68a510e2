package program_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/cmd/netc/internal/program"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/runtime/tensor"
)

// trainMain runs a training and writes what goes into its model and what comes out,
// one JSON object a line: first the initial weights, then each step.
const trainMain = `package main

import (
	"context"
	"encoding/json"
	"os"

	model "program/model/train"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/train"
)

var out = json.NewEncoder(os.Stdout)

type watched struct{ train.Model }

type line struct {
	Image  []float32
	Label  []int32
	LR     float32
	Seed   int64
	Loss   float32
	States map[string][]float32
	Share  []float32
}

func (w watched) states() map[string][]float32 {
	m := map[string][]float32{}
	for _, s := range w.States() {
		m[s.Name] = s.Data
	}
	return m
}

func (w watched) Init(seed int64) {
	w.Model.Init(seed)
	out.Encode(line{States: w.states()})
}

func (w watched) Begin(part int) {
	if p, ok := w.Model.(train.Parted); ok {
		p.Begin(part)
	}
}

func (w watched) Step(b *data.Batch, lr float32, seed int64) (float32, []float32) {
	loss, metrics := w.Model.Step(b, lr, seed)
	l := line{Image: b.Float32("image"), Label: b.Int32("label"), LR: lr, Seed: seed, Loss: loss, States: w.states()}
	func() {
		defer func() { recover() }() // a batch that is not mixed has no share
		l.Share = b.Float32("mix.share")
	}()
	out.Encode(l)
	return loss, metrics
}

func main() {
	p := model.Program()
	build := p.New
	p.New = func(threads, most int) (train.Model, error) {
		m, err := build(threads, most)
		return watched{m}, err
	}
	if _, err := train.Run(context.Background(), p, train.Options{Data: os.Args[1], Threads: 1, Workers: 1}); err != nil {
		panic(err)
	}
}
`

type line struct {
	Image  []float64
	Label  []int64
	LR     float64
	Seed   int64
	Loss   float64
	States map[string][]float64
	Share  []float64
}

// watch trains the net of a source on pictures of 6 by 6 pixels and returns what its
// model was given and what it did.
func watch(t *testing.T, source string) (*ir.Module, []line) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const records = 12
	for _, split := range []string{"train", "t10k"} {
		pixels, labels := make([]byte, records*36), make([]byte, records)
		for i := range pixels {
			pixels[i] = byte(255 * tensor.Uniform(1, 0, uint64(i)))
		}
		for i := range labels {
			labels[i] = byte(i % 3)
		}
		head := func(dims ...uint32) []byte {
			var b bytes.Buffer
			b.Write([]byte{0, 0, 8, byte(len(dims))})
			binary.Write(&b, binary.BigEndian, dims)
			return b.Bytes()
		}
		write(split+"-images-idx3-ubyte", append(head(records, 6, 6), pixels...))
		write(split+"-labels-idx1-ubyte", append(head(records), labels...))
	}
	write("small.net", []byte(source))
	s, err := netc.Open(filepath.Join(dir, "small.net"), nil)
	if err != nil {
		t.Fatal(err)
	}
	checked, list := s.Check()
	if checked == nil || len(list) > 0 {
		t.Fatalf("does not check:\n%v", list)
	}
	var naive *ir.Module
	built, _, err := netc.Compile(s, netc.Options{Initial: true, Train: true, Verify: true, Dump: func(pass string, m *ir.Module) {
		if pass == "mode" { // norms are what they are in training, and nothing else has happened
			var err error
			if naive, err = text.Parse(text.Print(m)); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	exe, err := program.Build(built, trainMain)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, dir)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var lines []line
	for d := json.NewDecoder(bytes.NewReader(stdout)); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return naive, lines
}

// byHand trains as watch does, by the naive evaluator and nothing else: gradients are
// central differences of the loss.
type byHand struct {
	t     *testing.T
	m     *ir.Module
	env   *eval.Env
	slots map[string][]float64 // by rule and weight
	steps int
}

func newByHand(t *testing.T, m *ir.Module, first line) *byHand {
	h := &byHand{t: t, m: m, env: &eval.Env{States: map[string]*eval.Tensor{}}}
	for _, s := range m.States {
		shape := make([]int, len(s.Type.Dims))
		for i, d := range s.Type.Dims {
			n, _ := d.Size.IsConst()
			shape[i] = int(n)
		}
		h.env.States[s.Name] = eval.Floats(shape, first.States[s.Name]...)
	}
	h.forget()
	return h
}

// forget begins with a new optimiser.
func (h *byHand) forget() { h.slots, h.steps = map[string][]float64{}, 0 }

func (h *byHand) loss(f *ir.Func, inputs map[string]*eval.Tensor, env *eval.Env) float64 {
	out, err := eval.Run(f, inputs, env)
	if err != nil {
		h.t.Fatal(err)
	}
	return out["loss"].F[0]
}

func (h *byHand) copied() *eval.Env {
	env := &eval.Env{States: map[string]*eval.Tensor{}}
	for name, x := range h.env.States {
		c := *x
		c.F = slices.Clone(x.F)
		env.States[name] = &c
	}
	return env
}

// inputsOf are those of the records [lo, hi) of a batch.
func inputsOf(l line, lo, hi int) map[string]*eval.Tensor {
	return map[string]*eval.Tensor{
		"image": eval.Floats([]int{hi - lo, 1, 6, 6}, l.Image[lo*36:hi*36]...),
		"label": eval.Ints(tensor.I32, []int{hi - lo}, l.Label[lo:hi]...),
		"seed":  eval.Ints(tensor.I64, nil, l.Seed),
	}
}

// gradients returns the slope of the loss in each weight that trained names.
func (h *byHand) gradients(f *ir.Func, inputs map[string]*eval.Tensor, trained func(*ir.State) bool) map[string][]float64 {
	const step = 1e-4
	out := map[string][]float64{}
	for _, s := range h.m.States {
		if s.Buffer || s.Frozen || !trained(s) {
			continue
		}
		g := make([]float64, len(h.env.States[s.Name].F))
		for i := range g {
			var at [2]float64
			for k, d := range []float64{step, -step} {
				env := h.copied()
				env.States[s.Name].F[i] += d
				at[k] = h.loss(f, inputs, env)
			}
			g[i] = (at[0] - at[1]) / (2 * step)
		}
		out[s.Name] = g
	}
	return out
}

// sgd changes the weights as PyTorch's SGD does.
func (h *byHand) sgd(g map[string][]float64, lr, momentum, decay float64) {
	for name, d := range g {
		w, noDecay := h.env.States[name].F, h.state(name).NoDecay
		v, begun := h.slots[name]
		if !begun {
			v = make([]float64, len(w))
			h.slots[name] = v
		}
		for i := range w {
			slope := d[i]
			if !noDecay {
				slope += decay * w[i]
			}
			v[i] = momentum*v[i] + slope
			w[i] -= lr * v[i]
		}
	}
}

// adamw changes the weights as PyTorch's AdamW does.
func (h *byHand) adamw(g map[string][]float64, lr, eps, decay float64) {
	h.steps++
	const b1, b2 = 0.9, 0.999
	for name, d := range g {
		w, noDecay := h.env.States[name].F, h.state(name).NoDecay
		if h.slots["m"+name] == nil {
			h.slots["m"+name], h.slots["v"+name] = make([]float64, len(w)), make([]float64, len(w))
		}
		m, v := h.slots["m"+name], h.slots["v"+name]
		for i := range w {
			if !noDecay {
				w[i] -= lr * decay * w[i]
			}
			m[i] = b1*m[i] + (1-b1)*d[i]
			v[i] = b2*v[i] + (1-b2)*d[i]*d[i]
			w[i] -= lr * m[i] / (1 - math.Pow(b1, float64(h.steps))) / (math.Sqrt(v[i]/(1-math.Pow(b2, float64(h.steps)))) + eps)
		}
	}
}

// lamb changes the weights as algorithm 2 of arXiv:1904.00962 does.
func (h *byHand) lamb(g map[string][]float64, lr, eps, decay float64) {
	h.steps++
	for name, d := range g {
		w, own := h.env.States[name].F, decay
		if h.state(name).NoDecay {
			own = 0
		}
		if h.slots["m"+name] == nil {
			h.slots["m"+name], h.slots["v"+name] = make([]float64, len(w)), make([]float64, len(w))
		}
		m, v, r := h.slots["m"+name], h.slots["v"+name], make([]float64, len(w))
		var ww, rr float64
		for i := range w {
			m[i] = 0.9*m[i] + 0.1*d[i]
			v[i] = 0.999*v[i] + 0.001*d[i]*d[i]
			t := float64(h.steps)
			r[i] = m[i]/(1-math.Pow(0.9, t))/(math.Sqrt(v[i]/(1-math.Pow(0.999, t)))+eps) + own*w[i]
			ww, rr = ww+w[i]*w[i], rr+r[i]*r[i]
		}
		trust := 1.0
		if ww > 0 && rr > 0 {
			trust = math.Sqrt(ww) / math.Sqrt(rr)
		}
		for i := range w {
			w[i] -= lr * trust * r[i]
		}
	}
}

func (h *byHand) state(name string) *ir.State {
	i := slices.IndexFunc(h.m.States, func(s *ir.State) bool { return s.Name == name })
	return h.m.States[i]
}

// compare holds what a step of the program did against what was done by hand.
func (h *byHand) compare(k int, l line, loss, lr float64) {
	h.t.Helper()
	near := func(what string, got, want, slack float64) {
		h.t.Helper()
		if d := math.Abs(got - want); !(d <= slack*(1+math.Abs(want))) {
			h.t.Fatalf("step %d: %s is %v, by hand %v", k, what, got, want)
		}
	}
	near("the loss", l.Loss, loss, 2e-5)
	near("the learning rate", l.LR, lr, 1e-6)
	for _, s := range h.m.States {
		want := h.env.States[s.Name]
		for i, v := range l.States[s.Name] {
			near(s.Name, v, want.F[i], 1e-4)
		}
	}
}

const phased = `package small

classes Kind = ["a", "b", "c"]

net Small : (image: f32[N, Gray, 6, 6]) -> (logits: f32[N, Kind])
  = image |> Body as body |> flatten |> dense(Kind) as head

block Body : (x: f32[N, C, H, W]) = x |> conv(2, 3, stride=2) |> bn |> tanh

data Pixels {
  source = mnist(".")
  sample (image: u8[6, 6, Gray], label: Kind)
  prep image = image |> chw |> normalize(mean=[0.5], std=[0.5])
}

train Small on Pixels {
  loss = cross_entropy(logits, label, smoothing=0.1)
  batch = 5; seed = 3
  phase warm { epochs = 2; freeze body; optimizer = sgd(lr=0.2, momentum=0.9, weight_decay=0.01) }
  phase tune {
    epochs = 3; freeze body.conv until epoch(1)
    optimizer = adamw(lr=0.02, eps=1e-3, weight_decay=0.1); schedule = cosine(warmup=1)
  }
}
`

// TestPhases compares a training in two phases with the same steps by hand: what is
// frozen, when, with which optimiser, and what the optimiser remembers.
func TestPhases(t *testing.T) {
	m, lines := watch(t, phased)
	if len(lines) != 1+15 {
		t.Fatalf("got %d steps, want 3 batches of 5 epochs", len(lines)-1)
	}
	training, serving := m.Func(m.Trains[1].Loss), m.Func(m.Trains[0].Eval)
	h := newByHand(t, m, lines[0])
	for k, l := range lines[1:] {
		frozen, f, lr := "", training, 0.2
		switch {
		case k < 6: // warm: the norm of the body is frozen too, and uses what it has
			frozen, f = "body.", serving
		default: // tune: one epoch of warm-up, then half a cosine to the end
			step := float64(k - 6)
			if lr = 0.02 * (step + 1) / 4; step >= 3 {
				lr = 0.02 * (1 + math.Cos(math.Pi*(step-3)/6)) / 2
			}
			if k < 9 {
				frozen = "body.conv."
			}
		}
		if k == 6 || k == 9 {
			h.forget()
		}
		inputs := inputsOf(l, 0, len(l.Label))
		g := h.gradients(f, inputs, func(s *ir.State) bool { return frozen == "" || !strings.HasPrefix(s.Name, frozen) })
		loss := h.loss(f, inputs, h.env) // which moves the running means
		if k < 6 {
			h.sgd(g, lr, 0.9, 0.01)
		} else {
			h.adamw(g, lr, 1e-3, 0.1)
		}
		h.compare(k, l, loss, lr)
	}
}

const paired = `package small

net Small : (image: f32[N, Gray, 6, 6]) -> (point: f32[N, 3])
  = image |> avgpool(2) |> flatten |> dense(3) as head

data Pixels {
  source = mnist(".")
  sample (image: u8[6, 6, Gray], label: class)
  prep image = image |> chw |> normalize(mean=[0.5], std=[0.2])
}

train Small on Pixels {
  layer margin = arcface(classes_of(label), scale=4, margin=0.2)
  loss = cross_entropy(margin(point, label), label) + LOSS
  optimizer = sgd(lr=0.1); epochs = 2
  pick = pk(p=3, k=2)
}
`

// TestPairs compares steps of losses between the samples of a batch, which pick draws
// by class, with the same steps by hand.
func TestPairs(t *testing.T) {
	for _, loss := range []string{
		"triplet(point, label, margin=0.5)", "triplet(point, label, margin=0.5, mining=semihard)", "triplet(point, label, margin=0.5, mining=hard)",
		"contrastive(point, label)", "nt_xent(point, tanh(point))",
	} {
		t.Run(loss, func(t *testing.T) {
			m, lines := watch(t, strings.Replace(paired, "LOSS", loss, 1))
			f := m.Func(m.Trains[0].Loss)
			h := newByHand(t, m, lines[0])
			for k, l := range lines[1:] {
				count := map[int64]int{}
				for _, c := range l.Label {
					count[c]++
				}
				if len(l.Label) != 6 || count[0] != 2 || count[1] != 2 || count[2] != 2 {
					t.Fatalf("step %d: the batch has the classes %v, want three twice", k, l.Label)
				}
				inputs := inputsOf(l, 0, len(l.Label))
				g := h.gradients(f, inputs, func(*ir.State) bool { return true })
				loss := h.loss(f, inputs, h.env)
				h.sgd(g, 0.1, 0, 0)
				h.compare(k, l, loss, 0.1)
			}
		})
	}
}

const frozen = `package small

classes Kind = ["a", "b", "c"]

net Small : (image: f32[N, Gray, 6, 6]) -> (logits: f32[N, Kind]) {
  frozen layer eye = conv(2, 3, stride=2) |> bn |> tanh
  return image |> eye |> flatten |> dense(Kind) as head
}

data Pixels {
  source = mnist(".")
  sample (image: u8[6, 6, Gray], label: Kind)
  prep image = image |> chw |> normalize(mean=[0.5], std=[0.5])
}

train Small on Pixels {
  loss = cross_entropy(logits, label); optimizer = sgd(lr=0.2, weight_decay=0.1); epochs = 2; batch = 5
}
`

// TestAccumulate compares batches whose gradients count together with steps by hand on
// their mean, whose norm may be bounded.
func TestAccumulate(t *testing.T) {
	for _, c := range []struct {
		name, optimizer string
		clip            float64
	}{
		{"sgd", "sgd(lr=0.2, momentum=0.9, weight_decay=0.01)", 0},
		{"adamw", "adamw(lr=0.02, eps=1e-3, weight_decay=0.1)", 0},
		{"sgd", "sgd(lr=0.2, momentum=0.9, weight_decay=0.01); clip = 0.1", 0.1},
		{"adamw", "adamw(lr=0.02, eps=1e-3, weight_decay=0.1); clip = 0.2", 0.2},
		{"sgd", "sgd(lr=0.2, momentum=0.9, weight_decay=0.01); clip = 100", 100},
	} {
		name, source := c.name, frozen
		source = source[:strings.Index(source, "optimizer =")] + "optimizer = " + c.optimizer + "; epochs = 4; batch = 5; accumulate = 3\n}\n"
		m, lines := watch(t, source)
		h := newByHand(t, m, lines[0])
		f := m.Func(m.Trains[0].Loss)
		sum := map[string][]float64{}
		for k, l := range lines[1:] {
			inputs := inputsOf(l, 0, len(l.Label))
			g := h.gradients(f, inputs, func(s *ir.State) bool { return true })
			loss, lr := h.loss(f, inputs, h.env), map[string]float64{"sgd": 0.2, "adamw": 0.02}[name]
			for weight, d := range g {
				if sum[weight] == nil {
					sum[weight] = make([]float64, len(d))
				}
				for i, v := range d {
					sum[weight][i] += v / 3
				}
			}
			if k%3 == 2 {
				shorten(sum, c.clip)
				if name == "sgd" {
					h.sgd(sum, lr, 0.9, 0.01)
				} else {
					h.adamw(sum, lr, 1e-3, 0.1)
				}
				clear(sum)
			}
			h.compare(k, l, loss, lr)
		}
	}
}

// shorten scales a gradient whose norm is larger than most, unless that is 0.
func shorten(g map[string][]float64, most float64) {
	norm := 0.0
	for _, d := range g {
		for _, v := range d {
			norm += v * v
		}
	}
	if factor := most / (math.Sqrt(norm) + 1e-6); most > 0 && factor < 1 {
		for _, d := range g {
			for i := range d {
				d[i] *= factor
			}
		}
	}
}

// TestMix compares batches whose records are mixed with steps by hand: the loss of both
// labels, by their shares.
func TestMix(t *testing.T) {
	for _, kind := range []string{"mixup(0.8)", "cutmix(1)"} {
		m, lines := watch(t, strings.Replace(frozen, "batch = 5", "batch = 5; mix = "+kind, 1))
		h := newByHand(t, m, lines[0])
		f := m.Func(m.Trains[0].Loss)
		plain := m.Func(m.Trains[0].Eval)
		for k, l := range lines[1:] {
			n := len(l.Label)
			inputs := inputsOf(l, 0, n)
			other := slices.Clone(l.Label)
			slices.Reverse(other)
			inputs["label.mixed"] = eval.Ints(tensor.I32, []int{n}, other...)
			inputs["mix.share"] = eval.Floats([]int{n}, l.Share...)
			g := h.gradients(f, inputs, func(s *ir.State) bool { return strings.HasPrefix(s.Name, "head.") })
			swapped := inputsOf(l, 0, n)
			swapped["label"] = inputs["label.mixed"]
			loss := l.Share[0]*h.loss(plain, inputs, h.env) + (1-l.Share[0])*h.loss(plain, swapped, h.env)
			h.sgd(g, 0.2, 0, 0.1)
			h.compare(k, l, loss, 0.2)
		}
	}
}

// TestLamb compares steps whose length is a share of that of each state.
func TestLamb(t *testing.T) {
	source := frozen[:strings.Index(frozen, "optimizer =")] + "optimizer = lamb(lr=0.05, eps=1e-3, weight_decay=0.1); epochs = 2; batch = 5\n}\n"
	m, lines := watch(t, source)
	h := newByHand(t, m, lines[0])
	for k, l := range lines[1:] {
		f, inputs := m.Func(m.Trains[0].Loss), inputsOf(l, 0, len(l.Label))
		g := h.gradients(f, inputs, func(*ir.State) bool { return true })
		loss := h.loss(f, inputs, h.env)
		h.lamb(g, 0.05, 1e-3, 0.1)
		h.compare(k, l, loss, 0.05)
	}
}

// TestFrozenLayer wants a frozen layer to stay as it is, its norm included, which
// computes what it computes when it is served.
func TestFrozenLayer(t *testing.T) {
	m, lines := watch(t, frozen)
	h := newByHand(t, m, lines[0])
	for k, l := range lines[1:] {
		inputs := inputsOf(l, 0, len(l.Label))
		serving := m.Func(m.Trains[0].Eval)
		g := h.gradients(serving, inputs, func(s *ir.State) bool { return strings.HasPrefix(s.Name, "head.") })
		loss := h.loss(serving, inputs, h.env)
		h.sgd(g, 0.2, 0, 0.1)
		h.compare(k, l, loss, 0.2)
	}
	for name, values := range lines[0].States {
		if moved := !slices.Equal(values, lines[len(lines)-1].States[name]); moved != strings.HasPrefix(name, "head.") {
			t.Errorf("%s: moved is %t", name, moved)
		}
	}
}
