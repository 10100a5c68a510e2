package nrt

import (
	"fmt"
	"image"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// Step is a step of eval or prep by name, with its arguments filled in.
type Step = augment.Call

// Picture says what a data section gives and what a network reads.
type Picture struct {
	// Channels and Set are those of the sample: 1 or 3, and "Gray", "RGB", "BGR"
	// or "".
	Channels int
	Set      string
	// C, H and W are those of the network's input, after all steps; H and W are 0
	// where they may be any.
	C, H, W int
}

// Preparation is how pictures become the input of a network: the colours of the
// sample, the steps of eval and prep, then planes of numbers in 0..1. It is
// immutable; each goroutine takes a Preparer of its own.
type Preparation struct {
	picture Picture
	chain   *augment.Chain
}

// NewPreparation compiles steps, which end before chw.
//
// Errors: a step that this version does not have, an argument it does not take.
func NewPreparation(p Picture, steps ...Step) (*Preparation, error) {
	run := make([]augment.Step, len(steps))
	for i, s := range steps {
		run[i] = augment.Step{Fields: []int{0}, Call: s}
	}
	chain, err := augment.Compile(run)
	if err != nil {
		return nil, err
	}
	return &Preparation{p, chain}, nil
}

// New returns a preparer with memory of its own.
func (p *Preparation) New() *Preparer {
	return &Preparer{of: p, runner: augment.NewRunner(), sample: augment.NewSample(1)}
}

// Preparer prepares pictures for one goroutine at a time.
type Preparer struct {
	of     *Preparation
	runner *augment.Runner
	sample *augment.Sample
	given  image.Point // size of the picture of the last Load
}

// Prepare writes the input for img to dst, which holds C*H*W numbers. Steps that
// draw random numbers draw the same ones for every picture. It allocates only
// while pictures grow.
//
// Errors: an empty picture; one that does not have the size of the input after
// the steps.
func (p *Preparer) Prepare(dst []float32, img image.Image) error {
	h, w, err := p.Load(img)
	if err != nil {
		return err
	}
	if want := p.of.picture; w != want.W || h != want.H {
		given := img.Bounds().Size()
		return fmt.Errorf("found a picture of %d by %d pixels, expected %d by %d; scale it, or add resize to the data section", given.X, given.Y, want.W, want.H)
	}
	p.Store(dst)
	return nil
}

// Load takes the steps on img and returns the size of the picture then. A network
// for pictures of many sizes calls it and Store in place of Prepare.
//
// Errors: an empty picture; one whose channels after the steps are not the input's.
func (p *Preparer) Load(img image.Image) (h, w int, err error) {
	want, pic := p.of.picture, &p.sample.Pictures[0]
	if err := pic.SetImage(img, want.Channels); err != nil {
		return 0, 0, err
	}
	if want.Set == "BGR" {
		vision.SwapRGB(pic)
	}
	p.given = image.Pt(pic.W, pic.H)
	p.runner.Source.Seed(0, 0, 0)
	p.runner.Run(p.of.chain, p.sample)
	if pic.C != want.C {
		return 0, 0, fmt.Errorf("found a picture of %d channels after the steps of the data section, expected %d", pic.C, want.C)
	}
	return pic.H, pic.W, nil
}

// Store writes the picture of the last Load to dst, which holds C*H*W numbers.
func (p *Preparer) Store(dst []float32) { vision.CHW(dst, &p.sample.Pictures[0]) }

// Plane says where the input of a network lies in the picture that was given.
type Plane struct {
	toGiven vision.Affine
	size    image.Point // of the input
	given   image.Point // of the picture
}

// Plane returns that of the last Load.
func (p *Preparer) Plane() Plane {
	p.runner.Source.Seed(0, 0, 0)
	m := p.runner.Plane(p.of.chain, 0, p.given.X, p.given.Y)
	inv, _ := m.Inverse() // steps that flatten a picture do not exist
	pic := &p.sample.Pictures[0]
	return Plane{toGiven: inv, size: image.Pt(pic.W, pic.H), given: p.given}
}
