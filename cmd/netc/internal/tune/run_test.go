package tune

import (
	"context"
	"errors"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// square is a 3x3 operation of few channels that do not fill their blocks.
func square(op string, images int64) ir.Contraction {
	return ir.Contraction{
		Op: op, C: 18, H: 11, W: 9, O: 21, R: 3, S: 3, Stride: []int64{1, 1}, Dilation: []int64{1, 1}, Pad: []int64{1, 1, 1, 1},
		Groups: 1, Images: images,
	}
}

// TestCandidatesAreRight asserts that every candidate passes the comparison, and that
// the comparison can fail.
func TestCandidatesAreRight(t *testing.T) {
	pool := parallel.New(1)
	defer pool.Close()
	stem := square("conv", 3)
	stem.C, stem.R, stem.S, stem.Stride, stem.Pad = 3, 7, 7, []int64{2, 2}, []int64{3, 3, 3, 3}
	pointwise := square("conv", 3) // whose images are mates
	pointwise.C, pointwise.O, pointwise.R, pointwise.S, pointwise.Pad = 48, 64, 1, 1, []int64{0, 0, 0, 0}
	turned := pointwise
	turned.Op, turned.C, turned.O = "conv_dx", 64, 48
	weights := pointwise
	weights.Op = "conv_dw"
	for _, c := range []ir.Contraction{square("conv", 3), square("conv_dx", 3), square("conv_dw", 3), stem, pointwise, turned, weights} {
		op, most := c.Op, 3
		switch {
		case c.C == stem.C:
			op, most = "stem", 2
		case c.R == 1:
			op, most = op+" 1x1", 2
		}
		for _, isa := range []kernel.ISA{kernel.Generic, kernel.AVX2, kernel.AVX512} {
			if !isa.Available() {
				continue
			}
			s := newSubject(c, 3, kernel.NewCtx(pool))
			if err := s.define(context.Background()); err != nil {
				t.Fatal(err)
			}
			names, _ := candidates(s.c)
			if len(names) < most {
				t.Fatalf("%s: got the candidates %v", op, names)
			}
			for _, name := range names {
				if !s.right(name, isa) {
					t.Errorf("%s %s %v: wrong", op, name, isa)
				}
			}
			s.want[len(s.want)/2] += 0.1
			if s.right(names[0], isa) {
				t.Errorf("%s %v: another result counts as right", op, isa)
			}
		}
	}
}

// TestInterrupted asserts that what was finished before the interruption was noted.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var noted []Result
	o := Options{Kernels: "k", ISAs: []kernel.ISA{kernel.Generic}, Threads: 1, Note: func(r Result) error {
		noted = append(noted, r)
		stop()
		return nil
	}}
	err := Run(ctx, []ir.Contraction{square("conv", 1), square("conv_dw", 2)}, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v, want that of the context", err)
	}
	if len(noted) != 1 || noted[0].Line.Choice == "" || noted[0].Line.Micros <= 0 || noted[0].Total != 2 {
		t.Errorf("got %+v, want one result of two", noted)
	}
}
