package kernel

import (
	"slices"
	"testing"
)

func TestGroupLimits(t *testing.T) {
	got := groupLimits("9:name=systemd:/\n4:cpu,memory:/a/b\n3:cpuset:/c\nnonsense\n0::/d\n")
	want := []string{
		"/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
		"/sys/fs/cgroup/d/memory.max", "/sys/fs/cgroup/memory.max",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
