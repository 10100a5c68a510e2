package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/weights"
)

// workers returns how many goroutines prepare records: asked, or one for two
// processors, since decoding photos costs about as much as a step on them.
func workers(asked int) int {
	if asked > 0 {
		return asked
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}

// prepare opens everything that a run needs, so that mistakes show before work
// is spent.
func (r *run) prepare() (err error) {
	if r.epochs < 1 || r.o.Batch < 1 {
		return fmt.Errorf("a run of %d epochs with batches of %d; both should be at least 1", r.epochs, r.o.Batch)
	}
	if n := r.p.Pick.Classes * r.p.Pick.Each; n > 0 && r.o.Batch != n {
		return fmt.Errorf("batches of %d records were asked for, and the train section picks %d classes of %d for each", r.o.Batch, r.p.Pick.Classes, r.p.Pick.Each)
	}
	var from *checkpoint
	if r.o.Resume != "" {
		if from, err = openCheckpoint(r.o.Resume); err != nil {
			return err
		}
		if err := r.follow(from); err != nil {
			return err
		}
	}
	if r.o.Weights != "" {
		if err := writable(filepath.Dir(r.o.Weights)); err != nil {
			return fmt.Errorf("the weights cannot be written to %s: %w", r.o.Weights, err)
		}
	}
	if err := r.openData(); err != nil {
		return err
	}
	if err := r.plan(); err != nil {
		return err
	}
	if r.o.Out != "" {
		if r.store, err = openStore(r.o.Out); err != nil {
			return err
		}
	}
	if r.model, err = r.p.New(r.o.Threads, max(r.o.Batch, slices.Max(r.batches()))); err != nil {
		return err
	}
	r.inner = r.model
	if r.p.EMA > 0 {
		r.model = newAveraged(r.model, r.p.EMA)
	}
	r.model.Init(r.seed)
	r.at.Metrics = make([]float64, sums(r.p.Metrics))
	switch {
	case from != nil:
		err = r.restore(from)
	case r.o.Start != "":
		err = startFrom(r.model, r.o.Start)
	}
	if err == nil && r.store != nil {
		err = r.store.claim(from)
	}
	if err != nil {
		r.close()
		return err
	}
	r.first, r.began = r.at.Step, time.Now()
	return nil
}

// startFrom sets the weights of m that the file at path holds, each with its shape.
func startFrom(m Model, path string) error {
	file, err := weights.Load(path)
	if err != nil {
		return err
	}
	var want []State
	for _, s := range m.States() {
		if _, ok := file.Lookup(s.Name); ok {
			want = append(want, s)
		}
	}
	if err := setStates(want, file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if a, ok := m.(*averaged); ok {
		a.begin()
	}
	return nil
}

func (r *run) openData() error {
	src, err := data.Open(&r.p.Data, r.o.Data)
	if err != nil {
		return err
	}
	trainSet, err := src.Split(data.Train)
	if err != nil {
		return err
	}
	valSet, err := src.Split(data.Val)
	if err != nil {
		return err
	}
	o := data.LoaderOptions{Batch: r.o.Batch, Workers: r.o.Workers, Seed: r.seed, Train: true, Pick: r.p.Pick, Varied: r.p.VariedTraining}
	if r.train, err = data.NewLoader(&r.p.Data, trainSet, o); err != nil {
		return err
	}
	o.Train, o.Varied = false, r.p.VariedEval
	r.val, err = data.NewLoader(&r.p.Data, valSet, o)
	return err
}

func (r *run) close() {
	r.train.Stop()
	r.val.Stop()
	r.model.Close()
}

// writable reports why no file can be made in dir.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".netc-probe-*")
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return fmt.Errorf("the folder %s takes no new files (%w)", dir, err)
	}
	f.Close()
	return os.Remove(f.Name())
}
