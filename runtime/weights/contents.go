package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/netc-lang/netc/runtime/tensor"
)

// Entry describes a tensor of a file without its elements.
type Entry struct {
	Name  string
	Type  string // as safetensors spells it, such as F16
	Shape tensor.Shape
}

// Contents lists the tensors of the safetensors file or the NumPy archive at path,
// sorted by name, and reads no elements: a checkpoint of a gigabyte is described as
// fast as a small one.
//
// Errors: an *os.PathError; ErrFormat with the path.
func Contents(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	if string(magic[:]) == "PK\x03\x04" {
		return npzContents(f, info.Size())
	}
	file, err := Read(f, info.Size())
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(file.tensors))
	for i, t := range file.tensors {
		out[i] = Entry{t.Name, t.code, t.Shape}
	}
	return out, nil
}

// npzContents reads the headers of the arrays of a NumPy archive.
func npzContents(r io.ReaderAt, size int64) ([]Entry, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, formatError("%v", err)
	}
	var out []Entry
	for _, entry := range z.File {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		if !ok {
			return nil, formatError("the archive holds %.100q, which is no array", entry.Name)
		}
		h, err := entryHeader(name, entry)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{name, h.code, h.shape})
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(out); i++ {
		if out[i].Name == out[i-1].Name {
			return nil, formatError("the name %.100q occurs twice", out[i].Name)
		}
	}
	return out, nil
}

func entryHeader(name string, entry *zip.File) (npyHeader, error) {
	r, err := entry.Open()
	if err != nil {
		return npyHeader{}, formatError("array %.100q: %v", name, err)
	}
	defer r.Close()
	h, err := readNPYHeader(name, r)
	if err != nil && !errors.Is(err, ErrFormat) { // a damaged stream
		return h, formatError("%v", err)
	}
	return h, err
}
