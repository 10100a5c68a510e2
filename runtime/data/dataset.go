package data

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/data/augment"
)

// ErrData is wrapped by the errors that say a data set is absent, damaged or
// different from what the data section says.
var ErrData = errors.New("data")

// Sample is one record: a value for each field of the Spec.
type Sample = augment.Sample

// Box is a rectangle with what it holds.
type Box = augment.Box

// Dataset is one split of a source. Read may be called by several goroutines.
type Dataset interface {
	// Len returns the number of records.
	Len() int
	// Read fills s with record i. Pictures are copied: later steps change them.
	Read(i int, s *Sample) error
	// Name says which record i is, for messages.
	Name(i int) string
}

// Split names a part of a source.
type Split string

// The splits. Where a source has no val of its own, val is test.
const (
	Train Split = "train"
	Val   Split = "val"
	Test  Split = "test"
)

// Source gives the splits of one data set. They are read when they are asked for.
type Source interface {
	Split(s Split) (Dataset, error)
}

// sources maps the name of a source to the function that opens it.
var sources = map[string]func(spec *Spec, args *augment.Args, root string) (Source, error){
	"mnist":   openMNIST,
	"cifar10": openCIFAR10,
	"folders": openFolders,
	"csv":     openCSV,
	"npz":     openNPZ,
	"pairs":   openPairs,
	"voc":     openVOC,
	"coco":    openCOCO,
	"tar":     openTar,
	"text":    openText,
}

// Open finds the source of spec. Relative paths start at root.
//
// Errors: ErrData with the path that was tried.
func Open(spec *Spec, root string) (Source, error) {
	open, ok := sources[spec.Source.Name]
	if !ok {
		return nil, fmt.Errorf("%w: this version of netc cannot read the source `%s`; it has %v", ErrData, spec.Source.Name, slices.Sorted(maps.Keys(sources)))
	}
	spec.root = root
	args := augment.Read(spec.Source)
	src, err := open(spec, args, root)
	if err != nil {
		return nil, err
	}
	return src, args.Err()
}

// folder returns the folder that the argument of a source means: dir below root,
// or root itself when the user pointed at the data directly. has tells whether a
// folder holds the data; the first candidate is the one to complain about.
func folder(root, dir string, has func(string) bool) (string, error) {
	local := filepath.FromSlash(dir)
	candidates := []string{local}
	if !filepath.IsAbs(local) {
		candidates = []string{filepath.Join(root, local), filepath.Join(root, filepath.Base(local)), root}
	}
	for _, c := range candidates {
		if has(c) {
			return c, nil
		}
	}
	first := candidates[0]
	if info, err := os.Stat(first); err == nil && info.IsDir() {
		return first, nil // what is missing in it is said by name later
	}
	return "", fmt.Errorf("%w: there is no folder %s; put the data there, or say where they are with --data", ErrData, first)
}

// place returns where a file lies that a source names: below root, or in root itself when
// the user pointed at the data directly.
func place(root, file string) string {
	local := filepath.FromSlash(file)
	if filepath.IsAbs(local) {
		return local
	}
	path := filepath.Join(root, local)
	if own := filepath.Join(root, filepath.Base(local)); !isFile(path) && isFile(own) {
		return own
	}
	return path
}

// checkLabel refuses a label that the data section has no name for.
func checkLabel(spec *Spec, field int, label int32, where string) error {
	f := spec.Fields[field]
	if f.Ignore > 0 && int(label) == f.Ignore {
		return nil
	}
	if label < 0 || len(f.Labels) > 0 && int(label) >= len(f.Labels) {
		return fmt.Errorf("%w: %s has the label %d, and %s counts %d names", ErrData, where, label, strings.TrimSpace(f.Name+" "+f.Set), len(f.Labels))
	}
	return nil
}
