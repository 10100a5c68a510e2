package kernel

import (
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// systemRoom returns the memory of the machine, or that of the control group of this process
// or of one around it, whichever is least.
func systemRoom() (most int64, of string) {
	most = mostRoom
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		most, of = int64(info.Totalram)*int64(info.Unit), "the memory of this machine"
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return most, of
	}
	for _, file := range groupLimits(string(groups)) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "max", which is no number, is no bound.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n < most {
			most, of = n, "the memory of its control group"
		}
	}
	return most, of
}

// groupLimits returns the files that may bound the memory of a process whose groups are
// listed so in /proc/self/cgroup: of version 2 "0::/a/b", of version 1 "4:memory:/a/b". In a
// container the path may be that outside, where the files of the root are its own.
func groupLimits(groups string) (files []string) {
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
		}
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			files = append(files, path.Join(root, at, file))
			if at == "/" {
				break
			}
		}
	}
	return files
}
