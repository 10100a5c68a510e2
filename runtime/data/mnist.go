package data

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// mnist is a folder with the four IDX files of MNIST, or of a data set of the
// same form. Its val is its test.
type mnist struct {
	spec           *Spec
	dir            string
	picture, label int // fields
}

// mnistFiles are the beginnings of the names; see mnistFile for the endings.
var mnistFiles = map[Split]string{Train: "train", Val: "t10k", Test: "t10k"}

// openMNIST opens mnist(dir).
func openMNIST(spec *Spec, args *augment.Args, root string) (Source, error) {
	dir, err := folder(root, args.Text("dir", ""), func(dir string) bool {
		_, err := mnistFile(dir, "train", "images", 3)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	m := &mnist{spec: spec, dir: dir}
	if m.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if m.label, err = spec.only(Label); err != nil {
		return nil, err
	}
	return m, nil
}

// mnistFile finds a file under the names in use: with a dash or a dot before
// idx, with .gz or without.
func mnistFile(dir, part, what string, rank int) (string, error) {
	var first string
	for _, format := range []string{"%s-%s-idx%d-ubyte.gz", "%s-%s-idx%d-ubyte", "%s-%s.idx%d-ubyte.gz", "%s-%s.idx%d-ubyte"} {
		path := filepath.Join(dir, fmt.Sprintf(format, part, what, rank))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if first == "" {
			first = path
		}
	}
	return "", fmt.Errorf("%w: there is no file %s (or the same without .gz)", ErrData, first)
}

func (m *mnist) Split(s Split) (Dataset, error) {
	part, ok := mnistFiles[s]
	if !ok {
		return nil, fmt.Errorf("%w: mnist has no split %s", ErrData, s)
	}
	images, err := mnistFile(m.dir, part, "images", 3)
	if err != nil {
		return nil, err
	}
	labels, err := mnistFile(m.dir, part, "labels", 1)
	if err != nil {
		return nil, err
	}
	pixels, err := readIDX(images, 3)
	if err != nil {
		return nil, err
	}
	classes, err := readIDX(labels, 1)
	if err != nil {
		return nil, err
	}
	f := m.spec.Fields[m.picture]
	h, w := pixels.dims[1], pixels.dims[2]
	switch {
	case pixels.dims[0] != classes.dims[0]:
		return nil, fmt.Errorf("%w: %s has %d pictures and %s has %d labels", ErrData, images, pixels.dims[0], labels, classes.dims[0])
	case pixels.dims[0] == 0 || h == 0 || w == 0:
		return nil, fmt.Errorf("%w: %s holds no pictures", ErrData, images)
	case f.C != 1 || f.H != 0 && f.H != h || f.W != 0 && f.W != w:
		return nil, fmt.Errorf("%w: %s has pictures u8[%d, %d, Gray], and sample says u8[%d, %d, %d]", ErrData, images, h, w, f.H, f.W, f.C)
	}
	for i, c := range classes.data {
		if err := checkLabel(m.spec, m.label, int32(c), fmt.Sprintf("%s, record %d,", labels, i)); err != nil {
			return nil, err
		}
	}
	return &idxSet{m: m, path: images, pixels: pixels, labels: classes.data}, nil
}

// idxSet is one split in memory.
type idxSet struct {
	m      *mnist
	path   string
	pixels *idx
	labels []byte
}

// Classes returns the label of each record.
func (s *idxSet) Classes() []int32 {
	out := make([]int32, len(s.labels))
	for i, l := range s.labels {
		out[i] = int32(l)
	}
	return out
}

func (s *idxSet) Len() int { return len(s.labels) }

func (s *idxSet) Name(i int) string { return fmt.Sprintf("%s, record %d", s.path, i) }

func (s *idxSet) Read(i int, out *Sample) error {
	h, w := s.pixels.dims[1], s.pixels.dims[2]
	p := &out.Pictures[s.m.picture]
	p.Resize(w, h, 1)
	copy(p.Pix, s.pixels.data[i*h*w:(i+1)*h*w])
	out.Labels[s.m.label] = int32(s.labels[i])
	return nil
}
