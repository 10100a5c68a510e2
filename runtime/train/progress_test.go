package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func stepEvent(batch int) StepEvent {
	return StepEvent{
		Epoch: 2, Epochs: 12, Step: 10 + batch, Steps: 120, Batch: batch, Batches: 10,
		Loss: 0.51234, Metrics: []float64{0.875}, Names: []Metric{{Name: "accuracy"}}, LR: 0.05,
		Elapsed: time.Duration(batch) * time.Second, Done: batch, Records: 128,
	}
}

var epochEvent = EpochEvent{
	Epoch: 2, Epochs: 12, Step: 20, Loss: 0.5, Metrics: []Value{{"accuracy", 0.875}},
	ValLoss: 0.25, ValMetrics: []Value{{"accuracy", 0.9375}}, Seconds: 10, ImagesPerSecond: 128,
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	r := Lines(&b)
	r.Step(stepEvent(1))
	r.Epoch(epochEvent)
	r.Done(Result{})
	want := "epoch  2/12  loss 0.5000  accuracy 0.8750  val loss 0.2500  accuracy 0.9375  128 images/s  0:10\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestStatus(t *testing.T) {
	var b bytes.Buffer
	r := Status(&b, func() int { return 200 })
	r.Step(stepEvent(1))
	want := "\r\x1b[Kepoch  2/12  step  11/120  loss 0.5123  accuracy 0.8750  128 images/s  ETA 1:49"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	e := stepEvent(1)
	e.Elapsed += time.Millisecond
	r.Step(e)
	if b.Len() > 0 {
		t.Errorf("got %q a millisecond later, want nothing", b.String())
	}
	r.Epoch(epochEvent)
	if got := b.String(); !strings.HasPrefix(got, eraseLine+"epoch") || !strings.HasSuffix(got, "\n") {
		t.Errorf("got %q, want the line erased and one that stays", got)
	}
	b.Reset()
	Erase(r)
	if b.Len() > 0 {
		t.Errorf("got %q, want nothing left to erase", b.String())
	}
	narrow := Status(&b, func() int { return 20 })
	narrow.Step(stepEvent(1))
	if got, want := b.String(), eraseLine+"epoch  2/12  step  "; got != want {
		t.Errorf("got %q on 20 columns, want %q", got, want)
	}
}

func TestClock(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0:00": 0, "0:07": 6600 * time.Millisecond, "12:34": 754 * time.Second, "1:02:03": 3723 * time.Second,
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// TestJSONLines holds what scripts rely on: step, epoch and done, and the fields of
// done that they read.
func TestJSONLines(t *testing.T) {
	p, o := program(t, nil)
	var b bytes.Buffer
	o.Report, o.Epochs = JSONLines(&b), 2
	res := mustRun(t, p, o)
	var events []string
	var done map[string]any
	for l := range strings.Lines(b.String()) {
		done = nil
		if err := json.Unmarshal([]byte(l), &done); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		events = append(events, fmt.Sprint(done["event"]))
	}
	steps := strings.Repeat("step ", 13)
	if got, want := strings.Join(events, " "), steps+"epoch "+steps+"epoch done"; got != want {
		t.Errorf("got events %s, want %s", got, want)
	}
	metrics, _ := done["metrics"].(map[string]any)
	if metrics["accuracy"] != res.Metrics[0].Value || done["weights"] != o.Weights || done["weights_sha256"] != res.SHA256 {
		t.Errorf("done: got %v, want those of %+v", done, res)
	}
	if s, ok := done["seconds"].(float64); !ok || s <= 0 {
		t.Errorf("done: got seconds %v", done["seconds"])
	}
}
