package driver

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/internal/console"
	"github.com/netc-lang/netc/runtime/train"
)

// counter is a model whose one weight counts its steps.
type counter struct {
	w    []float32
	stop func()
}

func (m *counter) States() []train.State {
	return []train.State{{Name: "w", Shape: []int{1}, Data: m.w}}
}
func (m *counter) Slots() []train.State { return nil }
func (m *counter) Init(int64)           { m.w[0] = 0 }
func (m *counter) Close()               {}

func (m *counter) Step(b *data.Batch, lr float32, seed int64) (float32, []float32) {
	m.w[0]++
	if m.w[0] == 3 && m.stop != nil {
		m.stop()
	}
	return 1 / m.w[0], []float32{float32(b.N)}
}

func (m *counter) Eval(b *data.Batch) (float32, []float32) {
	return 0.5, []float32{float32(b.N) / 2}
}

// program makes a data folder and a program on it.
func program(t *testing.T, stop func()) (p *train.Program, dir string) {
	t.Helper()
	dir = t.TempDir()
	for part, n := range map[string]int{"train": 10, "t10k": 4} {
		images := []byte{0, 0, 8, 3}
		for _, d := range []int{n, 2, 2} {
			images = binary.BigEndian.AppendUint32(images, uint32(d))
		}
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(n))
		for name, content := range map[string][]byte{
			"images-idx3": append(images, make([]byte, 4*n)...), "labels-idx1": append(labels, make([]byte, n)...),
		} {
			if err := os.WriteFile(filepath.Join(dir, part+"-"+name+"-ubyte"), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &train.Program{
		Package: "tiny", Net: "Tiny", Source: "tiny.net",
		Data: data.Spec{
			Name:   "Tiny",
			Source: data.StepCall{Name: "mnist", Args: map[string]any{"dir": "."}},
			Fields: []data.Field{{Name: "image", Kind: data.Picture, H: 2, W: 2, C: 1}, {Name: "label", Kind: data.Label}},
		},
		Epochs: 2, Batch: 4, LR: 0.1, Metrics: []train.Metric{{Name: "accuracy", Reduce: "mean"}},
		New: func(int, int) (train.Model, error) { return &counter{make([]float32, 1), stop}, nil },
	}, dir
}

// result is how a main ended.
type result struct {
	code     int
	out, err string
}

// training runs the main of train in a folder of its own.
func training(t *testing.T, ctx context.Context, p *train.Program, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := runTrain(ctx, p, args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	return result{code, out.String(), errs.String()}
}

func TestTrain(t *testing.T) {
	p, dir := program(t, nil)
	t.Chdir(t.TempDir())
	r := training(t, t.Context(), p, "-data", dir)
	if r.code != 0 || !strings.HasPrefix(r.out, "accuracy 0.5000  loss 0.5000 on 4 validation records after 6 steps") {
		t.Errorf("got %+v", r)
	}
	if n := strings.Count(r.err, "\n"); n != 2 || !strings.HasPrefix(r.err, "epoch 1/2") {
		t.Errorf("got the progress %q, want one line an epoch", r.err)
	}
	for _, path := range []string{"tiny.safetensors", "runs/tiny/latest"} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	r = training(t, t.Context(), p, "-data", dir, "-json", "-net", "Tiny", "-epochs", "1", "-batch", "5", "-seed", "3", "-threads", "1", "-out", "o", "-weights", "w")
	var done map[string]any
	for l := range strings.Lines(r.out) {
		if err := json.Unmarshal([]byte(l), &done); err != nil {
			t.Fatal(err)
		}
	}
	if r.code != 0 || r.err != "" || done["event"] != "done" || done["weights"] != "w" || done["steps"] != 2.0 {
		t.Errorf("got %+v", r)
	}
	if r = training(t, t.Context(), p, "-data", dir, "-quiet", "-out", "q"); r.code != 0 || r.err != "" || strings.Count(r.out, "\n") != 2 {
		t.Errorf("quiet: got %+v", r)
	}
}

// TestInterrupt stops after the third step, exits with 130 and is resumed into
// the same folder.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, dir := program(t, cancel)
	t.Chdir(t.TempDir())
	r := training(t, ctx, p, "-data", dir, "-out", "mine")
	if r.code != 130 || !strings.Contains(r.err, "--resume mine") {
		t.Errorf("got %+v, want code 130 and how to resume", r)
	}
	if _, err := os.Stat("tiny.safetensors"); err == nil {
		t.Error("an interrupted run wrote the weights file")
	}
	p.New = func(int, int) (train.Model, error) { return &counter{make([]float32, 1), nil}, nil }
	if r = training(t, t.Context(), p, "-data", dir, "-resume", "mine"); r.code != 0 {
		t.Errorf("resumed: got %+v", r)
	}
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a resumed run made another run folder")
	}
}

func TestUsage(t *testing.T) {
	p, dir := program(t, nil)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-nonsense", 2, "nonsense"},
		{"-epochs many", 2, "epochs"},
		{"-epochs -1", 2, "positive"},
		{"surplus", 2, "surplus"},
		{"-net Other", 1, "Tiny, not Other"},
		{"-data nowhere/at/all", 1, "nowhere/at/all"},
		{"-resume nowhere -data " + dir, 1, "nowhere"},
	} {
		r := training(t, t.Context(), p, strings.Fields(c.args)...)
		if r.code != c.code || r.out != "" || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got %+v, want code %d and %q", c.args, r, c.code, c.want)
		}
		if !strings.HasPrefix(r.err, "netc: ") || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: got %q, want one line that begins with netc:", c.args, r.err)
		}
	}
	if r := training(t, t.Context(), p, "-h"); r.code != 0 || !strings.Contains(r.out, "-resume") {
		t.Errorf("-h: got %+v, want the flags", r)
	}
}

func TestEval(t *testing.T) {
	p, dir := program(t, nil)
	t.Chdir(t.TempDir())
	if r := training(t, t.Context(), p, "-data", dir); r.code != 0 {
		t.Fatal(r)
	}
	eval := func(ctx context.Context, args ...string) result {
		var out, errs bytes.Buffer
		code := runEval(ctx, p, append([]string{"-data", dir}, args...), console.Streams{Out: &out, Err: &errs})
		return result{code, out.String(), errs.String()}
	}
	if r := eval(t.Context()); r.code != 0 || !strings.HasPrefix(r.out, "accuracy 0.5000  loss 0.5000 on 4 test records") {
		t.Errorf("got %+v", r)
	}
	r := eval(t.Context(), "-json", "-split", "train")
	var out struct {
		Metrics map[string]float64
		Records int
	}
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || out.Metrics["accuracy"] != 0.5 || out.Records != 10 {
		t.Errorf("got %+v, %v", r, err)
	}
	if r := eval(t.Context(), "-split", "other"); r.code != 2 {
		t.Errorf("got %+v, want a usage error", r)
	}
	if r := eval(t.Context(), "-weights", "absent"); r.code != 1 || !strings.Contains(r.err, "absent") {
		t.Errorf("got %+v, want an error with the file", r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := eval(ctx); r.code != 130 {
		t.Errorf("got %+v, want 130", r)
	}
}

// class is a label with a name, as generated code has them.
type class int

func (c class) String() string               { return fmt.Sprintf("no%d", int(c)) }
func (c class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

type prediction struct {
	Digit      class      `json:"digit"`
	Confidence float32    `json:"confidence"`
	Probs      [2]float32 // no tag: lower case by rule
}

func guess(_ context.Context, img image.Image) (prediction, error) {
	if w := img.Bounds().Dx(); w > 4 {
		return prediction{}, fmt.Errorf("found a picture of %d pixels, expected 4", w)
	}
	return prediction{7, 0.96875, [2]float32{0.5, 0.25}}, nil
}

func TestPredict(t *testing.T) {
	t.Chdir(t.TempDir())
	picture := func(name string, w int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, w))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	small := picture("a b.png", 4)
	picture("large.png", 5)
	if err := os.WriteFile("cut.png", small[:len(small)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(in []byte, args ...string) result {
		var out, errs bytes.Buffer
		code := runPredict(t.Context(), guess, args, console.Streams{In: bytes.NewReader(in), Out: &out, Err: &errs})
		return result{code, out.String(), errs.String()}
	}
	if got, want := run(nil, "a b.png"), (result{0, "a b.png: digit no7  confidence 0.9688  probs [0.5,0.25]\n", ""}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := run(small, "-json", "-"), (result{0, `{"image":"-","digit":"no7","confidence":0.96875,"probs":[0.5,0.25]}` + "\n", ""}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// One bad picture does not keep the others from being answered.
	got := run(nil, "cut.png", "large.png", "absent.png", "a b.png")
	if got.code != 1 || strings.Count(got.out, "\n") != 1 || strings.Count(got.err, "netc: ") != 3 {
		t.Errorf("got %+v, want three errors and one answer", got)
	}
	for _, name := range []string{"cut.png", "large.png", "absent.png"} {
		if !strings.Contains(got.err, name) {
			t.Errorf("got %q, want %s named", got.err, name)
		}
	}
	if got := run([]byte("nonsense"), "-"); got.code != 1 || !strings.Contains(got.err, "standard input") {
		t.Errorf("got %+v, want an error about standard input", got)
	}
	if got := run(nil); got.code != 2 {
		t.Errorf("got %+v, want a usage error", got)
	}
	lost := func(context.Context, image.Image) (prediction, error) {
		return prediction{Confidence: float32(math.NaN())}, nil
	}
	var errs bytes.Buffer
	code := runPredict(t.Context(), lost, []string{"a b.png"}, console.Streams{Out: io.Discard, Err: &errs})
	if code != 1 || !strings.Contains(errs.String(), "a b.png: found a prediction that holds no numbers") {
		t.Errorf("got %d, %q for a NaN, want the picture and what was found", code, &errs)
	}
	if _, err := outputsOf(3); err == nil {
		t.Error("a number: got no error")
	}
}
