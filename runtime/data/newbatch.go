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

// AddMask adds a field of masks i32 (n, h, w) and returns its elements, which are zero.
func (b *Batch) AddMask(name string, h, w int) []int32 {
	f := batchField{name: name, size: h * w, shape: [3]int{1, h, w}, ints: make([]int32, b.N*h*w)}
	b.fields = append(b.fields, f)
	return f.ints
}

// AddNumbers adds a field of arrays of size numbers and returns them, which are zero.
func (b *Batch) AddNumbers(name string, size int) []float32 {
	f := batchField{name: name, size: size, floats: make([]float32, b.N*size)}
	b.fields = append(b.fields, f)
	return f.floats
}

// addTarget adds what a target gives, which is zero.
func (b *Batch) addTarget(t Target) (cls []int32, box []float32) {
	rows := len(t.Priors) / 4
	cls, box = make([]int32, b.N*rows), make([]float32, b.N*4*rows)
	b.fields = append(b.fields, batchField{name: t.Name + ".cls", size: rows, ints: cls}, batchField{name: t.Name + ".box", size: 4 * rows, floats: box})
	return cls, box
}

// AddIDs adds a field of texts of n numbers each and returns them, which are zero.
func (b *Batch) AddIDs(name string, n int) []int32 {
	f := batchField{name: name, size: n, ints: make([]int32, b.N*n)}
	b.fields = append(b.fields, f)
	return f.ints
}
