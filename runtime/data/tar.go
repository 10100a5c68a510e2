package data

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

// shards is a data set in tar files, as WebDataset writes them: files with one base name
// are a record, and what they hold follows from their ending. A picture is png, jpg and
// the like, a label cls, a text txt. Shards whose names hold train, val or test are
// those of the split; without such names every split is the whole.
type shards struct {
	spec  *Spec
	paths []string
}

// openTar opens tar(pattern).
func openTar(spec *Spec, args *augment.Args, root string) (Source, error) {
	paths, err := match(root, args.Text("pattern", ""))
	return &shards{spec, paths}, err
}

func (t *shards) Split(s Split) (Dataset, error) {
	of := func(name Split) []string {
		return slices.DeleteFunc(slices.Clone(t.paths), func(p string) bool { return !strings.Contains(filepath.Base(p), string(name)) })
	}
	paths := of(s)
	if len(paths) == 0 && s != Train {
		if paths = of(Val); len(paths) == 0 {
			paths = of(Test)
		}
	}
	if len(paths) == 0 && len(of(Train)) > 0 && s != Train {
		return nil, fmt.Errorf("%w: no shard of %s has %s in its name", ErrData, filepath.Dir(t.paths[0]), s)
	}
	if len(paths) == 0 {
		paths = t.paths
	}
	set := &tarSet{t: t}
	for _, p := range paths {
		if err := set.index(p); err != nil {
			return nil, err
		}
	}
	if len(set.records) == 0 {
		return nil, fmt.Errorf("%w: %s holds no records", ErrData, paths[0])
	}
	return set, nil
}

// tarSet knows where in the shards the files of each record begin.
type tarSet struct {
	t       *shards
	files   []*os.File // of each shard; they stay open
	records []tarRecord
}

type tarRecord struct {
	shard int
	name  string
	parts []extent // of each field
}

type extent struct{ at, size int64 }

// index reads the headers of a shard, and nothing else.
func (s *tarSet) index(shard string) error {
	f, err := os.Open(shard)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	s.files = append(s.files, f)
	r, at := tar.NewReader(f), ""
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrData, shard, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		dir, file := path.Split(h.Name)
		base, ending, _ := strings.Cut(file, ".")
		field := s.fieldOf(ending)
		if field < 0 {
			continue
		}
		if at != dir+base {
			at = dir + base
			s.records = append(s.records, tarRecord{shard: len(s.files) - 1, name: at, parts: make([]extent, len(s.t.spec.Fields))})
		}
		begin, err := f.Seek(0, io.SeekCurrent) // the reader stands where the content begins
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrData, shard, err)
		}
		s.records[len(s.records)-1].parts[field] = extent{begin, h.Size}
	}
	for _, x := range s.records {
		if k := slices.Index(x.parts, extent{}); k >= 0 {
			return fmt.Errorf("%w: %s: the record %s has no %v for the field %s", ErrData, shard, x.name, s.t.spec.Fields[k].Kind, s.t.spec.Fields[k].Name)
		}
	}
	return nil
}

// fieldOf finds the field that a file of an ending holds: one of that name, else the
// only one of its kind.
func (s *tarSet) fieldOf(ending string) int {
	if k := slices.IndexFunc(s.t.spec.Fields, func(f Field) bool { return f.Name == ending }); k >= 0 {
		return k
	}
	kind := Picture
	switch ending = strings.ToLower(ending); {
	case ending == "cls":
		kind = Label
	case ending == "txt":
		kind = Text
	case !isPicture("." + ending):
		return -1
	}
	k, err := s.t.spec.only(kind)
	if err != nil {
		return -1
	}
	return k
}

func (s *tarSet) Len() int { return len(s.records) }

func (s *tarSet) Name(i int) string {
	return s.files[s.records[i].shard].Name() + ", " + s.records[i].name
}

func (s *tarSet) Read(i int, out *Sample) error {
	x := &s.records[i]
	for k, f := range s.t.spec.Fields {
		content := make([]byte, x.parts[k].size)
		if _, err := s.files[x.shard].ReadAt(content, x.parts[k].at); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrData, s.Name(i), err)
		}
		switch f.Kind {
		case Text:
			out.Texts[k] = strings.TrimSpace(string(content))
		case Label:
			text := strings.TrimSpace(string(content))
			label := slices.Index(f.Labels, text)
			if label < 0 {
				n, err := strconv.Atoi(text)
				if err != nil {
					return fmt.Errorf("%w: %s: %q is no %s", ErrData, s.Name(i), text, strings.TrimSpace("label of "+f.Name+" "+f.Set))
				}
				label = n
			}
			if err := checkLabel(s.t.spec, k, int32(label), s.Name(i)); err != nil {
				return err
			}
			out.Labels[k] = int32(label)
		default:
			img, err := vision.Decode(bytes.NewReader(content), vision.Limits{})
			if err != nil {
				return fmt.Errorf("%s: %w", s.Name(i), err)
			}
			if err := SetPicture(&out.Pictures[k], img, f); err != nil {
				return fmt.Errorf("%s: %w", s.Name(i), err)
			}
		}
	}
	return nil
}
