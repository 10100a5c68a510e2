package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk trains on a file system that has room for one checkpoint, then
// resumes from it with more room. It needs root.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	// One page each: the folders, a checkpoint, latest, best; not a second
	// checkpoint beside them.
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	p, o := program(t, nil)
	want := mustRun(t, p, o)
	o.Out = filepath.Join(disk, "run")
	if err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, 4096), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Run(context.Background(), p, o)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "--resume "+o.Out) {
		t.Fatalf("got %v, want ENOSPC and how to go on", err)
	}
	t.Logf("the user reads: netc: %v", err)
	if err := syscall.Mount("none", disk, "tmpfs", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	o.Resume = o.Out
	if got := mustRun(t, p, o); got.SHA256 != want.SHA256 {
		t.Errorf("got weights %s after resuming, want %s", got.SHA256, want.SHA256)
	}
	if err := syscall.Mount("none", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Fatal(err)
	}
	o.Resume = ""
	before := names(t, o.Out)
	if _, err := Run(context.Background(), p, o); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "--out") {
		t.Errorf("got %v, want EROFS and --out", err)
	}
	if after := names(t, o.Out); after != before {
		t.Errorf("the run folder holds %s, and held %s", after, before)
	}
}
