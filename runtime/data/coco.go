package data

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// coco is a data set in the layout of COCO: annotations/instances_SPLIT*.json, and the
// pictures in a folder called like the split, with its year or without, or in images.
type coco struct {
	spec           *Spec
	dir            string
	picture, boxes int
}

// openCOCO opens coco(dir).
func openCOCO(spec *Spec, args *augment.Args, root string) (Source, error) {
	c := &coco{spec: spec}
	var err error
	if c.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if c.boxes, err = spec.only(Boxes); err != nil {
		return nil, err
	}
	c.dir, err = folder(root, args.Text("dir", ""), func(dir string) bool {
		return slices.Contains(subfolders(dir), "annotations")
	})
	return c, err
}

// cocoFile is what a file of annotations holds besides outlines.
type cocoFile struct {
	Images []struct {
		ID   int64  `json:"id"`
		File string `json:"file_name"`
	} `json:"images"`
	Annotations []struct {
		Image    int64      `json:"image_id"`
		Category int64      `json:"category_id"`
		Box      [4]float32 `json:"bbox"` // left, top, width, height
		Crowd    int        `json:"iscrowd"`
	} `json:"annotations"`
	Categories []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"categories"`
}

// Split reads the annotations of a split. Val and test stand in for each other.
func (c *coco) Split(s Split) (Dataset, error) {
	names := []Split{s}
	switch s {
	case Val:
		names = append(names, Test)
	case Test:
		names = append(names, Val)
	}
	for _, name := range names {
		for _, pattern := range []string{"instances_" + string(name) + "*.json", string(name) + "*.json"} {
			found, err := filepath.Glob(filepath.Join(c.dir, "annotations", pattern))
			if err != nil || len(found) == 0 {
				continue
			}
			return c.read(found[0], name)
		}
	}
	return nil, fmt.Errorf("%w: %s has no file instances_%s*.json", ErrData, filepath.Join(c.dir, "annotations"), s)
}

// read makes the records of a file of annotations. A box of a crowd is no box of one
// thing, and is left out.
func (c *coco) read(path string, split Split) (Dataset, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrData, err)
	}
	defer f.Close()
	var file cocoFile
	if err := json.NewDecoder(f).Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, path, err)
	}
	field := c.spec.Fields[c.boxes]
	classes := map[int64]int32{}
	for _, k := range file.Categories {
		at := slices.Index(field.Labels, k.Name)
		if at < 0 {
			return nil, fmt.Errorf("%w: %s has the category %q, which is no name of %s", ErrData, path, k.Name, field.Set)
		}
		classes[k.ID] = int32(at)
	}
	set := &cocoSet{c: c}
	record := map[int64]int{}
	dir := c.pictures(path, split)
	for _, x := range file.Images {
		record[x.ID] = len(set.paths)
		set.paths = append(set.paths, filepath.Join(dir, filepath.FromSlash(x.File)))
	}
	set.truth = make([][]Box, len(set.paths))
	for i, a := range file.Annotations {
		at, ok := record[a.Image]
		class, known := classes[a.Category]
		if !ok || !known {
			return nil, fmt.Errorf("%w: %s: annotation %d is of picture %d and category %d, and there are none", ErrData, path, i, a.Image, a.Category)
		}
		if a.Crowd == 0 && a.Box[2] >= 1 && a.Box[3] >= 1 {
			set.truth[at] = append(set.truth[at], Box{X1: a.Box[0], Y1: a.Box[1], X2: a.Box[0] + a.Box[2], Y2: a.Box[1] + a.Box[3], Class: class})
		}
	}
	return set, nil
}

// pictures finds the folder of the pictures: called like the annotations, like the
// split, or images.
func (c *coco) pictures(path string, split Split) string {
	stem := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(path), ".json"), "instances_")
	have := subfolders(c.dir)
	for _, name := range []string{stem, string(split), "images"} {
		if slices.Contains(have, name) {
			inner := filepath.Join(c.dir, name)
			if name == "images" && slices.Contains(subfolders(inner), stem) {
				return filepath.Join(inner, stem)
			}
			return inner
		}
	}
	return filepath.Join(c.dir, stem)
}

type cocoSet struct {
	c     *coco
	paths []string
	truth [][]Box // in pixels
}

func (s *cocoSet) Len() int { return len(s.paths) }

func (s *cocoSet) Name(i int) string { return s.paths[i] }

func (s *cocoSet) Read(i int, out *Sample) error {
	p := &out.Pictures[s.c.picture]
	if err := readPicture(p, s.paths[i], s.c.spec.Fields[s.c.picture]); err != nil {
		return err
	}
	boxes := out.Boxes[s.c.boxes][:0]
	for _, b := range s.truth[i] {
		b.X1, b.Y1 = max(b.X1, 0), max(b.Y1, 0)
		b.X2, b.Y2 = min(b.X2, float32(p.W)), min(b.Y2, float32(p.H))
		if b.X2-b.X1 >= 1 && b.Y2-b.Y1 >= 1 {
			boxes = append(boxes, b)
		}
	}
	out.Boxes[s.c.boxes] = boxes
	return nil
}
