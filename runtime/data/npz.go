package data

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
	"github.com/netc-lang/netc/runtime/weights"
)

// openNPZ opens npz(file): arrays of NumPy with a row for each record. A field reads the
// array of its name, also in the plural, and with the name of the split in front where
// there are splits, as MedMNIST has them: `image` reads train_images. Pictures and masks
// are bytes, labels whole numbers, arrays floating-point ones.
func openNPZ(spec *Spec, args *augment.Args, root string) (Source, error) {
	path := place(root, args.Text("file", ""))
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: there is no file %s; put the data there, or say where they are with --data", ErrData, path)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrData, err)
	}
	arrays, err := weights.ReadNPZ(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, path, err)
	}
	return &npz{spec: spec, path: path, arrays: arrays}, nil
}

type npz struct {
	spec   *Spec
	path   string
	arrays *weights.File
}

// Split finds the arrays of a split. Val and test stand in for each other; arrays
// without a split are those of each.
func (n *npz) Split(s Split) (Dataset, error) {
	prefixes := []string{string(s) + "_"}
	switch s {
	case Val:
		prefixes = append(prefixes, string(Test)+"_")
	case Test:
		prefixes = append(prefixes, string(Val)+"_")
	}
	set := &npzSet{n: n, columns: make([]column, len(n.spec.Fields))}
	prefix := ""
	for _, p := range prefixes {
		if _, ok := n.lookup(p + n.spec.Fields[0].Name); ok {
			prefix = p
			break
		}
	}
	return set, set.fill(prefix)
}

// lookup finds an array by its name or the plural of it.
func (n *npz) lookup(name string) (weights.Tensor, bool) {
	t, ok := n.arrays.Lookup(name)
	if !ok {
		t, ok = n.arrays.Lookup(name + "s")
	}
	return t, ok
}

// column is the array of one field.
type column struct {
	bytes  []byte
	labels []int32
	floats []float32
	h, w   int
	c      int
}

type npzSet struct {
	n       *npz
	columns []column
	len     int
}

func (s *npzSet) Len() int { return s.len }

func (s *npzSet) Name(i int) string { return fmt.Sprintf("%s, record %d", s.n.path, i) }

// fill reads the arrays whose names begin with prefix.
func (s *npzSet) fill(prefix string) error {
	s.len = -1
	for k, f := range s.n.spec.Fields {
		t, ok := s.n.lookup(prefix + f.Name)
		if !ok {
			var have []string
			for _, t := range s.n.arrays.Tensors() {
				have = append(have, t.Name)
			}
			slices.Sort(have)
			return fmt.Errorf("%w: %s has no array %s%s; it has %s", ErrData, s.n.path, prefix, f.Name, strings.Join(have, ", "))
		}
		rows := 0
		if len(t.Shape) > 0 {
			rows = t.Shape[0]
		}
		if s.len >= 0 && rows != s.len {
			return fmt.Errorf("%w: %s: %s has %d records, and another array %d", ErrData, s.n.path, t.Name, rows, s.len)
		}
		s.len = rows
		var err error
		if s.columns[k], err = readColumn(f, t); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrData, s.n.path, err)
		}
		for i, l := range s.columns[k].labels {
			if err := checkLabel(s.n.spec, k, l, s.Name(i)); err != nil {
				return err
			}
		}
	}
	if s.len <= 0 {
		return fmt.Errorf("%w: %s holds no records", ErrData, s.n.path)
	}
	return nil
}

// readColumn reads the array of a field.
func readColumn(f Field, t weights.Tensor) (c column, err error) {
	shape := t.Shape
	switch f.Kind {
	case Label:
		if len(shape) == 2 && shape[1] == 1 {
			shape = shape[:1]
		}
		if len(shape) != 1 {
			return c, fmt.Errorf("%s has the shape %v, and labels are one number for each record", t.Name, t.Shape)
		}
		c.labels, err = t.Int32s()
		return c, err
	case Array:
		if n := t.Shape.Elems(); len(shape) == 0 || n != shape[0]*f.Size {
			return c, fmt.Errorf("%s has the shape %v, and the sample says %d numbers for each record", t.Name, t.Shape, f.Size)
		}
		c.floats, err = t.Float32s()
		return c, err
	case Picture, Mask:
		c.c = 1
		if f.Kind == Picture && len(shape) == 4 {
			c.c, shape = shape[3], shape[:3]
		}
		if len(shape) != 3 || f.Kind == Picture && c.c != f.C {
			return c, fmt.Errorf("%s has the shape %v, and the sample says %d channels", t.Name, t.Shape, max(f.C, 1))
		}
		c.h, c.w = shape[1], shape[2]
		c.bytes, err = t.Bytes()
		return c, err
	}
	return c, fmt.Errorf("npz reads pictures, masks, labels and numbers, and %s is a %v", f.Name, f.Kind)
}

// Classes returns the label of each record where there is one.
func (s *npzSet) Classes() []int32 {
	at, err := s.n.spec.only(Label)
	if err != nil {
		return nil
	}
	return s.columns[at].labels
}

func (s *npzSet) Read(i int, out *Sample) error {
	for k := range s.columns {
		c := &s.columns[k]
		if c.labels != nil {
			out.Labels[k] = c.labels[i]
			continue
		}
		if c.floats != nil {
			n := s.n.spec.Fields[k].Size
			out.Numbers[k] = append(out.Numbers[k][:0], c.floats[i*n:(i+1)*n]...)
			continue
		}
		size := c.h * c.w * c.c
		p := &out.Pictures[k]
		p.Resize(c.w, c.h, c.c)
		copy(p.Pix, c.bytes[i*size:(i+1)*size])
		if s.n.spec.Fields[k].Set == "BGR" {
			vision.SwapRGB(p)
		}
	}
	return nil
}
