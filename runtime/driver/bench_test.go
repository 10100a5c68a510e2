package driver

import (
	"math"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/train"
)

// student counts its steps.
type student struct {
	train.Model
	loss  float32
	sizes []int
	init  bool
}

func (s *student) Init(int64) { s.init = true }
func (s *student) Close()     {}
func (s *student) Step(b *data.Batch, _ float32, _ int64) (float32, []float32) {
	s.sizes = append(s.sizes, len(b.Float32("image")), len(b.Int32("label")))
	return s.loss, nil
}

func TestBenchSteps(t *testing.T) {
	pupil := &student{}
	p := &train.Program{Net: "Net", Data: data.Spec{Name: "Digits", Fields: []data.Field{
		{Name: "image", Kind: data.Picture}, {Name: "label", Kind: data.Label},
	}}, New: func(threads, maxBatch int) (train.Model, error) { return pupil, nil }}
	sub := trainingSubject(Training{Program: p, MACs: 7, Shapes: map[string][3]int{"image": {1, 2, 3}}})
	if sub.Batch != benchBatch || sub.MACs != 21 {
		t.Errorf("got batch %d and %d multiply-adds, want %d and 21", sub.Batch, sub.MACs, benchBatch)
	}
	s, err := sub.Open(1, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil || !pupil.init || !slices.Equal(pupil.sizes, []int{30, 5}) {
		t.Errorf("got %v, initialised %t, fields of %v; want 30 numbers and 5 labels", err, pupil.init, pupil.sizes)
	}
	pupil.loss = float32(math.NaN())
	if err := s.Run(); err == nil {
		t.Error("a loss that is no number was accepted")
	}
	p.Batch = 16
	if got := trainingSubject(Training{Program: p}).Batch; got != 16 {
		t.Errorf("got batch %d, want that of the program", got)
	}
}
