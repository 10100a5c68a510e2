package data

// NewBatch returns a batch of n records without fields, for programs that fill
// one themselves: tests, benchmarks, and steps on data from elsewhere.
func NewBatch(n int) *Batch { return &Batch{N: n} }

// AddPicture adds a field of pictures f32 (n, c, h, w) and returns its elements,
// which are zero.
func (b *Batch) AddPicture(name string, c, h, w int) []float32 {
	f := batchField{name: name, size: c * h * w, shape: [3]int{c, h, w}, floats: make([]float32, b.N*c*h*w)}
	b.fields = append(b.fields, f)
	return f.floats
}

// AddLabel adds a field of labels i32 (n) and returns its elements, which are
// zero.
func (b *Batch) AddLabel(name string) []int32 {
	f := batchField{name: name, size: 1, ints: make([]int32, b.N)}
	b.fields = append(b.fields, f)
	return f.ints
}
