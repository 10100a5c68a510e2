package data

import (
	"fmt"
	"image"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// SetPicture converts img to the colours of field f into p.
//
// Errors: an empty picture, or colours netc does not know.
func SetPicture(p *vision.Picture, img image.Image, f Field) error {
	if err := p.SetImage(img, f.C); err != nil {
		return err
	}
	if f.Set == "BGR" {
		vision.SwapRGB(p)
	}
	return nil
}

// readPicture reads the file at path into p, in the colours of field f.
func readPicture(p *vision.Picture, path string, f Field) error {
	img, err := vision.DecodeFile(path)
	if err != nil {
		return err
	}
	if err := SetPicture(p, img, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Pipeline prepares records: augment or eval, then prep. It is immutable;
// goroutines share it, each with an augment.Runner.
type Pipeline struct {
	spec   *Spec
	chain  *augment.Chain
	train  bool
	mosaic *augment.Mosaic // nil for none
	texts  []*bpe
}

// NewPipeline compiles the steps of spec for training records or for others.
//
// Errors: a step that this version does not have, a bad argument, a prep without
// chw.
func NewPipeline(spec *Spec, train bool) (*Pipeline, error) {
	own := spec.Eval
	if train {
		own = spec.Augment
	}
	steps, err := spec.resolve(own, nil)
	if err != nil {
		return nil, err
	}
	if steps, err = spec.resolve(spec.Prep, steps); err != nil {
		return nil, err
	}
	p := &Pipeline{spec: spec, train: train}
	if p.texts, err = spec.encoders(); err != nil {
		return nil, err
	}
	if train && len(steps) > 0 && steps[0].Call.Name == "mosaic" {
		if p.mosaic, err = augment.NewMosaic(steps[0]); err != nil {
			return nil, fmt.Errorf("data %s: %w", spec.Name, err)
		}
		steps = steps[1:]
	}
	if p.chain, err = augment.Compile(steps); err != nil {
		return nil, fmt.Errorf("data %s: %w", spec.Name, err)
	}
	return p, nil
}

// resolve appends steps with fields by index. chw is no step of its own: it is
// how pictures leave the pipeline, so it may only come last.
func (s *Spec) resolve(steps []Step, to []augment.Step) ([]augment.Step, error) {
	done := map[string]bool{}
	for _, step := range steps {
		if step.Call.Name == "bpe" {
			continue // see texts
		}
		fields, kinds := make([]int, len(step.Fields)), make([]augment.Kind, len(step.Fields))
		for i, name := range step.Fields {
			at, err := s.field(name)
			if err != nil {
				return nil, err
			}
			switch s.Fields[at].Kind {
			case Picture:
			case Mask:
				kinds[i] = augment.Mask
			case Boxes:
				kinds[i] = augment.Boxes
			default:
				return nil, fmt.Errorf("data %s: %s works on pictures, and %s is a %v", s.Name, step.Call.Name, name, s.Fields[at].Kind)
			}
			if done[name] {
				return nil, fmt.Errorf("data %s: %s comes after chw, where %s is a tensor", s.Name, step.Call.Name, name)
			}
			fields[i] = at
		}
		if step.Call.Name == "chw" {
			for _, name := range step.Fields {
				done[name] = true
			}
			continue
		}
		to = append(to, augment.Step{Fields: fields, Kinds: kinds, Call: step.Call})
	}
	return to, nil
}

// encoders opens the vocabularies of the texts.
func (s *Spec) encoders() (all []*bpe, err error) {
	for _, step := range s.Prep {
		if step.Call.Name != "bpe" {
			continue
		}
		for _, name := range step.Fields {
			at, err := s.field(name)
			if err != nil {
				return nil, err
			}
			b, err := openBPE(step.Call, at, s.root)
			if err != nil {
				return nil, err
			}
			all = append(all, b)
		}
	}
	return all, nil
}

// Run prepares s, which holds record index of the split. The draws are a function
// of (seed, epoch, index).
func (p *Pipeline) Run(r *augment.Runner, s *Sample, seed int64, epoch, index int) {
	r.Source.Seed(seed, epoch, index)
	r.Run(p.chain, s)
	for _, b := range p.texts {
		s.IDs[b.field] = b.encode(s.IDs[b.field][:0], s.Texts[b.field])
	}
}
