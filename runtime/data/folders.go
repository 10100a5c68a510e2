package data

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// folders is a data set in the layout of torchvision's ImageFolder: one folder
// for each class, either directly under the root or under train, val and test.
type folders struct {
	spec           *Spec
	dir            string
	split          bool    // there is a folder train
	val            float64 // share of train that is kept apart
	valClasses     float64 // share of its classes that is
	picture, label int
}

// openFolders opens folders(dir, val=0.0, val_classes=0.0).
func openFolders(spec *Spec, args *augment.Args, root string) (Source, error) {
	f := &folders{spec: spec, val: args.Float("val", 0), valClasses: args.Float("val_classes", 0)}
	var err error
	if f.picture, err = spec.only(Picture); err != nil {
		return nil, err
	}
	if f.label, err = spec.only(Label); err != nil {
		return nil, err
	}
	expected := append([]string{string(Train), string(Val), string(Test)}, spec.Fields[f.label].Labels...)
	f.dir, err = folder(root, args.Text("dir", ""), func(dir string) bool {
		return slices.ContainsFunc(subfolders(dir), func(name string) bool { return slices.Contains(expected, name) })
	})
	if err != nil {
		return nil, err
	}
	if f.val < 0 || f.val >= 1 {
		return nil, fmt.Errorf("%w: folders takes a share val below 1, not %v", ErrData, f.val)
	}
	if f.valClasses < 0 || f.valClasses >= 1 || f.valClasses > 0 && f.val > 0 {
		return nil, fmt.Errorf("%w: folders takes a share val or val_classes below 1, and not both: they are %v and %v", ErrData, f.val, f.valClasses)
	}
	f.split = slices.Contains(subfolders(f.dir), string(Train))
	return f, nil
}

// subfolders returns the names of the folders in dir, sorted; those that begin
// with a dot are no classes.
func subfolders(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

func (f *folders) Split(s Split) (Dataset, error) {
	if !f.split {
		all, err := f.list(f.dir)
		if err != nil {
			return nil, err
		}
		return f.part(all, s)
	}
	has := subfolders(f.dir)
	switch {
	case s == Train && f.val+f.valClasses > 0, s == Val && f.val+f.valClasses > 0:
		all, err := f.list(filepath.Join(f.dir, string(Train)))
		if err != nil {
			return nil, err
		}
		return f.part(all, s)
	case slices.Contains(has, string(s)):
		return f.list(filepath.Join(f.dir, string(s)))
	case s == Val && slices.Contains(has, string(Test)):
		return f.list(filepath.Join(f.dir, string(Test)))
	case s == Test && slices.Contains(has, string(Val)):
		return f.list(filepath.Join(f.dir, string(Val)))
	}
	return nil, fmt.Errorf("%w: %s has no folder %s", ErrData, f.dir, s)
}

// part returns the records of a split that is kept apart from another.
func (f *folders) part(all *files, s Split) (*files, error) {
	if f.valClasses > 0 {
		return all.shareClasses(f.valClasses, s)
	}
	return all.share(f.val, s), nil
}

// files is a list of pictures with their classes.
type files struct {
	of     *folders
	paths  []string
	labels []int32
}

// list reads the names below dir. Classes are the labels of the field by name;
// where it has none, the folders count in sorted order.
func (f *folders) list(dir string) (*files, error) {
	names := subfolders(dir)
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: %s holds no folders; there should be one for each class", ErrData, dir)
	}
	known := f.spec.Fields[f.label].Labels
	out := &files{of: f}
	for i, name := range names {
		label := i
		if len(known) > 0 {
			if label = slices.Index(known, name); label < 0 {
				return nil, fmt.Errorf("%w: %s is no name of %s", ErrData, filepath.Join(dir, name), f.spec.Fields[f.label].Set)
			}
		}
		before := len(out.paths)
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && isPicture(path) {
				out.paths, out.labels = append(out.paths, path), append(out.labels, int32(label))
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrData, err)
		}
		if len(out.paths) == before { // as a class that nobody meant, or whose pictures are elsewhere
			return nil, fmt.Errorf("%w: %s holds no pictures; put some there, or remove the folder", ErrData, filepath.Join(dir, name))
		}
	}
	return out, nil
}

func isPicture(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".pgm", ".ppm":
		return true
	}
	return false
}

// share keeps a share of val of each class apart from the rest, chosen by a fixed
// shuffle of its sorted names: the same files on every machine and in every run.
// Val and test are the part that is kept apart; without a share every split is
// the whole.
func (f *files) share(val float64, s Split) *files {
	if val == 0 {
		return f
	}
	classes := map[int32][]int{}
	for i, label := range f.labels {
		classes[label] = append(classes[label], i)
	}
	var part []int
	for _, label := range slices.Sorted(maps.Keys(classes)) {
		own := classes[label]
		r := rand.New(rand.NewPCG(uint64(label), uint64(len(own))))
		r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		apart := int(math.Round(val * float64(len(own))))
		if s == Train {
			part = append(part, own[apart:]...)
		} else {
			part = append(part, own[:apart]...)
		}
	}
	slices.Sort(part)
	out := &files{of: f.of}
	for _, i := range part {
		out.paths, out.labels = append(out.paths, f.paths[i]), append(out.labels, f.labels[i])
	}
	return out
}

// shareClasses keeps whole classes apart, chosen by a fixed shuffle of their sorted
// names, at least one for either part. Where labels have no names they are counted
// anew, so that those of a split are 0, 1, 2 and so on.
func (f *files) shareClasses(val float64, s Split) (*files, error) {
	classes := slices.Clone(f.labels)
	slices.Sort(classes)
	classes = slices.Compact(classes)
	if len(classes) < 2 {
		return nil, fmt.Errorf("%w: there is one class in %s, and val_classes keeps some apart from others", ErrData, f.of.dir)
	}
	r := rand.New(rand.NewPCG(1, uint64(len(classes))))
	r.Shuffle(len(classes), func(i, j int) { classes[i], classes[j] = classes[j], classes[i] })
	k := min(max(int(math.Round(val*float64(len(classes)))), 1), len(classes)-1)
	if s == Train {
		classes = classes[k:]
	} else {
		classes = classes[:k]
	}
	slices.Sort(classes)
	out := &files{of: f.of}
	named := len(f.of.spec.Fields[f.of.label].Labels) > 0
	for i, label := range f.labels {
		at, kept := slices.BinarySearch(classes, label)
		if !kept {
			continue
		}
		if !named {
			label = int32(at)
		}
		out.paths, out.labels = append(out.paths, f.paths[i]), append(out.labels, label)
	}
	return out, nil
}

// Classes returns the label of each record.
func (f *files) Classes() []int32 { return f.labels }

func (f *files) Len() int { return len(f.paths) }

func (f *files) Name(i int) string { return f.paths[i] }

func (f *files) Read(i int, s *Sample) error {
	s.Labels[f.of.label] = f.labels[i]
	return readPicture(&s.Pictures[f.of.picture], f.paths[i], f.of.spec.Fields[f.of.picture])
}
