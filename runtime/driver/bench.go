package driver

import (
	"errors"
	"math"

	"github.com/netc-lang/netc/runtime/bench"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/train"
)

// Training is a train section, for Bench.
type Training struct {
	Program *train.Program
	MACs    int64             // multiply-adds of one image forward
	Shapes  map[string][3]int // C, H, W of each picture that the net reads
	Stages  []bench.Stage     // of a package generated for a profile
}

// Bench is the main of the programs that `netc bench --train` and `netc profile --train`
// build: it measures training steps (forward, backward, update) on random records. A step
// counts as three times the multiply-adds of the forward pass: outputs, gradients
// of inputs, gradients of weights.
func Bench(t Training) int { return bench.Main(trainingSubject(t)) }

// benchRate keeps the weights in their ordinary range however many steps are
// timed on one batch; a step costs the same for any rate.
const benchRate = 1e-6

// The batch of a training without a setting.
const benchBatch = 64

func trainingSubject(t Training) bench.Subject {
	p := t.Program
	batch := p.Batch
	if batch < 1 {
		batch = benchBatch
	}
	return bench.Subject{Net: p.Net, MACs: 3 * t.MACs, Batch: batch, Stages: t.Stages, Open: func(threads, batch int) (bench.Session, error) {
		m, err := p.New(threads, batch) // refuses what would be too large
		if err != nil {
			return nil, err
		}
		records, err := data.RandomBatch(&p.Data, t.Shapes, batch, p.Seed)
		if err != nil {
			return nil, err
		}
		m.Init(p.Seed)
		if err := train.Fit(m, records, true); err != nil {
			return nil, err
		}
		return &steps{m, records, p.Seed}, nil
	}}
}

// steps runs the training step of a model as a session.
type steps struct {
	train.Model
	records *data.Batch
	seed    int64
}

func (s *steps) Run() error {
	s.seed++
	loss, _ := s.Step(s.records, benchRate, s.seed)
	if math.IsNaN(float64(loss)) {
		return errors.New("the loss of a training step is not a number")
	}
	return nil
}
