package train

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/data"
)

// drifting is a model whose weight and buffer are the number of its steps.
type drifting struct{ w, buffer, slot []float32 }

func (m *drifting) States() []State {
	return []State{{Name: "w", Shape: []int{1}, Data: m.w}, {Name: "count", Shape: []int{1}, Buffer: true, Data: m.buffer}}
}
func (m *drifting) Slots() []State {
	return []State{{Name: "momentum:w", Shape: []int{1}, Data: m.slot}}
}
func (m *drifting) Init(int64) { m.w[0], m.buffer[0], m.slot[0] = 0, 0, 0 }
func (m *drifting) Close()     {}
func (m *drifting) Step(*data.Batch, float32, int64) (float32, []float32) {
	m.w[0]++
	m.buffer[0]++
	return m.w[0], nil
}
func (m *drifting) Eval(*data.Batch) (float32, []float32) { return m.w[0], nil }

// TestAveraged follows the mean by hand: 1, 1 + (2-1)/4, 1.25 + (3-1.25)/4. Eval
// measures it, steps go on from the weights themselves.
func TestAveraged(t *testing.T) {
	m := newAveraged(&drifting{make([]float32, 1), make([]float32, 1), make([]float32, 1)}, 0.75)
	m.Init(1)
	for k, want := range []float32{1, 1.25, 1.6875} {
		if trained, _ := m.Step(nil, 0, 0); trained != float32(k+1) {
			t.Errorf("step %d trains the weight %v, want %d", k, trained, k+1)
		}
		for range 2 {
			if got, _ := m.Eval(nil); got != want {
				t.Errorf("step %d: Eval saw %v, want %v", k, got, want)
			}
		}
		if s := m.States(); s[0].Data[0] != want || s[1].Data[0] != float32(k+1) || !s[1].Buffer {
			t.Errorf("step %d: got states %v, want the mean %v and the buffer %d", k, s, want, k+1)
		}
	}
	var names []string
	for _, s := range m.Slots() {
		names = append(names, s.Name)
	}
	if want := []string{"momentum:w", "trained:w", "trained:count", "averaged"}; !slices.Equal(names, want) {
		t.Errorf("got slots %v, want %v", names, want)
	}
	if got := m.Slots()[1].Data[0]; got != 3 {
		t.Errorf("the trained weight is %v, want 3", got)
	}
	m.Eval(nil)
	m.Init(2)
	if got, _ := m.Step(nil, 0, 0); got != 1 || m.States()[0].Data[0] != 1 {
		t.Errorf("after Init: got the weight %v and the mean %v, want 1 and 1", got, m.States()[0].Data[0])
	}
}

// collecting is a drifting model whose weight changes with every second step.
type collecting struct {
	drifting
	taken []float32
}

func (m *collecting) Slots() []State {
	return append(m.drifting.Slots(), State{Name: TakenSlot, Shape: []int{1}, Data: m.taken})
}

func (m *collecting) Step(*data.Batch, float32, int64) (float32, []float32) {
	m.buffer[0]++
	if m.taken[0]++; m.taken[0] == 2 {
		m.taken[0] = 0
		m.w[0]++
	}
	return m.w[0], nil
}

// TestAveragedCollects: the mean moves when the weights do, and buffers with every step.
func TestAveragedCollects(t *testing.T) {
	m := newAveraged(&collecting{drifting{make([]float32, 1), make([]float32, 1), make([]float32, 1)}, make([]float32, 1)}, 0.75)
	m.Init(1)
	for k, want := range []float32{0, 1, 1, 1.25, 1.25, 1.6875} {
		m.Step(nil, 0, 0)
		if s := m.States(); s[0].Data[0] != want || s[1].Data[0] != float32(k+1) {
			t.Errorf("step %d: got the mean %v and the buffer %v, want %v and %d", k, s[0].Data[0], s[1].Data[0], want, k+1)
		}
	}
}

// TestResumeAveraged: a run with a mean of its weights goes on with the same bits,
// ends with other weights than one without, and its file holds what was measured.
func TestResumeAveraged(t *testing.T) {
	p, o := program(t, nil)
	plain := mustRun(t, p, o)
	p.EMA = 0.9
	o.Out = filepath.Join(t.TempDir(), "run")
	want := mustRun(t, p, o)
	if want.SHA256 == plain.SHA256 {
		t.Error("the mean of the weights is the weights")
	}
	measured, err := Evaluate(t.Context(), p, o, data.Val)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(measured.Loss-want.Loss) > 1e-9 {
		t.Errorf("the file has the loss %v, want %v", measured.Loss, want.Loss)
	}
	for _, at := range []int{1, 20, 26} {
		o.Out, o.Resume = filepath.Join(t.TempDir(), "run"), ""
		interrupted(t, p, o, at)
		o.Resume = o.Out
		if got := mustRun(t, p, o); got.SHA256 != want.SHA256 || got.Loss != want.Loss {
			t.Errorf("stopped after step %d: got weights %s and loss %v, want %s and %v", at, got.SHA256, got.Loss, want.SHA256, want.Loss)
		}
	}
	o.Resume, o.Out = o.Out, filepath.Join(t.TempDir(), "other")
	p.EMA = 0
	if _, err := Run(t.Context(), p, o); err == nil {
		t.Error("a checkpoint with a mean was taken by a run without one")
	}
}
