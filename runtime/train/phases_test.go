package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// partedModel is a model with several step functions, all of which are the same.
type partedModel struct {
	*softmaxModel
	part  int
	begun []int
}

func (m *partedModel) Begin(part int) {
	m.part = part
	m.begun = append(m.begun, part)
	clear(m.vw)
	clear(m.vb)
}

func (m *partedModel) Init(seed int64) {
	m.part = 0
	m.softmaxModel.Init(seed)
}

// phased is a program of two phases, the second of which has two parts.
func phased(t *testing.T) (*Program, Options, *[]*partedModel) {
	p, o := program(t, nil)
	inner := p.New
	var models []*partedModel
	p.New = func(threads, n int) (Model, error) {
		m, err := inner(threads, n)
		if err != nil {
			return nil, err
		}
		parted := &partedModel{softmaxModel: m.(*softmaxModel)}
		models = append(models, parted)
		return parted, nil
	}
	p.Epochs, p.LR = 0, 0
	p.Phases = []Phase{
		{Name: "warm", Epochs: 1, LR: 0.1, Schedule: Schedule{Name: "constant"}, Parts: []Part{{}}},
		{Name: "tune", Epochs: 3, LR: 0.05, Schedule: Schedule{Name: "cosine"}, Parts: []Part{{}, {Epoch: 2}}},
	}
	return p, o, &models
}

type phaseLog struct {
	silent
	names []string
	lrs   []float64
}

func (l *phaseLog) Step(e StepEvent) { l.lrs = append(l.lrs, e.LR) }
func (l *phaseLog) Epoch(e EpochEvent) {
	l.names = append(l.names, fmt.Sprint(e.Phase, e.Epoch, "/", e.Epochs))
}

// TestPhases wants phases in order, each with its learning rate and its parts.
func TestPhases(t *testing.T) {
	p, o, models := phased(t)
	log := &phaseLog{}
	o.Report = log
	mustRun(t, p, o)
	if got, want := strings.Join(log.names, " "), "warm1/4 tune2/4 tune3/4 tune4/4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m := (*models)[len(*models)-1]
	if want := []int{1, 2}; !slices.Equal(m.begun, want) {
		t.Errorf("the parts %v were begun, want %v", m.begun, want)
	}
	const per = 13
	if log.lrs[0] != float64(float32(0.1)) || log.lrs[per] != float64(float32(0.05)) || log.lrs[4*per-1] > 0.001 {
		t.Errorf("got learning rates %v, %v and %v, want 0.1, 0.05 and almost 0", log.lrs[0], log.lrs[per], log.lrs[4*per-1])
	}
	o.Epochs, o.Out, log.names = 2, "", nil
	mustRun(t, p, o)
	if got, want := strings.Join(log.names, " "), "warm1/2 tune2/2"; got != want {
		t.Errorf("with two epochs: got %s, want %s", got, want)
	}
}

// TestResumePhases stops inside a phase, at its end, and at the end of a part, and
// wants the weights of the run that was never stopped.
func TestResumePhases(t *testing.T) {
	p, o, _ := phased(t)
	want := mustRun(t, p, o)
	for _, at := range []int{5, 13, 14, 39, 40, 52} {
		o := o
		o.Out = filepath.Join(t.TempDir(), "run")
		stopAt(t, p, o, at)
		o.Resume = o.Out
		if got := mustRun(t, p, o); got.SHA256 != want.SHA256 {
			t.Errorf("stopped after step %d: got weights %s, want %s", at, got.SHA256, want.SHA256)
		}
	}
}

// TestBatchOfPhase: a phase may have batches of its own size, whose steps and schedule are
// then its own too; a run that stopped goes on with the same bits, and a size that the
// caller gives is that of all phases.
func TestBatchOfPhase(t *testing.T) {
	p, o, _ := phased(t) // 203 records: 13 batches of 16, 29 of 7
	p.Phases[1].Batch = 7
	log := &phaseLog{}
	o.Report = log
	want := mustRun(t, p, o)
	if want.Steps != 13+3*29 {
		t.Errorf("got %d steps, want %d", want.Steps, 13+3*29)
	}
	if log.lrs[13] != float64(float32(0.05)) || log.lrs[len(log.lrs)-1] > 0.001 || log.lrs[len(log.lrs)-29] < 0.005 {
		t.Errorf("got the learning rates %v, want a cosine over all steps of the phase", log.lrs[13:])
	}
	o.Report = nil
	for _, at := range []int{5, 13, 20, 42, 90} {
		o := o
		o.Out = filepath.Join(t.TempDir(), "run")
		stopAt(t, p, o, at)
		o.Resume = o.Out
		if got := mustRun(t, p, o); got.SHA256 != want.SHA256 {
			t.Errorf("stopped after step %d: got weights %s, want %s", at, got.SHA256, want.SHA256)
		}
		p.Phases[1].Batch = 9
		if _, err := Run(context.Background(), p, o); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "[16 7] records, not [16 9]") {
			t.Errorf("got %v for a phase with other batches, want ErrCheckpoint", err)
		}
		p.Phases[1].Batch = 7
	}
	o.Batch, o.Out, o.Weights = 50, "", ""
	if got := mustRun(t, p, o); got.Steps != 4*5 {
		t.Errorf("with batches of 50: got %d steps, want 20", got.Steps)
	}
}

// stopAt runs p until the given step and leaves a checkpoint.
func stopAt(t *testing.T, p *Program, o Options, at int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	inner := p.New
	stopping := *p
	stopping.New = func(threads, n int) (Model, error) {
		m, err := inner(threads, n)
		m.(*partedModel).onStep = func(step int) {
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
}

// TestEarlyStop ends a phase whose metric does not improve, and goes on with the next.
func TestEarlyStop(t *testing.T) {
	p, o, _ := phased(t)
	p.Phases[0].Epochs, p.Phases[0].LR, p.Phases[0].Patience, p.Phases[0].StopOn = 9, 0, 2, "accuracy"
	log := &phaseLog{}
	o.Report = log
	mustRun(t, p, o)
	// The first epoch sets the mark, and two more do not pass it.
	if got, want := strings.Join(log.names, " "), "warm1/12 warm2/12 warm3/12 tune4/12 tune5/12 tune6/12"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.Phases[0].StopOn = "speed"
	if _, err := Run(t.Context(), p, o); err == nil || !strings.Contains(err.Error(), "no metric") {
		t.Errorf("got %v, want an error about the metric", err)
	}
}

// TestStart begins with the weights of a file, and with initial ones where it has
// none.
func TestStart(t *testing.T) {
	p, o := program(t, nil)
	first := mustRun(t, p, o)
	o.Start, o.Weights, o.Out = first.Weights, filepath.Join(t.TempDir(), "more.safetensors"), ""
	o.Epochs = 1
	more := mustRun(t, p, o)
	if more.Loss >= first.Loss+0.05 {
		t.Errorf("got the loss %v after starting from a run that ended with %v", more.Loss, first.Loss)
	}
	o.Start = ""
	if fresh := mustRun(t, p, o); fresh.SHA256 == more.SHA256 {
		t.Error("the start file changed nothing")
	}
}

// TestPlateau lets the rate fall while nothing improves, and wants a resumed run to fall
// at the same steps.
func TestPlateau(t *testing.T) {
	p, o, _ := phased(t)
	p.Phases = []Phase{{
		Name: "only", Epochs: 7, LR: 1e-30, Parts: []Part{{}},
		Schedule: Schedule{Name: "plateau", Args: map[string]any{"patience": int64(2), "factor": 0.1}},
	}}
	log := &phaseLog{}
	o.Report = log
	want := mustRun(t, p, o)
	const per = 13
	// The first epoch sets the mark; the rate falls after two and after four more.
	for epoch, lr := range []float64{1e-30, 1e-30, 1e-30, 1e-31, 1e-31, 1e-32, 1e-32} {
		if got := log.lrs[epoch*per]; got != float64(float32(lr)) {
			t.Errorf("in epoch %d the rate is %g, want %g", epoch+1, got, lr)
		}
	}
	o.Out = filepath.Join(t.TempDir(), "run")
	stopAt(t, p, o, 4*per+3)
	o.Resume, log.lrs = o.Out, nil
	if got := mustRun(t, p, o); got.SHA256 != want.SHA256 || log.lrs[len(log.lrs)-1] != float64(float32(1e-32)) {
		t.Errorf("resumed: got the rate %g at the end, want 1e-32", log.lrs[len(log.lrs)-1])
	}
}

// TestCheckpointInterval wants checkpoints after the epochs or steps that were asked for,
// and at the end.
func TestCheckpointInterval(t *testing.T) {
	for _, c := range []struct {
		every Interval
		want  []int // steps of the checkpoints that are left: the last two
	}{{Interval{}, []int{39, 52}}, {Interval{Epochs: 3}, []int{39, 52}}, {Interval{Epochs: 9}, []int{52}}, {Interval{Steps: 20}, []int{40, 52}}} {
		p, o := program(t, nil)
		p.Checkpoint = c.every
		o.Out = filepath.Join(t.TempDir(), "run")
		mustRun(t, p, o)
		var got []int
		for _, name := range checkpoints(o.Out) {
			got = append(got, stepOf(name))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: got checkpoints at %v, want %v", c.every, got, c.want)
		}
	}
}
