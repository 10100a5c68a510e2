package weights

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFullDisk fills a file system of 64 kB, which needs root.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "w")
	if err := WriteFileAtomic(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	err := WriteFileAtomic(path, bytes.Repeat([]byte("x"), 1<<20))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want ENOSPC", err)
	}
	t.Logf("the user reads: %v", err)
	content(t, path, "old")
	only(t, dir, "w")
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("no read-only file system: %v", err)
	}
	if err := WriteFileAtomic(path, []byte("new")); !errors.Is(err, syscall.EROFS) {
		t.Errorf("got %v, want EROFS", err)
	} else {
		t.Logf("the user reads: %v", err)
	}
	content(t, path, "old")
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
