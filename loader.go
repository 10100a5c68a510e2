package netc

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/weights"
	"github.com/netc-lang/netc/stdlib"
)

// maxListFile bounds the text files a source may name, such as class lists.
const maxListFile = 16 << 20

// Loader reads modules and data files from disk and from the standard library.
type Loader struct {
	Dir  string // of the asked file
	Data string // where paths of data start; "" is the folder of the file that names them
}

// ReadModule finds path in the standard library, then below dir.
func (l Loader) ReadModule(dir, path string) (map[string][]byte, error) {
	if files, ok := stdlib.Module(path); ok {
		return files, nil
	}
	folder := filepath.Join(dir, filepath.FromSlash(path))
	paths, err := filepath.Glob(filepath.Join(folder, "*.net"))
	if err != nil || len(paths) == 0 {
		if own := folder + ".net"; fileExists(own) {
			paths = []string{own}
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no module %q in the standard library, and no .net file in %s", path, folder)
	}
	sort.Strings(paths)
	files := make(map[string][]byte, len(paths))
	total := 0
	for _, p := range paths {
		text, err := readSource(p)
		if err != nil {
			return nil, err
		}
		if total += len(text); total > MaxSource {
			return nil, fmt.Errorf("its files have more than %d MB together", MaxSource>>20)
		}
		files[p] = text
	}
	return files, nil
}

// ReadFile reads a file relative to dir, at most 16 MB of it.
func (l Loader) ReadFile(dir, path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, filepath.FromSlash(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxListFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxListFile {
		return nil, fmt.Errorf("%s is larger than %d MB", path, maxListFile>>20)
	}
	return text, nil
}

// Contents lists the tensors of the weights file at path, relative to dir.
func (l Loader) Contents(dir, path string) (tried string, tensors []check.Stored, err error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, filepath.FromSlash(path))
	}
	entries, err := weights.Contents(path)
	if err != nil {
		return path, nil, err
	}
	for _, e := range entries {
		tensors = append(tensors, check.Stored{Name: e.Name, DType: strings.ToLower(e.Type), Shape: e.Shape})
	}
	return path, tensors, nil
}

// CountClasses counts the classes of the training records of d.
func (l Loader) CountClasses(dir string, d *check.Data, field string) (int, error) {
	if l.Data != "" {
		dir = l.Data
	}
	spec := &data.Spec{Name: d.Name, Source: data.StepCall{Name: d.Source.Name, Args: d.Source.Args}}
	for _, f := range d.Fields {
		x := data.Field{Name: f.Name, Kind: data.Kind(f.Kind), Set: f.LabelSet}
		if f.Kind == check.PictureField {
			x.C, x.Set = 1, "Gray"
			if set := f.Type.Dims[2].Set; set != "Gray" {
				x.C, x.Set = 3, set
			}
		}
		spec.Fields = append(spec.Fields, x)
	}
	src, err := data.Open(spec, dir)
	if err != nil {
		return 0, err
	}
	set, err := src.Split(data.Train)
	if err != nil {
		return 0, err
	}
	known, ok := set.(data.Classed)
	if !ok || known.Classes() == nil {
		return 0, fmt.Errorf("the source %s does not tell them", d.Source.Name)
	}
	return 1 + int(slices.Max(known.Classes())), nil
}

// Arena plans the memory of a net.
func (l Loader) Arena(p *check.Program, net string, sizes map[string]int64) (bytes int64, err error) {
	defer caught(p.Source, &err)
	m := irgen.Module(p)
	f := m.Func(net + ".infer")
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if clause := f.Facts.Broken(name, sizes[name]); clause != "" {
			return 0, fmt.Errorf("found %s = %d, expected %s", name, sizes[name], clause)
		}
	}
	if err := Lower(m, Options{}); err != nil {
		return 0, err
	}
	at, err := m.Func(net + ".infer").At(sizes)
	if err != nil {
		return 0, err
	}
	return at.Arena, nil
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
