package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// cifarRecord is a label and three planes of 32 by 32 pixels: red, green, blue.
const cifarRecord = 1 + 3*32*32

// cifar10 is CIFAR-10 in its binary version: data_batch_1.bin to data_batch_5.bin and
// test_batch.bin.
//
// Source: A. Krizhevsky, "The CIFAR-10 dataset", section "Binary version".
type cifar10 struct {
	spec           *Spec
	dir            string
	picture, label int
}

// openCIFAR10 opens cifar10(dir).
func openCIFAR10(spec *Spec, args *augment.Args, root string) (Source, error) {
	c := &cifar10{spec: spec}
	var err error
	if c.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if c.label, err = spec.only(Label); err != nil {
		return nil, err
	}
	const inner = "cifar-10-batches-bin" // as the archive unpacks
	has := func(dir string) bool { return isFile(filepath.Join(dir, "test_batch.bin")) }
	c.dir, err = folder(root, args.Text("dir", ""), func(dir string) bool { return has(dir) || has(filepath.Join(dir, inner)) })
	if err == nil && !has(c.dir) {
		c.dir = filepath.Join(c.dir, inner)
	}
	return c, err
}

func (c *cifar10) Split(s Split) (Dataset, error) {
	names := []string{"test_batch.bin"}
	if s == Train {
		names = nil
		for i := range 5 {
			names = append(names, fmt.Sprintf("data_batch_%d.bin", i+1))
		}
	}
	set := &cifarSet{c: c}
	for _, name := range names {
		path := filepath.Join(c.dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrData, err)
		}
		if len(data) == 0 || len(data)%cifarRecord != 0 {
			return nil, fmt.Errorf("%w: %s has %d bytes, and records of CIFAR-10 have %d each", ErrData, path, len(data), cifarRecord)
		}
		set.data = append(set.data, data...)
	}
	for i := range set.Len() {
		if err := checkLabel(c.spec, c.label, int32(set.record(i)[0]), set.Name(i)); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// cifarSet is one split in memory.
type cifarSet struct {
	c    *cifar10
	data []byte
}

func (s *cifarSet) Len() int { return len(s.data) / cifarRecord }

func (s *cifarSet) Name(i int) string { return fmt.Sprintf("%s, record %d", s.c.dir, i) }

func (s *cifarSet) record(i int) []byte { return s.data[i*cifarRecord : (i+1)*cifarRecord] }

// Classes returns the label of each record.
func (s *cifarSet) Classes() []int32 {
	out := make([]int32, s.Len())
	for i := range out {
		out[i] = int32(s.record(i)[0])
	}
	return out
}

func (s *cifarSet) Read(i int, out *Sample) error {
	r := s.record(i)
	out.Labels[s.c.label] = int32(r[0])
	p := &out.Pictures[s.c.picture]
	p.Resize(32, 32, 3)
	planes := []int{0, 1, 2}
	if s.c.spec.Fields[s.c.picture].Set == "BGR" {
		slices.Reverse(planes)
	}
	for at := range 32 * 32 {
		for k, plane := range planes {
			p.Pix[3*at+k] = r[1+plane*32*32+at]
		}
	}
	return nil
}
