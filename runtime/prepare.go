package nrt

import (
	"fmt"
	"image"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// Step is a step of eval or prep by name, with its arguments filled in.
type Step = augment.Call

// Preparer makes the input of a network from pictures, as the data section of the
// network says: colours, then the steps of eval and prep, then planes of numbers
// in 0..1. One goroutine at a time may use it.
type Preparer struct {
	channels, h, w int
	bgr            bool
	chain          *augment.Chain
	runner         *augment.Runner
	sample         *augment.Sample
}

// NewPreparer returns a preparer for inputs (channels, h, w), whose colours are
// those of the index set ("Gray", "RGB", "BGR", or "" for RGB and gray). A step
// that this version does not have panics: the compiler lets none through.
func NewPreparer(channels, h, w int, set string, steps ...Step) *Preparer {
	p := &Preparer{channels: channels, h: h, w: w, bgr: set == "BGR", runner: augment.NewRunner(), sample: augment.NewSample(1)}
	var run []augment.Step
	for _, s := range steps {
		if s.Name != "chw" { // that is how Prepare ends
			run = append(run, augment.Step{Fields: []int{0}, Call: s})
		}
	}
	chain, err := augment.Compile(run)
	if err != nil {
		panic("nrt: " + err.Error())
	}
	p.chain = chain
	return p
}

// Prepare writes the input for img to dst, which holds channels*h*w numbers.
//
// Errors: an empty picture; one that does not have the size of the input after
// the steps. Steps that draw random numbers draw the same ones for every picture.
func (p *Preparer) Prepare(dst []float32, img image.Image) error {
	pic := &p.sample.Pictures[0]
	if err := pic.SetImage(img, p.channels); err != nil {
		return err
	}
	w, h := pic.W, pic.H
	if p.bgr {
		vision.SwapRGB(pic)
	}
	p.runner.Source.Seed(0, 0, 0)
	p.runner.Run(p.chain, p.sample)
	if pic.W != p.w || pic.H != p.h || pic.C != p.channels {
		return fmt.Errorf("found a picture of %d by %d pixels, expected %d by %d; scale it, or add resize to the data section", w, h, p.w, p.h)
	}
	vision.CHW(dst, pic)
	return nil
}
