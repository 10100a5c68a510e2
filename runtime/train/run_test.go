package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/weights"
)

func TestRunLearns(t *testing.T) {
	var model *softmaxModel
	p, o := program(t, func(m *softmaxModel) { model = m })
	res := mustRun(t, p, o)
	if len(res.Metrics) != 1 || res.Metrics[0].Name != "accuracy" || res.Metrics[0].Value < 0.95 {
		t.Errorf("got %v, want an accuracy of at least 0.95", res.Metrics)
	}
	if res.Records != 50 || res.Steps != 4*13 {
		t.Errorf("got %d records and %d steps, want 50 and 52", res.Records, res.Steps)
	}
	if !model.closed {
		t.Error("the model was not closed")
	}
	f, err := weights.Load(o.Weights)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range model.States() {
		w, ok := f.Lookup(s.Name)
		if !ok {
			t.Fatalf("the weights file lacks %s", s.Name)
		}
		if got, err := w.Float32s(); err != nil || fmt.Sprint(got) != fmt.Sprint(s.Data) {
			t.Errorf("%s: the file holds other numbers than the model (%v)", s.Name, err)
		}
	}
	// Evaluate finds the same numbers in the file.
	again, err := Evaluate(context.Background(), p, Options{Data: o.Data, Weights: o.Weights}, data.Test)
	if err != nil {
		t.Fatal(err)
	}
	if again.Loss != res.Loss || again.Metrics[0] != res.Metrics[0] {
		t.Errorf("Evaluate: got loss %v and %v, want %v and %v", again.Loss, again.Metrics, res.Loss, res.Metrics)
	}
}

// TestRepeat wants the same file from the same seed, whatever prepares the data,
// and another from another seed.
func TestRepeat(t *testing.T) {
	p, o := program(t, nil)
	first := mustRun(t, p, o)
	o.Workers, o.Out = 5, ""
	if again := mustRun(t, p, o); again.SHA256 != first.SHA256 {
		t.Errorf("got weights %s and %s from equal runs", first.SHA256, again.SHA256)
	}
	other := int64(8)
	o.Seed = &other
	if again := mustRun(t, p, o); again.SHA256 == first.SHA256 {
		t.Error("got equal weights from two seeds")
	}
}

// interrupted runs p until the given step, leaves a checkpoint, and returns how
// it ended.
func interrupted(t *testing.T, p *Program, o Options, at int) *Interrupted {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	inner := p.New
	stopping := *p
	stopping.New = func(threads, n int) (Model, error) {
		m, err := inner(threads, n)
		m.(*softmaxModel).onStep = func(step int) {
			if step == at {
				cancel()
			}
		}
		return m, err
	}
	_, err := Run(ctx, &stopping, o)
	var stop *Interrupted
	if !errors.As(err, &stop) {
		t.Fatalf("got %v, want an interruption", err)
	}
	return stop
}

// TestResume stops a run in the middle of an epoch, at its end, and twice, and
// wants the weights and the events of the run that was never stopped.
func TestResume(t *testing.T) {
	p, o := program(t, nil)
	want := mustRun(t, p, o)
	for name, stops := range map[string][]int{
		"first step": {1}, "mid epoch": {20}, "end of an epoch": {26}, "last step": {52}, "twice": {5, 30},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Out = filepath.Join(t.TempDir(), "run")
			done := 0
			for _, at := range stops {
				stop := interrupted(t, p, o, at-done)
				if stop.Step != at {
					t.Errorf("stopped after step %d, want %d", stop.Step, at)
				}
				if stop.Out != o.Out {
					t.Errorf("got run folder %q, want %q", stop.Out, o.Out)
				}
				done, o.Resume = at, o.Out
			}
			got := mustRun(t, p, o)
			if got.SHA256 != want.SHA256 {
				t.Errorf("got weights %s, want %s of the run that was never stopped", got.SHA256, want.SHA256)
			}
			if got.Loss != want.Loss || got.Metrics[0] != want.Metrics[0] || got.Steps != want.Steps {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestResumeEpochEvents compares the sums of an interrupted epoch.
func TestResumeEpochEvents(t *testing.T) {
	p, o := program(t, nil)
	var whole, parts bytes.Buffer
	o.Report = JSONLines(&whole)
	mustRun(t, p, o)
	o.Report, o.Out = nil, filepath.Join(t.TempDir(), "run")
	interrupted(t, p, o, 20)
	o.Report, o.Resume = JSONLines(&parts), o.Out
	mustRun(t, p, o)
	if got, want := epochs(t, parts.String()), epochs(t, whole.String()); fmt.Sprint(got) != fmt.Sprint(want[1:]) {
		t.Errorf("got epochs %v, want %v", got, want[1:])
	}
}

// epochs returns what is reproducible of the epoch events.
func epochs(t *testing.T, lines string) (out []string) {
	t.Helper()
	for l := range strings.Lines(lines) {
		var e map[string]any
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		if e["event"] == "epoch" {
			out = append(out, fmt.Sprint(e["epoch"], e["step"], e["loss"], e["metrics"], e["val"]))
		}
	}
	return out
}

// TestResumeFinished writes the weights again without training.
func TestResumeFinished(t *testing.T) {
	var model *softmaxModel
	p, o := program(t, func(m *softmaxModel) { model = m })
	want := mustRun(t, p, o)
	if err := os.Remove(o.Weights); err != nil {
		t.Fatal(err)
	}
	o.Resume = o.Out
	got := mustRun(t, p, o)
	if got.SHA256 != want.SHA256 || got.Metrics[0] != want.Metrics[0] || model.steps != 0 {
		t.Errorf("got %+v after %d steps, want %+v after none", got, model.steps, want)
	}
}

// TestMoreEpochs goes on from a finished run.
func TestMoreEpochs(t *testing.T) {
	p, o := program(t, nil)
	mustRun(t, p, o)
	o.Resume, o.Epochs = o.Out, 5
	if got := mustRun(t, p, o); got.Steps != 5*13 {
		t.Errorf("got %d steps, want 65", got.Steps)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

func TestRunFolder(t *testing.T) {
	p, o := program(t, nil)
	mustRun(t, p, o)
	if got, want := names(t, o.Out), "best.safetensors ckpt-000039.safetensors ckpt-000052.safetensors latest"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A run that starts anew keeps the checkpoints of the one before.
	o.Epochs = 1
	mustRun(t, p, o)
	if got, want := names(t, o.Out), "before best.safetensors ckpt-000013.safetensors latest"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := names(t, filepath.Join(o.Out, "before")), "best.safetensors ckpt-000039.safetensors ckpt-000052.safetensors latest"; got != want {
		t.Errorf("before: got %s, want %s", got, want)
	}
	o.Resume, o.Epochs = filepath.Join(o.Out, "before"), 0
	if _, err := Run(context.Background(), p, o); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("got %v, want a refusal to remove what is resumed", err)
	}
	o.Out = t.TempDir()
	if res := mustRun(t, p, o); res.Steps != 52 {
		t.Errorf("got %d steps, want 52", res.Steps)
	}
}

// TestDiverged stops with advice and leaves the last good checkpoint.
func TestDiverged(t *testing.T) {
	p, o := program(t, func(m *softmaxModel) { m.fail = 20 })
	if err := os.WriteFile(o.Weights, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Run(context.Background(), p, o)
	for _, want := range []string{"NaN", "epoch 2", "step 19", "learning rate", "ckpt-000013"} {
		if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrDiverged with %q", err, want)
		}
	}
	if got, err := os.ReadFile(o.Weights); err != nil || string(got) != "old" {
		t.Errorf("the weights file holds %q, %v, want the old content", got, err)
	}
	o.Resume, p.New = o.Out, func(int, int) (Model, error) { return newSoftmax(4, 36), nil }
	if res := mustRun(t, p, o); res.Steps != 52 {
		t.Errorf("resumed: got %d steps, want 52", res.Steps)
	}
}

// TestPoisonedState refuses to write a checkpoint that holds NaN.
func TestPoisonedState(t *testing.T) {
	var model *softmaxModel
	p, o := program(t, func(m *softmaxModel) { model = m })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	inner := p.New
	p.New = func(a, b int) (Model, error) {
		m, err := inner(a, b)
		model.onStep = func(step int) {
			if step == 3 {
				model.vw[5] = float32(nan)
				cancel()
			}
		}
		return m, err
	}
	_, err := Run(ctx, p, o)
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "dense.weight") {
		t.Errorf("got %v, want ErrDiverged with the state's name", err)
	}
	if got := names(t, o.Out); got != "" {
		t.Errorf("got %s in the run folder, want nothing", got)
	}
}

// TestIndexOutside: a number that a table of the net does not have ends the run with the record.
func TestIndexOutside(t *testing.T) {
	for _, at := range []string{"step", "eval"} {
		p, o := program(t, func(m *softmaxModel) {
			fail := func(int) { panic(&kernel.IndexError{Index: 100, Size: 100}) }
			if at == "step" {
				m.onStep = fail
			} else {
				m.onEval = fail
			}
		})
		_, err := Run(context.Background(), p, o)
		outside := new(kernel.IndexError)
		if !errors.As(err, &outside) || !strings.Contains(err.Error(), "record ") {
			t.Errorf("%s: got %v, want the index and the record", at, err)
		}
	}
}

func TestRefusesCheckpoint(t *testing.T) {
	p, o := program(t, nil)
	o.Epochs = 1
	mustRun(t, p, o)
	ckpt := filepath.Join(o.Out, "ckpt-000013.safetensors")
	seed := int64(99)
	empty := t.TempDir()
	cut := filepath.Join(t.TempDir(), "ckpt-000001.safetensors")
	whole, err := os.ReadFile(ckpt)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	edited := filepath.Join(t.TempDir(), "ckpt-000013.safetensors")
	other := bytes.Replace(whole, []byte(`\"Phase\":0`), []byte(`\"Phase\":-1`), 1)
	binary.LittleEndian.PutUint64(other, binary.LittleEndian.Uint64(whole)+1)
	if err := os.WriteFile(edited, other, 0o644); err != nil || len(other) != len(whole)+1 {
		t.Fatal(err, len(other), len(whole))
	}
	odd := t.TempDir()
	if err := os.WriteFile(filepath.Join(odd, latestName), []byte("../../etc/passwd"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		resume string
		change func(*Program, *Options)
		want   []string
	}{
		"absent":         {filepath.Join(o.Out, "nowhere"), nil, []string{"nowhere"}},
		"empty folder":   {empty, nil, []string{empty, "no checkpoint"}},
		"odd latest":     {odd, nil, []string{"names no checkpoint"}},
		"a weights file": {o.Weights, nil, []string{"no checkpoint of a training run"}},
		"cut off":        {cut, nil, []string{"cut off"}},
		"edited":         {edited, nil, []string{"another version"}},
		"another net":    {ckpt, func(p *Program, _ *Options) { p.Net = "Other" }, []string{"net Stripes", "Other"}},
		"another seed":   {ckpt, func(_ *Program, o *Options) { o.Seed = &seed }, []string{"seed 7", "99"}},
		"another batch":  {ckpt, func(_ *Program, o *Options) { o.Batch = 8 }, []string{"batches of 16", "8"}},
		"other shapes": {ckpt, func(p *Program, _ *Options) {
			p.New = func(int, int) (Model, error) { return newSoftmax(5, 36), nil }
		}, []string{"dense.bias is [4] there and [5] here"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, o := *p, o
			o.Resume = c.resume
			before := names(t, o.Out)
			if c.change != nil {
				c.change(&p, &o)
			}
			_, err := Run(context.Background(), &p, o)
			if !errors.Is(err, ErrCheckpoint) {
				t.Errorf("got %v, want ErrCheckpoint", err)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if after := names(t, o.Out); after != before {
				t.Errorf("the run folder holds %s, and held %s", after, before)
			}
		})
	}
}

// TestRefusesEarly finds folders that cannot be written before any work is done.
func TestRefusesEarly(t *testing.T) {
	p, o := program(t, func(*softmaxModel) { t.Error("a model was made") })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"run folder is a file":     {func(o *Options) { o.Out = file }, file},
		"run folder below a file":  {func(o *Options) { o.Out = filepath.Join(file, "run") }, file},
		"weights in absent folder": {func(o *Options) { o.Weights = filepath.Join(file+"s", "w") }, "no such file"},
		"no data":                  {func(o *Options) { o.Data = filepath.Join(file + "s") }, "--data"},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			c.change(&o)
			if _, err := Run(context.Background(), p, o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestEvaluateRefuses(t *testing.T) {
	p, o := program(t, nil)
	other := filepath.Join(t.TempDir(), "w.safetensors")
	file, err := weights.Encode([]weights.Array{{Name: "dense.weight", Shape: []int{4, 1}, Floats: make([]float32, 4)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, file, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Evaluate(context.Background(), p, Options{Data: o.Data, Weights: other}, data.Test)
	for _, want := range []string{"dense.weight is [4 1] there and [4 36] here", "dense.bias [4] is missing", other} {
		if !errors.Is(err, nrt.ErrWeights) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrWeights with %q", err, want)
		}
	}
}

// TestSaveFails ends a run whose checkpoint cannot be written, and names the one
// that is whole.
func TestSaveFails(t *testing.T) {
	p, o := program(t, nil)
	inner := p.New
	p.New = func(a, b int) (Model, error) {
		m, err := inner(a, b)
		m.(*softmaxModel).onStep = func(step int) {
			if step == 20 { // the place of the second checkpoint is taken
				if err := os.MkdirAll(filepath.Join(o.Out, "ckpt-000026.safetensors", "x"), 0o755); err != nil {
					t.Error(err)
				}
			}
		}
		return m, err
	}
	_, err := Run(context.Background(), p, o)
	for _, want := range []string{"checkpoint is lost", "ckpt-000013", "--resume " + o.Out} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := os.RemoveAll(filepath.Join(o.Out, "ckpt-000026.safetensors")); err != nil {
		t.Fatal(err)
	}
	o.Resume, p.New = o.Out, inner
	if res := mustRun(t, p, o); res.Steps != 52 {
		t.Errorf("resumed: got %d steps, want 52", res.Steps)
	}
}
