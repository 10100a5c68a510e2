package testkit

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// Mapping returns what the kernel tells of the mapping of this process that holds p, in a
// field of proc_pid_smaps(5) such as "VmFlags" or "AnonHugePages". It skips the test where
// the kernel tells nothing.
func Mapping(t testing.TB, p unsafe.Pointer, field string) string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	here := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var lo, hi uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &lo, &hi); n == 2 {
			here = lo <= uintptr(p) && uintptr(p) < hi
		}
		if text, ok := strings.CutPrefix(lines.Text(), field+":"); ok && here {
			return strings.TrimSpace(text)
		}
	}
	t.Skipf("the kernel tells no %s of mappings", field)
	return ""
}

// MappingBytes is [Mapping] for the fields that count memory: how many bytes.
func MappingBytes(t testing.TB, p unsafe.Pointer, field string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(Mapping(t, p, field), "%d kB", &n); err != nil {
		t.Fatalf("%s: %v", field, err)
	}
	return n << 10
}
