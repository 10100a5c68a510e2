package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFileAtomic makes data the content of the file at path. The new content is
// first written and synced under a temporary name in the same folder, then
// renamed over the old file: readers, a full disk or a power cut never meet half
// a file. An existing file keeps its permissions, a new one gets 0644; a symbolic
// link stays and its target is replaced.
//
// Errors: one that names path and the cause; the old file is then unchanged.
func WriteFileAtomic(path string, data []byte) error {
	return writeAtomic(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func writeAtomic(path string, write func(io.Writer) error) error {
	target := path
	mode := fs.FileMode(0o644)
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	}
	info, err := os.Stat(target)
	existed := err == nil
	if existed {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s was not written: it is not a regular file", path)
		}
		mode = info.Mode().Perm()
	}
	if err := replace(target, mode, write); err != nil {
		if existed {
			return fmt.Errorf("%s was not written and keeps its old content: %w", path, cause(err))
		}
		return fmt.Errorf("%s was not written: %w", path, cause(err))
	}
	return nil
}

func replace(target string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(target)
	f, err := os.CreateTemp(dir, "."+filepath.Base(target)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // a second Close of a closed file: nothing to report
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}

// syncDir makes the rename itself durable. Where a folder cannot be synced (some
// file systems and Windows) there is nothing better to do: the content is safe
// under one of its two names.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// cause drops the temporary name, which means nothing to the user, and keeps the
// folder when that is what refuses.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the folder %s does not exist", filepath.Dir(path.Path))
		}
		if path.Op == "open" {
			return fmt.Errorf("cannot create a file in %s: %w", filepath.Dir(path.Path), path.Err)
		}
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
