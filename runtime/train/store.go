package train

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/runtime/weights"
)

// Names inside a run folder. latest is a text file with the name of the newest
// checkpoint.
const (
	latestName = "latest"
	bestName   = "best.safetensors"
	beforeName = "before" // the checkpoints of the run before this one
	keep       = 2        // checkpoints that stay
)

// store is a run folder.
type store struct {
	dir    string
	latest string          // path of the newest checkpoint of this run
	own    map[string]bool // names that this run may remove
}

// openStore makes the run folder and sees that it takes files.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("the run folder cannot be made: %w; choose another with --out", err)
	}
	if err := writable(dir); err != nil {
		return nil, fmt.Errorf("no checkpoint can be written: %w; choose another run folder with --out", err)
	}
	return &store{dir: dir, own: map[string]bool{}}, nil
}

// claim makes the folder that of this run. When it holds the checkpoints of a run
// that this one does not go on from, they are moved out of the way: starting anew
// by mistake loses nothing.
func (s *store) claim(from *checkpoint) error {
	if from != nil {
		s.latest = from.path
	}
	old := checkpoints(s.dir)
	if from != nil && sameFile(s.dir, from.dir) {
		for _, name := range old {
			s.own[name] = true
		}
		return nil
	}
	if len(old) == 0 {
		return nil
	}
	before := filepath.Join(s.dir, beforeName)
	if from != nil && sameFile(before, from.dir) {
		return fmt.Errorf("%s would be removed by a new run in %s; choose another run folder with --out", from.path, s.dir)
	}
	if err := os.RemoveAll(before); err != nil {
		return err
	}
	if err := os.Mkdir(before, 0o777); err != nil {
		return err
	}
	for _, name := range append(old, latestName, bestName) {
		if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(before, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// write adds a checkpoint, makes it the latest, and removes those of this run but
// the newest.
func (s *store) write(step int, file []byte) error {
	name := fmt.Sprintf("ckpt-%06d.safetensors", step)
	path := filepath.Join(s.dir, name)
	if err := weights.WriteFileAtomic(path, file); err != nil {
		return s.explain(err)
	}
	if err := weights.WriteFileAtomic(filepath.Join(s.dir, latestName), []byte(name+"\n")); err != nil {
		return s.explain(err)
	}
	s.latest = path
	s.own[name] = true
	names := slices.SortedFunc(maps.Keys(s.own), func(a, b string) int { return stepOf(b) - stepOf(a) })
	for _, old := range names[min(keep, len(names)):] {
		// One that cannot be removed is in nobody's way.
		_ = os.Remove(filepath.Join(s.dir, old))
		delete(s.own, old)
	}
	return nil
}

func (s *store) explain(err error) error {
	if s.latest == "" {
		return fmt.Errorf("the checkpoint is lost: %w", err)
	}
	return fmt.Errorf("the checkpoint is lost: %w; the one before, %s, is whole: go on from it with --resume %s", err, s.latest, s.dir)
}

// checkpoints returns the names of the checkpoint files in dir.
func checkpoints(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && isCheckpoint(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

func isCheckpoint(name string) bool { return stepOf(name) >= 0 }

// stepOf returns the step in the name of a checkpoint, -1 for other names.
func stepOf(name string) int {
	s, ok := strings.CutPrefix(name, "ckpt-")
	s, ok2 := strings.CutSuffix(s, ".safetensors")
	n, err := strconv.Atoi(s)
	if !ok || !ok2 || err != nil || n < 0 {
		return -1
	}
	return n
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
