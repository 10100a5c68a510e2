package data

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

// RandomBatch returns n records of random numbers that look like prepared records
// of spec: pictures uniform in [-1, 1), labels uniform among those of their set
// (always the first where the set has no names). shapes gives C, H and W of every
// picture after preparation, by field. Timings use it, where no data is at hand.
//
// Errors: a picture without a shape, a batch of less than one record.
func RandomBatch(spec *Spec, shapes map[string][3]int, n int, seed int64) (*Batch, error) {
	if n < 1 {
		return nil, fmt.Errorf("a batch of %d records; it should have at least one", n)
	}
	b := NewBatch(n)
	for k, f := range spec.Fields {
		draw := func(i int) float32 { return tensor.Uniform(uint64(seed), uint64(k), uint64(i)) }
		switch f.Kind {
		case Boxes:
			continue // what is computed of them is drawn below
		case Text:
			ids := b.AddIDs(f.Name, spec.ids(f.Name))
			for i := range ids {
				ids[i] = int32(draw(i) * 257)
			}
			continue
		case Array:
			numbers := b.AddNumbers(f.Name, f.Size)
			for i := range numbers {
				numbers[i] = 2*draw(i) - 1
			}
			continue
		case Mask:
			s, ok := shapes[f.Name]
			if !ok || s[1] < 1 || s[2] < 1 {
				return nil, fmt.Errorf("data %s: the mask %s has no shape", spec.Name, f.Name)
			}
			pixels := b.AddMask(f.Name, s[1], s[2])
			for i := range pixels {
				pixels[i] = int32(draw(i) * float32(len(f.Labels)))
			}
			continue
		case Label:
			labels := b.AddLabel(f.Name)
			for i := range labels {
				labels[i] = int32(draw(i) * float32(len(f.Labels)))
			}
			continue
		}
		s, ok := shapes[f.Name]
		if !ok || s[0] < 1 || s[1] < 1 || s[2] < 1 {
			return nil, fmt.Errorf("data %s: the picture %s has no shape", spec.Name, f.Name)
		}
		pixels := b.AddPicture(f.Name, s[0], s[1], s[2])
		for i := range pixels {
			pixels[i] = 2*draw(i) - 1
		}
	}
	if spec.mixes() {
		b.addMix(spec, n)
		for i := range n {
			b.Float32(mixShare)[i] = 0.5
		}
	}
	for k, t := range spec.Targets {
		cls, box := b.addTarget(t)
		for i := range cls {
			cls[i] = int32(tensor.Uniform(uint64(seed), uint64(len(spec.Fields)+k), uint64(i)) * float32(t.Classes+1))
			copy(box[4*i:4*i+4], t.Priors[4*(i%(len(t.Priors)/4)):])
		}
	}
	return b, nil
}
