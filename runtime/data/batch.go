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
	floats []float32 // pictures: capacity for the largest batch
	ints   []int32   // labels
}

// Float32 returns the pictures of a field: f32 (N, C, H, W). It panics when the
// data section has no such picture.
func (b *Batch) Float32(name string) []float32 {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name && f.floats != nil {
			return f.floats[:b.N*f.size]
		}
	}
	panic(fmt.Sprintf("data: the batch has no picture %s", name))
}

// Int32 returns the labels of a field: i32 (N).
func (b *Batch) Int32(name string) []int32 {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name && f.ints != nil {
			return f.ints[:b.N]
		}
	}
	panic(fmt.Sprintf("data: the batch has no label %s", name))
}

// Shape returns C, H and W of a picture field.
func (b *Batch) Shape(name string) (c, h, w int) {
	for i := range b.fields {
		if f := &b.fields[i]; f.name == name {
			return f.shape[0], f.shape[1], f.shape[2]
		}
	}
	panic(fmt.Sprintf("data: the batch has no field %s", name))
}

// shape is what one prepared record looks like, by field.
type shape struct{ c, h, w int }

// newBatch makes a batch for up to n records that look like s.
func newBatch(spec *Spec, shapes []shape, n int) *Batch {
	b := &Batch{fields: make([]batchField, len(spec.Fields))}
	for i, f := range spec.Fields {
		b.fields[i] = batchField{name: f.Name, size: 1}
		if f.Kind == Label {
			b.fields[i].ints = make([]int32, n)
			continue
		}
		s := shapes[i]
		b.fields[i].size, b.fields[i].shape = s.c*s.h*s.w, [3]int{s.c, s.h, s.w}
		b.fields[i].floats = make([]float32, n*s.c*s.h*s.w)
	}
	return b
}

// set writes a prepared record to entry i.
func (b *Batch) set(i int, s *Sample) error {
	for k := range b.fields {
		f := &b.fields[k]
		if f.ints != nil {
			f.ints[i] = s.Labels[k]
			continue
		}
		p := &s.Pictures[k]
		if p.C != f.shape[0] || p.H != f.shape[1] || p.W != f.shape[2] {
			return fmt.Errorf("%s is %d by %d pixels after preparation, and others are %d by %d; add resize or a crop to the data section", f.name, p.W, p.H, f.shape[2], f.shape[1])
		}
		vision.CHW(f.floats[i*f.size:(i+1)*f.size], p)
	}
	return nil
}
