package netc

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir/target"
)

// maxTuning bounds the size of a tune file.
const maxTuning = 4 << 20

// DefaultTuning returns the file of measured choices that `netc tune` writes and
// compilation reads: NAME.tune beside the source.
func (s *Source) DefaultTuning() string { return filepath.Join(s.Dir, s.Stem+".tune") }

// ReadTuning reads a tune file; one that is not there is an empty one.
//
// Errors: what is wrong with the file, with the position in it.
func ReadTuning(path string) (*target.Tuning, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &target.Tuning{File: path}, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxTuning {
		return nil, fmt.Errorf("%s is larger than %d MB", path, maxTuning>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return target.ParseTuning(path, text)
}

// tuning returns what was measured for s with the kernels of this version, nil if
// nothing was.
func (s *Source) tuning(log func(line string)) (*target.Tuning, error) {
	if s.Path == "-" {
		return nil, nil
	}
	t, err := ReadTuning(s.DefaultTuning())
	if err != nil || len(t.Lines) == 0 {
		return nil, err
	}
	kernels, err := KernelHash()
	if err != nil {
		return nil, err
	}
	all := len(t.Lines)
	if n := t.Drop(kernels); n > 0 && log != nil {
		log(fmt.Sprintf("tune: %d of %d lines of %s were measured with other kernels and do not count; netc tune measures again", n, all, t.File))
	}
	return t, nil
}

// KernelHash identifies the source of the kernels: figures that were measured with
// another one say nothing.
func KernelHash() (string, error) {
	files, err := RuntimeSource()
	if err != nil {
		return "", err
	}
	var names []string
	for name := range files {
		if strings.HasPrefix(name, "runtime/kernel/") || strings.HasPrefix(name, "runtime/parallel/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		sum.Write(files[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:6]), nil
}
