//go:build unix

package testkit

import (
	"syscall"
	"testing"
	"time"
)

// ProcessTime is what the process has used of all processors: unlike a clock on the wall
// it does not run while others do. Elsewhere than on unix it is that clock.
func ProcessTime(t testing.TB) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
