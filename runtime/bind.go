package nrt

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/weights"
)

// ErrWeights is wrapped by the errors that say a weights file belongs to another
// network.
var ErrWeights = errors.New("the weights are those of another network")

// State names one weight that a network needs. Where nets of one package have
// weights of the same name, Net tells them apart: a file then holds the weight as
// "NET.NAME", and a file for one net alone as "NAME".
type State struct {
	Name  string
	Shape []int
	Net   string // "" where the name is enough
}

// Key is the name of s in a file of several nets.
func (s State) Key() string {
	if s.Net == "" {
		return s.Name
	}
	return s.Net + "." + s.Name
}

// find returns the tensor of s in f.
func (s State) find(f *weights.File) (weights.Tensor, bool) {
	if s.Net != "" {
		if t, ok := f.Lookup(s.Net + "." + s.Name); ok {
			return t, true
		}
	}
	return f.Lookup(s.Name)
}

// LoadWeights reads the weights called want, in that order, from the file that o
// names, or else from embedded. Tensors that nobody wants are ignored.
//
// Errors: what is wrong with the file; ErrWeights with every weight that is
// missing or has another shape (at most ten are listed). Cost: one copy of the
// weights, 64-byte aligned.
func LoadWeights(embedded []byte, o Options, want []State) ([][]float32, error) {
	data := embedded
	if o.Weights != nil {
		var err error
		if data, err = io.ReadAll(o.Weights); err != nil {
			return nil, fmt.Errorf("reading weights: %w", err)
		}
	}
	f, err := weights.View(data)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	return Bind(f, want)
}

// EmbeddedWeights returns the tensors called want, in that order, of the file that a
// package was compiled with, where they lie: nothing is copied where the machine can
// read them so. They must not be written to. Fewer than settle are copied, unless o wants
// them shared, where AVX-512 would read each vector from two cache lines.
//
// Errors: as [LoadWeights].
func EmbeddedWeights(embedded []byte, o Options, want []State) ([][]float32, error) {
	readLarge(embedded)
	f, err := weights.View(embedded)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	if err := Fits(f, want); err != nil {
		return nil, err
	}
	total := 0
	for _, w := range want {
		total += tensor.Shape(w.Shape).Elems()
	}
	stay := o.SharedWeights || total >= settleFrom // these are for Settle to move
	out := make([][]float32, len(want))
	for i, w := range want {
		t, _ := w.find(f)
		x, ok := t.InPlace()
		if ok && (stay || !splits(x, kernel.Selected())) {
			out[i] = x
			continue
		}
		out[i] = Floats(tensor.Shape(w.Shape).Elems())
		if err := t.ReadFloat32s(out[i]); err != nil {
			return nil, fmt.Errorf("reading weights: %w", err)
		}
	}
	return out, nil
}

// Bind is LoadWeights for an open file.
func Bind(f *weights.File, want []State) ([][]float32, error) {
	if err := Fits(f, want); err != nil {
		return nil, err
	}
	out := make([][]float32, len(want))
	for i, w := range want {
		t, _ := w.find(f)
		out[i] = Floats(tensor.Shape(w.Shape).Elems())
		if err := t.ReadFloat32s(out[i]); err != nil {
			return nil, fmt.Errorf("reading weights: %w", err)
		}
	}
	return out, nil
}

// Fits reports whether f holds every weight of want with its shape.
//
// Errors: ErrWeights with all differences, at most ten of them by name.
func Fits(f *weights.File, want []State) error {
	var wrong []string
	for _, w := range want {
		t, ok := w.find(f)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s %v is missing", w.Name, w.Shape))
		case !t.Shape.Equal(w.Shape):
			wrong = append(wrong, fmt.Sprintf("%s is %v there and %v here", w.Name, []int(t.Shape), w.Shape))
		case !t.DType.Float():
			wrong = append(wrong, fmt.Sprintf("%s holds %s there and f32 here", w.Name, t.Type()))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	const most = 10
	more := ""
	if len(wrong) > most {
		more = fmt.Sprintf(", and %d more", len(wrong)-most)
		wrong = wrong[:most]
	}
	return fmt.Errorf("%w: %s%s", ErrWeights, strings.Join(wrong, ", "), more)
}
