package data

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/vision"
)

// Batch is N prepared records: for each field one array with N entries.
type Batch struct {
	N int

	fields []batchField
}

type batchField struct {
	name   string
	size   int // elements of one record
	shape  [3]int
	most   int       // records of the largest batch, of pictures and masks
	floats []float32 // pictures and arrays: capacity for the largest batch
	ints   []int32   // labels and masks
	boxes  [][]Box   // of each record, in 0..1
}

// Float32 returns the pictures of a field, f32 (N, C, H, W), or its arrays, f32 (N, ...). It
// panics when the data section has no such picture.
func (b *Batch) Float32(name string) []float32 {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name && f.floats != nil {
			return f.floats[:b.N*f.size]
		}
	}
	panic(fmt.Sprintf("data: the batch has no picture %s", name))
}

// Int32 returns the labels of a field, i32 (N), or its masks, i32 (N, H, W).
func (b *Batch) Int32(name string) []int32 {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name && f.ints != nil {
			return f.ints[:b.N*f.size]
		}
	}
	panic(fmt.Sprintf("data: the batch has no label %s", name))
}

// Shape returns C, H and W of a picture field.
func (b *Batch) Shape(name string) (c, h, w int) {
	f := b.named(name)
	return f.shape[0], f.shape[1], f.shape[2]
}

// shape is what one prepared record looks like, by field.
type shape struct{ c, h, w int }

// newBatch makes a batch for up to n records that look like s.
func newBatch(spec *Spec, shapes []shape, n int) *Batch {
	b := &Batch{fields: make([]batchField, len(spec.Fields))}
	for i, f := range spec.Fields {
		b.fields[i] = batchField{name: f.Name, size: 1}
		s := shapes[i]
		switch f.Kind {
		case Label:
			b.fields[i].ints = make([]int32, n)
		case Boxes:
			b.fields[i].boxes = make([][]Box, n)
		case Text:
			b.fields[i].size = spec.ids(f.Name)
			b.fields[i].ints = make([]int32, n*b.fields[i].size)
		case Array:
			b.fields[i].size = f.Size
			b.fields[i].floats = make([]float32, n*f.Size)
		default:
			b.fields[i].most = n
			b.fields[i].frame(f.Kind, s)
		}
	}
	for _, t := range spec.Targets {
		rows := len(t.Priors) / 4
		b.fields = append(b.fields,
			batchField{name: t.Name + ".cls", size: rows, shape: [3]int{1, 1, rows}, ints: make([]int32, n*rows)},
			batchField{name: t.Name + ".box", size: 4 * rows, shape: [3]int{1, rows, 4}, floats: make([]float32, n*4*rows)})
	}
	if spec.mixes() {
		b.addMix(spec, n)
	}
	return b
}

// frame makes room for pictures or masks of shape s.
func (f *batchField) frame(k Kind, s shape) {
	if k == Mask {
		s.c = 1
	}
	f.size, f.shape = s.c*s.h*s.w, [3]int{s.c, s.h, s.w}
	switch n := f.most * f.size; {
	case k == Mask && len(f.ints) < n:
		f.ints = make([]int32, n)
	case k == Picture && len(f.floats) < n:
		f.floats = make([]float32, n)
	}
}

// fit makes room for records of the sizes of s.
func (b *Batch) fit(spec *Spec, s *Sample) {
	for k, f := range spec.Fields {
		if p := s.Pictures[k]; f.Kind == Picture || f.Kind == Mask {
			b.fields[k].frame(f.Kind, shape{p.C, p.H, p.W})
		}
	}
}

// Boxes returns the boxes of each record of a field, in 0..1 of the picture. It panics
// when the data section has no such boxes.
func (b *Batch) Boxes(name string) [][]Box {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name && f.boxes != nil {
			return f.boxes[:b.N]
		}
	}
	panic(fmt.Sprintf("data: the batch has no boxes %s", name))
}

// boxesAt returns the boxes of record i, which may be behind N while a batch is filled.
func (b *Batch) boxesAt(name string, i int) []Box {
	for k := range b.fields {
		if f := &b.fields[k]; f.name == name && f.boxes != nil {
			return f.boxes[i]
		}
	}
	return nil
}

// set writes a prepared record to entry i.
func (b *Batch) set(spec *Spec, i int, s *Sample) error {
	for k := range spec.Fields {
		f := &b.fields[k]
		p := &s.Pictures[k]
		switch spec.Fields[k].Kind {
		case Label:
			f.ints[i] = s.Labels[k]
			continue
		case Text:
			copy(f.ints[i*f.size:(i+1)*f.size], s.IDs[k])
			continue
		case Array:
			copy(f.floats[i*f.size:(i+1)*f.size], s.Numbers[k])
			continue
		case Boxes:
			f.boxes[i] = relative(f.boxes[i][:0], s.Boxes[k], spec.framed(s))
			continue
		}
		if p.C != f.shape[0] || p.H != f.shape[1] || p.W != f.shape[2] {
			return fmt.Errorf("%s is %d by %d pixels after preparation, and others of its batch are %d by %d; add resize or a crop to the data section", f.name, p.W, p.H, f.shape[2], f.shape[1])
		}
		if spec.Fields[k].Kind == Mask {
			for j, v := range p.Pix {
				f.ints[i*f.size+j] = int32(v)
			}
			continue
		}
		vision.CHW(f.floats[i*f.size:(i+1)*f.size], p)
	}
	for k := range spec.Targets {
		t := &spec.Targets[k]
		cls, box := &b.fields[len(spec.Fields)+2*k], &b.fields[len(spec.Fields)+2*k+1]
		t.match(cls.ints[i*cls.size:][:cls.size], box.floats[i*box.size:][:box.size], b.boxesAt(t.Field, i))
	}
	return nil
}
