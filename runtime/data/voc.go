package data

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// voc is a data set in the layout of Pascal VOC: JPEGImages with an XML file of boxes
// each in Annotations, and the names of a split in ImageSets.
type voc struct {
	spec           *Spec
	dir            string
	picture, boxes int
}

// openVOC opens voc(dir).
func openVOC(spec *Spec, args *augment.Args, root string) (Source, error) {
	v := &voc{spec: spec}
	var err error
	if v.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if v.boxes, err = spec.only(Boxes); err != nil {
		return nil, err
	}
	v.dir, err = folder(root, args.Text("dir", ""), func(dir string) bool {
		return slices.Contains(subfolders(dir), "Annotations")
	})
	return v, err
}

// Split lists the records of a split: those that a list in ImageSets names, which may
// lie in its folder Main. Val and test stand in for each other; without lists every
// split is the whole.
func (v *voc) Split(s Split) (Dataset, error) {
	names := []string{string(s)}
	switch s {
	case Val:
		names = append(names, string(Test))
	case Test:
		names = append(names, string(Val))
	}
	for _, name := range names {
		for _, list := range []string{filepath.Join("ImageSets", "Main"), "ImageSets"} {
			text, err := os.ReadFile(filepath.Join(v.dir, list, name+".txt"))
			if err != nil {
				continue
			}
			if ids := strings.Fields(string(text)); len(ids) > 0 {
				return &vocSet{v, ids}, nil
			}
		}
	}
	if slices.Contains(subfolders(v.dir), "ImageSets") {
		return nil, fmt.Errorf("%w: %s has no list of %s", ErrData, filepath.Join(v.dir, "ImageSets"), s)
	}
	found, err := filepath.Glob(filepath.Join(v.dir, "Annotations", "*.xml"))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("%w: %s holds no annotations", ErrData, filepath.Join(v.dir, "Annotations"))
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = strings.TrimSuffix(filepath.Base(f), ".xml")
	}
	return &vocSet{v, ids}, nil
}

type vocSet struct {
	v   *voc
	ids []string
}

func (s *vocSet) Len() int { return len(s.ids) }

func (s *vocSet) Name(i int) string {
	return filepath.Join(s.v.dir, "Annotations", s.ids[i]+".xml")
}

// annotation is what a file of boxes says.
type annotation struct {
	Objects []struct {
		Name string `xml:"name"`
		Box  struct {
			XMin float32 `xml:"xmin"`
			YMin float32 `xml:"ymin"`
			XMax float32 `xml:"xmax"`
			YMax float32 `xml:"ymax"`
		} `xml:"bndbox"`
	} `xml:"object"`
}

// Read reads a picture with its boxes. Boxes count pixels from 1 with both ends
// included; one that holds nothing, as real data have, is left out.
func (s *vocSet) Read(i int, out *Sample) error {
	text, err := os.ReadFile(s.Name(i))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	var a annotation
	if err := xml.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrData, s.Name(i), err)
	}
	p := &out.Pictures[s.v.picture]
	if err := s.v.image(p, s.ids[i]); err != nil {
		return err
	}
	f := s.v.spec.Fields[s.v.boxes]
	boxes := out.Boxes[s.v.boxes][:0]
	for _, o := range a.Objects {
		class := slices.Index(f.Labels, o.Name)
		if class < 0 {
			return fmt.Errorf("%w: %s holds a %q, which is no name of %s", ErrData, s.Name(i), o.Name, f.Set)
		}
		b := Box{
			X1: max(o.Box.XMin-1, 0), Y1: max(o.Box.YMin-1, 0),
			X2: min(o.Box.XMax, float32(p.W)), Y2: min(o.Box.YMax, float32(p.H)), Class: int32(class),
		}
		if b.X2-b.X1 >= 1 && b.Y2-b.Y1 >= 1 {
			boxes = append(boxes, b)
		}
	}
	out.Boxes[s.v.boxes] = boxes
	return nil
}

// image reads the picture of a record, whatever its ending.
func (v *voc) image(p *vision.Picture, id string) error {
	base := filepath.Join(v.dir, "JPEGImages", id)
	path := base + ".jpg"
	if _, err := os.Stat(path); err != nil {
		if found, _ := filepath.Glob(base + ".*"); len(found) > 0 {
			path = found[0]
		}
	}
	return readPicture(p, path, v.spec.Fields[v.picture])
}
