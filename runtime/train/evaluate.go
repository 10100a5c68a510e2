package train

import (
	"context"
	"fmt"
	"time"

	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/weights"
)

// Evaluate measures the weights of the file o.Weights on a split of the data. Of
// the other options, Data, Batch, Threads and Workers count.
//
// Errors: what is wrong with the data or the file; nrt.ErrWeights when it belongs
// to another net.
func Evaluate(ctx context.Context, p *Program, o Options, split data.Split) (*Result, error) {
	start := time.Now()
	batch := o.Batch
	if batch == 0 {
		batch = p.Batch
	}
	if batch < 1 {
		return nil, fmt.Errorf("batches of %d; they should hold at least 1 record", batch)
	}
	file, err := weights.Load(o.Weights)
	if err != nil {
		return nil, err
	}
	src, err := data.Open(&p.Data, o.Data)
	if err != nil {
		return nil, err
	}
	set, err := src.Split(split)
	if err != nil {
		return nil, err
	}
	loader, err := data.NewLoader(&p.Data, set, data.LoaderOptions{Batch: batch, Workers: workers(o.Workers), Seed: p.Seed, Varied: p.VariedEval})
	if err != nil {
		return nil, err
	}
	model, err := p.New(o.Threads, batch)
	if err != nil {
		return nil, err
	}
	defer model.Close()
	if err := LoadStates(model, file); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Weights, err)
	}
	s, err := measure(ctx, model, loader, p.Metrics)
	if err != nil {
		return nil, err
	}
	res := &Result{Loss: s.loss, Records: loader.Len(), Weights: o.Weights, Seconds: time.Since(start).Seconds()}
	for i, m := range p.Metrics {
		res.Metrics = append(res.Metrics, Value{m.Name, s.metrics[i]})
	}
	return res, nil
}

// LoadStates sets the weights of m to those of file. Nothing is changed unless
// all are there with their shapes.
//
// Errors: nrt.ErrWeights.
func LoadStates(m Model, file *weights.File) error { return setStates(m.States(), file) }

func setStates(states []State, file *weights.File) error {
	want := make([]nrt.State, len(states))
	for i, s := range states {
		want[i] = nrt.State{Name: s.Name, Shape: s.Shape}
	}
	if err := nrt.Fits(file, want); err != nil {
		return err
	}
	for _, s := range states {
		t, _ := file.Lookup(s.Name)
		if err := t.ReadFloat32s(s.Data); err != nil {
			return err
		}
	}
	return nil
}
